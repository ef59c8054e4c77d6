"""pages: what each shows of real rows, and what it keeps back."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.studies import Study
from app.db.work import Job
from app.errors import Forbidden, NotFound
from ml.recording import RecordingInfo
from pages import alerts, monitoring, overview, patient, patients, settings, studies, study, upload
from tests import builders, viewer_site
from tests.pages.conftest import Looking


def words(shown: object) -> str:
    return json.dumps(shown, cls=PlotlyJSONEncoder)


def test_an_empty_clinic_is_told_the_first_steps(looking: Looking, nell: Actor) -> None:
    with looking(nell):
        *_, steps_hidden = overview.show(None)
        assert not steps_hidden
        assert "Upload a recording" in words(overview.greet(""))


def test_the_worklist_finds_a_record_number(session: Session, looking: Looking, nell: Actor) -> None:
    builders.study(session, nell, builders.patient(session, nell, "Ito", "MRN-4711"))
    builders.study(session, nell, builders.patient(session, nell, "Novak", "MRN-0815"))
    with looking(nell):
        rows, said = studies.list_studies("4711", None, None)
    assert [row["name"] for row in rows] == ["Ito"]
    assert said == "1 shown"


def test_the_worklist_shows_how_far_a_job_is(session: Session, looking: Looking, nell: Actor) -> None:
    study_id = builders.study(session, nell)
    session.add(
        Job(
            clinic_id=nell.clinic_id,
            study_id=study_id,
            kind="analyse",
            key=str(study_id),
            state="running",
            step="analysing",
            done_units=3,
            total_units=12,
        )
    )
    session.get_one(Study, study_id).status = "analysing"
    with looking(nell):
        rows, _ = studies.list_studies("", None, None)
    assert (rows[0]["progress"], rows[0]["share"]) == ("3 of 12", 0.25)


def test_a_failed_study_tells_its_reason_and_offers_another_run(
    session: Session, looking: Looking, nell: Actor, vic: Actor
) -> None:
    study_id = builders.study(session, nell)
    session.add(Job(clinic_id=nell.clinic_id, study_id=study_id, kind="analyse", key=str(study_id), state="failed",
                    error_sentence="It needed more than 4,096 MiB of memory."))
    session.get_one(Study, study_id).status = "failed"
    with looking(nell):
        body = words(study.show("", str(study_id)))
    assert "It needed more than 4,096 MiB of memory." in body
    assert "study-again" in body
    with looking(vic):
        assert "study-again" not in words(study.show("", str(study_id)))


def test_a_recording_that_is_not_converted_yet_has_no_length_of_zero(session: Session, looking: Looking, nell: Actor) -> None:
    builders.study(session, nell, about=RecordingInfo("GDF", (), 0.0), name="night.gdf")
    with looking(nell):
        row, = studies.list_studies("", None, None)[0]
    assert (row["length"], row["start"], row["can_join"]) == ("–", "known once converted", False)


def test_what_looks_like_one_recording_is_offered_to_who_may_join(session: Session, looking: Looking, nell: Actor, vic: Actor) -> None:
    patient_id = builders.patient(session, nell)
    first, second = (builders.study(session, nell, patient_id, about=builders.info(3600.0, start=datetime(2026, 5, 4, hour))) for hour in (20, 21))
    with looking(nell):
        shown = words(study.show_files("", str(second)))
        assert "file 2 of 2 of one recording" in shown
        assert (words({"type": "study-join", "study": str(first)}) in shown, len(upload.offer_to_join(None))) == (True, 1)
    with looking(vic):
        assert "study-join" not in words(study.show_files("", str(second)))
        assert upload.offer_to_join(None) == []


def test_a_part_of_a_joined_recording_is_reviewed_there(session: Session, looking: Looking, nell: Actor, tmp_path: Path) -> None:
    whole, part = builders.study(session, nell), viewer_site.add_study(session, nell, viewer_site.write_waves(tmp_path / "waves.edf"))
    buttons = ("study-decide", "study-again", "study-correct")
    with looking(nell):
        body = words(study.show("", str(part)))
    assert [name in body for name in buttons] == [True] * 3
    session.get_one(Study, part).joined_into_id = whole
    with looking(nell):
        body, files = words(study.show("", str(part))), words(study.show_files("", str(part)))
    assert [name in body for name in buttons] == [False] * 3
    assert f'"href": "/studies/{whole}"' in files
    assert "review it there" in files


def test_another_clinics_study_is_not_there(session: Session, looking: Looking, nell: Actor) -> None:
    stranger = builders.actor(session, "a stranger")
    study_id = builders.study(session, stranger)
    with looking(nell), pytest.raises(NotFound):
        study.follow(None, None, str(study_id), None)


def test_a_synthetic_patient_is_marked_on_the_banner_and_in_the_list(
    session: Session, looking: Looking, nell: Actor
) -> None:
    made = builders.patient(session, nell, "Made Up", synthetic=True)
    builders.study(session, nell, made)
    with looking(nell):
        rows, _ = studies.list_studies("", None, None)
        banner, timeline, _ = patient.show_patient(str(made))
    assert rows[0]["synthetic"]
    assert "SYNTHETIC" in words(banner)
    assert "SYNTHETIC" in words(timeline)


def test_alerts_say_suspected_and_lead_to_the_signal(session: Session, looking: Looking, nell: Actor) -> None:
    study_id = builders.study(session, nell)
    builders.analysis(session, study_id, [("seizure", 125.0, 160.0), ("lpd", 5.0, 90.0)])
    with looking(nell):
        shown = words(alerts.list_alerts(None))
    assert "1 suspected seizure" in shown
    assert f"/studies/{study_id}/review?t=125" in shown


def test_patients_come_block_by_block_in_the_order_asked(session: Session, looking: Looking, nell: Actor) -> None:
    for name in ("Adam", "Bert", "Cleo"):
        builders.patient(session, nell, name)
    asked = {"startRow": 0, "endRow": 2, "sortModel": [{"colId": "name", "sort": "desc"}]}
    with looking(nell):
        block, said = patients.list_patients(asked, "")
    assert [row["name"] for row in block["rowData"]] == ["Cleo", "Bert"]
    assert (block["rowCount"], said) == (3, "3 patients")


def test_only_who_may_edit_gets_the_form_of_a_patient(
    session: Session, looking: Looking, nell: Actor, vic: Actor
) -> None:
    somebody = builders.patient(session, nell, note="Left arm in a cast.")
    with looking(nell):
        assert "patient-save" in words(patient.show_patient(str(somebody)))
    with looking(vic):
        shown = words(patient.show_patient(str(somebody)))
    assert "patient-save" not in shown
    assert "Left arm in a cast." in shown


def test_a_reader_cannot_change_the_site(looking: Looking, nell: Actor) -> None:
    with looking(nell), pytest.raises(Forbidden):
        settings.save_site(1, "60", "Europe/Warsaw", "", "right")


def test_annotation_classes_are_saved_and_shown_again(looking: Looking, nell: Actor) -> None:
    with looking(nell):
        assert "sharp wave" in words(settings.show("settings-reader"))
        form, _toast = settings.save_classes(1, "K complex", *[None] * 8, "spindle")
        assert "K complex" in words(form)
    with looking(nell):
        again = words(settings.show("settings-reader"))
    assert "spindle" in again
    assert "sharp wave" not in again


def test_monitoring_says_when_nobody_works(looking: Looking, nell: Actor) -> None:
    with looking(nell):
        shown = words(monitoring.show(None))
    assert "No worker has shown itself." in shown
    assert "As of " in shown
