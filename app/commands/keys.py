"""``hms keys``: the keys under which stored objects are encrypted."""

from __future__ import annotations

from pathlib import Path

import click

from app import settings
from app.errors import Conflict
from app.file_store import open_store
from app.keyring import add_key


@click.group()
def keys() -> None:
    """Keys under which recordings, results and reports are stored."""


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def new(file: Path) -> None:
    """Put a new key on top of FILE, which is made where there is none. Older keys stay, to open what is older."""
    ring = add_key(file)
    click.echo(f"{file} holds {len(ring.keys)} key(s); what is stored from now on is encrypted under {ring.current.hex()}.\n"
               f"Keep a copy apart from the data and from its backups: without it nothing stored can be read.\n"
               f"Name it with HMS_ENCRYPTION_KEYS={file.absolute()}, then bring what is stored already under it: hms keys rotate")


@keys.command()
def rotate() -> None:
    """Bring every stored object under the current key; plain ones are encrypted. May be stopped and repeated at any time."""
    store = open_store(settings.current())
    if store.keyring is None:
        raise Conflict("HMS_ENCRYPTION_KEYS names no key file, so there is no key to bring objects under. Make one with: hms keys new FILE")
    names = sorted(store.names())
    changed = sum(store.renew(name) for name in names)
    click.echo(f"{len(names)} objects are under key {store.keyring.current.hex()}; {changed} of them were brought under it now.\n"
               "Older keys are needed only for backups and uploads that began before now.")
