"""A migrated database on SQLite and on PostgreSQL, and two people of two clinics."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db import migrate
from app.db import session as sessions
from app.db.session import writing
from app.settings import Settings, use
from tests import builders
from tests.servers import Postgres


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; copied for each test, for migrating takes longer than most of them."""
    made = Settings(data_dir=tmp_path_factory.mktemp("template"))
    migrate.upgrade(made)
    return made.data_dir / "hms.sqlite"


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a migrated, empty PostgreSQL database to copy."""
    url = postgres.new_database()
    migrate.upgrade(Settings(data_dir=tmp_path_factory.mktemp("template"), database_url=url))
    return url.rsplit("/", 1)[-1]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh migrated installation, current for this process."""
    folder, url = tmp_path / "data", ""
    folder.mkdir()
    if request.param == "postgresql":
        template = request.getfixturevalue("postgres_template")
        url = request.getfixturevalue("postgres").new_database(template)
    else:
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "hms.sqlite")
    made = use(Settings(data_dir=folder, database_url=url))
    engine = sessions.configure(made)
    yield made
    engine.dispose()


@pytest.fixture
def session(database: Settings) -> Iterator[Session]:
    """A writing session that the test shares with what it calls."""
    with writing() as open_session:
        yield open_session


@pytest.fixture
def alice(session: Session) -> Actor:
    return builders.actor(session, "alice")


@pytest.fixture
def bob(session: Session) -> Actor:
    """A neurologist of another clinic."""
    return builders.actor(session, "bob")


@pytest.fixture
def ada(session: Session) -> Actor:
    """The administrator of Alice's clinic."""
    return builders.actor(session, "ada", role=Role.ADMINISTRATOR, clinic="Clinic of alice")
