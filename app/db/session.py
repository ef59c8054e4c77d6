"""Sessions: one engine per process, short transactions for reading and for writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from app.settings import Settings

_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def make_engine(url: str) -> Engine:
    """Engine for SQLite (WAL, full sync) or PostgreSQL, as durable as the database can be."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 5.0, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"
    return create_engine(url, pool_pre_ping=True, pool_recycle=1800, pool_size=10, max_overflow=20,
                         connect_args={"options": options, "connect_timeout": 5})


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None      # we write BEGIN ourselves, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, _lower, deterministic=True)   # SQLite's own knows ASCII only; names do not


def _lower(text: str | None) -> str | None:
    return None if text is None else str(text).lower()


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once where the session will write: a later upgrade could fail half-way."""
    writes = connection.get_execution_options().get("hms_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def configure(settings: Settings) -> Engine:
    """Bind this process to the database of ``settings``; called once by each door."""
    if not settings.database_url:
        settings.make_data_dir()
    engine = make_engine(settings.sqlalchemy_url)
    before = _sessions.kw.get("bind")
    if isinstance(before, Engine):
        before.dispose()
    _sessions.configure(bind=engine)
    return engine


@contextmanager
def reading() -> Iterator[Session]:
    """A session whose changes are thrown away."""
    with _sessions() as session:
        yield session
        session.rollback()


@contextmanager
def writing() -> Iterator[Session]:
    """A session that commits when the block ends well and rolls back when it does not."""
    with _sessions() as session:
        session.connection(execution_options={"hms_writes": True})
        yield session
        session.commit()
