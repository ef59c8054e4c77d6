"""What every test may use: the shared data, and no network except where a test says so."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.shared_files import folder

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
DATA = folder()
MAY_NOT_BE_ABSENT = {"PostgreSQL absent", "Redis absent", "Chromium absent", "shared data absent"}
NETWORKED = ("service", "browser")

pytest_plugins = ("tests.servers",)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "service: talks to PostgreSQL, Redis or a server that the test starts, on loopback")
    config.addinivalue_line("markers", "browser: drives a real headless Chromium against a server on loopback")
    config.option.allow_unix_socket = True  # an event loop wakes itself through a socket pair


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Unit tests get no sockets at all; service and browser tests get loopback and nothing else."""
    networked = any(item.get_closest_marker(name) for name in NETWORKED)
    item.add_marker(pytest.mark.allow_hosts(LOOPBACK) if networked else pytest.mark.disable_socket)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, reason by reason: a skip must never pass unseen."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.section("skipped, by reason")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:5d}  {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With ``HMS_NO_SKIPS`` (continuous integration) a part that was skipped for want of a server, browser or data has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("HMS_NO_SKIPS"):
        return
    present = {"shared data absent"} if not DATA.is_dir() else set()
    forbidden = {_reason(report) for report in reporter.stats.get("skipped", [])} & MAY_NOT_BE_ABSENT - present
    if forbidden:
        reporter.write_line(f"failed: parts were skipped ({', '.join(sorted(forbidden))})", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return reason.removeprefix("Skipped: ")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real recordings (``HMS_TEST_DATA``); tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip("shared data absent")
    return DATA
