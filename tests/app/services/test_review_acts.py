"""What a reader does about events and spans, and how it is taken back."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.findings import FoundEvent, Review
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import analyses, review_acts, review_log, reviews, standing, studies
from app.services.review_acts import Wish
from app.services.standing import Finding
from tests import builders

Stands = list[tuple[str, float, float, str]]


@pytest.fixture
def study(session: Session, alice: Actor) -> UUID:
    made = builders.study(session, alice)
    builders.analysis(session, made, [("lpd", 20.0, 60.0), ("lpd", 70.0, 100.0), ("seizure", 200.0, 240.0)])
    return made


@pytest.fixture
def ann(session: Session, alice: Actor) -> Actor:
    """Another neurologist of Alice's clinic."""
    return builders.actor(session, "ann", clinic="Clinic of alice")


def held(session: Session, study: UUID) -> list[Finding]:
    return standing.findings(session, study, analyses.newest_id(session, study))


def stands(session: Session, study: UUID) -> Stands:
    return [(finding.pattern, finding.start_s, finding.stop_s, finding.status) for finding in held(session, study)]


def target(finding: Finding) -> tuple[tuple[UUID, int], ...]:
    return ((finding.id, finding.revision),)


def span(session: Session, who: Actor, study: UUID, pattern: str, start_s: float, stop_s: float) -> None:
    review_acts.act(session, who, study, Wish("label", pattern=pattern, start_s=start_s, stop_s=stop_s))


SUGGESTED: Stands = [("lpd", 20.0, 60.0, ""), ("lpd", 70.0, 100.0, ""), ("seizure", 200.0, 240.0, "")]


def test_a_span_is_labelled_where_the_model_suggests_nothing(session: Session, alice: Actor, study: UUID) -> None:
    span(session, alice, study, "grda", 300.0, 310.0)
    assert stands(session, study) == [*SUGGESTED, ("grda", 300.0, 310.0, "accepted")]
    found = reviews.accepted_events(session, alice, study)
    assert [(event.pattern, event.max_prob, event.reviewed_by) for event in found] == [("grda", None, "alice")]


def test_labels_of_windows_side_by_side_are_one_finding(session: Session, alice: Actor, study: UUID) -> None:
    for start_s in (300.0, 320.0, 310.0):
        span(session, alice, study, "seizure", start_s, start_s + 10.0)
    assert stands(session, study)[3:] == [("seizure", 300.0, 330.0, "accepted")]


def test_a_later_label_replaces_what_it_lies_over(session: Session, alice: Actor, study: UUID) -> None:
    span(session, alice, study, "seizure", 300.0, 330.0)
    span(session, alice, study, "other", 310.0, 320.0)
    assert stands(session, study)[3:] == [("seizure", 300.0, 310.0, "accepted"), ("other", 310.0, 320.0, "accepted"), ("seizure", 320.0, 330.0, "accepted")]
    review_acts.undo(session, alice, study)
    assert stands(session, study)[3:] == [("seizure", 300.0, 330.0, "accepted")]


def test_an_event_is_relabelled_and_the_models_row_is_as_it_was(session: Session, alice: Actor, study: UUID) -> None:
    review_acts.act(session, alice, study, Wish("label", target(held(session, study)[0]), pattern="gpd"))
    assert stands(session, study)[0] == ("gpd", 20.0, 60.0, "accepted")
    kept = session.scalars(select(FoundEvent.pattern).where(FoundEvent.study_id == study).order_by(FoundEvent.start_s)).all()
    assert kept == ["lpd", "lpd", "seizure"]


def test_borders_move_and_come_back(session: Session, alice: Actor, study: UUID) -> None:
    review_acts.act(session, alice, study, Wish("move", target(held(session, study)[2]), start_s=205.0, stop_s=250.0))
    assert stands(session, study)[2] == ("seizure", 205.0, 250.0, "accepted")
    review_acts.undo(session, alice, study)
    assert stands(session, study) == SUGGESTED


def test_events_are_merged_and_split(session: Session, alice: Actor, study: UUID) -> None:
    first, second, _ = held(session, study)
    review_acts.act(session, alice, study, Wish("merge", (*target(first), *target(second))))
    assert stands(session, study) == [("lpd", 20.0, 100.0, "accepted"), SUGGESTED[2]]
    review_acts.act(session, alice, study, Wish("split", target(held(session, study)[0]), at_s=50.0))
    assert stands(session, study)[:2] == [("lpd", 20.0, 50.0, "accepted"), ("lpd", 50.0, 100.0, "accepted")]
    review_acts.undo(session, alice, study)
    review_acts.undo(session, alice, study)
    assert stands(session, study) == SUGGESTED


def test_different_patterns_are_not_merged(session: Session, alice: Actor, study: UUID) -> None:
    _, second, seizure = held(session, study)
    with pytest.raises(Invalid, match="different patterns"):
        review_acts.act(session, alice, study, Wish("merge", (*target(second), *target(seizure))))


@pytest.mark.parametrize("at_s", [20.0, 20.5, 60.0, 99.0])
def test_a_cut_lies_within_the_borders(session: Session, alice: Actor, study: UUID, at_s: float) -> None:
    with pytest.raises(Invalid, match="within its borders"):
        review_acts.act(session, alice, study, Wish("split", target(held(session, study)[0]), at_s=at_s))


def test_undo_and_redo_go_back_and_forth_over_all_acts(session: Session, alice: Actor, study: UUID) -> None:
    review_acts.act(session, alice, study, Wish("accept", target(held(session, study)[0])))
    review_acts.act(session, alice, study, Wish("unsure", target(held(session, study)[2])))
    after = stands(session, study)
    review_acts.undo(session, alice, study)
    review_acts.undo(session, alice, study)
    assert stands(session, study) == SUGGESTED
    review_acts.redo(session, alice, study)
    review_acts.redo(session, alice, study)
    assert stands(session, study) == after
    with pytest.raises(Conflict, match="nothing to do again"):
        review_acts.redo(session, alice, study)


def test_an_act_after_an_undo_ends_what_could_be_done_again(session: Session, alice: Actor, study: UUID) -> None:
    span(session, alice, study, "grda", 300.0, 310.0)
    review_acts.undo(session, alice, study)
    span(session, alice, study, "gpd", 400.0, 410.0)
    with pytest.raises(Conflict, match="nothing to do again"):
        review_acts.redo(session, alice, study)


def test_one_undoes_ones_own_acts_only(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    review_acts.act(session, alice, study, Wish("accept", target(held(session, study)[0])))
    with pytest.raises(Conflict, match="nothing to undo"):
        review_acts.undo(session, ann, study)


def test_a_screen_that_is_behind_overwrites_nobody(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    seen_by_both = held(session, study)[0]
    review_acts.act(session, alice, study, Wish("accept", target(seen_by_both)))
    with pytest.raises(Conflict, match="Somebody changed this finding"):
        review_acts.act(session, ann, study, Wish("dismiss", target(seen_by_both)))
    review_acts.act(session, ann, study, Wish("dismiss", target(held(session, study)[0])))
    assert stands(session, study)[0][3] == "dismissed"
    with pytest.raises(Conflict, match="Somebody changed this since"):
        review_acts.undo(session, alice, study)


def test_what_was_undone_may_not_be_decided_from_the_screen_before(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    review_acts.act(session, alice, study, Wish("accept", target(held(session, study)[0])))
    behind = held(session, study)[0]
    review_acts.undo(session, alice, study)
    with pytest.raises(Conflict, match="Somebody changed this finding"):
        review_acts.act(session, ann, study, Wish("dismiss", target(behind)))


def test_a_row_tells_who_when_old_new_model_and_screen(session: Session, alice: Actor, study: UUID) -> None:
    screen = {"screen": "longitudinal | LFF 1 Hz"}
    review_acts.act(session, alice, study, Wish("label", target(held(session, study)[0]), pattern="gpd", reason="bilateral", seen=screen))
    row, = review_log.rows(session, alice, study)
    assert (row.user_name, row.act, row.decision, row.reason, row.seen) == ("alice", "label", "changed", "bilateral", screen)
    assert (row.before[0]["pattern"], row.after[0]["pattern"]) == ("lpd", "gpd")
    assert (row.model_sha256, row.model_visible) == ("0", True)


def test_many_are_accepted_in_one_act_and_taken_back_in_one(session: Session, alice: Actor, study: UUID) -> None:
    every = tuple((finding.id, finding.revision) for finding in held(session, study))
    done = review_acts.act(session, alice, study, Wish("accept", every))
    assert (done.n_changed, done.sentence) == (3, "3 findings accepted.")
    assert review_acts.undo(session, alice, study).n_changed == 3
    assert stands(session, study) == SUGGESTED


def test_an_accepted_event_takes_the_place_of_ones_own_label(session: Session, alice: Actor, study: UUID) -> None:
    span(session, alice, study, "seizure", 190.0, 230.0)
    event = next(finding for finding in held(session, study) if finding.event_id and finding.pattern == "seizure")
    review_acts.act(session, alice, study, Wish("agree", target(event)))
    assert stands(session, study)[2:] == [("seizure", 200.0, 240.0, "accepted")]


def test_a_changed_event_is_withdrawn_to_what_it_was(session: Session, alice: Actor, study: UUID) -> None:
    review_acts.act(session, alice, study, Wish("move", target(held(session, study)[2]), start_s=205.0, stop_s=250.0))
    review_acts.act(session, alice, study, Wish("withdraw", target(held(session, study)[2])))
    assert stands(session, study) == SUGGESTED
    assert studies.row(session, alice, study).n_unreviewed == 3


def test_only_events_without_a_decision_count_as_unreviewed(session: Session, alice: Actor, study: UUID) -> None:
    first, second, seizure = held(session, study)
    review_acts.act(session, alice, study, Wish("merge", (*target(first), *target(second))))
    assert studies.row(session, alice, study).n_unreviewed == 1
    review_acts.act(session, alice, study, Wish("unsure", target(seizure)))
    assert studies.row(session, alice, study).n_unreviewed == 0
    review_acts.undo(session, alice, study)
    review_acts.undo(session, alice, study)
    assert studies.row(session, alice, study).n_unreviewed == 3


def test_a_new_analysis_keeps_labels_of_spans_and_starts_with_its_own_events(session: Session, alice: Actor, study: UUID) -> None:
    span(session, alice, study, "grda", 300.0, 310.0)
    review_acts.act(session, alice, study, Wish("accept", target(held(session, study)[0])))
    builders.analysis(session, study, [("gpd", 30.0, 50.0)], run=2)
    assert stands(session, study) == [("gpd", 30.0, 50.0, ""), ("grda", 300.0, 310.0, "accepted")]


def test_a_study_without_analysis_can_be_labelled(session: Session, alice: Actor) -> None:
    study = builders.study(session, alice)
    span(session, alice, study, "seizure", 10.0, 40.0)
    assert stands(session, study) == [("seizure", 10.0, 40.0, "accepted")]


@pytest.mark.parametrize("wish", [
    Wish("label", pattern="spike", start_s=0.0, stop_s=10.0), Wish("label", pattern="lpd", start_s=5.0, stop_s=5.5), Wish("label", pattern="lpd"),
    Wish("label", pattern="lpd", start_s=700.0, stop_s=710.0), Wish("accept"), Wish("move", start_s=1.0, stop_s=9.0),
])
def test_what_makes_no_sense_is_refused(session: Session, alice: Actor, study: UUID, wish: Wish) -> None:
    with pytest.raises(Invalid):
        review_acts.act(session, alice, study, wish)


def test_bob_and_those_who_may_not_review_change_nothing(session: Session, bob: Actor, study: UUID) -> None:
    wish, tom = Wish("label", pattern="lpd", start_s=0.0, stop_s=10.0), builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    for act in (lambda who: review_acts.act(session, who, study, wish), lambda who: review_acts.undo(session, who, study)):
        with pytest.raises(NotFound):
            act(bob)
        with pytest.raises(Forbidden):
            act(tom)
    with pytest.raises(NotFound):
        review_log.rows(session, bob, study)


def test_the_findings_of_a_signed_report_stay(session: Session, alice: Actor, study: UUID) -> None:
    studies.set_status(session, alice, study, "reported")
    with pytest.raises(Conflict, match="signed"):
        span(session, alice, study, "lpd", 0.0, 10.0)


@pytest.mark.parametrize("statement", ["UPDATE review SET after = '{}'", "UPDATE review SET decision = 'accepted'", "DELETE FROM review"])
def test_rows_of_acts_are_kept_by_the_database(session: Session, alice: Actor, study: UUID, statement: str) -> None:
    span(session, alice, study, "lpd", 0.0, 10.0)
    with pytest.raises(DatabaseError, match="review rows are never"), session.begin_nested():
        session.execute(text(statement))
    assert session.scalars(select(Review.act)).all() == ["label"]


def test_many_windows_are_labelled_in_one_act_and_taken_back_in_one(session: Session, alice: Actor, study: UUID) -> None:
    span(session, alice, study, "gpd", 395.0, 405.0)
    before = stands(session, study)
    spans = ((300.0, 310.0), (310.0, 320.0), (400.0, 410.0), (500.0, 510.0))
    done = review_acts.act(session, alice, study, Wish("label", pattern="lpd", spans=spans))
    assert (done.n_changed, done.sentence) == (4, "4 windows: Labelled LPD.")
    own = [("lpd", 300.0, 320.0, "accepted"), ("gpd", 395.0, 400.0, "accepted"), ("lpd", 400.0, 410.0, "accepted"), ("lpd", 500.0, 510.0, "accepted")]
    assert stands(session, study)[3:] == own
    review_acts.undo(session, alice, study)
    assert stands(session, study) == before
