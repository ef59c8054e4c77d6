"""Start a worker for the mode of this installation, and stop it cleanly."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from app.db import migrate
from app.db.session import configure
from app.jobs import configure_hints
from app.settings import Settings, use
from app.telemetry import configure_logging
from workers import kinds, polling


def serve(settings: Settings, extra_modules: tuple[str, ...] = ()) -> None:
    """Work until SIGINT or SIGTERM.

    Raises
    ------
    Conflict
        If the database is not at this version.
    """
    configure_logging()
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
