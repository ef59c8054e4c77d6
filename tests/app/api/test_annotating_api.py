"""Readers' annotations over HTTP, and what of them is exported and read back."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import edfio
import mne
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.session import writing
from app.services import accounts
from tests import viewer_site
from tests.app.api.conftest import Api

NEW = {"start_s": 12.25, "stop_s": 13.0, "label": "spike", "channel": "Fp1-F7", "comment": "broad field"}


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    """Alice's client and where the annotations of a study of hers are; the file has two of its own."""
    client, path = api("alice"), viewer_site.write_waves(tmp_path / "waves.edf", seconds=60)
    with writing() as session:
        user, clinic = accounts.user_named(session, "alice"), accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        study = viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), path, analysed=False)
    return client, f"studies/{study}"


def made(client: TestClient, study: str, **more: Any) -> dict[str, Any]:
    answer = client.post(f"{study}/reader-annotations", json=NEW | more)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def listed(client: TestClient, study: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{study}/reader-annotations").json()
    return found


def test_an_annotation_is_added_changed_removed_and_that_undone(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    one = made(client, study)
    assert {key: one[key] for key in NEW} == NEW
    place = f"{study}/reader-annotations/{one['id']}"
    changed = client.put(place, json=NEW | {"start_s": 11.0}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["start_s"]) == (200, '"2"', 11.0)
    assert client.delete(place, headers={"If-Match": '"2"'}).json()["removed"]
    assert listed(client, study) == []
    back = client.post(f"{study}/undo", json={}).json()
    assert (back["kind"], back["sentence"], back["annotation"]["removed"]) == ("annotation", "Taken back: annotation removed (spike).", False)
    assert client.post(f"{study}/redo", json={}).json()["annotation"]["removed"]
    assert [row["act"] for row in client.get(f"{place}/versions").json()] == ["add", "change", "remove", "undo", "redo"]


@pytest.mark.parametrize("tag", ['"1"', "*", "text", '"-1"', '"99"'])
def test_of_two_readers_the_later_one_is_told_and_overwrites_nothing(api: Api, alices: tuple[TestClient, str], tag: str) -> None:
    client, study = alices
    ann, one = api("ann", clinic="Clinic of alice"), made(client, study)
    place = f"{study}/reader-annotations/{one['id']}"
    assert ann.put(place, json=NEW | {"label": "sharp wave"}, headers={"If-Match": '"1"'}).status_code == 200
    refused = client.put(place, json=NEW | {"label": "artefact"}, headers={"If-Match": tag})
    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "changed_meanwhile")
    assert [(each["label"], each["changed_by"], each["author"]) for each in listed(client, study)] == [("sharp wave", "ann", "alice")]


def test_of_two_readers_at_the_same_moment_one_is_told(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    ann, one = api("ann", clinic="Clinic of alice"), made(client, study)
    place, match = f"{study}/reader-annotations/{one['id']}", {"If-Match": '"1"'}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: who.put(place, json=NEW | {"comment": "mine"}, headers=match), [client, ann]))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert [row["version"] for row in client.get(f"{place}/versions").json()] == [1, 2]


def test_who_changes_must_say_which_version_was_on_the_screen(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    place = f"{study}/reader-annotations/{made(client, study)['id']}"
    assert {client.put(place, json=NEW).status_code, client.delete(place).status_code} == {422}


def test_roles_and_another_clinic(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    place = f"{study}/reader-annotations/{made(client, study)['id']}"
    tom, vic, bob = api("tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice"), api("vic", role=Role.VIEWER, clinic="Clinic of alice"), api("bob")
    match = {"If-Match": '"1"'}
    assert tom.post(f"{study}/reader-annotations", json=NEW).status_code == 201
    assert len(listed(vic, study)) == 2
    for stranger, status in ((vic, 403), (bob, 404)):
        asked = [stranger.post(f"{study}/reader-annotations", json=NEW), stranger.put(place, json=NEW, headers=match), stranger.delete(place, headers=match),
                 stranger.post(f"{study}/undo", json={}), stranger.post(f"{study}/redo", json={})]
        assert {answer.status_code for answer in asked} == {status}
    assert {bob.get(f"{study}/reader-annotations").status_code, bob.get(f"{place}/versions").status_code} == {404}


def test_undo_of_a_review_tells_what_stands(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    client.post(f"{study}/reviews", json={"act": "label", "pattern": "gpd", "start_s": 10.0, "stop_s": 20.0})
    told = client.post(f"{study}/undo", json={}).json()
    assert (told["kind"], told["annotation"], told["events"]) == ("review", None, [])


def test_what_mne_and_edfio_read_from_the_export_is_what_was_written(alices: tuple[TestClient, str], tmp_path: Path) -> None:
    client, study = alices
    made(client, study)
    made(client, study, start_s=40.123, stop_s=None, channel="", comment="", label="Augen öffnen")
    made(client, study, start_s=59.999, stop_s=60.0, channel="", comment="twitch @@ left", label="")
    raw = client.get(f"{study}/annotations.edf").content
    wanted = [(12.0, None, "eyes closed"), (12.25, 0.75, "spike: broad field (reader alice)@@Fp1-F7"), (40.123, None, "Augen öffnen (reader alice)"),
              (59.999, 0.001, "twitch @ @ left (reader alice)")]
    read = [(note.onset, note.duration, note.text) for note in edfio.read_edf(io.BytesIO(raw)).annotations]
    assert read == [(pytest.approx(onset, abs=1e-6), None if duration is None else pytest.approx(duration, abs=1e-6), words) for onset, duration, words in wanted]
    (tmp_path / "notes.edf").write_bytes(raw)
    found = mne.read_annotations(tmp_path / "notes.edf")
    assert list(found.onset) == pytest.approx([onset for onset, _, _ in wanted], abs=5e-4)
    assert list(found.duration) == pytest.approx([duration or 0.0 for _, duration, _ in wanted], abs=5e-4)
    assert list(found.description) == [words for _, _, words in wanted]


def test_csv_and_parquet_say_the_same_and_are_read_back_equal(alices: tuple[TestClient, str]) -> None:
    client, study = alices
    kept = [made(client, study), made(client, study, start_s=40.123, stop_s=None, channel="", comment="a, \"b\"; ü")]
    lines = [line for line in csv.DictReader(io.StringIO(client.get(f"{study}/annotations.csv").text)) if line["source"] == "reader"]
    table = [row for row in pq.read_table(io.BytesIO(client.get(f"{study}/annotations.parquet").content)).to_pylist() if row["source"] == "reader"]
    for line, row, one in zip(lines, table, kept, strict=True):
        assert float(line["start_s"]) == row["start_s"] == one["start_s"]
        assert (float(line["stop_s"]) if line["stop_s"] else None) == row["stop_s"] == one["stop_s"]
        words = ("label", "channel", "comment", "author", "id")
        assert [line[name] for name in words] == [row[name] for name in words] == [one[name] for name in words]
        assert line["clock"] == row["clock"] != ""


def test_who_reads_blind_exports_nobody_elses_annotations(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study = alices
    ann = api("ann", clinic="Clinic of alice")
    made(ann, study)
    client.post(f"{study}/first-read")
    for file in ("annotations.edf", "annotations.csv", "annotations.parquet"):
        assert b"broad field" not in client.get(f"{study}/{file}").content
        assert ann.get(f"{study}/{file}").status_code == 200
    assert listed(client, study) == []
