"""The audit trail: rows are added and never changed (triggers in the migration refuse both)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import JsonObject, Table, utc_now


class AuditEntry(Table):
    """No foreign keys: the trail outlives what it speaks of. ``detail`` holds identifiers, never names."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    clinic_id: Mapped[UUID | None] = mapped_column(index=True)
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(40), index=True)
    object_kind: Mapped[str] = mapped_column(String(20), default="")
    object_id: Mapped[UUID | None]
    detail: Mapped[JsonObject] = mapped_column(default=dict)
