"""Studies, events, decisions, jobs and patients over the API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.accounts import User
from app.db.columns import utc_now
from app.db.session import writing
from app.services import sign_in
from tests import builders
from tests.app.api.conftest import Api
from tests.edf_files import edf
from tests.uploading import send

EVENTS = [("seizure", 10.0, 40.0), ("lpd", 100.0, 160.0)]


def analysed(api: Api) -> tuple[TestClient, UUID, list[UUID]]:
    """Alice, a study of hers with two events, and these."""
    alice = api("alice")
    with writing() as session:
        user = session.query(User).filter_by(name="alice").one()
        who = Actor(user.id, user.clinic_id, Role.NEUROLOGIST)
        study = builders.study(session, who)
        events = builders.analysis(session, study, EVENTS)
    return alice, study, events


def test_the_list_and_the_study_agree(api: Api) -> None:
    alice, study, _ = analysed(api)
    [row] = alice.get("studies").json()
    one = alice.get(f"studies/{study}").json()
    assert (row["id"], row["n_events"], row["n_unreviewed"]) == (str(study), 2, 2)
    assert (one["patient"]["name"], one["duration_s"], one["start_local"]) == ("Rosa Ito", 600.0, "2026-05-04T22:30:00")


def test_the_list_can_be_filtered(api: Api) -> None:
    alice, _, _ = analysed(api)
    assert len(alice.get("studies", params={"text": "rosa"}).json()) == 1
    assert alice.get("studies", params={"text": "nobody"}).json() == []
    assert alice.get("studies", params={"status": "failed"}).json() == []
    assert alice.get("studies", params={"status": "nonsense"}).status_code == 422


def test_a_decision_is_kept_and_can_be_withdrawn(api: Api) -> None:
    alice, study, [seizure, _] = analysed(api)
    for decision, held in (("accepted", "accepted"), ("dismissed", "dismissed"), ("withdrawn", "")):
        answer = alice.post(f"events/{seizure}/decision", json={"decision": decision, "seen": {"montage": "longitudinal"}})
        assert answer.status_code == 200
        first, _ = alice.get(f"studies/{study}/events").json()
        assert (first["id"], first["decision"]) == (str(seizure), held)


def test_only_known_decisions_are_taken(api: Api) -> None:
    alice, _, [seizure, _] = analysed(api)
    assert alice.post(f"events/{seizure}/decision", json={"decision": "maybe"}).status_code == 422


def test_bob_finds_nothing_of_alices(api: Api) -> None:
    _, study, [seizure, _] = analysed(api)
    bob = api("bob")
    paths = [f"studies/{study}", f"studies/{study}/analysis", f"studies/{study}/events"]
    assert {bob.get(path).status_code for path in paths} == {404}
    assert bob.post(f"events/{seizure}/decision", json={"decision": "accepted"}).status_code == 404
    assert bob.get("studies").json() == []


def test_a_viewer_reads_and_decides_nothing(api: Api) -> None:
    _, study, [seizure, _] = analysed(api)
    vera = api("vera", role=Role.VIEWER, clinic="Clinic of alice")
    assert vera.get(f"studies/{study}").status_code == 200
    assert vera.post(f"events/{seizure}/decision", json={"decision": "accepted"}).status_code == 403


def test_a_study_without_result_says_so(api: Api) -> None:
    alice = api("alice")
    study_id = send(alice, edf()).json()["study_id"]
    answer = alice.get(f"studies/{study_id}/analysis")
    assert (answer.status_code, "no result yet" in answer.json()["error"]["sentence"]) == (404, True)


def test_a_queued_job_can_be_cancelled_once_and_tried_again(api: Api) -> None:
    alice = api("alice")
    job_id = send(alice, edf()).json()["job_id"]
    assert alice.post(f"jobs/{job_id}/cancel").json()["state"] == "cancelled"
    assert alice.post(f"jobs/{job_id}/cancel").status_code == 409
    assert alice.post(f"jobs/{job_id}/retry").json()["state"] == "queued"
    assert api("bob").post(f"jobs/{job_id}/cancel").status_code == 404


def test_patients_are_found_by_name_and_number_in_their_clinic_alone(api: Api) -> None:
    alice, bob = api("alice"), api("bob")
    made = alice.post("patients", json={"name": "Rosa Ito", "record_number": "R-7", "birth_date": "1950-07-04"})
    assert made.status_code == 201
    for text in ("rosa", "r-7"):
        assert alice.get("patients", params={"text": text}).json() == {"total": 1, "patients": [made.json()]}
    assert bob.get("patients").json()["total"] == 0
    assert bob.get(f"patients/{made.json()['id']}").status_code == 404


def test_a_record_number_belongs_to_one_patient(api: Api) -> None:
    alice = api("alice")
    answers = [alice.post("patients", json={"name": name, "record_number": "R-7"}) for name in ("Rosa Ito", "Rosa Ido")]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert "R-7" in answers[1].json()["error"]["sentence"]


@pytest.mark.parametrize("path", ["studies/{}", "studies/{}/analysis", "studies/{}/events", "jobs/{}", "patients/{}", "uploads/{}"])
def test_what_does_not_exist_is_404_and_what_is_no_id_is_422(api: Api, path: str) -> None:
    alice = api("alice")
    assert alice.get(path.format(uuid4())).status_code == 404
    assert alice.get(path.format("1 or 1=1")).status_code == 422


def test_a_database_that_is_away_is_503_with_retry_after(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("server closed the connection unexpectedly"))

    alice = api("alice")
    monkeypatch.setattr("app.services.studies.worklist", away)
    answer = alice.get("studies")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"]["sentence"].startswith("The database is not answering.")


def test_an_expired_token_is_401(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = api("alice")
    with writing() as session:
        sign_in.end_all(session, session.query(User).filter_by(name="alice").one().id, now=utc_now())
    answer = alice.get("studies")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_annotations_and_events_are_exported_as_edf(api: Api) -> None:
    alice, bob = api("alice"), api("bob")
    view = send(alice, edf()).json()
    answer = alice.get(f"studies/{view['study_id']}/annotations.edf")
    assert (answer.status_code, answer.content[:8]) == (200, b"0       ")
    assert "attachment" in answer.headers["content-disposition"]
    assert bob.get(f"studies/{view['study_id']}/annotations.edf").status_code == 404


def test_channels_are_corrected_and_analysed_anew(api: Api) -> None:
    alice, study, _ = analysed(api)
    answer = alice.post(f"studies/{study}/channels", json={"channel_names": {"Fp1": "F7"}, "remember": True})
    assert answer.status_code == 202
    assert alice.get(f"studies/{study}").json()["read_as"] == ["F7", "Fz", "ECG"]
    assert alice.post(f"studies/{study}/channels", json={"channel_names": {"Fp1": "Q9"}}).status_code == 422


def test_files_of_one_recording_are_joined_and_separated_again(api: Api) -> None:
    alice = api("alice")
    files = [edf(seed=after_s, start=datetime(2026, 5, 4, 22, 0, after_s)) for after_s in (0, 30)]
    ids = [send(alice, files[0]).json()["study_id"]]
    patient = alice.get(f"studies/{ids[0]}").json()["patient"]["id"]
    ids.append(send(alice, files[1], patient_id=patient).json()["study_id"])
    made = [alice.post("studies/join", json={"study_ids": ids}) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    one = alice.get(f"studies/{made[0].json()['study_id']}").json()
    assert (one["duration_s"], one["gaps"], [part["study_id"] for part in one["parts"]]) == (50.0, [[20.0, 30.0]], ids)
    assert alice.get(f"studies/{ids[0]}").json()["joined_into"] == one["id"]
    assert {view["study_id"] for view in alice.get("uploads").json()} == {one["id"]}
    assert set(alice.post(f"studies/{one['id']}/separate").json()["study_ids"]) == set(ids)
    assert alice.post(f"studies/{ids[0]}/separate").status_code == 409


def test_one_study_alone_is_not_joined(api: Api) -> None:
    alice, study, _ = analysed(api)
    assert alice.post("studies/join", json={"study_ids": [str(study)]}).status_code == 422
    answer = alice.post("studies/join", json={"study_ids": [str(study), str(study)]})
    assert (answer.status_code, answer.json()["error"]["sentence"]) == (422, "A recording is joined from 2 to 96 studies; 1 was chosen.")
