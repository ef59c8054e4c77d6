"""What an analysis found, and what readers decided about it. The model's output is never changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import Identified, JsonObject, Table
from app.db.studies import StoredFile


class Analysis(Identified, Table):
    """One run of one model over one study; exactly one row per key."""

    __tablename__ = "analysis"
    __table_args__ = (
        UniqueConstraint("study_id", "kind", "parameters_sha256", "run_number", "pipeline_version", "model_sha256",
                         name="uq_analysis_key"),
    )

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(30), default="analyse")
    parameters: Mapped[JsonObject] = mapped_column(default=dict)
    parameters_sha256: Mapped[str] = mapped_column(String(64))
    run_number: Mapped[int] = mapped_column(default=1)
    pipeline_version: Mapped[str] = mapped_column(String(40))
    model_name: Mapped[str] = mapped_column(String(100))
    model_sha256: Mapped[str] = mapped_column(String(64))
    result_file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_file.id"))        # arrays: npz without pickle
    spectrogram_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("stored_file.id"))
    summary: Mapped[JsonObject] = mapped_column(default=dict)    # findings, quality, assessed seconds, seconds by class
    elapsed_s: Mapped[float]

    result_file: Mapped[StoredFile] = relationship(foreign_keys=[result_file_id], lazy="joined")
    spectrogram_file: Mapped[StoredFile | None] = relationship(foreign_keys=[spectrogram_file_id], lazy="joined")


class FoundEvent(Identified, Table):
    __tablename__ = "found_event"

    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analysis.id"), index=True)
    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    pattern: Mapped[str] = mapped_column(String(10))
    start_s: Mapped[float]
    stop_s: Mapped[float]
    max_prob: Mapped[float]
    mean_prob: Mapped[float]
    frequency_hz: Mapped[float | None]       # these three are empty for seizures, and in analyses before migration 0003
    laterality: Mapped[float | None]         # -1 left only .. +1 right only
    extent: Mapped[float | None]             # share of the bipolar pairs, 0..1


class Review(Identified, Table):
    """One act of one reader about an event or a span; append-only, the newest holds (``app.services.standing``)."""

    __tablename__ = "review"

    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("found_event.id"), index=True)   # empty for a span of the reader's own
    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    decision: Mapped[str] = mapped_column(String(12))            # accepted, dismissed, unsure, changed, withdrawn; of a span: labelled
    reason: Mapped[str] = mapped_column(default="")
    seen: Mapped[JsonObject] = mapped_column(default=dict)       # montage and filters on the screen when decided
    act: Mapped[str] = mapped_column(String(12), default="decide", server_default="decide")
    analysis_id: Mapped[UUID | None] = mapped_column(ForeignKey("analysis.id"))     # the newest one at that moment
    batch_id: Mapped[UUID | None]                                # rows of one act; these six are empty in rows before migration 0006
    position: Mapped[int] = mapped_column(default=0, server_default="0")            # within the act
    before: Mapped[JsonObject] = mapped_column(default=dict, server_default="{}")   # {"findings": [...]} that it took away
    after: Mapped[JsonObject] = mapped_column(default=dict, server_default="{}")    # and put in their place
    model_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    model_visible: Mapped[bool | None]                           # whether the reader saw the model's output
    undoes_id: Mapped[UUID | None]                               # the act that an undo or redo speaks of


class ReadingStep(Identified, Table):
    """A reader begins a first read without the model, saves it, or gives it up; append-only, the newest holds."""

    __tablename__ = "reading_step"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    step: Mapped[str] = mapped_column(String(10))                # "blind", "saved", "left"
    rest: Mapped[str] = mapped_column(String(10), default="")    # of a saved read: what unlabelled time is, "other" or "" (not read)
    model_seen: Mapped[bool] = mapped_column(default=False)      # the reader had opened the analysed study before


class AnnotationVersion(Identified, Table):
    """One version of a reader's annotation; append-only, the highest one holds (``app.services.annotating``)."""

    __tablename__ = "annotation_version"
    __table_args__ = (UniqueConstraint("annotation_id", "version", name="uq_annotation_version_key"),)

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    annotation_id: Mapped[UUID]                                  # rows of one annotation share it
    version: Mapped[int]                                         # 1, 2, 3 …: two readers cannot both write the next one
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))      # who made the first version
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)      # who made this one
    act: Mapped[str] = mapped_column(String(12))                 # add, change, remove, undo, redo
    start_s: Mapped[float]                                       # seconds from the start of the recording, to the millisecond
    stop_s: Mapped[float | None]                                 # empty: an instant
    label: Mapped[str] = mapped_column(String(40))               # the class as it was called then; empty: the comment says it all
    channel: Mapped[str] = mapped_column(String(40))             # a trace of the montage; empty: all
    comment: Mapped[str] = mapped_column(String(500))
    removed: Mapped[bool]
    undoes_id: Mapped[UUID | None]                               # the row that an undo or redo speaks of


class ModelCard(Identified, Table):
    """A trained ensemble that has served here, with its evaluation."""

    __tablename__ = "model_card"

    name: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    card: Mapped[JsonObject] = mapped_column(default=dict)
    retired_at: Mapped[datetime | None]
