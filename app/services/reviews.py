"""Decisions of readers about findings: appended, never changed; the newest holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.columns import utc_now
from app.db.findings import Analysis, FoundEvent, Review
from app.db.studies import Study
from app.errors import Conflict, Invalid, NotFound
from app.services import audit, blind_reads
from app.services import standing as standing_findings
from app.services.standing import Finding

Decision = Literal["accepted", "dismissed", "withdrawn", "unsure", "changed", "labelled"]
DECISIONS: Final[tuple[Decision, ...]] = ("accepted", "dismissed", "withdrawn", "unsure", "changed", "labelled")
CHOICES: Final[tuple[Decision, ...]] = ("accepted", "dismissed", "withdrawn")
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
    max_prob: float | None               # as the model found it; None where a reader changed or labelled it
    mean_prob: float | None
    reviewed_by: str
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What one row of an act takes away and puts in its place."""

    event_id: UUID | None                # None: spans of the reader's own
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    decision: Decision


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
    locked(session, who, study.id)
    blind_reads.refuse_hidden(session, who, study.id)
    if decision not in CHOICES:
        raise Invalid(f"A finding is accepted, dismissed or withdrawn, not {decision}.")
    held = standing_findings.findings(session, study.id, event.analysis_id)
    before = tuple(finding for finding in held if finding.id == event.id)
    if not before:
        raise Conflict("This finding was changed meanwhile. Open the study again and look at what stands now.")
    if before[0].changed and decision == "withdrawn":
        raise Conflict("A reader changed the pattern or the borders of this finding. Take that back with Undo.")
    write(session, who, study, [decided(before[0], decision, who)], act="decide", reason=reason, seen=seen)
    audit.record(session, who, f"event_{decision}", "event", event.id, study_id=study.id, pattern=event.pattern)
    return standing(session, [event.id], withdrawn=True)[event.id]


def decided(finding: Finding, decision: Decision, who: Actor) -> Change:
    """The change that gives a finding a decision; one that is withdrawn is open again."""
    status = "" if decision == "withdrawn" else decision
    by, at = (who.user_id, utc_now()) if status else (None, None)
    return Change(finding.event_id, (finding,), (replace(finding, status=status, user_id=by, at=at),), decision)


def locked(session: Session, who: Actor, study_id: UUID) -> Study:
    """A study on which ``who`` may act now; the acts of two readers come one after the other. For services only."""
    study = session.scalar(select(Study).where(Study.id == study_id).with_for_update(of=Study).execution_options(populate_existing=True))
    if study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such study.")
    require(who, Permission.REVIEW)
    study.require_standing()
    if study.status == "reported":
        raise Conflict("The report of this study is signed; its findings can no longer be decided. Amend the report first.")
    return study


def write(
    session: Session, who: Actor, study: Study, changes: Sequence[Change], *, act: str, reason: str = "",
    seen: dict[str, Any] | None = None, undoes_id: UUID | None = None,
) -> UUID:
    """Add the rows of one act, in the order given; returns the id that they share. For services only."""
    newest = select(Analysis).where(Analysis.study_id == study.id).order_by(Analysis.created_at.desc(), Analysis.run_number.desc()).limit(1)
    analysis, batch_id, now = session.scalar(newest), uuid4(), utc_now()
    shown = analysis is not None and not blind_reads.hides(session, who, study.id)
    visible = shown or (seen or {}).get("model_shown") is True        # a page from before the blind read may still show it
    session.add_all(
        Review(event_id=change.event_id, study_id=study.id, user_id=who.user_id, decision=change.decision, reason=reason.strip()[:REASON_CHARS],
               seen=seen or {}, act=act, batch_id=batch_id, position=position, before=_kept(change.before), after=_kept(change.after),
               analysis_id=analysis.id if analysis else None, model_sha256=analysis.model_sha256 if analysis else "",
               model_visible=visible, undoes_id=undoes_id, created_at=now)
        for position, change in enumerate(changes)
    )
    if study.status == "analysed":
        study.status = "in_review"
    session.flush()
    return batch_id


def _kept(findings: Sequence[Finding]) -> dict[str, Any]:
    return {"findings": [finding.to_json() for finding in findings]}


def standing(session: Session, event_ids: Sequence[UUID], *, withdrawn: bool = False) -> dict[UUID, ReviewView]:
    """The decision that holds, by event; events without one, or with a withdrawn one, are absent. For services only."""
    newest: dict[UUID, ReviewView] = {}
    for first in range(0, len(event_ids), AT_ONCE):
        query = (
            select(Review, User.name).join(User, Review.user_id == User.id)
            .where(Review.event_id.in_(event_ids[first:first + AT_ONCE])).order_by(Review.created_at, Review.position)
        )
        newest |= {review.event_id: _view(review, review.event_id, name) for review, name in session.execute(query) if review.event_id}
    return {key: view for key, view in newest.items() if withdrawn or view.decision != "withdrawn"}


def holds(event_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """SQL condition: the event has a decision that holds. For services only."""
    newest = select(Review.decision).where(Review.event_id == event_id).order_by(Review.created_at.desc(), Review.position.desc()).limit(1)
    return func.coalesce(newest.scalar_subquery(), "withdrawn") != "withdrawn"


def accepted_events(session: Session, who: Actor, study_id: UUID) -> list[AcceptedEvent]:
    """What readers stand behind in a study as it is analysed now, in order of time."""
    study = session.get(Study, study_id)
    if study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such study.")
    require(who, Permission.READ_STUDIES)
    newest = (
        select(Analysis.id).where(Analysis.study_id == study_id)
        .order_by(Analysis.created_at.desc(), Analysis.run_number.desc()).limit(1)
    )
    return accepted(session, study_id, session.scalar(newest))


def accepted(session: Session, study_id: UUID, analysis_id: UUID | None) -> list[AcceptedEvent]:
    """The patterns that stand as accepted or labelled beside one analysis, in order of time. For services only."""
    found = [finding for finding in standing_findings.findings(session, study_id, analysis_id)
             if finding.status == "accepted" and finding.pattern != "other"]
    names = standing_findings.names(session, found)
    return [_accepted(finding, names) for finding in found]


def _find(session: Session, who: Actor, event_id: UUID) -> tuple[FoundEvent, Study]:
    event = session.get(FoundEvent, event_id)
    study = session.get(Study, event.study_id) if event else None
    if event is None or study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such finding.")
    return event, study


def _view(review: Review, event_id: UUID, user_name: str) -> ReviewView:
    decision = next(known for known in DECISIONS if known == review.decision)
    return ReviewView(event_id, decision, review.reason, user_name, review.created_at)


def _accepted(finding: Finding, names: dict[UUID, str]) -> AcceptedEvent:
    assert finding.at is not None       # what is accepted has a reader and a moment
    by = names.get(finding.user_id, "") if finding.user_id else ""
    return AcceptedEvent(finding.id, finding.pattern, finding.start_s, finding.stop_s, finding.max_prob, finding.mean_prob, by, finding.at)
