"""Electrodes marked as bad: who, when, taken back, for one's own clinic only; no analysis is begun or changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.columns import utc_now
from app.db.studies import Study
from app.db.work import Job
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import audit, channel_marks, report_material, reports
from ml.recording import RecordingInfo, Signal
from tests import builders

ABOUT = RecordingInfo("EDF+C", tuple(Signal(label, 200.0, "uV") for label in ("EEG Fp1-REF", "F7", "T7", "FC1", "A1", "X9", "ECG")), 600.0, datetime(2026, 5, 4))


@pytest.fixture
def study_id(session: Session, alice: Actor) -> UUID:
    made = builders.study(session, alice, about=ABOUT)
    builders.analysis(session, made)
    return made


def test_a_mark_is_kept_with_who_and_when(session: Session, alice: Actor, study_id: UUID) -> None:
    before = utc_now()
    mark, = channel_marks.mark(session, alice, study_id, "F7")
    assert (mark.electrode, mark.user_name) == ("F7", "alice")
    assert before <= mark.at <= utc_now()
    assert mark.words == f"alice, {mark.at:%Y-%m-%d %H:%M} UTC"
    assert channel_marks.of_study(session, alice, study_id) == [mark]


def test_who_marked_first_stays_and_marking_twice_is_one_mark(session: Session, alice: Actor, study_id: UUID) -> None:
    tom = builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    channel_marks.mark(session, alice, study_id, "F7")
    assert [mark.user_name for mark in channel_marks.mark(session, tom, study_id, "F7")] == ["alice"]


def test_a_mark_is_taken_back_by_whoever_may_mark(session: Session, alice: Actor, ada: Actor, study_id: UUID) -> None:
    tom = builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    channel_marks.mark(session, alice, study_id, "F7")
    assert channel_marks.take_back(session, tom, study_id, "F7") == []
    assert channel_marks.take_back(session, tom, study_id, "F7") == []
    rows = [row for row in audit.entries(session, ada) if row.action.startswith("electrode")]
    assert [(row.action, row.user_name, row.object_id, row.detail) for row in rows] == [
        ("electrode_mark_taken_back", "tom", study_id, {"electrode": "F7", "marked_by": str(alice.user_id)}),
        ("electrode_marked_bad", "alice", study_id, {"electrode": "F7"}),
    ]


@pytest.mark.parametrize("electrode", ["T3", "FC1", "A1"])
def test_any_electrode_of_the_recording_may_be_marked(session: Session, alice: Actor, study_id: UUID, electrode: str) -> None:
    assert channel_marks.mark(session, alice, study_id, electrode)[0].electrode == electrode


@pytest.mark.parametrize("electrode", ["O2", "X9", "ECG", "", "f7", "'; DROP TABLE", "F7\x00"])
def test_what_is_no_electrode_of_the_recording_is_refused(session: Session, alice: Actor, study_id: UUID, electrode: str) -> None:
    with pytest.raises(Invalid, match="has no electrode"):
        channel_marks.mark(session, alice, study_id, electrode)


def test_another_clinic_finds_nothing(session: Session, alice: Actor, bob: Actor, study_id: UUID) -> None:
    channel_marks.mark(session, alice, study_id, "F7")
    for act in (lambda: channel_marks.of_study(session, bob, study_id), lambda: channel_marks.mark(session, bob, study_id, "T3"),
                lambda: channel_marks.take_back(session, bob, study_id, "F7")):
        with pytest.raises(NotFound):
            act()
    assert len(channel_marks.of_study(session, alice, study_id)) == 1


def test_who_only_reads_sees_marks_and_makes_none(session: Session, alice: Actor, study_id: UUID) -> None:
    vic = builders.actor(session, "vic", role=Role.VIEWER, clinic="Clinic of alice")
    channel_marks.mark(session, alice, study_id, "F7")
    assert len(channel_marks.of_study(session, vic, study_id)) == 1
    with pytest.raises(Forbidden, match="may not mark electrodes as bad"):
        channel_marks.take_back(session, vic, study_id, "F7")


def test_the_analysis_is_not_touched(session: Session, alice: Actor, study_id: UUID) -> None:
    study, jobs = session.get_one(Study, study_id), session.query(Job).count()
    before = (study.status, dict(study.channel_names), dict(study.header))
    channel_marks.mark(session, alice, study_id, "F7")
    assert (study.status, study.channel_names, study.header) == before
    assert session.query(Job).count() == jobs


def test_a_part_of_a_joined_recording_is_not_marked(session: Session, alice: Actor, study_id: UUID) -> None:
    session.get_one(Study, study_id).separated_at = utc_now()
    with pytest.raises(Conflict):
        channel_marks.mark(session, alice, study_id, "F7")


def test_printed_pages_know_the_marks(session: Session, alice: Actor, study_id: UUID) -> None:
    mark, = channel_marks.mark(session, alice, study_id, "F7")
    draft = reports.draft_for(session, alice, study_id, now=utc_now())
    assert report_material.gather(session, draft.id, now=utc_now()).marks == {"F7": mark.words}
