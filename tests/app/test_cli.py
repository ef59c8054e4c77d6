"""The command ``hms``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import cli, settings
from app.db import migrate
from app.db import session as sessions
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.services import accounts, sign_in
from app.settings import Settings
from tests import builders


def hms(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli.hms, words, input=stdin)


def test_help_loads_nothing_heavy() -> None:
    heavy = "{'sqlalchemy', 'dash', 'flask', 'numpy', 'alembic', 'pydantic'}"
    code = f"import sys; from app.cli import hms; hms(['--help'], standalone_mode=False); print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_help_lists_every_command_with_its_summary() -> None:
    shown = hms("--help").output
    for name, lazy in cli.COMMANDS.items():
        assert f"  {name} " in shown
        assert lazy.summary[:40] in " ".join(shown.split())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_can_be_asked_for_help(name: str) -> None:
    result = hms(name, "--help")
    assert result.exit_code == 0, result.output


def test_an_added_user_signs_in_with_the_password_from_stdin(database: Settings) -> None:
    result = hms("add-user", "Eve", "--role", "viewer", "--clinic", "North", "--password-stdin", stdin=f"{builders.PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert "Added clinic North." in result.output
    with writing() as session:
        assert sign_in.with_password(session, "eve", builders.PASSWORD, address="", now=utc_now())


def test_a_password_is_asked_for_twice(database: Settings) -> None:
    words = ("add-user", "Eve", "--role", "viewer", "--clinic", "North")
    assert hms(*words, stdin=f"{builders.PASSWORD}\ntypo\n").exit_code != 0
    assert hms(*words, stdin=f"{builders.PASSWORD}\n{builders.PASSWORD}\n").exit_code == 0


def test_a_printed_link_and_token_let_the_user_in(database: Settings) -> None:
    hms("add-user", "eve", "--role", "viewer", "--clinic", "North", "--no-password")
    link, token = hms("sign-in-link", "eve").output.strip(), hms("add-token", "EVE", "--days", "1").output.strip()
    assert link.startswith("http://127.0.0.1:8050/login/link/")
    with writing() as session:
        assert sign_in.with_link(session, link.rsplit("/", 1)[-1], now=utc_now())
        assert sign_in.find(session, token, now=utc_now()) is not None


def test_a_weak_password_adds_nobody(database: Settings) -> None:
    hms("add-user", "eve", "--role", "viewer", "--clinic", "North", "--password-stdin", stdin="short\n")
    with reading() as session:
        assert accounts.user_named(session, "eve") is None
        assert accounts.clinic_named(session, "North") is None


def test_what_is_refused_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    environment = os.environ | {"HMS_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "app.cli", "add-token", "nobody"], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"The database is at version none, this program needs {migrate.newest()}. Run hms migrate first.\n"


def test_migrate_makes_a_database(tmp_path: Path) -> None:
    made = settings.use(Settings(data_dir=tmp_path / "new"))
    assert hms("migrate").exit_code == 0
    sessions.configure(made)
    with reading() as session:
        assert accounts.user_named(session, "anybody") is None
