"""Codes under which patients are exported: found and read only with the key of the installation, which is not in the database."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import Identified, Table


class Pseudonym(Identified, Table):
    """``patient_index`` is a keyed hash of the patient's id, so that the rows alone tie no code to a patient."""

    __tablename__ = "pseudonym"
    __table_args__ = (UniqueConstraint("patient_index"), UniqueConstraint("code_index"))

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    patient_index: Mapped[str] = mapped_column(String(64))
    code_index: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)           # nonce and AES-256-GCM of {"patient", "code", "shift_days"}
