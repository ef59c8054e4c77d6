"""Settings: what is kept where, and who may read it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings


def test_one_machine_needs_no_setting() -> None:
    made = Settings()
    assert (made.mode, made.host, made.has_tls) == ("embedded", "127.0.0.1", False)
    assert made.sqlalchemy_url.startswith("sqlite:////")


def test_redis_makes_it_service_mode() -> None:
    assert Settings(redis_url="redis://127.0.0.1:6390/0").mode == "service"


def test_what_is_kept_is_for_its_owner_only(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path / "data")
    assert len(made.secret) == 32
    assert made.data_dir.stat().st_mode & 0o077 == 0
    assert (made.data_dir / "secret.key").stat().st_mode & 0o077 == 0


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Settings(data_dir=tmp_path).secret, range(16)))
    assert len(keys) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.key"]


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Settings(prot=8050)  # type: ignore[call-arg]


def test_environment_variables_have_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_PORT", "9000")
    assert Settings().port == 9000
