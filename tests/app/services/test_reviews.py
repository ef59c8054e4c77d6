"""Decisions about found events."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.findings import FoundEvent
from app.errors import Forbidden, Invalid, NotFound
from app.services import reviews, studies
from tests import builders


@pytest.fixture
def event(session: Session, alice: Actor) -> FoundEvent:
    event_id, = builders.analysis(session, builders.study(session, alice), [("seizure", 20.0, 60.0)])
    return session.get_one(FoundEvent, event_id)


def test_an_accepted_event_is_in_the_report(session: Session, alice: Actor, event: FoundEvent) -> None:
    reviews.decide(session, alice, event.id, decision="accepted", reason="clear evolution", seen={"montage": "average"})
    found, = reviews.accepted_events(session, alice, event.study_id)
    assert (found.event_id, found.pattern, found.start_s, found.stop_s) == (event.id, "seizure", 20.0, 60.0)
    assert found.reviewed_by == "alice"


@pytest.mark.parametrize("last", ["dismissed", "withdrawn"])
def test_the_newest_decision_holds(session: Session, alice: Actor, event: FoundEvent, last: reviews.Decision) -> None:
    reviews.decide(session, alice, event.id, decision="accepted")
    assert reviews.decide(session, alice, event.id, decision=last).decision == last
    assert reviews.accepted_events(session, alice, event.study_id) == []


def test_a_decision_leaves_the_models_output_as_it_was(session: Session, alice: Actor, event: FoundEvent) -> None:
    before = (event.pattern, event.start_s, event.stop_s, event.max_prob, event.mean_prob)
    reviews.decide(session, alice, event.id, decision="dismissed")
    session.refresh(event)
    assert (event.pattern, event.start_s, event.stop_s, event.max_prob, event.mean_prob) == before


def test_a_decision_is_audited_and_starts_the_review(session: Session, alice: Actor, event: FoundEvent) -> None:
    reviews.decide(session, alice, event.id, decision="dismissed")
    row = session.scalars(select(AuditEntry).where(AuditEntry.action == "event_dismissed")).one()
    assert (row.user_id, row.object_id) == (alice.user_id, event.id)
    assert studies.find(session, alice, event.study_id).status == "in_review"


def test_bob_cannot_decide_alices_event(session: Session, bob: Actor, event: FoundEvent) -> None:
    with pytest.raises(NotFound):
        reviews.decide(session, bob, event.id, decision="accepted")
    with pytest.raises(NotFound):
        reviews.accepted_events(session, bob, event.study_id)


def test_a_technologist_does_not_review(session: Session, event: FoundEvent) -> None:
    tom = builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    with pytest.raises(Forbidden):
        reviews.decide(session, tom, event.id, decision="accepted")


def test_a_decision_has_one_of_three_words(session: Session, alice: Actor, event: FoundEvent) -> None:
    with pytest.raises(Invalid):
        reviews.decide(session, alice, event.id, decision="perhaps")  # type: ignore[arg-type]


def test_decisions_are_never_changed(session: Session, alice: Actor, event: FoundEvent) -> None:
    reviews.decide(session, alice, event.id, decision="accepted")
    with pytest.raises(DatabaseError, match="review rows are never changed"), session.begin_nested():
        session.execute(text("UPDATE review SET decision = 'dismissed'"))


def test_more_events_than_a_statement_takes_parameters(session: Session, alice: Actor, event: FoundEvent) -> None:
    reviews.decide(session, alice, event.id, decision="accepted")
    many = [uuid4() for _ in range(70_000)]
    assert set(reviews.standing(session, [*many, event.id])) == {event.id}
