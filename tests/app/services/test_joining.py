"""Joining: files of one recording become one study on one clock, and are separated again while nobody has worked on it."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.columns import utc_now
from app.db.studies import Study
from app.db.work import Job
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.file_store import open_store
from app.services import analyses, joining, patients, reports, reviews, stored_recording, studies, tiles
from app.services.tiles import PageQuery
from app.settings import Settings
from ml.errors import RecordingError
from tests import builders
from tests.app.services.joined_parts import START, join, part


@pytest.fixture
def rosa(session: Session, alice: Actor) -> UUID:
    return builders.patient(session, alice)


@pytest.fixture
def three(session: Session, alice: Actor, database: Settings, rosa: UUID) -> list[UUID]:
    """20 s each: the second overlaps the first by 5 s, a pause of 15 s lies before the third."""
    return [part(session, alice, database, rosa, after_s) for after_s in (50.0, 0.0, 15.0)]


def test_parts_become_one_study_on_one_clock_with_gap_and_overlap_said(
    session: Session, alice: Actor, database: Settings, three: list[UUID]
) -> None:
    view = studies.find(session, alice, join(session, alice, database, *three).study_id)
    assert (view.start_local, view.duration_s, view.gaps) == (START, 70.0, ((35.0, 50.0),))
    assert [(one.original_name, one.start_s, one.stop_s) for one in view.parts] == [
        ("night_0.edf", 0.0, 20.0), ("night_15.edf", 15.0, 35.0), ("night_50.edf", 50.0, 70.0)]
    assert view.original_name == "night_0.edf and 2 more"
    assert any("overlaps the one before it by 5.00 s" in finding for finding in view.findings)
    assert any("1 gap, 15.00 s" in finding for finding in view.findings)
    assert view.size == sum(studies.find(session, alice, key).size for key in three)


def test_the_joined_samples_are_those_of_the_parts(session: Session, alice: Actor, database: Settings, three: list[UUID]) -> None:
    store, study_id = open_store(database), join(session, alice, database, *three).study_id
    whole = stored_recording.opened(store, studies.recording(session, alice, study_id).sha256)
    for study, at_s, own_s in ((three[1], 15.0, 15.0), (three[2], 20.0, 5.0), (three[0], 50.0, 0.0)):
        alone = stored_recording.opened(store, studies.recording(session, alice, study).sha256)
        np.testing.assert_array_equal(whole.read(at_s, at_s + 5.0, [0, 18]), alone.read(own_s, own_s + 5.0, [0, 18]))
    assert np.isnan(whole.read(35.0, 50.0, [0])[0]).all()


def test_the_viewer_reads_it_in_place_and_says_where_files_begin(
    session: Session, alice: Actor, database: Settings, three: list[UUID]
) -> None:
    handle = studies.recording(session, alice, join(session, alice, database, *three).study_id)
    assert tiles.page(open_store(database), handle, PageQuery(30.0, 10.0)).startswith(b"HMSP")
    notes = [(note.onset_s, note.duration_s, note.text.split(";")[0]) for note in tiles.notes(open_store(database), handle)]
    assert notes == [(15.0, 5.0, "file 2 of 3 begins"), (50.0, None, "file 3 of 3 begins, 15.00 s after the one before it")]


def test_only_the_joined_study_stands_in_lists_and_alerts(
    session: Session, alice: Actor, database: Settings, three: list[UUID], rosa: UUID
) -> None:
    builders.analysis(session, three[0], [("seizure", 1.0, 15.0)])
    study_id = join(session, alice, database, *three).study_id
    assert [row.id for row in studies.worklist(session, alice)] == [study_id]
    assert studies.count_by_status(session, alice) == {"queued": 1}
    assert analyses.suspected_seizures(session, alice) == []
    (row,), _ = patients.search(session, alice, text="", start=0, stop=10)
    assert (row.id, row.n_studies) == (rosa, 1)


def test_its_analysis_is_queued_and_those_of_the_parts_are_not_done_in_vain(
    session: Session, alice: Actor, database: Settings, three: list[UUID]
) -> None:
    asked = jobs.enqueue(session, analyses.request_for(session, alice, three[0]))
    joined = join(session, alice, database, *three)
    assert joined.job_id is not None
    assert (session.get_one(Job, joined.job_id).study_id, session.get_one(Job, joined.job_id).state) == (joined.study_id, "queued")
    session.expire_all()
    assert session.get_one(Job, asked).state == "cancelled"


def test_joining_twice_is_joining_once(session: Session, alice: Actor, database: Settings, three: list[UUID]) -> None:
    first = join(session, alice, database, *three)
    assert join(session, alice, database, *reversed(three)) == first
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "studies_joined")).all()) == 1


def test_separated_parts_are_studies_of_their_own_again(session: Session, alice: Actor, database: Settings, three: list[UUID]) -> None:
    jobs.enqueue(session, analyses.request_for(session, alice, three[0]))
    builders.analysis(session, three[1])
    joined = join(session, alice, database, *three)
    for _ in range(2):
        assert set(joining.separate(session, alice, joined.study_id)) == set(three)
    session.expire_all()
    rows = {row.id: row for row in studies.worklist(session, alice)}
    assert set(rows) == set(three)
    assert {rows[key].status for key in three} == {"queued", "analysed"}       # those without a result are analysed
    assert session.get_one(Job, joined.job_id).state == "cancelled"
    assert join(session, alice, database, *three).study_id == joined.study_id


def test_what_was_decided_or_reported_is_neither_joined_nor_separated(
    session: Session, alice: Actor, database: Settings, three: list[UUID]
) -> None:
    event, = builders.analysis(session, three[0], [("lpd", 1.0, 15.0)])
    reviews.decide(session, alice, event, decision="accepted")
    with pytest.raises(Conflict, match=r"night_50\.edf were decided"):
        join(session, alice, database, *three)
    reviews.decide(session, alice, event, decision="withdrawn")
    study_id = join(session, alice, database, *three).study_id
    report = reports.draft_for(session, alice, study_id, now=utc_now())
    reports.save(session, alice, report.id, {"impression": "Diffuse slowing."}, now=utc_now())
    with pytest.raises(Conflict, match="stays as it is"):
        joining.separate(session, alice, study_id)


def test_nobody_works_on_a_part(session: Session, alice: Actor, database: Settings, three: list[UUID]) -> None:
    event, = builders.analysis(session, three[0], [("lpd", 1.0, 15.0)])
    join(session, alice, database, *three)
    for work in (lambda: reviews.decide(session, alice, event, decision="accepted"), lambda: analyses.run_again(session, alice, three[0]),
                 lambda: reports.draft_for(session, alice, three[0], now=utc_now())):
        with pytest.raises(Conflict, match="part of a joined one"):
            work()
    assert studies.find(session, alice, three[0]).joined_into is not None


def test_bob_can_neither_join_nor_separate(session: Session, alice: Actor, bob: Actor, database: Settings, three: list[UUID]) -> None:
    with pytest.raises(NotFound):
        joining.begin(session, bob, three)
    study_id = join(session, alice, database, *three).study_id
    with pytest.raises(NotFound):
        joining.separate(session, bob, study_id)


def test_a_viewer_may_not_join(session: Session, alice: Actor, three: list[UUID]) -> None:
    vera = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    with pytest.raises(Forbidden):
        joining.begin(session, vera, three)


def test_studies_that_are_not_one_recording_are_refused(
    session: Session, alice: Actor, database: Settings, three: list[UUID], rosa: UUID
) -> None:
    stranger = part(session, alice, database, builders.patient(session, alice, "Max Roth"), 100.0)
    late = part(session, alice, database, rosa, 3 * 86_400.0)
    joined = join(session, alice, database, *three).study_id
    for chosen, words in (([stranger, late], "different patients"), ([late], "from 2 to 96"), ([late, late], "1 was chosen")):
        with pytest.raises(Invalid, match=words):
            join(session, alice, database, *chosen)
    for chosen in ([joined, late], [three[0], late], three[:2]):
        with pytest.raises(Conflict, match="Separate that one first"):
            join(session, alice, database, *chosen)


def test_parts_days_apart_or_of_other_people_are_refused(session: Session, alice: Actor, database: Settings, rosa: UUID) -> None:
    first, late = part(session, alice, database, rosa, 0.0), part(session, alice, database, rosa, 3 * 86_400.0)
    with pytest.raises(Invalid, match=r"begins 3\.0 days after"):
        join(session, alice, database, first, late)
    named = [part(session, alice, database, rosa, after_s, patient=f"X X X {name}") for after_s, name in ((20.0, "Doe"), (40.0, "Roe"))]
    with pytest.raises(RecordingError, match="different patients"):
        join(session, alice, database, *named)


def test_a_study_without_a_clock_or_not_converted_yet_cannot_be_placed(session: Session, alice: Actor, rosa: UUID) -> None:
    first, timeless = builders.study(session, alice, rosa), builders.study(session, alice, rosa, about=builders.info(start=None), name="b.edf")
    with pytest.raises(Invalid, match=r"b\.edf states no start time"):
        joining.begin(session, alice, [first, timeless])
    session.get_one(Study, timeless).format = "GDF"
    with pytest.raises(Conflict, match=r"b\.edf is not converted yet"):
        joining.begin(session, alice, [first, timeless])
