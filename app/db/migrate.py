"""Migrations: bring a database to this version, and tell whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from app.db.session import make_engine
from app.errors import Conflict
from app.settings import Settings

SCRIPTS: Final = Path(__file__).resolve().parent.parent.parent / "migrations"
_LOCK: Final = 0x484D5345        # "HMSE": two servers that start together migrate one after the other


def upgrade(settings: Settings) -> None:
    """Bring the database of ``settings`` to this version; does nothing where it is there already."""
    if not settings.database_url:
        settings.make_data_dir()
    engine = make_engine(settings.sqlalchemy_url)
    try:
        with engine.connect().execution_options(hms_writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()


def newest() -> str:
    """The version of the tables in this code."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def check(engine: Engine) -> None:
    """Raise ``Conflict`` where the database behind ``engine`` is not at this version."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != newest():
        raise Conflict(f"The database is at version {found or 'none'}, this program needs {newest()}. Run hms migrate first.")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
