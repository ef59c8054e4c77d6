"""What stands of a study: the model's events as readers decided about them or changed them, and spans that readers labelled.

The log of reviews is read from its beginning; nothing is kept twice and the model's own rows are never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.accounts import User
from app.db.findings import FoundEvent, Review


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of the recording and what holds of it; seconds from the start of the recording."""

    id: UUID
    pattern: str                         # one of the six classes
    start_s: float
    stop_s: float
    status: str = ""                     # "accepted", "dismissed", "unsure" or "" (open)
    event_id: UUID | None = None         # the model's event that it is or was made of; None: a reader's own
    max_prob: float | None = None        # these five of the model's event as it was found
    mean_prob: float | None = None
    frequency_hz: float | None = None
    laterality: float | None = None
    extent: float | None = None
    changed: bool = False                # pattern or borders are not those that the model suggested
    user_id: UUID | None = None          # whose decision holds
    at: datetime | None = None           # since when, aware UTC
    revision: int = 0                    # acts on it so far: who decides says which one was on the screen

    def to_json(self) -> dict[str, Any]:
        """As the log keeps it: everything but the count of acts."""
        told = {name: getattr(self, name) for name in _KEPT}
        keys = {name: str(value) if (value := getattr(self, name)) else None for name in ("id", "event_id", "user_id")}
        return told | keys | {"at": self.at.isoformat() if self.at else None}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Finding:
        key = {name: UUID(kept[name]) if kept[name] else None for name in ("event_id", "user_id")}
        at = datetime.fromisoformat(kept["at"]) if kept["at"] else None
        return cls(id=UUID(kept["id"]), event_id=key["event_id"], user_id=key["user_id"], at=at, **{name: kept[name] for name in _KEPT})

    @property
    def same(self) -> tuple[object, ...]:
        """What an undo compares: is it still what the act left?"""
        return (self.id, self.pattern, self.start_s, self.stop_s, self.status)


_KEPT = ("pattern", "start_s", "stop_s", "status", "max_prob", "mean_prob", "frequency_hz", "laterality", "extent", "changed")


def findings(
    session: Session, study_id: UUID, analysis_id: UUID | None, *, reader: UUID | None = None, until: datetime | None = None
) -> list[Finding]:
    """What stands of a study in order of time. For services only.

    Parameters
    ----------
    analysis_id
        Whose events count; None: only what readers labelled by themselves.
    reader
        Only the acts of this reader count.
    until
        Only acts up to this moment count.
    """
    return sorted(fold(events(session, analysis_id), log(session, study_id, reader=reader, until=until)).values(),
                  key=lambda finding: (finding.start_s, finding.pattern))


def events(session: Session, analysis_id: UUID | None) -> list[Finding]:
    """The model's events as it found them."""
    if analysis_id is None:
        return []
    query = select(FoundEvent).where(FoundEvent.analysis_id == analysis_id).order_by(FoundEvent.start_s, FoundEvent.pattern)
    return [
        Finding(event.id, event.pattern, event.start_s, event.stop_s, event_id=event.id, max_prob=event.max_prob, mean_prob=event.mean_prob,
                frequency_hz=event.frequency_hz, laterality=event.laterality, extent=event.extent)
        for event in session.scalars(query)
    ]


def log(session: Session, study_id: UUID, *, reader: UUID | None = None, until: datetime | None = None) -> list[Review]:
    """The acts on a study in the order in which they were made."""
    query = select(Review).where(Review.study_id == study_id)
    if reader is not None:
        query = query.where(Review.user_id == reader)
    if until is not None:
        query = query.where(Review.created_at <= until)
    return list(session.scalars(query.order_by(Review.created_at, Review.position)))


def fold(suggested: Iterable[Finding], rows: Iterable[Review]) -> dict[UUID, Finding]:
    """Apply acts one after the other; acts on events of another analysis are left out as a whole."""
    held = {finding.id: finding for finding in suggested}
    acts, known = list(rows), set(held)
    foreign = {row.batch_id or row.id for row in acts if row.event_id is not None and row.event_id not in known}
    counts: dict[UUID, int] = {}
    for row in acts:
        if (row.batch_id or row.id) in foreign:
            continue
        for key in _taken(row):
            held.pop(key, None)
            counts[key] = counts.get(key, 0) + 1
        for finding in _put(row, held):
            counts[finding.id] = counts.get(finding.id, 0) + (row.batch_id is None)
            held[finding.id] = replace(finding, revision=counts[finding.id])
    return held


def names(session: Session, found: Iterable[Finding]) -> dict[UUID, str]:
    """Names of those whose decisions hold."""
    ids = {finding.user_id for finding in found if finding.user_id}
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all()) if ids else {}


def _taken(row: Review) -> list[UUID]:
    return [UUID(kept["id"]) for kept in row.before.get("findings", ())]


def _put(row: Review, held: Mapping[UUID, Finding]) -> list[Finding]:
    if row.batch_id is not None:
        return [Finding.from_json(kept) for kept in row.after.get("findings", ())]
    finding = held.get(row.event_id) if row.event_id else None      # a row of before migration 0006 states the decision alone
    if finding is None:
        return []
    status = "" if row.decision == "withdrawn" else row.decision
    return [replace(finding, status=status, user_id=row.user_id if status else None, at=row.created_at if status else None)]
