"""Jobs: how far the work is, and stopping it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app import jobs
from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import monitoring

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=DOCUMENTED)


class JobOut(BaseModel):
    """States: queued, running, done, failed, cancelled, quarantined."""

    model_config = ConfigDict(from_attributes=True)

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


@router.get("/{job_id}")
def show(job_id: UUID, who: SignedIn) -> JobOut:
    """State and progress of one job of the clinic."""
    with reading() as session:
        return JobOut.model_validate(jobs.view(session, who, job_id))


@router.post("/{job_id}/cancel")
def cancel(job_id: UUID, who: SignedIn) -> JobOut:
    """Stop a job; a running one ends within some seconds."""
    with writing() as session:
        return JobOut.model_validate(monitoring.cancel(session, who, job_id))


@router.post("/{job_id}/retry")
def retry(job_id: UUID, who: SignedIn) -> JobOut:
    """Try a failed or quarantined job again."""
    with writing() as session:
        return JobOut.model_validate(monitoring.retry(session, who, job_id))
