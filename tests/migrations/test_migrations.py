"""Migrations: a fresh upgrade works on both databases, and the tables in the code are those in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError

import app.db.registry  # noqa: F401   # so that the metadata is whole
from app.db import migrate
from app.db.columns import Table
from app.db.session import make_engine
from app.errors import Conflict
from app.settings import Settings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation without any table."""
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    return Settings(data_dir=tmp_path, database_url=url)


@pytest.fixture
def engine(empty: Settings) -> Iterator[Engine]:
    migrate.upgrade(empty)
    made = make_engine(empty.sqlalchemy_url)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_a_fresh_upgrade_makes_all_tables(connection: Connection) -> None:
    assert tables(connection) == {*Table.metadata.tables, "alembic_version"}


def test_there_is_no_drift(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, Table.metadata) == []


def test_upgrading_twice_changes_nothing(empty: Settings, engine: Engine) -> None:
    migrate.upgrade(empty)
    migrate.check(engine)


def test_a_database_without_tables_is_refused_with_the_way_out(empty: Settings) -> None:
    with pytest.raises(Conflict, match="Run hms migrate first"):
        migrate.check(make_engine(empty.sqlalchemy_url))


def test_going_back_leaves_nothing(connection: Connection) -> None:
    with connection.begin():
        command.downgrade(migrate._config(connection), "base")
    assert tables(connection) == {"alembic_version"}


def test_a_final_report_is_never_changed_or_deleted(connection: Connection) -> None:
    keys = ("clinic", "user_account", "patient", "stored_file", "study", "report")
    ids = {key: f"{number:032x}" for number, key in enumerate(keys, 1)}
    _insert_report(connection, ids)
    connection.execute(text("UPDATE report SET status = 'final'"))
    for statement in ("UPDATE report SET version = 2", "UPDATE report SET status = 'draft'", "DELETE FROM report"):
        with pytest.raises(DatabaseError, match="report is final"), connection.begin_nested():
            connection.execute(text(statement))


@pytest.mark.service
def test_append_only_tables_cannot_be_emptied_at_once(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        return      # SQLite knows no TRUNCATE
    with pytest.raises(DatabaseError, match="rows are never deleted"):
        connection.execute(text("TRUNCATE audit_entry"))


def _insert_report(connection: Connection, ids: dict[str, str]) -> None:
    at = "'2026-05-04 10:00:00+00:00'"
    c, u, p, f, s, r = (f"'{value}'" for value in ids.values())
    for statement in (
        f"INSERT INTO clinic (id, created_at, name, settings) VALUES ({c}, {at}, 'A', '{{}}')",
        f"INSERT INTO user_account (id, created_at, clinic_id, name, role, settings) VALUES ({u}, {at}, {c}, 'a', 'viewer', '{{}}')",
        "INSERT INTO patient (id, created_at, clinic_id, record_number, name, note, synthetic, deleted_reason) "
        f"VALUES ({p}, {at}, {c}, '1', 'X', '', false, '')",
        f"INSERT INTO stored_file (id, created_at, clinic_id, sha256, size, kind) VALUES ({f}, {at}, {c}, '0', 1, 'recording')",
        "INSERT INTO study (id, created_at, clinic_id, patient_id, file_id, uploaded_by, original_name, format, duration_s, header, "
        f"status, synthetic, note) VALUES ({s}, {at}, {c}, {p}, {f}, {u}, 'a', 'EDF', 1, '{{}}', 'queued', false, '')",
        "INSERT INTO report (id, created_at, study_id, author_id, status, version, content, changed_at, content_sha256) "
        f"VALUES ({r}, {at}, {s}, {u}, 'draft', 1, '{{}}', {at}, '')",
    ):
        connection.execute(text(statement))
