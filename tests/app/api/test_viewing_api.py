"""Own montages and marked electrodes over the API, and what a page then shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.access import Role
from tests.app.api.conftest import Api
from tests.app.api.test_tiles import PAGE, alices, decoded

__all__ = ["alices"]
MINE = {"name": "Mine", "text": "F7-Fp1\n\nC3-avg\nM1-Cz\nECG"}


def made(client: TestClient, **more: str) -> str:
    answer = client.post("/montages", json=MINE | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def page_of(client: TestClient, study_id: str, montage: str) -> tuple[dict[str, Any], np.ndarray]:
    answer = client.get(f"/studies/{study_id}/page", params=PAGE | {"montage": montage})
    assert answer.status_code == 200, answer.text
    return decoded(answer.content)


def test_a_page_in_an_own_montage_has_its_traces_its_name_and_what_is_not_recorded(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    about, samples = page_of(client, study_id, made(client))
    assert about["names"] == ["F7-Fp1", "C3-avg", "ECG EKG"]
    assert about["groups"] == [0, 1, 1]
    assert about["missing"] == ["M1"]
    assert about["status"].startswith("Mine | LFF 1 Hz")
    assert about["electrodes"] == [["F7", "Fp1"], ["C3"], []]
    bipolar, built_in = page_of(client, study_id, "longitudinal")
    np.testing.assert_allclose(samples[0], -built_in[bipolar["names"].index("Fp1-F7")], atol=1)


def test_the_etag_follows_an_edit(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    montage_id = made(client)
    address, params = f"/studies/{study_id}/page", PAGE | {"montage": montage_id}
    first, again = (client.get(address, params=params).headers["ETag"] for _ in range(2))
    client.put(f"/montages/{montage_id}", json=MINE | {"text": "F7-Fp1\nC3-avg\nM1-Cz\nECG"})      # only the blank line is gone
    second = client.get(address, params=params).headers["ETag"]
    client.put(f"/montages/{montage_id}", json=MINE | {"name": "Another"})
    assert first == again
    assert len({first, second, client.get(address, params=params).headers["ETag"]}) == 3


def test_bob_and_a_colleague_get_no_page_in_alices_montage(alices: tuple[TestClient, str], api: Api, tmp_path: Path) -> None:
    client, study_id = alices
    montage_id = made(client)
    eve = api("eve", clinic="Clinic of alice")
    assert eve.get(f"/studies/{study_id}/page", params=PAGE).status_code == 200
    assert eve.get(f"/studies/{study_id}/page", params=PAGE | {"montage": montage_id}).status_code == 404
    assert api("bob").get(f"/studies/{study_id}/page", params=PAGE | {"montage": montage_id}).status_code == 404
    assert client.get(f"/studies/{study_id}/page", params=PAGE | {"montage": str(uuid4())}).status_code == 404


@pytest.mark.parametrize("expression", ["Fp1-F7", "Fp1-F7\nF7-T3", "../montages", "AVERAGE", ""])
def test_the_address_takes_no_expression(alices: tuple[TestClient, str], expression: str) -> None:
    client, study_id = alices
    assert client.get(f"/studies/{study_id}/page", params=PAGE | {"montage": expression}).status_code == 422


def test_montages_of_others_are_not_there(alices: tuple[TestClient, str], api: Api) -> None:
    montage_id = made(alices[0])
    eve = api("eve", clinic="Clinic of alice")
    assert eve.get("/montages").json() == []
    for answer in (eve.get(f"/montages/{montage_id}"), eve.get(f"/montages/{montage_id}/file"), eve.put(f"/montages/{montage_id}", json=MINE),
                   eve.delete(f"/montages/{montage_id}")):
        assert answer.status_code == 404
    assert alices[0].get(f"/montages/{montage_id}").json()["name"] == "Mine"


def test_a_montage_is_written_read_exported_and_deleted(alices: tuple[TestClient, str]) -> None:
    client, _ = alices
    montage_id = made(client)
    assert [each["text"] for each in client.get("/montages").json()] == [MINE["text"]]
    file = client.get(f"/montages/{montage_id}/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="montage.json"'
    assert file.json()["lines"] == MINE["text"].split("\n")
    assert client.delete(f"/montages/{montage_id}").status_code == 204
    assert client.get(f"/montages/{montage_id}").status_code == 404


@pytest.mark.parametrize(("body", "part"), [
    (MINE | {"text": "Fq1"}, "Line 1: “Fq1”"), (MINE | {"text": "Fp1-F7\n" * 900}, "may have 6,000"), (MINE | {"text": "x" * 90_000}, "text"),
    (MINE | {"name": ""}, "needs a name"), (MINE | {"owner": "bob"}, "owner"),
])
def test_what_is_no_montage_is_told_in_a_sentence(alices: tuple[TestClient, str], body: dict[str, str], part: str) -> None:
    answer = alices[0].post("/montages", json=body)
    assert answer.status_code == 422
    assert part in answer.json()["error"]["sentence"]


def test_a_mark_is_on_the_page_of_everybody_of_the_clinic_and_changes_the_average_alone(alices: tuple[TestClient, str], api: Api) -> None:
    client, study_id = alices
    _, before = page_of(client, study_id, "average")
    _, bipolar = page_of(client, study_id, "longitudinal")
    marks = client.put(f"/studies/{study_id}/marked-electrodes/F7").json()
    assert [(mark["electrode"], mark["user_name"]) for mark in marks] == [("F7", "alice")]
    about, after = page_of(api("eve", clinic="Clinic of alice"), study_id, "average")
    assert about["marks"]["F7"].startswith("alice, ")
    assert about["status"].endswith("| marked bad for looking: F7")
    assert not np.array_equal(before, after)
    np.testing.assert_array_equal(bipolar, page_of(client, study_id, "longitudinal")[1])
    assert client.delete(f"/studies/{study_id}/marked-electrodes/F7").json() == []
    about, again = page_of(client, study_id, "average")
    assert about["marks"] == {}
    np.testing.assert_array_equal(before, again)


def test_marks_are_refused_to_strangers_and_to_who_only_reads(alices: tuple[TestClient, str], api: Api) -> None:
    address = f"/studies/{alices[1]}/marked-electrodes"
    bob, vic = api("bob"), api("vic", role=Role.VIEWER, clinic="Clinic of alice")
    assert [bob.get(address).status_code, bob.put(f"{address}/F7").status_code, bob.delete(f"{address}/F7").status_code] == [404] * 3
    assert [vic.get(address).status_code, vic.put(f"{address}/F7").status_code] == [200, 403]
    assert alices[0].put(f"{address}/Q9").status_code == 422
    assert alices[0].put(f"{address}/{'x' * 300}").status_code == 422
