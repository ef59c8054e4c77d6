"""Windows over the API: what each network says of one, what cannot be ruled out, and which look alike, for those who may see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.session import reading, writing
from app.services import accounts
from ml.analysis import AnalysisResult
from ml.byte_source import FileBytes
from ml.open_recording import open_recording
from ml.recording import RecordingInfo
from tests import doubtful, viewer_site
from tests.app.api.conftest import Api


def add(path: Path, result: Callable[[RecordingInfo], AnalysisResult]) -> str:
    """A study of Alice's with a result."""
    with writing() as session:
        user, clinic = accounts.user_named(session, "alice"), accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        made = result(open_recording(FileBytes(path)).info)
        return str(viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), path, made))


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    client = api("alice")
    return client, add(viewer_site.write_waves(tmp_path / "waves.edf"), doubtful.doubtful_result)


def window(alices: tuple[TestClient, str], index: int, more: str = "") -> Any:
    client, study_id = alices
    answer = client.get(f"/studies/{study_id}/windows/{index}{more}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_window_tells_what_each_network_gives_and_what_cannot_be_ruled_out(alices: tuple[TestClient, str]) -> None:
    found = window(alices, doubtful.UNSURE)
    pooled = np.array([0.02, 0.60, 0.20, 0.06, 0.06, 0.06]) ** 0.75 * np.array([0.02, 0.10, 0.70, 0.06, 0.06, 0.06]) ** 0.25
    assert found["prob"] == pytest.approx((pooled / pooled.sum()).tolist(), abs=1e-3)
    assert [(each["name"], each["weight"]) for each in found["members"]] == [("raw", 0.75), ("spectrogram", 0.25)]
    assert found["members"][1]["prob"] == pytest.approx([0.02, 0.10, 0.70, 0.06, 0.06, 0.06], abs=1e-3)
    assert found["cannot_rule_out"] == ["lpd", "gpd"]
    assert (found["coverage"], found["unsure"], found["unsure_below"]) == (0.9, True, 0.5)
    assert found["total_nats"] == pytest.approx(found["aleatoric_nats"] + found["epistemic_nats"])
    assert found["epistemic_nats"] > 0.1
    assert (found["start_s"], found["clock"], found["assessed"]) == (200.0, "22:18:20", True)


def test_a_window_that_was_not_assessed_says_nothing(alices: tuple[TestClient, str]) -> None:
    found = window(alices, doubtful.LOST)
    assert (found["assessed"], found["prob"], found["members"], found["total_nats"]) == (False, [], [], None)
    assert (found["cannot_rule_out"], found["unsure"]) == (None, None)
    assert window(alices, doubtful.LOST, "/similar") == []


def test_the_most_similar_windows_come_first_and_none_shares_eeg_with_the_asked_one(alices: tuple[TestClient, str]) -> None:
    found = window(alices, doubtful.UNSURE, "/similar?count=3")
    assert [each["start_s"] for each in found] == [150.0, 140.0, 130.0]
    assert {each["likeliest"] for each in found} == {"lpd"}
    cosines = [each["cosine"] for each in found]
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] > 0.99
    assert (found[0]["clock"], found[0]["index"]) == ("22:17:30", 15)


def test_other_studies_of_the_clinic_are_looked_through_only_when_asked_and_never_those_of_another(
    alices: tuple[TestClient, str], api: Api, tmp_path: Path,
) -> None:
    client, study_id = alices
    other = add(viewer_site.write_waves(tmp_path / "other.edf", seconds=310), doubtful.doubtful_result)
    address = f"/studies/{study_id}/windows/{doubtful.UNSURE}/similar"
    here, everywhere = client.get(address).json(), client.get(address, params={"everywhere": True}).json()
    assert {each["study_id"] for each in here} == {study_id}
    assert (everywhere[0]["study_id"], everywhere[0]["index"], everywhere[0]["original_name"]) == (other, doubtful.UNSURE, "other.edf")
    assert everywhere[0]["cosine"] == pytest.approx(1.0, abs=2e-3)
    with reading() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.action == "similar_windows_searched")) == 1
    bob = api("bob")
    assert bob.get(address, params={"everywhere": True}).status_code == 404


def test_there_is_no_window_beyond_the_last(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    for more in ("", "/similar"):
        answer = client.get(f"/studies/{study_id}/windows/30{more}")
        assert answer.status_code == 404
        assert answer.json()["error"]["sentence"] == "There is no window 30: the newest analysis has 30, counted from 0."


def test_bob_gets_none_of_alices_windows(alices: tuple[TestClient, str], api: Api) -> None:
    (_client, study_id), bob = alices, api("bob")
    for more in ("", "/similar"):
        assert bob.get(f"/studies/{study_id}/windows/0{more}").status_code == 404


def test_an_older_analysis_gives_probabilities_and_says_that_it_kept_no_more(api: Api, tmp_path: Path) -> None:
    client = api("alice")
    study_id = add(viewer_site.write_waves(tmp_path / "old.edf", seconds=100), viewer_site.known_result)
    found = client.get(f"/studies/{study_id}/windows/3").json()
    assert (len(found["prob"]), found["members"], found["total_nats"], found["cannot_rule_out"]) == (6, [], None, None)
    answer = client.get(f"/studies/{study_id}/windows/3/similar")
    assert answer.status_code == 404
    assert "kept nothing to compare windows by" in answer.json()["error"]["sentence"]


def test_the_result_in_json_holds_the_same_doubt(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    doubt = client.get(f"/studies/{study_id}/analysis").json()["windows"]["uncertainty"]
    one = window(alices, doubtful.UNSURE)
    assert doubt["cannot_rule_out"][doubtful.UNSURE] == one["cannot_rule_out"]
    assert doubt["epistemic_nats"][doubtful.UNSURE] == pytest.approx(one["epistemic_nats"], abs=1e-4)
    assert doubt["unsure"].count(True) == 1
    assert doubt["total_nats"][doubtful.LOST] is None
