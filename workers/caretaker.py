"""The thread beside the jobs: shows that the worker lives, takes back lost jobs, hints again at forgotten ones."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Sequence
from secrets import token_hex

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import jobs
from app.db.session import writing
from app.db.work import WorkerBeat
from app.jobs.states import now
from app.settings import Settings

_log = structlog.get_logger(__name__)


def worker_name() -> str:
    """Unique among all worker processes that ever ran, so that a fence cannot be mistaken."""
    return f"{platform.node()[:40]}:{os.getpid()}:{token_hex(4)}"


class Caretaker(threading.Thread):
    """Every ``reaper_s`` until ``stopping``; a round that fails is logged and the next one tried."""

    def __init__(self, name: str, queues: Sequence[str], settings: Settings, stopping: threading.Event,
                 jobs_done: Callable[[], int]) -> None:
        super().__init__(name="caretaker", daemon=True)
        self._worker = name
        self._queues = ",".join(queues)
        self._settings = settings
        self._stopping = stopping
        self._jobs_done = jobs_done

    def run(self) -> None:
        while True:
            try:
                self._round()
            except DBAPIError as error:
                _log.warning("caretaker_failed", error=type(error).__name__)
            except Exception:
                _log.exception("caretaker_failed")
            if self._stopping.wait(self._settings.reaper_s):
                return

    def _round(self) -> None:
        with writing() as session:
            self._beat(session)
        with writing() as session:
            reaped = jobs.reap(session)
        if reaped.requeued or reaped.quarantined:
            _log.warning("jobs_taken_back", requeued=len(reaped.requeued), quarantined=len(reaped.quarantined))

    def _beat(self, session: Session) -> None:
        at = now(session)
        beat = session.get(WorkerBeat, self._worker)
        if beat is None:
            beat = WorkerBeat(name=self._worker, queues=self._queues, started_at=at, seen_at=at)
            session.add(beat)
        beat.seen_at, beat.jobs_done = at, self._jobs_done()

    def leave(self) -> None:
        """Take the sign of life away: a worker that was stopped on purpose is not a dead one."""
        self._stopping.set()
        self.join(self._settings.reaper_s)
        with writing() as session:
            session.execute(delete(WorkerBeat).where(WorkerBeat.name == self._worker))
