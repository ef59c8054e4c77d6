"""The reaper takes back jobs whose worker died, and the dispatcher hints again at jobs that nobody took.

Any number of processes may call ``reap``; in PostgreSQL an advisory lock lets one of them work at a time, in SQLite the
write lock does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.db.work import Job
from app.jobs import hints
from app.jobs.claiming import quarantine_sentence
from app.jobs.states import now, show_on_study
from app.settings import current

LEADER_LOCK: Final[int] = 0x484D5346   # key of the advisory lock; another than that of the migrations
HINTS_PER_ROUND: Final[int] = 100
"""Bounds what one round publishes; a longer backlog is hinted at as it drains."""


@dataclass(frozen=True, slots=True)
class Reaped:
    """What one round did; ``leads`` is False where another process holds the lock."""

    leads: bool
    requeued: tuple[UUID, ...] = ()
    quarantined: tuple[UUID, ...] = ()
    hinted: int = 0


def reap(session: Session) -> Reaped:
    """One round, in the caller's writing session; hints go out after its commit."""
    if not _leads(session):
        return Reaped(leads=False)
    at = now(session)
    lost = [_take_back(session, job) for job in _expired(session, at)]
    hinted = _hint_again(session, at) if hints.configured() else 0
    return Reaped(
        leads=True,
        requeued=tuple(job.id for job in lost if job.state == "queued"),
        quarantined=tuple(job.id for job in lost if job.state == "quarantined"),
        hinted=hinted,
    )


def _leads(session: Session) -> bool:
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(LEADER_LOCK))))


def _expired(session: Session, at: datetime) -> list[Job]:
    lost = select(Job).where(Job.state == "running", Job.lease_until < at)
    return list(session.scalars(lost.with_for_update(skip_locked=True)))


def _take_back(session: Session, job: Job) -> Job:
    job.lease_owner, job.lease_until, job.hinted_at = None, None, None
    if job.cancel_asked_at is not None:
        job.state, job.finished_at = "cancelled", now(session)
    elif job.attempts < job.max_attempts:
        job.state = "queued"
    else:
        sentence = "The worker that ran this job stopped answering each time."
        job.state, job.finished_at, job.error_code = "quarantined", now(session), "WORKER_LOST"
        job.error_sentence = quarantine_sentence(sentence, job.attempts)
    session.flush()
    show_on_study(session, job)
    return job


def _hint_again(session: Session, at: datetime) -> int:
    """Hint at due jobs that wait unhinted, as long as the broker is not full of unread hints already."""
    settings = current()
    old, stale = at - timedelta(seconds=settings.hint_after_s), at - timedelta(seconds=settings.hint_again_s)
    waiting = select(Job).where(
        Job.state == "queued",
        or_(Job.lease_until.is_(None), Job.lease_until <= at),
        or_(Job.hinted_at < stale, Job.hinted_at.is_(None) & or_(Job.created_at < old, Job.attempts > 0)),
    ).order_by(Job.created_at).limit(hints.room(HINTS_PER_ROUND))
    jobs = list(session.scalars(waiting))
    for job in jobs:
        job.hinted_at = at
        hints.after_commit(session, job.id, job.queue)
    return len(jobs)
