"""What the rows of an analysis say; whole analyses in real children are in tests/workers."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.findings import Analysis
from app.db.work import Job
from app.errors import Conflict, Forbidden, NotFound
from app.services import analyses, reviews
from tests import builders

SEIZURES = [("seizure", 60.0, 90.0), ("seizure", 300.0, 340.0), ("lpd", 400.0, 500.0)]
FOUND = {
    "versions": {"pipeline": "1.0", "model": "test 1", "model_sha256": "a" * 64}, "elapsed_s": 2.0, "spectrogram": None,
    "arrays": {"sha256": "b" * 64, "size": 10},
    "events": [{"pattern": "gpd", "start_s": 1.0, "stop_s": 20.0, "max_prob": 0.9, "mean_prob": 0.8}],
    "summary": {"findings": [], "quality": {}, "assessed_s": 600.0, "not_assessed_s": 0.0, "seconds_by_class": {}, "prior": "balanced"},
}


def test_saving_the_same_result_twice_is_one_analysis(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    jobs = [Job(clinic_id=alice.clinic_id, study_id=study_id, kind="analyse", key=key, state="done") for key in ("k1", "k2")]
    session.add_all(jobs)
    session.flush()
    assert analyses.save(session, jobs[0], FOUND) == analyses.save(session, jobs[1], FOUND)
    assert len(session.scalars(select(Analysis)).all()) == 1
    assert len(analyses.events(session, alice, study_id)) == 1


def test_an_alert_goes_when_its_seizures_are_decided(session: Session, alice: Actor) -> None:
    events = builders.analysis(session, builders.study(session, alice), SEIZURES)
    alert = analyses.suspected_seizures(session, alice)[0]
    assert (alert.n_seizures, alert.total_s, alert.first_start_s, alert.first_clock) == (2, 70.0, 60.0, "22:31:00")
    reviews.decide(session, alice, events[0], decision="dismissed")
    assert analyses.suspected_seizures(session, alice)[0].n_seizures == 1
    reviews.decide(session, alice, events[1], decision="accepted")
    assert analyses.suspected_seizures(session, alice) == []


def test_only_the_newest_analysis_of_a_study_alerts(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    builders.analysis(session, study_id, SEIZURES, run=1)
    builders.analysis(session, study_id, [], run=2)
    assert analyses.suspected_seizures(session, alice) == []
    assert analyses.events(session, alice, study_id) == []


def test_another_clinic_sees_no_alert_and_no_events(session: Session, alice: Actor, bob: Actor) -> None:
    study_id = builders.study(session, alice)
    builders.analysis(session, study_id, SEIZURES)
    assert analyses.suspected_seizures(session, bob) == []
    with pytest.raises(NotFound):
        analyses.events(session, bob, study_id)


def test_an_event_shows_the_decision_that_holds(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    event = builders.analysis(session, study_id, SEIZURES)[0]
    reviews.decide(session, alice, event, decision="accepted")
    assert [view.decision for view in analyses.events(session, alice, study_id)] == ["accepted", "", ""]


def test_a_study_is_not_queued_twice_at_a_time(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    analyses.run_again(session, alice, study_id)
    with pytest.raises(Conflict):
        analyses.run_again(session, alice, study_id)


def test_a_viewer_may_read_but_not_run(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    viewer = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    assert analyses.latest(session, viewer, study_id) is None
    with pytest.raises(Forbidden):
        analyses.run_again(session, viewer, study_id)


def test_a_study_that_was_not_analysed_has_no_arrays(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    for read in (analyses.spans, analyses.spectrogram, analyses.result_json):
        with pytest.raises(NotFound):
            read(session, alice, study_id)
