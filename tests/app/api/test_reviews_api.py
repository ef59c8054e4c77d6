"""Acts, first reads, agreement and seizure burden over the API, on a result that is known number by number."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.session import writing
from app.services import accounts
from tests import viewer_site
from tests.app.api.conftest import Api

MODEL_ONLY = ("ribbon", "analysis", "agreement", "windows/0", "windows/0/similar")


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    """Alice's client and a study of hers: five minutes with a seizure at 40-70 s, LPDs at 130-180 s, GRDA at 240-260 s."""
    client = api("alice")
    path = viewer_site.write_waves(tmp_path / "waves.edf")
    with writing() as session:
        user, clinic = accounts.user_named(session, "alice"), accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        return client, f"studies/{viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), path)}"


def act(client: TestClient, study: str, name: str, *targets: dict[str, Any], **more: Any) -> Any:
    body = {"act": name, "targets": [{"id": each["id"], "revision": each["revision"]} for each in targets], **more}
    return client.post(f"{study}/reviews", json=body)


def events(client: TestClient, study: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{study}/events").json()
    return found


def test_a_label_tells_what_the_model_gives_it_and_that_it_disagrees(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    done = act(client, study, "label", pattern="gpd", start_s=40.0, stop_s=60.0).json()
    assert (done["sentence"], done["n_changed"], len(done["events"])) == ("Labelled GPD.", 1, 4)
    own = next(event for event in done["events"] if event["event_id"] is None)
    assert (own["disagrees"], own["max_prob"], own["reviewed_by"]) == (True, pytest.approx(0.02, abs=0.001), "alice")


def test_agreeing_with_a_window_labels_it_as_the_model_suggests(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    done = act(client, study, "agree", start_s=240.0, stop_s=250.0).json()
    assert done["sentence"] == "Labelled GRDA."


def test_of_two_readers_at_once_one_is_told_to_look_again(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    ann, event = api("ann", clinic="Clinic of alice"), events(client, study)[0]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda asked: act(asked[0], study, asked[1], event), [(client, "accept"), (ann, "dismiss")]))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert "Somebody changed this finding" in refused["error"]["sentence"]
    assert len(client.get(f"{study}/reviews").json()) == 1


def test_while_a_reader_reads_blind_no_door_tells_of_the_model(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    before = {path: client.get(f"{study}/{path}").status_code for path in MODEL_ONLY}
    assert client.post(f"{study}/first-read").json() == {"hidden": True}
    assert {path: client.get(f"{study}/{path}").status_code for path in MODEL_ONLY} == dict.fromkeys(MODEL_ONLY, 403), before
    assert events(client, study) == []
    assert client.get(f"{study}/seizure-burden").json()["unreviewed"] is None
    assert client.get(f"{study}/page", params={"t0": 0, "dur": 10}).status_code == 200
    assert client.get(f"{study}/spectrogram").status_code == 200
    row = next(row for row in client.get("studies").json() if study.endswith(row["id"]))
    assert (row["n_events"], row["seconds_by_class"]) == (0, {})
    assert len(events(api("ann", clinic="Clinic of alice"), study)) == 3
    assert client.post(f"{study}/first-read/save", json={"rest": "other"}).json() == {"hidden": False}
    assert {path: client.get(f"{study}/{path}").status_code for path in MODEL_ONLY} == before


def test_a_blind_read_is_compared_with_the_model_window_by_window(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    client.post(f"{study}/first-read")
    act(client, study, "label", pattern="seizure", start_s=40.0, stop_s=70.0)
    act(client, study, "label", pattern="gpd", start_s=130.0, stop_s=180.0)
    client.post(f"{study}/first-read/save", json={"rest": "other"})
    found, = client.get(f"{study}/agreement").json()
    assert (found["first"], found["second"], found["kind"], found["n"]) == ("alice", "model", "without the model", 30)
    assert [found["counts"][0][0], found["counts"][2][1], found["counts"][5][4], found["counts"][5][5]] == [3, 5, 2, 20]
    assert found["same"]["value"] == pytest.approx(23 / 30)
    assert found["classes"]["seizure"]["specific"]["value"] == 1.0
    assert found["classes"]["gpd"]["n_both"] == 0


def test_two_blind_readers_are_compared_with_each_other(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    for one, stop_s in ((client, 70.0), (api("ann", clinic="Clinic of alice"), 60.0)):
        one.post(f"{study}/first-read")
        act(one, study, "label", pattern="seizure", start_s=40.0, stop_s=stop_s)
        one.post(f"{study}/first-read/save", json={"rest": "other"})
    found = {(each["first"], each["second"]): each for each in client.get(f"{study}/agreement").json()}
    assert set(found) == {("alice", "model"), ("ann", "model"), ("alice", "ann")}
    assert (found["alice", "ann"]["n"], found["alice", "ann"]["counts"][0][5]) == (30, 1)


def test_what_was_decided_with_the_model_in_view_is_a_reading_of_its_own(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    seizure, lpd, _ = events(client, study)
    act(client, study, "accept", seizure)
    act(client, study, "dismiss", lpd)
    found, = client.get(f"{study}/agreement").json()
    assert (found["kind"], found["n"]) == ("model in view", 8)
    assert (found["counts"][0][0], found["counts"][5][1]) == (3, 5)


def test_the_burden_parts_reviewed_from_unreviewed(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    first = client.get(f"{study}/seizure-burden").json()
    assert (first["reviewed"]["total"]["seizure_s"], first["unreviewed"]["total"]["seizure_s"]) == (0.0, 30.0)
    act(client, study, "accept", events(client, study)[0])
    after = client.get(f"{study}/seizure-burden").json()
    assert (after["reviewed"]["total"]["seizure_s"], after["unreviewed"]["total"]["seizure_s"]) == (30.0, 0.0)
    assert after["reviewed"]["total"]["share"] == pytest.approx(0.1)
    assert not after["reviewed"]["meets_hour"]


def test_strangers_and_onlookers_do_nothing(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    event = events(client, study)[0]
    bob, vera = api("bob"), api("vera", role=Role.VIEWER, clinic="Clinic of alice")
    for who, status in ((bob, 404), (vera, 403)):
        assert act(who, study, "accept", event).status_code == status
        assert who.post(f"{study}/undo", json={}).status_code == status
        assert who.post(f"{study}/first-read").status_code == status
    assert [bob.get(f"{study}/{path}").status_code for path in ("reviews", "agreement", "seizure-burden")] == [404] * 3
