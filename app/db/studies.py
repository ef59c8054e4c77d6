"""Stored bytes, uploads on their way, and the studies that own recordings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, Float, ForeignKey, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import Identified, JsonObject, Table
from app.db.patients import Patient
from app.errors import Conflict
from ml.file_kind import CONVERTED_FORMATS


class StoredFile(Identified, Table):
    """Bytes of one clinic in the file store; the content lives under its sha256."""

    __tablename__ = "stored_file"
    __table_args__ = (UniqueConstraint("clinic_id", "sha256"),)

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))                # "recording", "arrays", "spectrogram", "report"


class Upload(Identified, Table):
    """A resumable upload (tus 1.0): ``received`` bytes are on disk and synced."""

    __tablename__ = "upload"

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    original_name: Mapped[str] = mapped_column(String(255))      # only ever shown
    fingerprint: Mapped[str] = mapped_column(String(200), default="")   # name, size, time: finds it again after a reload
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(12), default="checking")
    # checking (head wanted) → confirming (waits for the person) → receiving → verifying → stored | refused | cancelled
    header: Mapped[JsonObject] = mapped_column(default=dict)     # what the header says, for the person who confirms
    refusal: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime]
    study_id: Mapped[UUID | None] = mapped_column(ForeignKey("study.id"))


class Study(Identified, Table):
    __tablename__ = "study"
    __table_args__ = (UniqueConstraint("clinic_id", "file_id"),)

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_file.id"))
    converted_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("stored_file.id"))   # our copy of another maker's file
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    original_name: Mapped[str] = mapped_column(String(255))
    format: Mapped[str] = mapped_column(String(20))
    start_local: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))   # the recorder's clock, no zone
    duration_s: Mapped[float] = mapped_column(Float)
    header: Mapped[JsonObject] = mapped_column(default=dict)     # signals, gaps, findings; no identity
    channel_names: Mapped[JsonObject] = mapped_column(default=dict, server_default="{}")   # label → what a person says it is
    status: Mapped[str] = mapped_column(String(12), default="queued", index=True)
    # queued, analysing, analysed, failed, cancelled; then in_review, reported
    synthetic: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    joined_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("study.id"), index=True)   # the study that this one is a part of
    separated_at: Mapped[datetime | None]                        # when a joined study was taken apart again

    patient: Mapped[Patient] = relationship(lazy="joined")
    file: Mapped[StoredFile] = relationship(lazy="joined", foreign_keys=[file_id])
    converted_file: Mapped[StoredFile | None] = relationship(lazy="joined", foreign_keys=[converted_file_id])

    @property
    def readable_file(self) -> StoredFile | None:
        """The file that pages and analyses read; None while another maker's recording waits to be converted."""
        return self.converted_file or (None if self.format in CONVERTED_FORMATS else self.file)

    @classmethod
    def stands(cls) -> ColumnElement[bool]:
        """SQL condition: a study of its own, neither a part of a joined one nor one that was taken apart."""
        return and_(cls.joined_into_id.is_(None), cls.separated_at.is_(None))

    def require_standing(self) -> None:
        """``Conflict`` for a study on which work would be seen by nobody."""
        if self.joined_into_id is not None:
            raise Conflict("This recording is a part of a joined one. Work on the joined study, or separate it first.")
        if self.separated_at is not None:
            raise Conflict("This joined recording was separated; its parts are studies of their own again. Work on these.")
