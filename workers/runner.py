"""Runs one claimed job: reads what it needs, has a child compute it, keeps the lease, and ends the job once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app import jobs
from app.db.session import reading, writing
from app.db.work import Job
from app.errors import AppError
from app.jobs import Claim, Progress, Verdict
from app.settings import MIB, Settings
from app.telemetry import reference
from ml.errors import RecordingError
from workers.child_process import ChildGone, ChildProcess
from workers.kinds import Kind
from workers.outcomes import Cancelled, Done, Failed, Lost, Outcome, Refused, Stopped, failed

TICK_S: Final = 0.25
PROGRESS_S: Final = 1.0
"""New progress is written to the row at most this often."""
PATIENCE_S: Final = 600.0
"""How long a finished result waits for a database that is away, before the work is given up and done again."""
STOPPING_S: Final = 5.0
PAUSE_S: Final = 0.5
JOBS_PER_CHILD: Final = 100
"""A warm child is replaced after so many jobs: fragmentation of its memory is then no concern."""

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Runner:
    """One job at a time, with one warm child.

    Parameters
    ----------
    owner
        Name under which jobs are claimed; unique among all runners.
    kinds
        ``workers.kinds.load()``.
    stopping
        Set when the worker shuts down; the job at hand is then given back.
    """

    def __init__(self, owner: str, kinds: Mapping[str, Kind], settings: Settings, stopping: threading.Event) -> None:
        self.owner = owner
        self.jobs_done = 0
        self._kinds = kinds
        self._settings = settings
        self._stopping = stopping
        self._child: ChildProcess | None = None
        self._child_jobs = 0

    def run(self, held: Claim) -> None:
        """Bring one attempt to its end, whatever happens in it."""
        began = time.monotonic()
        outcome = self._attempt(held)
        if not isinstance(outcome, Done | Refused):
            self.close()                               # its state is unknown
        ended = persist(lambda: self._end(held, outcome), PATIENCE_S, self._stopping)
        self.jobs_done += 1
        _log.info("attempt_ended", job_id=str(held.job_id), kind=held.kind, attempt=held.attempt, outcome=type(outcome).__name__,
                  state=ended, seconds=round(time.monotonic() - began, 3))

    def close(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    def _attempt(self, held: Claim) -> Outcome:
        kind = self._kinds.get(held.kind)
        if kind is None:
            return Refused("UNKNOWN_KIND", f"This worker does not know work of the kind {held.kind!r}. Update the worker.")
        try:
            parameters = persist(lambda: _prepare(kind, held), self._settings.lease_s, self._stopping)
            return self._compute(held, kind, parameters)
        except (AppError, RecordingError) as error:
            return Refused(error.code, error.sentence)
        except ChildGone as gone:
            return failed(gone.code, self._settings)
        except Exception:
            return self._bug(held)

    def _bug(self, held: Claim) -> Failed:
        number = reference()
        _log.exception("attempt_failed", job_id=str(held.job_id), reference=number)
        return failed("BUG", self._settings, reference=number)

    def _compute(self, held: Claim, kind: Kind, parameters: dict[str, Any]) -> Outcome:
        child = self._warm_child()
        child.order(kind.run, parameters)
        deadline = time.monotonic() + self._settings.job_wall_s
        pulse = Pulse(held, self._settings)
        while True:
            message = child.next_answer(TICK_S)
            if message is not None and "progress" in message:
                pulse.progress = Progress(*message["progress"])
            elif message is not None:
                return self._outcome(message)
            if self._stopping.is_set():
                return Stopped()
            if time.monotonic() > deadline:
                return failed("WALL_LIMIT", self._settings)
            if child.resident_bytes() > self._settings.job_memory_mib * MIB:
                return failed("MEMORY_LIMIT", self._settings)
            verdict = pulse.beat()
            if verdict is not Verdict.OURS:
                return Cancelled() if verdict is Verdict.CANCEL else Lost()

    def _outcome(self, message: dict[str, Any]) -> Outcome:
        if "done" in message:
            return Done(message["done"])
        if "refused" in message:
            return Refused(**message["refused"])
        return failed(message["error"]["code"], self._settings, reference=message["error"]["reference"])

    def _warm_child(self) -> ChildProcess:
        if self._child is not None and self._child_jobs >= JOBS_PER_CHILD:
            self.close()
        if self._child is None:
            self._child, self._child_jobs = ChildProcess(self._settings), 0
        self._child_jobs += 1
        return self._child

    def _end(self, held: Claim, outcome: Outcome) -> str:
        """Write the end of the attempt; the state that the job has now."""
        if isinstance(outcome, Lost):
            return "lost"
        if not isinstance(outcome, Done):
            with writing() as session:
                return _state(_close(session, held, outcome))
        try:
            with writing() as session:
                job = jobs.finish(session, held)
                if job is not None:
                    self._kinds[held.kind].save(session, job, outcome.result)
                return _state(job)
        except (AppError, RecordingError) as error:
            return self._end(held, Refused(error.code, error.sentence))
        except DBAPIError as error:
            if may_pass(error):
                raise
            return self._end(held, self._bug(held))
        except Exception:
            return self._end(held, self._bug(held))


class Pulse:
    """The heartbeat of one attempt. While the database is away the work goes on: its row says later whose it is."""

    def __init__(self, held: Claim, settings: Settings) -> None:
        self.progress = Progress()
        self._held = held
        self._settings = settings
        self._written = Progress()
        self._tried = time.monotonic()

    def beat(self) -> Verdict:
        """Write to the row if it is time; what the row said, or OURS in between."""
        at = time.monotonic()
        wait = PROGRESS_S if self.progress != self._written else self._settings.heartbeat_s
        if at - self._tried < min(wait, self._settings.heartbeat_s):
            return Verdict.OURS
        self._tried = at
        try:
            with writing() as session:
                verdict = jobs.heartbeat(session, self._held, self.progress)
        except DBAPIError as error:
            _log.warning("heartbeat_failed", job_id=str(self._held.job_id), error=type(error).__name__)
            return Verdict.OURS
        self._written = self.progress
        return verdict


def persist(transaction: Callable[[], T], for_s: float, stopping: threading.Event) -> T:
    """Repeat an idempotent transaction while the database restarts or is locked, for at most ``for_s``.

    A worker that is asked to stop does not wait that long: the lease brings the job back.
    """
    began = time.monotonic()
    while True:
        try:
            return transaction()
        except DBAPIError as error:
            waited_s = time.monotonic() - began
            if not may_pass(error) or waited_s > (STOPPING_S if stopping.is_set() else for_s):
                raise
            _log.warning("transaction_repeated", error=type(error).__name__)
            time.sleep(PAUSE_S)


def may_pass(error: DBAPIError) -> bool:
    """Whether the same transaction can succeed later: lost connection, restart, lock, serialization failure."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or (state is None and isinstance(error, OperationalError | InterfaceError)):
        return True
    return state is not None and (state in ("40001", "40P01") or state[:2] in ("08", "57"))


def _prepare(kind: Kind, held: Claim) -> dict[str, Any]:
    with reading() as session:
        return kind.prepare(session, session.get_one(Job, held.job_id))


def _close(session: Any, held: Claim, outcome: Outcome) -> Job | None:
    match outcome:
        case Refused(code, sentence):
            return jobs.finish(session, held, "failed", code=code, sentence=sentence)
        case Failed(code, sentence):
            return jobs.fail(session, held, code=code, sentence=sentence)
        case Cancelled():
            return jobs.finish(session, held, "cancelled")
        case _:
            return jobs.release(session, held)


def _state(job: Job | None) -> str:
    return "lost" if job is None else job.state
