"""The copy of a recording that may leave the clinic."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select

from app.access import Role
from app.db.audit import AuditEntry
from app.db.session import reading
from ml.byte_source import HeadBytes
from ml.edf import EdfRecording
from tests.app.api.conftest import Api
from tests.edf_files import edf
from tests.uploading import send

EDF = edf(patient="MRN-77 F 04-JUL-1950 Planted_Marker", seed=1)


def test_the_copy_has_the_samples_and_no_name(api: Api) -> None:
    alice = api("alice")
    study = send(alice, EDF, accept=True, name="Planted_Marker.edf").json()["study_id"]
    answer = alice.get(f"studies/{study}/deidentified")
    assert (answer.status_code, int(answer.headers["Content-Length"])) == (200, len(answer.content))
    assert "Planted" not in answer.headers["Content-Disposition"]
    assert b"Planted" not in answer.content
    mine, theirs = (EdfRecording(HeadBytes(content, len(content))) for content in (EDF, answer.content))
    np.testing.assert_array_equal(mine.read(0, 10, [0])[0], theirs.read(0, 10, [0])[0])
    assert mine.info.start_time != theirs.info.start_time


def test_the_trail_says_that_but_not_under_which_code(api: Api) -> None:
    alice = api("alice")
    study = send(alice, EDF, accept=True).json()["study_id"]
    code = alice.get(f"studies/{study}/deidentified").headers["Content-Disposition"].split('"')[1][:12]
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording_exported_deidentified")).one()
        session.expunge(entry)
    assert (str(entry.object_id), code in str(entry.detail)) == (study, False)


def test_what_stays_behind_is_told_before(api: Api) -> None:
    alice = api("alice")
    study = send(alice, EDF, accept=True).json()["study_id"]
    assert alice.get(f"studies/{study}/deidentified/preview").json() == {"notes": 0, "notes_reworded": 0, "labels": [], "silenced": 0}


def test_who_may_not_gets_nothing(api: Api) -> None:
    study = send(api("alice"), EDF, accept=True).json()["study_id"]
    assert api("tess", role=Role.TECHNOLOGIST, clinic="Clinic of alice").get(f"studies/{study}/deidentified").status_code == 403
    assert api("eve", clinic="South").get(f"studies/{study}/deidentified").status_code == 404


def test_an_administrator_finds_the_way_back(api: Api) -> None:
    alice, admin = api("alice"), api("root", role=Role.ADMINISTRATOR, clinic="Clinic of alice")
    view = send(alice, EDF, accept=True).json()
    code = alice.get(f"studies/{view['study_id']}/deidentified").headers["Content-Disposition"].split('"')[1][:12]
    found = admin.post("pseudonyms/find", json={"code": code})
    assert found.json() == {"patient_id": view["patient_id"]}
    assert alice.post("pseudonyms/find", json={"code": code}).status_code == 403
