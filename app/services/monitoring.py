"""State of the queue, the workers and the machine, for those who may see it; and the two verbs on a job."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import psutil
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Permission, require
from app.db.work import Job, WorkerBeat
from app.jobs import JobView
from app.jobs.states import BACKGROUND, QUEUES, now
from app.services import audit
from app.settings import current

BEATS_MISSED: Final[int] = 3
"""A worker that has not shown itself for so many rounds of its caretaker (at least a lease) counts as dead."""
FORGET_WORKERS: Final[timedelta] = timedelta(days=1)
STATES: Final[tuple[str, ...]] = ("queued", "running", "done", "failed", "cancelled", "quarantined")


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One worker process."""

    name: str
    queues: str
    started_at: datetime             # aware UTC
    seen_at: datetime                # aware UTC
    jobs_done: int
    alive: bool


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job in the list of the clinic's work."""

    id: UUID
    kind: str
    queue: str
    study_id: UUID | None
    state: str
    step: str
    done: int
    total: int
    attempts: int
    max_attempts: int
    asked_at: datetime               # aware UTC
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str
    error_sentence: str


@dataclass(frozen=True, slots=True)
class MachineView:
    """What is left of the machine that serves this page."""

    cpu_percent: float               # since the last look
    cpu_count: int
    memory_used_bytes: int
    memory_total_bytes: int
    disk_used_bytes: int             # of the volume that holds the data
    disk_total_bytes: int


@dataclass(frozen=True, slots=True)
class MonitoringView:
    """Everything that the monitoring page shows."""

    mode: str                                    # "embedded", "service"
    counts: dict[str, dict[str, int]]            # queue → state → jobs of the clinic
    oldest_queued_s: float | None                # age of the job that has waited longest; the background may wait
    workers: tuple[WorkerView, ...]
    open_jobs: tuple[JobRow, ...]                # running first, then queued in their order
    failures: tuple[JobRow, ...]                 # failed and quarantined, newest first
    machine: MachineView

    @property
    def workers_alive(self) -> int:
        return sum(worker.alive for worker in self.workers)


def overview(session: Session, who: Actor, *, limit: int = 50) -> MonitoringView:
    """Queue and failures of the clinic of ``who``; workers and machine are shared by all clinics."""
    require(who, Permission.SEE_MONITORING)
    at = now(session)
    mine = select(Job).where(Job.clinic_id == who.clinic_id)
    opened = mine.where(Job.state.in_(("queued", "running"))).order_by(Job.state.desc(), Job.created_at).limit(limit)
    failed = mine.where(Job.state.in_(("failed", "quarantined"))).order_by(Job.finished_at.desc().nulls_last()).limit(limit)
    return MonitoringView(
        mode=current().mode, counts=_counts(session, who), oldest_queued_s=_oldest_s(session, who, at),
        workers=_workers(session, at), open_jobs=tuple(map(_row, session.scalars(opened))),
        failures=tuple(map(_row, session.scalars(failed))), machine=machine(),
    )


def cancel(session: Session, who: Actor, job_id: UUID) -> JobView:
    """Cancel a job; a running one stops within a heartbeat."""
    view = jobs.view(session, who, job_id)       # NotFound comes before Forbidden
    require(who, Permission.ANALYSE)
    audit.record(session, who, "job_cancelled", "job", job_id, study_id=view.study_id)
    return jobs.cancel(session, who, job_id)


def retry(session: Session, who: Actor, job_id: UUID) -> JobView:
    """Queue a failed, quarantined or cancelled job again, with all its attempts."""
    view = jobs.view(session, who, job_id)
    require(who, Permission.ANALYSE)
    audit.record(session, who, "job_retried", "job", job_id, study_id=view.study_id, error_code=view.error_code)
    return jobs.retry(session, who, job_id)


def machine() -> MachineView:
    """Processor, memory and disk of this machine at this moment."""
    memory = psutil.virtual_memory()
    folder = current().data_dir
    disk = shutil.disk_usage(folder if folder.exists() else folder.anchor)
    return MachineView(
        cpu_percent=psutil.cpu_percent(), cpu_count=psutil.cpu_count() or 1, memory_used_bytes=memory.total - memory.available,
        memory_total_bytes=memory.total, disk_used_bytes=disk.total - disk.free, disk_total_bytes=disk.total,
    )


def _counts(session: Session, who: Actor) -> dict[str, dict[str, int]]:
    query = select(Job.queue, Job.state, func.count()).where(Job.clinic_id == who.clinic_id).group_by(Job.queue, Job.state)
    counts = {queue: dict.fromkeys(STATES, 0) for queue in QUEUES}
    for queue, state, count in session.execute(query):
        counts.setdefault(queue, dict.fromkeys(STATES, 0))[state] = count
    return counts


def _oldest_s(session: Session, who: Actor, at: datetime) -> float | None:
    oldest = session.scalar(select(func.min(Job.created_at)).where(Job.clinic_id == who.clinic_id, Job.state == "queued", Job.queue != BACKGROUND))
    return None if oldest is None else max(0.0, (at - oldest).total_seconds())


def _workers(session: Session, at: datetime) -> tuple[WorkerView, ...]:
    settings = current()
    patience = timedelta(seconds=max(settings.lease_s, BEATS_MISSED * settings.reaper_s))
    beats = session.scalars(select(WorkerBeat).where(WorkerBeat.seen_at > at - FORGET_WORKERS).order_by(WorkerBeat.seen_at.desc()))
    return tuple(
        WorkerView(beat.name, beat.queues, beat.started_at, beat.seen_at, beat.jobs_done, alive=at - beat.seen_at < patience)
        for beat in beats
    )


def _row(job: Job) -> JobRow:
    return JobRow(
        id=job.id, kind=job.kind, queue=job.queue, study_id=job.study_id, state=job.state, step=job.step, done=job.done_units,
        total=job.total_units, attempts=job.attempts, max_attempts=job.max_attempts, asked_at=job.created_at,
        started_at=job.started_at, finished_at=job.finished_at, error_code=job.error_code, error_sentence=job.error_sentence,
    )
