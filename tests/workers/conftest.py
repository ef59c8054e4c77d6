"""A migrated installation on SQLite; what differs on PostgreSQL is tested with the job engine and with the faults."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db import session as sessions
from app.settings import Settings, use
from tests.app.conftest import sqlite_template
from tests.faults.conftest import house

__all__ = ["database", "house", "sqlite_template"]


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh migrated installation, current for this process."""
    (tmp_path / "data").mkdir()
    shutil.copy(sqlite_template, tmp_path / "data" / "hms.sqlite")
    made = use(Settings(data_dir=tmp_path / "data"))
    engine = sessions.configure(made)
    yield made
    engine.dispose()
