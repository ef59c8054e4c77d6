"""``hms add-user``, ``add-token``, ``sign-in-link``: accounts from the command line; there is no built-in one."""

from __future__ import annotations

import sys
from datetime import timedelta
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app import settings
from app.access import Role
from app.db import migrate
from app.db.columns import utc_now
from app.db.session import configure, writing
from app.errors import NotFound
from app.services import accounts, sign_in


@click.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--clinic", required=True, help="Name of the clinic; a new one is made if there is none of this name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--no-password", is_flag=True, help="The user signs in by one-time links only.")
def add_user(name: str, role: str, clinic: str, password_stdin: bool, no_password: bool) -> None:
    """Add user NAME. Without an option for it, asks for the password twice."""
    _open_database()
    password = None if no_password else _password(password_stdin)
    with writing() as session:
        known = accounts.clinic_named(session, clinic)
        clinic_id = known or accounts.create_clinic(session, clinic)
        accounts.add_user(session, name=name, role=Role(role), clinic=clinic_id, password=password)
    if known is None:
        click.echo(f"Added clinic {clinic}.")
    click.echo(f"Added {role} {name} of {clinic}.")


@click.command()
@click.argument("name")
@click.option("--label", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", default=90, show_default=True, help="How long it lives, 1 to 365.")
def add_token(name: str, label: str, days: int) -> None:
    """Print a bearer token for user NAME; it is shown once and acts with the role of that user."""
    _open_database()
    with writing() as session:
        token = sign_in.issue_api_token(session, _user(session, name), label=label, days=days, now=utc_now())
    click.echo(token)


@click.command()
@click.argument("name")
@click.option("--minutes", default=10, show_default=True, type=click.IntRange(1, 24 * 60), help="How long it is valid.")
def sign_in_link(name: str, minutes: int) -> None:
    """Print a link that signs user NAME in once."""
    config = _open_database()
    with writing() as session:
        code = sign_in.issue_link(session, _user(session, name), now=utc_now(), valid_for=timedelta(minutes=minutes))
    scheme = "https" if config.has_tls else "http"
    click.echo(f"{scheme}://{config.host}:{config.port}/login/link/{code}")


def _open_database() -> settings.Settings:
    config = settings.current()
    migrate.check(configure(config))
    return config


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _user(session: Session, name: str) -> UUID:
    user_id = accounts.user_named(session, name)
    if user_id is None:
        raise NotFound(f"There is no user {name}. Add one with hms add-user.")
    return user_id
