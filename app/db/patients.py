"""Patients of a clinic."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import Identified, Table


class Patient(Identified, Table):
    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("clinic_id", "record_number"),)

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    record_number: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200), index=True)
    sex: Mapped[str | None] = mapped_column(String(1))           # "F", "M" or unknown
    birth_date: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    synthetic: Mapped[bool] = mapped_column(default=False)       # made by the generator: marked wherever it is shown
    deleted_at: Mapped[datetime | None]
    deleted_reason: Mapped[str] = mapped_column(default="")
