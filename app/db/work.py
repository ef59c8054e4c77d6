"""The job table: the only truth about work; queues carry nothing but a hint."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import Identified, JsonObject, Table


class Job(Identified, Table):
    """States: queued → running → done | failed | cancelled | quarantined."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_queue", "state", "queue"),)

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    study_id: Mapped[UUID | None] = mapped_column(ForeignKey("study.id"), index=True)
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(30))                # "analyse", "render_report", …
    queue: Mapped[str] = mapped_column(String(10), default="cpu")
    parameters: Mapped[JsonObject] = mapped_column(default=dict)
    key: Mapped[str] = mapped_column(String(64), unique=True)    # sha256 of (study, kind, parameters, run, pipeline, model)
    run_number: Mapped[int] = mapped_column(default=1)
    pipeline_version: Mapped[str] = mapped_column(String(40), default="")
    model_sha256: Mapped[str] = mapped_column(String(64), default="")

    state: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    hinted_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]

    step: Mapped[str] = mapped_column(String(40), default="")
    done_units: Mapped[int] = mapped_column(default=0)
    total_units: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error_sentence: Mapped[str] = mapped_column(default="")


class WorkerBeat(Table):
    """Last sign of life of each worker process, for the monitoring page."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    queues: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    jobs_done: Mapped[int] = mapped_column(default=0)
