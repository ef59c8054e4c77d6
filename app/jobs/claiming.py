"""What a worker does with a job: take it under a lease, keep the lease, and end it once.

Every write is a compare-and-swap: the row must still be running under this owner and attempt ("fencing"), so a worker that
was paused beyond its lease cannot overwrite what its successor did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from app.db.work import Job
from app.jobs.states import BACKGROUND, JobState, changed, now, show_on_study
from app.settings import current


class Verdict(StrEnum):
    """What a heartbeat learns."""

    OURS = "ours"
    CANCEL = "cancel"     # still ours, but a person asked to stop
    LOST = "lost"         # another worker has it, or it has ended: discard everything


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker holds; ``(job_id, owner, attempt)`` is its fence."""

    job_id: UUID
    owner: str
    attempt: int
    kind: str
    study_id: UUID | None


@dataclass(frozen=True, slots=True)
class Progress:
    step: str = ""
    done: int = 0
    total: int = 0


def is_due(session: Session, queues: Sequence[str]) -> bool:
    """Whether a poll would find something; read-only, so that idle polling takes no write lock."""
    return session.scalar(_due(session, queues)) is not None


def claim(session: Session, *, owner: str, queues: Sequence[str], job_id: UUID | None = None) -> Claim | None:
    """Take one queued job for ``lease_s`` seconds.

    Parameters
    ----------
    session
        A writing session; the claim holds from its commit.
    owner
        Unique name of the worker.
    queues
        Queues that the worker serves.
    job_id
        The hinted job; the oldest one that is due by default.

    Returns
    -------
    Claim or None
        None if there is nothing to take or another worker was faster: duplicate hints are harmless.
    """
    candidates = _due(session, queues)
    if job_id is not None:
        candidates = candidates.where(Job.id == job_id)
    found = session.scalar(candidates.with_for_update(skip_locked=True))
    if found is None:
        return None
    at = now(session)
    take = update(Job).where(Job.id == found, Job.state == "queued").values(
        state="running", lease_owner=owner, attempts=Job.attempts + 1, lease_until=_lease_end(at), heartbeat_at=at,
        started_at=at, step="", done_units=0, total_units=0,
    )
    if not changed(session, take):
        return None
    job = session.get_one(Job, found, populate_existing=True)
    show_on_study(session, job)
    return Claim(job.id, owner, job.attempts, job.kind, job.study_id)


def heartbeat(session: Session, held: Claim, progress: Progress) -> Verdict:
    """Extend the lease, show the progress, and learn whether to go on."""
    at = now(session)
    alive = update(Job).where(*_fence(held)).values(
        lease_until=_lease_end(at), heartbeat_at=at, step=progress.step[:40], done_units=progress.done,
        total_units=progress.total,
    )
    if not changed(session, alive):
        return Verdict.LOST
    asked = session.scalar(select(Job.cancel_asked_at).where(Job.id == held.job_id))
    return Verdict.OURS if asked is None else Verdict.CANCEL


def finish(session: Session, held: Claim, state: JobState = "done", *, code: str = "", sentence: str = "") -> Job | None:
    """End the job; result rows belong into the same transaction, after this call.

    Returns
    -------
    Job or None
        None if the job is no longer this worker's: nothing of its result may be written.
    """
    done = Job.total_units if state == "done" else Job.done_units      # the last progress may have come too fast to be noted
    return _end(session, held, state=state, finished_at=now(session), lease_until=None, error_code=code,
                error_sentence=sentence, done_units=done)


def fail(session: Session, held: Claim, *, code: str, sentence: str) -> Job | None:
    """Note a failed attempt: queue the job again after a pause, or quarantine it after the last one."""
    max_attempts = session.scalars(select(Job.max_attempts).where(Job.id == held.job_id)).one()
    if held.attempt >= max_attempts:
        return finish(session, held, "quarantined", code=code, sentence=quarantine_sentence(sentence, held.attempt))
    pause = timedelta(seconds=min(current().lease_s, 2.0**held.attempt))     # 2, 4, 8 … s, at most a lease
    return _end(session, held, state="queued", lease_owner=None, lease_until=now(session) + pause, hinted_at=None,
                error_code=code, error_sentence=sentence)


def release(session: Session, held: Claim) -> Job | None:
    """Give a job back because the worker stops; this was not an attempt."""
    return _end(session, held, state="queued", attempts=held.attempt - 1, lease_owner=None, lease_until=None, hinted_at=None)


def quarantine_sentence(sentence: str, attempts: int) -> str:
    return f"{sentence} It was tried {attempts} times and is not tried again by itself; the recording can still be read."


def _end(session: Session, held: Claim, **values: Any) -> Job | None:
    if not changed(session, update(Job).where(*_fence(held)).values(**values)):
        return None
    job = session.get_one(Job, held.job_id, populate_existing=True)
    show_on_study(session, job)
    return job


def _fence(held: Claim) -> tuple[ColumnElement[bool], ...]:
    return (Job.id == held.job_id, Job.state == "running", Job.lease_owner == held.owner, Job.attempts == held.attempt)


def _due(session: Session, queues: Sequence[str]) -> Select[UUID]:
    """Queued jobs whose pause is over, oldest first, those of the background last; a queued row's ``lease_until`` is the end of its pause."""
    over = or_(Job.lease_until.is_(None), Job.lease_until <= now(session))
    due = select(Job.id).where(Job.state == "queued", Job.queue.in_(queues), over)
    return due.order_by(Job.queue == BACKGROUND, Job.created_at, Job.id).limit(1)


def _lease_end(at: datetime) -> datetime:
    return at + timedelta(seconds=current().lease_s)
