"""What machines ask of the database without acting for anybody: work in numbers, and whether it can be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.work import Job, WorkerBeat


@dataclass(frozen=True, slots=True)
class WorkInNumbers:
    """Counts over all clinics; no identifiers."""

    jobs: dict[tuple[str, str], int]         # (kind, state) → number
    oldest_queued_s: float                   # 0 when nothing waits
    workers_alive: int


def work_in_numbers(session: Session, *, now: datetime) -> WorkInNumbers:
    """Jobs by kind and state, the longest wait and the workers seen within a minute."""
    counted = session.execute(select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state))
    oldest = session.scalar(select(func.min(Job.created_at)).where(Job.state == "queued"))
    alive = session.scalar(select(func.count()).select_from(WorkerBeat).where(WorkerBeat.seen_at > now - timedelta(minutes=1)))
    return WorkInNumbers(
        jobs={(kind, state): n for kind, state, n in counted},
        oldest_queued_s=(now - oldest).total_seconds() if oldest else 0.0,
        workers_alive=alive or 0,
    )


def prove_writable(session: Session) -> None:
    """Run a statement that takes the write lock and changes nothing."""
    session.execute(update(WorkerBeat).where(WorkerBeat.name == "").values(queues=""))
