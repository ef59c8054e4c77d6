"""Start a worker for the mode of this installation, and stop it cleanly."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from app.db import migrate
from app.db.session import configure
from app.jobs import configure_hints
from app.settings import Settings, use
from app.telemetry import configure_logging
from workers import kinds, orphan, polling


def serve(settings: Settings, extra_modules: tuple[str, ...] = (), *, parent: int | None = None, log_level: int = logging.INFO) -> None:
    """Work until SIGINT or SIGTERM.

    Parameters
    ----------
    settings
        Decide the mode.
    extra_modules
        Python modules with further kinds of work.
    parent
        Process with which this one ends.
    log_level
        Least level of the lines on standard error.

    Raises
    ------
    Conflict
        If the database is not at this version.
    """
    configure_logging(log_level)
    if parent is not None:
        orphan.end_with(parent, signal.SIGTERM)
    use(settings)
    migrate.check(configure(settings))
    configure_hints(settings)
    known, stopping = kinds.load(extra_modules), threading.Event()
    if settings.mode == "service":
        from workers import celery_app

        celery_app.serve(settings, known, stopping)
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    polling.serve(settings, known, stopping)
