"""The audit trail: who did what to which object, and when. Rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditView:
    """One line of the log as an administrator reads it."""

    seq: int
    at: datetime                     # aware UTC
    user_name: str                   # "" where nobody was signed in
    action: str
    object_kind: str
    object_id: UUID | None
    detail: dict[str, Any]


def record(
    session: Session, who: Actor | None, action: str, object_kind: str = "", object_id: UUID | None = None, *,
    clinic_id: UUID | None = None, **detail: object,
) -> None:
    """Add one row in the caller's transaction: it stands or falls with what it speaks of.

    Parameters
    ----------
    clinic_id
        Whose log it is where nobody is signed in, as on the command line; else that of ``who``.
    detail
        Identifiers and numbers only; never names or other patient data.
    """
    session.add(
        AuditEntry(
            clinic_id=who.clinic_id if who else clinic_id, user_id=who.user_id if who else None, action=action,
            object_kind=object_kind, object_id=object_id, detail={key: _plain(value) for key, value in detail.items()},
        )
    )


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | list | dict) else str(value)


def entries(
    session: Session, who: Actor, *, limit: int = 100, before_seq: int | None = None, action: str | None = None
) -> list[AuditView]:
    """The newest rows of the clinic of ``who``, newest first; ``before_seq`` pages backwards."""
    require(who, Permission.READ_AUDIT)
    query = (
        select(AuditEntry, User.name).outerjoin(User, User.id == AuditEntry.user_id)
        .where(AuditEntry.clinic_id == who.clinic_id).order_by(AuditEntry.seq.desc()).limit(limit)
    )
    if before_seq is not None:
        query = query.where(AuditEntry.seq < before_seq)
    if action:
        query = query.where(AuditEntry.action == action)
    return [_view(entry, name) for entry, name in session.execute(query)]


def _view(entry: AuditEntry, user_name: str | None) -> AuditView:
    return AuditView(entry.seq, entry.at, user_name or "", entry.action, entry.object_kind, entry.object_id, entry.detail)
