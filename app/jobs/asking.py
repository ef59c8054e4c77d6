"""What doors and services do with jobs: ask for one, look at it, cancel it, try it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.work import Job
from app.errors import Conflict, NotFound
from app.jobs import hints
from app.jobs.states import BACKGROUND, ENDED_STATES, changed, now, show_on_study
from app.settings import current


@dataclass(frozen=True, slots=True)
class JobRequest:
    """One piece of work; two equal requests are one job."""

    clinic_id: UUID
    kind: str                                # "analyse", "render_report", … : the names in workers.kinds
    study_id: UUID | None = None
    asked_by: UUID | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)   # JSON
    run_number: int = 1                      # grows when the same work is asked for anew
    queue: str = "cpu"
    pipeline_version: str = ""
    model_sha256: str = ""

    @property
    def key(self) -> str:
        """sha256 over (clinic, study, kind, parameters, run number, pipeline version, model hash)."""
        parts = [str(self.clinic_id), str(self.study_id), self.kind, canonical(self.parameters), self.run_number,
                 self.pipeline_version, self.model_sha256]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class JobView:
    """What a person may know of a job."""

    id: UUID
    kind: str
    study_id: UUID | None
    state: str
    step: str
    done: int
    total: int
    attempts: int
    error_code: str
    error_sentence: str

    @property
    def ended(self) -> bool:
        return self.state in ENDED_STATES


def canonical(parameters: Mapping[str, Any]) -> str:
    """JSON text in which equal parameters are equal strings."""
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"))


def enqueue(session: Session, request: JobRequest) -> UUID:
    """Add a job to the caller's transaction; the workers are told after its commit.

    Parameters
    ----------
    session
        A writing session; study, job and audit rows belong into the same one.

    Returns
    -------
    UUID
        Of the new job, or of the one that was already asked for with the same key.
    """
    same = select(Job.id).where(Job.key == request.key)
    existing = session.scalar(same)
    if existing is not None:
        return existing
    job = _queued(request)
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:                   # somebody asked for the same at this very moment
        return session.scalars(same).one()
    show_on_study(session, job)
    hints.after_commit(session, job.id, job.queue)
    return job.id


def _queued(request: JobRequest) -> Job:
    return Job(
        id=uuid4(), clinic_id=request.clinic_id, study_id=request.study_id, asked_by=request.asked_by, kind=request.kind,
        queue=request.queue, parameters=dict(request.parameters), key=request.key, run_number=request.run_number,
        pipeline_version=request.pipeline_version, model_sha256=request.model_sha256, state="queued",
        max_attempts=current().max_attempts,
    )


def view(session: Session, who: Actor, job_id: UUID) -> JobView:
    """State and progress of one job of the actor's clinic.

    Raises
    ------
    NotFound
        If there is none, or it is another clinic's.
    """
    return as_view(_mine(session, who, job_id))


def as_view(job: Job) -> JobView:
    return JobView(
        id=job.id, kind=job.kind, study_id=job.study_id, state=job.state, step=job.step, done=job.done_units,
        total=job.total_units, attempts=job.attempts, error_code=job.error_code, error_sentence=job.error_sentence,
    )


def cancel(session: Session, who: Actor, job_id: UUID) -> JobView:
    """End a queued job at once; ask the worker of a running one to stop (it does within a heartbeat).

    Raises
    ------
    Conflict
        If the job has ended already.
    """
    job = _mine(session, who, job_id)
    at = now(session)
    queued = update(Job).where(Job.id == job.id, Job.state == "queued").values(state="cancelled", finished_at=at)
    running = update(Job).where(Job.id == job.id, Job.state == "running").values(cancel_asked_at=at)
    if not any(changed(session, swap) for swap in (queued, running)):
        raise Conflict(f"This job is {job.state} already and cannot be cancelled. Start the analysis again if you need it.")
    session.refresh(job)
    show_on_study(session, job)
    return as_view(job)


def retry(session: Session, who: Actor, job_id: UUID) -> JobView:
    """Queue an ended job again, with all its attempts.

    Raises
    ------
    Conflict
        If the job is done, or has not ended yet.
    """
    job = _mine(session, who, job_id)
    again = (
        update(Job).where(Job.id == job.id, Job.state.in_(("failed", "cancelled", "quarantined")))
        .values(state="queued", attempts=0, lease_owner=None, lease_until=None, hinted_at=None, finished_at=None,
                cancel_asked_at=None, step="", done_units=0, total_units=0, error_code="", error_sentence="")
    )
    if not changed(session, again):
        raise Conflict(f"This job is {job.state}; only a failed or cancelled one can be tried again.")
    session.refresh(job)
    show_on_study(session, job)
    hints.after_commit(session, job.id, job.queue)
    return as_view(job)


def hasten(session: Session, job_id: UUID, queue: str) -> None:
    """Move a job that waits in the background to another queue, because a person waits for it now."""
    sooner = update(Job).where(Job.id == job_id, Job.state == "queued", Job.queue == BACKGROUND).values(queue=queue)
    if changed(session, sooner):
        hints.after_commit(session, job_id, queue)


def _mine(session: Session, who: Actor, job_id: UUID) -> Job:
    job = session.scalar(select(Job).where(Job.id == job_id, Job.clinic_id == who.clinic_id))
    if job is None:
        raise NotFound("There is no such job. It may belong to another clinic; look at the list of studies.")
    return job
