"""First reads without the model: what is hidden, from whom, until when, and what is kept of them."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.columns import utc_now
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import analyses, blind_reads, exports, reports, review_acts, review_log, reviews, standing, studies
from app.services.blind_reads import ModelHidden
from app.services.review_acts import Wish
from tests import builders


@pytest.fixture
def study(session: Session, alice: Actor) -> UUID:
    made = builders.study(session, alice)
    builders.analysis(session, made, [("seizure", 20.0, 60.0)], seconds={"seizure": 40.0})
    return made


@pytest.fixture
def ann(session: Session, alice: Actor) -> Actor:
    return builders.actor(session, "ann", clinic="Clinic of alice")


def label(session: Session, who: Actor, study: UUID, pattern: str, start_s: float, stop_s: float) -> None:
    review_acts.act(session, who, study, Wish("label", pattern=pattern, start_s=start_s, stop_s=stop_s))


def test_the_model_is_hidden_from_this_reader_of_this_study_alone(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    other = builders.study(session, alice)
    builders.analysis(session, other, [("lpd", 0.0, 30.0)])
    blind_reads.begin(session, alice, study)
    assert analyses.events(session, alice, study) == analyses.suggested(session, alice, study) == []
    assert analyses.latest(session, alice, study) is None
    assert analyses.suspected_seizures(session, alice) == []
    assert (studies.row(session, alice, study).n_events, studies.row(session, alice, study).seconds_by_class) == (0, {})
    assert len(analyses.events(session, alice, other)) == len(analyses.events(session, ann, study)) == 1
    assert [event.pattern for event in analyses.suggested(session, ann, study)] == ["seizure"]


@pytest.mark.parametrize("look", [analyses.spans, analyses.result_json, reports.find_for])
def test_what_tells_of_the_model_is_refused(session: Session, alice: Actor, study: UUID, look: object) -> None:
    blind_reads.begin(session, alice, study)
    with pytest.raises(ModelHidden, match="without the model"):
        look(session, alice, study)  # type: ignore[operator]


def test_a_report_that_was_begun_before_is_hidden_too(session: Session, alice: Actor, study: UUID) -> None:
    draft = reports.draft_for(session, alice, study, now=utc_now())
    blind_reads.begin(session, alice, study)
    for look in (reports.find, reports.findings, reports.pdf):
        with pytest.raises(ModelHidden):
            look(session, alice, draft.id)


def test_exports_hold_ones_own_labels_alone(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    label(session, ann, study, "gpd", 100.0, 120.0)
    blind_reads.begin(session, alice, study)
    label(session, alice, study, "grda", 200.0, 210.0)
    lines = exports.events_csv(session, alice, study).splitlines()
    assert [line.split(",")[0] for line in lines] == ["pattern", "grda"]


def test_an_event_of_the_model_can_be_neither_seen_nor_decided(session: Session, alice: Actor, study: UUID) -> None:
    event = analyses.events(session, alice, study)[0]
    blind_reads.begin(session, alice, study)
    with pytest.raises(ModelHidden):
        reviews.decide(session, alice, event.id, decision="accepted")
    with pytest.raises(Conflict):
        review_acts.act(session, alice, study, Wish("accept", ((event.id, 0),)))
    with pytest.raises(Conflict, match="nothing to agree with"):
        review_acts.act(session, alice, study, Wish("agree", start_s=20.0, stop_s=30.0))


def test_a_second_reader_sees_nothing_of_the_first(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    label(session, ann, study, "seizure", 20.0, 60.0)
    blind_reads.begin(session, alice, study)
    label(session, alice, study, "lpd", 30.0, 40.0)
    assert [(event.pattern, event.start_s, event.stop_s) for event in analyses.events(session, alice, study)] == [("lpd", 30.0, 40.0)]
    assert {row.user_name for row in review_log.rows(session, alice, study)} == {"alice"}


def test_a_saved_read_shows_the_model_and_is_kept_as_it_was(session: Session, alice: Actor, study: UUID) -> None:
    blind_reads.begin(session, alice, study)
    label(session, alice, study, "seizure", 30.0, 60.0)
    blind_reads.save(session, alice, study, rest="other")
    review_acts.undo(session, alice, study)
    read, = blind_reads.saved(session, study)
    kept = standing.findings(session, study, None, reader=alice.user_id, until=read.saved_at)
    assert [(finding.pattern, finding.start_s) for finding in kept] == [("seizure", 30.0)]
    assert (read.user_name, read.rest, read.model_seen) == ("alice", "other", False)
    assert [event.pattern for event in analyses.events(session, alice, study)] == ["seizure"]


def test_acts_without_the_model_say_so(session: Session, alice: Actor, study: UUID) -> None:
    blind_reads.begin(session, alice, study)
    label(session, alice, study, "lpd", 0.0, 10.0)
    blind_reads.save(session, alice, study, rest="")
    label(session, alice, study, "lpd", 40.0, 50.0)
    assert [row.model_visible for row in review_log.rows(session, alice, study)] == [True, False]


def test_a_page_that_still_shows_the_model_is_not_called_blind(session: Session, alice: Actor, study: UUID) -> None:
    blind_reads.begin(session, alice, study)
    review_acts.act(session, alice, study, Wish("label", pattern="lpd", start_s=0.0, stop_s=10.0, seen={"model_shown": True}))
    assert [row.model_visible for row in review_log.rows(session, alice, study)] == [True]


def test_who_has_opened_the_analysed_study_before_is_known(session: Session, alice: Actor, study: UUID) -> None:
    studies.opened(session, alice, study)
    session.flush()
    blind_reads.begin(session, alice, study)
    blind_reads.save(session, alice, study, rest="other")
    assert blind_reads.saved(session, study)[0].model_seen


def test_a_read_that_is_given_up_is_no_first_read(session: Session, alice: Actor, study: UUID) -> None:
    blind_reads.begin(session, alice, study)
    blind_reads.leave(session, alice, study)
    assert blind_reads.saved(session, study) == []
    assert not blind_reads.hides(session, alice, study)


def test_there_is_one_first_read(session: Session, alice: Actor, study: UUID) -> None:
    with pytest.raises(Conflict, match="no read without the model"):
        blind_reads.save(session, alice, study, rest="other")
    blind_reads.begin(session, alice, study)
    with pytest.raises(Conflict, match="already"):
        blind_reads.begin(session, alice, study)
    with pytest.raises(Invalid):
        blind_reads.save(session, alice, study, rest="lpd")  # type: ignore[arg-type]
    blind_reads.save(session, alice, study, rest="other")
    with pytest.raises(Conflict, match="not blind"):
        blind_reads.begin(session, alice, study)


def test_who_may_not_review_reads_nothing_blind(session: Session, bob: Actor, study: UUID) -> None:
    vic = builders.actor(session, "vic", role=Role.VIEWER, clinic="Clinic of alice")
    for who, error in ((bob, NotFound), (vic, Forbidden)):
        with pytest.raises(error):
            blind_reads.begin(session, who, study)


@pytest.mark.parametrize("statement", ["UPDATE reading_step SET step = 'saved'", "DELETE FROM reading_step"])
def test_steps_of_a_read_are_kept_by_the_database(session: Session, alice: Actor, study: UUID, statement: str) -> None:
    blind_reads.begin(session, alice, study)
    with pytest.raises(DatabaseError, match="reading_step rows are never"), session.begin_nested():
        session.execute(text(statement))
