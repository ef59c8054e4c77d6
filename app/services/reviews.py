"""Decisions of readers about found events: appended, never changed; the newest of an event holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.findings import Analysis, FoundEvent, Review
from app.db.studies import Study
from app.errors import Conflict, Invalid, NotFound
from app.services import audit

Decision = Literal["accepted", "dismissed", "withdrawn"]
DECISIONS: Final[tuple[Decision, ...]] = ("accepted", "dismissed", "withdrawn")
REASON_CHARS: Final = 1000
AT_ONCE: Final = 10_000          # SQLite takes at most 32,766 parameters in a statement


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The decision that holds for an event."""

    event_id: UUID
    decision: Decision
    reason: str
    user_name: str
    at: datetime                     # aware UTC


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """An event that a reader stands behind; what a report may speak of."""

    event_id: UUID
    pattern: str
    start_s: float
    stop_s: float
    max_prob: float
    mean_prob: float
    reviewed_by: str
    reviewed_at: datetime


def decide(
    session: Session, who: Actor, event_id: UUID, *, decision: Decision, reason: str = "", seen: dict[str, Any] | None = None
) -> ReviewView:
    """Accept or dismiss a found event, or withdraw one's decision; the model's output stays as it was.

    Parameters
    ----------
    seen
        Montage and filters on the screen when the decision was made.
    """
    event, study = _find(session, who, event_id)
    require(who, Permission.REVIEW)
    study.require_standing()
    if decision not in DECISIONS:
        raise Invalid(f"A finding is accepted, dismissed or withdrawn, not {decision}.")
    if study.status == "reported":
        raise Conflict("The report of this study is signed; its findings can no longer be decided. Amend the report first.")
    review = Review(event_id=event.id, study_id=study.id, user_id=who.user_id, decision=decision,
                    reason=reason.strip()[:REASON_CHARS], seen=seen or {})
    session.add(review)
    session.flush()
    if study.status == "analysed":
        study.status = "in_review"
    audit.record(session, who, f"event_{decision}", "event", event.id, study_id=study.id, pattern=event.pattern)
    return standing(session, [event.id], withdrawn=True)[event.id]


def standing(session: Session, event_ids: Sequence[UUID], *, withdrawn: bool = False) -> dict[UUID, ReviewView]:
    """The decision that holds, by event; events without one, or with a withdrawn one, are absent. For services only."""
    newest: dict[UUID, ReviewView] = {}
    for first in range(0, len(event_ids), AT_ONCE):
        query = (
            select(Review, User.name).join(User, Review.user_id == User.id)
            .where(Review.event_id.in_(event_ids[first:first + AT_ONCE])).order_by(Review.created_at)
        )
        newest |= {review.event_id: _view(review, name) for review, name in session.execute(query)}
    return {key: view for key, view in newest.items() if withdrawn or view.decision != "withdrawn"}


def holds(event_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """SQL condition: the event has a decision that holds. For services only."""
    newest = select(Review.decision).where(Review.event_id == event_id).order_by(Review.created_at.desc()).limit(1)
    return func.coalesce(newest.scalar_subquery(), "withdrawn") != "withdrawn"


def accepted_events(session: Session, who: Actor, study_id: UUID) -> list[AcceptedEvent]:
    """The accepted events of the newest analysis of a study, in order of time."""
    study = session.get(Study, study_id)
    if study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such study.")
    require(who, Permission.READ_STUDIES)
    newest = (
        select(Analysis.id).where(Analysis.study_id == study_id)
        .order_by(Analysis.created_at.desc(), Analysis.run_number.desc()).limit(1)
    )
    events = session.scalars(
        select(FoundEvent).where(FoundEvent.analysis_id == newest.scalar_subquery()).order_by(FoundEvent.start_s)
    ).all()
    held = standing(session, [event.id for event in events])
    return [_accepted(event, held[event.id]) for event in events
            if event.id in held and held[event.id].decision == "accepted"]


def _find(session: Session, who: Actor, event_id: UUID) -> tuple[FoundEvent, Study]:
    event = session.get(FoundEvent, event_id)
    study = session.get(Study, event.study_id) if event else None
    if event is None or study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such finding.")
    return event, study


def _view(review: Review, user_name: str) -> ReviewView:
    decision = next(known for known in DECISIONS if known == review.decision)
    return ReviewView(review.event_id, decision, review.reason, user_name, review.created_at)


def _accepted(event: FoundEvent, review: ReviewView) -> AcceptedEvent:
    return AcceptedEvent(event.id, event.pattern, event.start_s, event.stop_s, event.max_prob, event.mean_prob,
                         review.user_name, review.at)
