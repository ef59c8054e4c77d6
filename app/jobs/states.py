"""States of a job, and what they mean for the study that it works on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, cast

from sqlalchemy import CursorResult, Update, func, select, update
from sqlalchemy.orm import Session

from app.db.columns import utc_now
from app.db.studies import Study
from app.db.work import Job

JobState = Literal["queued", "running", "done", "failed", "cancelled", "quarantined"]
OPEN_STATES: Final[tuple[JobState, ...]] = ("queued", "running")
ENDED_STATES: Final[tuple[JobState, ...]] = ("done", "failed", "cancelled", "quarantined")

ANALYSE: Final[str] = "analyse"
QUICK: Final[str] = "quick"
"""Queue of what a person waits for: an embedded worker serves it beside its other work."""
BACKGROUND: Final[str] = "background"
"""Queue of what nobody waits for: taken when nothing else is due."""
QUEUES: Final[tuple[str, ...]] = (QUICK, "cpu", "gpu", BACKGROUND)
STUDY_STATUS: Final[dict[JobState, str]] = {
    "queued": "queued", "running": "analysing", "done": "analysed",
    "failed": "failed", "quarantined": "failed", "cancelled": "cancelled",
}


def now(session: Session) -> datetime:
    """The database's clock where it is shared by machines whose own clocks differ, else this machine's."""
    if session.get_bind().dialect.name == "postgresql":
        at: datetime = session.scalars(select(func.clock_timestamp())).one()
        return at
    return utc_now()


def changed(session: Session, swap: Update) -> bool:
    """Execute a compare-and-swap; whether it found the row as it expected it."""
    return cast("CursorResult[Any]", session.execute(swap)).rowcount > 0


def show_on_study(session: Session, job: Job) -> None:
    """Set the status of the study to what its analysis is doing, in the transaction of the job's own change."""
    if job.kind != ANALYSE or job.study_id is None:
        return
    status = STUDY_STATUS[job.state]  # type: ignore[index]
    if status in ("failed", "cancelled") and _has_result(session, job):
        status = "analysed"           # an earlier run's result still stands
    session.execute(update(Study).where(Study.id == job.study_id).values(status=status))


def _has_result(session: Session, job: Job) -> bool:
    done = select(Job.id).where(Job.study_id == job.study_id, Job.kind == ANALYSE, Job.state == "done").limit(1)
    return session.scalar(done) is not None
