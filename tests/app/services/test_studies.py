"""Studies: the worklist and one study."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.errors import Conflict, Forbidden, NotFound
from app.services import reviews, studies
from ml.recording import Span
from tests import builders


def test_a_study_shows_its_banner_and_header(session: Session, alice: Actor) -> None:
    patient_id = builders.patient(session, alice, birth_date=date(1960, 2, 3))
    about = builders.info(3600.0, gaps=(Span(10.0, 20.0),))
    view = studies.find(session, alice, builders.study(session, alice, patient_id, about=about))
    assert (view.patient.name, view.age.text, view.age_warning) == ("Rosa Ito", "66 y", "")
    assert (view.format, view.duration_s, view.gaps, view.status) == ("EDF+C", 3600.0, ((10.0, 20.0),), "queued")
    assert [signal["label"] for signal in view.signals] == ["Fp1", "Fz", "ECG"]
    assert view.start_local == about.start_time


def test_bob_cannot_read_alices_study(session: Session, alice: Actor, bob: Actor) -> None:
    study_id = builders.study(session, alice)
    for door in (studies.find, studies.row, studies.recording, studies.opened):
        with pytest.raises(NotFound):
            door(session, bob, study_id)
    assert studies.worklist(session, bob) == []


def test_bob_cannot_put_a_study_on_alices_patient(session: Session, alice: Actor, bob: Actor) -> None:
    with pytest.raises(NotFound):
        builders.study(session, bob, builders.patient(session, alice))


def test_the_same_bytes_are_one_study_in_a_clinic(session: Session, alice: Actor, bob: Actor) -> None:
    first = builders.study(session, alice, content=b"same")
    with pytest.raises(Conflict):
        builders.study(session, alice, content=b"same")
    assert studies.with_bytes(session, alice, studies.find(session, alice, first).sha256) == first
    assert builders.study(session, bob, content=b"same") != first


def test_a_viewer_cannot_create_a_study(session: Session, alice: Actor) -> None:
    viewer = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    patient_id = builders.patient(session, alice)
    with pytest.raises(Forbidden):
        builders.study(session, viewer, patient_id)


def test_the_worklist_filters_by_text_and_status(session: Session, alice: Actor) -> None:
    one = builders.study(session, alice, builders.patient(session, alice, "Rosa Ito"), name="a.edf")
    two = builders.study(session, alice, builders.patient(session, alice, "Max Roth"), name="b.edf")
    builders.analysis(session, two)
    assert {row.id for row in studies.worklist(session, alice)} == {one, two}
    assert [row.id for row in studies.worklist(session, alice, text="ROSA")] == [one]
    assert [row.id for row in studies.worklist(session, alice, text="b.edf")] == [two]
    assert [row.id for row in studies.worklist(session, alice, status="analysed")] == [two]
    assert studies.count_by_status(session, alice) == {"queued": 1, "analysed": 1}


def test_the_worklist_counts_events_of_the_newest_analysis(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    builders.analysis(session, study_id, [("lpd", 0.0, 30.0)])
    events = builders.analysis(session, study_id, [("seizure", 0.0, 30.0), ("gpd", 60.0, 90.0)], run=2,
                               seconds={"seizure": 30.0})
    reviews.decide(session, alice, events[0], decision="accepted")
    row, = studies.worklist(session, alice)
    assert (row.n_events, row.n_unreviewed, row.seconds_by_class) == (2, 1, {"seizure": 30.0})
    assert (row.job_state, row.status) == ("done", "in_review")


def test_opening_is_audited_once_and_reading_tiles_never(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    studies.opened(session, alice, study_id)
    for _ in range(5):
        studies.recording(session, alice, study_id)
    rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording_opened")).all()
    assert [(row.user_id, row.object_id) for row in rows] == [(alice.user_id, study_id)]


def test_a_status_moves_only_where_it_can(session: Session, alice: Actor) -> None:
    study_id = builders.study(session, alice)
    with pytest.raises(Conflict):
        studies.set_status(session, alice, study_id, "reported")
    studies.set_status(session, alice, study_id, "analysing")
    assert studies.find(session, alice, study_id).status == "analysing"


def test_a_neonate_may_not_be_assessed(session: Session, alice: Actor) -> None:
    patient_id = builders.patient(session, alice, birth_date=date(2026, 4, 20))
    view = studies.find(session, alice, builders.study(session, alice, patient_id))
    assert not view.may_be_assessed
    assert "not assessed" in view.age_warning
