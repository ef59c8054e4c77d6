"""Measuring over the API: numbers of known waves, sentences where there are none, nothing for another clinic."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.session import writing
from app.services import accounts
from tests import viewer_site
from tests.app.api.conftest import Api

ON_C3 = {"t0": 20, "t1": 24, "channel": "C3", "montage": "referential"}
ADDRESSES: dict[str, dict[str, Any]] = {"measure": ON_C3, "measure/spectrum": ON_C3, "measure/map": {"t": 20.1}, "measure/pattern": {"t0": 20, "t1": 30}}


def study_of(client: TestClient, recording: Path) -> str:
    with writing() as session:
        user, clinic = accounts.user_named(session, "alice"), accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        return str(viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), recording))


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    """Alice's client and a study of hers in which C3 swings with 5 Hz and 40 µV."""
    client = api("alice")
    return client, study_of(client, viewer_site.write_waves(tmp_path / "waves.edf", seconds=60))


def test_two_cursors_tell_time_and_potential(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    told = client.get(f"/studies/{study_id}/measure", params=ON_C3 | {"t0": 20.05, "t1": 20.15}).json()
    assert told["delta_s"] == pytest.approx(0.1)
    assert told["hertz"] == pytest.approx(10.0)
    assert told["delta_uv"] == pytest.approx(-80.0, abs=0.3)
    assert told["peak_to_peak_uv"] == pytest.approx(80.0, abs=0.3)
    assert told["status"].startswith("recorded reference | LFF off | HFF off")


def test_the_spectrum_tells_its_peak_and_resolution(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    told = client.get(f"/studies/{study_id}/measure/spectrum", params=ON_C3).json()
    assert (told["length_s"], told["resolution_hz"], told["n_in_mean"]) == (4.0, 0.25, 19)
    assert told["of_channel"]["peak_hz"] == pytest.approx(5.0, abs=0.01)
    assert told["of_channel"]["bands"][1]["name"] == "theta"
    assert told["of_channel"]["bands"][1]["share"] == pytest.approx(1.0, abs=0.01)
    assert len(told["freqs_hz"]) == len(told["of_mean"]["power_uv2_hz"])


def test_the_map_is_of_all_electrodes_against_their_mean(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    told = client.get(f"/studies/{study_id}/measure/map", params={"t": 20.04, "lff": 1}).json()
    assert sum(told["uv"].values()) == pytest.approx(0.0, abs=1e-6)
    assert len(told["uv"]) + len(told["bad"]) + len(told["missing"]) == 19
    assert told["field_uv"][0][0] is None
    assert max(abs(value) for value in told["uv"].values()) <= told["limit_uv"]
    assert told["field_uv"][32][32] == pytest.approx(told["uv"]["Cz"], abs=0.5 * told["limit_uv"])


def test_gaps_answer_honestly(api: Api, shared_data: Path) -> None:
    client = api("alice")
    study_id = study_of(client, shared_data / "icu_continuous" / "subject01_2014APR12_142608_EDFplusD_gaps.edf")
    across = {"t0": 375, "t1": 381, "channel": "Fp1-F7"}
    told = client.get(f"/studies/{study_id}/measure", params=across).json()
    assert (told["uv"][1], told["delta_uv"]) == (None, None)
    assert told["unrecorded_s"] == pytest.approx(1.005, abs=0.01)
    for address, params in (("measure/spectrum", across), ("measure/map", {"t": 381}), ("measure/pattern", {"t0": 375, "t1": 381})):
        answer = client.get(f"/studies/{study_id}/{address}", params=params)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "cannot_measure")
        assert "recorded" in answer.json()["error"]["sentence"]


@pytest.mark.parametrize(("address", "wrong", "part"), [
    ("measure", {"channel": "X9"}, "There is no trace X9 in this montage"), ("measure", {"lff": 3}, "There is no LFF of 3 Hz"),
    ("measure", {"t0": "nan"}, "t0"), ("measure", {"montage": "mine"}, "montage"), ("measure/spectrum", {"t1": 20.5}, "needs 1 s at least"),
    ("measure/pattern", {"t1": 21}, "needs 3 s at least"), ("measure/map", {"t": -1}, "t"),
])
def test_what_cannot_be_measured_is_refused_in_a_sentence(alices: tuple[TestClient, str], address: str, wrong: dict[str, Any], part: str) -> None:
    client, study_id = alices
    answer = client.get(f"/studies/{study_id}/{address}", params=ADDRESSES[address] | wrong)
    assert answer.status_code == 422
    assert part in answer.json()["error"]["sentence"]


@pytest.mark.parametrize("address", list(ADDRESSES))
def test_bob_measures_nothing_of_alices_study(alices: tuple[TestClient, str], api: Api, address: str) -> None:
    for client, study_id, status in ((alices[0], alices[1], 200), (api("bob"), alices[1], 404), (api(), alices[1], 401), (alices[0], str(uuid4()), 404)):
        assert client.get(f"/studies/{study_id}/{address}", params=ADDRESSES[address]).status_code == status


def test_the_contract_names_every_measure(api: Api) -> None:
    paths = api("alice").get("/openapi.json").json()["paths"]
    for address in ADDRESSES:
        operation = paths[f"/studies/{{study_id}}/{address}"]["get"]
        assert operation["tags"] == ["measuring"]
        assert {"401", "404", "422"} <= set(operation["responses"])
