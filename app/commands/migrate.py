"""``hms migrate``: bring the database to this version."""

from __future__ import annotations

import click

from app import settings
from app.db import migrate as migrations


@click.command()
def migrate() -> None:
    """Bring the database to this version; does nothing where it is there already."""
    config = settings.current()
    migrations.upgrade(config)
    click.echo(f"The database is at version {migrations.newest()}.")
