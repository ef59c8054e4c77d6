"""Uploads over the API: tus 1.0 core, the person's word first, sentences on every refusal."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.access import Role
from app.api import uploads
from app.db.audit import AuditEntry
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.db.studies import Upload
from app.db.work import Job
from app.file_store import open_store
from app.services.part_file import part_path
from app.settings import Settings, use
from tests.app.api.conftest import Api
from tests.edf_files import edf
from tests.uploading import TUS, begin, send

EDF = edf()
OF_JANE = edf(patient="MRN-77 F 04-JUL-1950 Doe_Jane", seed=1)


def test_an_upload_becomes_a_study_with_a_job(api: Api, database: Settings) -> None:
    alice = api("alice")
    view = send(alice, EDF).json()
    study = alice.get(f"studies/{view['study_id']}").json()
    assert (view["state"], study["sha256"]) == ("stored", hashlib.sha256(EDF).hexdigest())
    assert alice.get(f"jobs/{view['job_id']}").json()["state"] == "queued"
    assert open_store(database).read_bytes(study["sha256"]) == EDF
    assert not list(database.uploads_dir.glob("*"))


def test_the_head_tells_what_the_header_says(api: Api) -> None:
    alice = api("alice")
    upload_id = alice.post("uploads", json={"name": "a.edf", "size": len(OF_JANE)}).json()["id"]
    facts = alice.put(f"uploads/{upload_id}/head", content=OF_JANE[:65536]).json()["facts"]
    assert (facts["format"], facts["n_electrodes"], facts["sfreqs_hz"]) == ("EDF+C", 19, [200.0])
    assert (facts["duration_s"], facts["start_time"]) == (20.0, "2026-05-04T22:30:00")
    assert facts["patient"] == {"name": "Doe Jane", "code": "MRN-77", "sex": "F", "birth_date": "1950-07-04"}


def test_no_byte_moves_before_the_patient_is_confirmed(api: Api) -> None:
    alice = api("alice")
    upload_id = alice.post("uploads", json={"name": "a.edf", "size": len(EDF)}).json()["id"]
    early = alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"})
    assert (early.status_code, "header" in early.json()["error"]["sentence"]) == (409, True)
    alice.put(f"uploads/{upload_id}/head", content=EDF[:65536])
    unconfirmed = alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"})
    assert (unconfirmed.status_code, "patient" in unconfirmed.json()["error"]["sentence"]) == (409, True)


def test_a_header_that_names_another_patient_stops_until_confirmed(api: Api) -> None:
    alice = api("alice")
    stopped = begin(alice, OF_JANE)
    assert (stopped.status_code, stopped.json()["error"]["code"]) == (409, "other_identity")
    assert "name and record number" in stopped.json()["error"]["sentence"]
    assert alice.get("patients").json()["total"] == 0
    assert isinstance(begin(alice, OF_JANE, accept=True), str)


def test_a_header_that_names_the_same_patient_passes(api: Api) -> None:
    assert isinstance(begin(api("alice"), OF_JANE, patient="Jane Doe", number="mrn 77"), str)


def test_bytes_come_in_any_pieces(api: Api) -> None:
    alice = api("alice")
    upload_id, offset = begin(alice, EDF), 0
    for size in (1, 70_000, 5, len(EDF)):
        piece = EDF[offset : offset + size]
        answer = alice.patch(f"uploads/{upload_id}", content=piece, headers=TUS | {"Upload-Offset": str(offset)})
        offset += len(piece)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(offset))
        assert alice.head(f"uploads/{upload_id}").headers["Upload-Offset"] == str(offset)
    assert alice.get(f"uploads/{upload_id}").json()["state"] == "stored"


def test_a_wrong_offset_is_409_and_changes_nothing(api: Api) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    alice.patch(f"uploads/{upload_id}", content=EDF[:100], headers=TUS | {"Upload-Offset": "0"})
    for wrong in ("0", "99", "101"):
        answer = alice.patch(f"uploads/{upload_id}", content=b"x", headers=TUS | {"Upload-Offset": wrong})
        assert (answer.status_code, "byte 100" in answer.json()["error"]["sentence"]) == (409, True)
    assert alice.head(f"uploads/{upload_id}").headers["Upload-Offset"] == "100"


def test_the_protocol_is_asked_for(api: Api) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    no_version = {name: value for name, value in TUS.items() if name != "Tus-Resumable"} | {"Upload-Offset": "0"}
    assert alice.patch(f"uploads/{upload_id}", content=b"x", headers=no_version).status_code == 412
    other_type = TUS | {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    assert alice.patch(f"uploads/{upload_id}", content=b"x", headers=other_type).status_code == 415
    assert alice.options("uploads").headers["Tus-Version"] == "1.0.0"
    assert alice.head(f"uploads/{upload_id}").headers["Tus-Resumable"] == "1.0.0"


def test_more_bytes_than_announced_are_413(api: Api) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    answer = alice.patch(f"uploads/{upload_id}", content=EDF + b"x", headers=TUS | {"Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_file_beyond_the_limit_is_413_before_a_byte_moves(api: Api, database: Settings) -> None:
    alice = api("alice")
    use(database.model_copy(update={"max_upload_bytes": 1000}))
    answer = alice.post("uploads", json={"name": "a.edf", "size": 1001})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_an_empty_file_is_refused_in_a_sentence(api: Api) -> None:
    answer = api("alice").post("uploads", json={"name": "a.edf", "size": 0})
    assert answer.status_code == 422
    assert answer.json()["error"]["sentence"].startswith("The file is empty (0 bytes)")


def test_a_server_without_room_answers_507(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})())
    answer = api("alice").post("uploads", json={"name": "a.edf", "size": 1_000_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage_full")


def test_what_is_no_recording_is_refused_by_its_head(api: Api) -> None:
    alice = api("alice")
    refused = begin(alice, b"\x89PNG\r\n\x1a\n" + b"0" * 100_000)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "refused")
    [mine] = alice.get("uploads").json()
    assert (mine["state"], mine["refusal"]) == ("refused", refused.json()["error"]["sentence"])


def test_a_file_that_changes_after_its_header_was_checked_is_refused(api: Api) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    other = edf(patient="MRN-9 M 01-JAN-1960 Other_Man", seed=0)
    answer = alice.patch(f"uploads/{upload_id}", content=other, headers=TUS | {"Upload-Offset": "0"})
    assert (answer.status_code, "first bytes have changed" in answer.json()["error"]["sentence"]) == (422, True)


def test_the_same_bytes_twice_are_one_study(api: Api) -> None:
    alice = api("alice")
    first, second = send(alice, EDF).json(), send(alice, EDF, name="copy.edf", number="2").json()
    assert first["study_id"] == second["study_id"]
    assert "another patient" in second["note"]
    assert len(alice.get("studies").json()) == 1


def test_the_same_bytes_in_two_clinics_are_two_studies(api: Api, database: Settings) -> None:
    ours, theirs = send(api("alice"), EDF).json(), send(api("bob"), EDF).json()
    assert ours["study_id"] != theirs["study_id"]
    assert len([path for path in database.objects_dir.rglob("*") if path.is_file()]) == 1


def test_the_same_bytes_finished_at_the_same_moment_are_one_study(api: Api) -> None:
    alice = api("alice")
    pending = [begin(alice, EDF, number=str(number)) for number in range(4)]

    def finish(upload_id: str) -> int:
        return alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(finish, pending)) == {204}
    assert len({alice.get(f"uploads/{upload_id}").json()["study_id"] for upload_id in pending}) == 1


def test_bob_cannot_see_or_touch_alices_upload(api: Api) -> None:
    alice, bob = api("alice"), api("bob")
    upload_id = begin(alice, EDF)
    answers = [bob.get(f"uploads/{upload_id}"), bob.head(f"uploads/{upload_id}"), bob.delete(f"uploads/{upload_id}"),
               bob.put(f"uploads/{upload_id}/head", content=EDF[:65536]),
               bob.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"}),
               bob.post(f"uploads/{upload_id}/confirm", json={"patient_id": str(uuid4())})]
    assert {answer.status_code for answer in answers} == {404}
    assert bob.get("uploads").json() == []


def test_a_viewer_may_not_upload(api: Api) -> None:
    vera = api("vera", role=Role.VIEWER)
    assert vera.post("uploads", json={"name": "a.edf", "size": 10}).status_code == 403


def test_nobody_may_upload_without_signing_in(api: Api) -> None:
    assert api().post("uploads", json={"name": "a.edf", "size": 10}).status_code == 401


def test_a_cancelled_upload_is_gone_with_its_bytes(api: Api, database: Settings) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    alice.patch(f"uploads/{upload_id}", content=EDF[:1000], headers=TUS | {"Upload-Offset": "0"})
    assert alice.delete(f"uploads/{upload_id}").status_code == 204
    assert alice.head(f"uploads/{upload_id}").status_code == 410
    assert not list(database.uploads_dir.iterdir())


def test_an_expired_upload_is_410(api: Api) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    with writing() as session:
        session.scalars(select(Upload)).one().expires_at = utc_now() - timedelta(seconds=1)
    answer = alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")


def test_a_stored_upload_keeps_no_identity_of_the_header(api: Api) -> None:
    alice = api("alice")
    send(alice, OF_JANE, patient="Jane Doe", number="MRN-77")
    with reading() as session:
        upload, trail = session.scalars(select(Upload)).one(), session.scalars(select(AuditEntry)).all()
        assert "Doe" not in str(upload.header)
        assert "Doe" not in str([entry.detail for entry in trail])


def test_each_step_of_an_upload_is_in_the_audit_trail(api: Api) -> None:
    send(api("alice"), EDF)
    with reading() as session:
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))
    steps = ["upload_started", "patient_created", "upload_confirmed", "study_created", "upload_stored"]
    assert [action for action in actions if action in steps] == steps


def _leave_whole(database: Settings, upload_id: str) -> None:
    """As a server leaves it that was stopped between the last byte and the study."""
    part_path(database, UUID(upload_id)).write_bytes(EDF)
    with writing() as session:
        left = session.get_one(Upload, UUID(upload_id))
        left.received, left.state = left.size, "verifying"


def test_an_empty_last_request_finishes_what_was_left(api: Api, database: Settings) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    _leave_whole(database, upload_id)
    answer = alice.patch(f"uploads/{upload_id}", headers=TUS | {"Upload-Offset": str(len(EDF))})
    assert (answer.status_code, alice.get(f"uploads/{upload_id}").json()["state"]) == (204, "stored")
    with reading() as session:
        assert len(session.scalars(select(Job)).all()) == 1


def test_a_started_server_finishes_what_was_left(api: Api, database: Settings) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    _leave_whole(database, upload_id)
    uploads.tidy()
    uploads.tidy()
    assert alice.get(f"uploads/{upload_id}").json()["state"] == "stored"


def test_expired_uploads_and_stray_parts_are_removed(api: Api, database: Settings) -> None:
    upload_id = begin(api("alice"), EDF)
    for stray in (upload_id, str(uuid4())):
        part_path(database, UUID(stray)).write_bytes(b"x")
    with writing() as session:
        session.get_one(Upload, UUID(upload_id)).expires_at = utc_now() - timedelta(seconds=1)
    uploads.tidy()
    assert not list(database.uploads_dir.iterdir())
