"""The immutable rows of review acts, as they are read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.findings import Review
from app.services import blind_reads, studies


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """Who did what, when, to what, with what on the screen."""

    id: UUID
    batch_id: UUID | None                # rows of one act share it
    at: datetime                         # aware UTC
    user_name: str
    act: str
    decision: str
    reason: str
    before: list[dict[str, Any]]         # findings as ``app.services.standing`` keeps them
    after: list[dict[str, Any]]
    model_sha256: str
    model_visible: bool | None           # None: an older row, where it was not noted
    seen: dict[str, Any]
    undoes_id: UUID | None


def rows(session: Session, who: Actor, study_id: UUID, *, limit: int = 1000) -> list[ReviewRow]:
    """Acts on a study, the newest first; who reads without the model gets only his or her own."""
    studies.get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    query = select(Review, User.name).join(User, Review.user_id == User.id).where(Review.study_id == study_id)
    if blind_reads.hides(session, who, study_id):
        query = query.where(Review.user_id == who.user_id, Review.event_id.is_(None))
    found = session.execute(query.order_by(Review.created_at.desc(), Review.position).limit(limit))
    return [
        ReviewRow(row.id, row.batch_id, row.created_at, name, row.act, row.decision, row.reason, row.before.get("findings", []),
                  row.after.get("findings", []), row.model_sha256, row.model_visible, row.seen, row.undoes_id)
        for row, name in found
    ]
