"""The viewer's tiles over the API: bytes that can be trusted to the sample, for those who may see them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.db.studies import Study
from app.services import accounts, sign_in, site, tiles
from app.services.site import SiteSettings
from ml.analysis import RegionalSpectrogram
from tests import builders, viewer_site
from tests.app.api.conftest import Api

SAMPLES = np.dtype("<i2")
PAGE = {"t0": 20, "dur": 10, "montage": "referential", "lff": 1, "hff": 70}


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    """Alice's client and a study of hers: two minutes of sine waves."""
    client = api("alice")
    path = viewer_site.write_waves(tmp_path / "waves.edf", seconds=120)
    with writing() as session:
        user = accounts.user_named(session, "alice")
        clinic = accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        study_id = viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), path)
    return client, str(study_id)


def decoded(content: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """Header facts and samples (traces, samples) of a page."""
    magic, version, traces, samples, flags = struct.unpack_from("<4sHHIH", content)
    words = struct.unpack_from("<I", content, 40)[0]
    assert (magic, version) == (b"HMSP", 1)
    about = json.loads(content[64 : 64 + words]) | {"pairs": bool(flags & 1), "sfreq_hz": struct.unpack_from("<f", content, 16)[0]}
    return about, np.frombuffer(content, SAMPLES, offset=64 + words).reshape(traces, samples)


def test_a_site_may_read_the_right_side_first(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    with writing() as session:
        who = builders.actor(session, "ada", role=Role.ADMINISTRATOR, clinic="Clinic of alice")
        site.save(session, who, SiteSettings(right_first=True))
    about, _samples = decoded(client.get(f"/studies/{study_id}/page", params=PAGE | {"montage": "longitudinal"}).content)
    assert about["names"][:5] == ["Fp2-F8", "F8-T4", "T4-T6", "T6-O2", "Fp1-F7"]


def test_a_page_reads_the_channels_as_a_person_corrected_them(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    with writing() as session:
        session.get_one(Study, UUID(study_id)).channel_names = {"EEG T5": "ignore"}
    about, _samples = decoded(client.get(f"/studies/{study_id}/page", params=PAGE).content)
    assert "T5" not in about["names"]
    assert about["missing"] == ["T5"]


def test_a_changed_signal_says_so_over_the_picture(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    raw, before = decoded(client.get(f"/studies/{study_id}/page", params=PAGE).content)
    about, after = decoded(client.get(f"/studies/{study_id}/page", params=PAGE | {"cleaning": "ica"}).content)
    assert raw["banner"] == ""
    assert about["banner"].startswith("Display only: ICA")
    assert about["banner"].endswith("Press Esc for the raw signal.")
    assert about["status"].endswith("without eyes and heart (ICA)")
    assert np.array_equal(before[-1], after[-1])               # the ECG is as it was recorded


def test_a_denoised_page_says_so_over_the_picture_and_raw_is_as_before(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    _, before = decoded(client.get(f"/studies/{study_id}/page", params=PAGE).content)
    about, after = decoded(client.get(f"/studies/{study_id}/page", params=PAGE | {"cleaning": "wavelet"}).content)
    raw, again = decoded(client.get(f"/studies/{study_id}/page", params=PAGE).content)
    assert about["banner"] == "Display only: wavelet denoising is on. It softens spikes. Press Esc for the raw signal."
    assert about["status"].endswith("| wavelet denoised")
    assert not np.array_equal(before[:19], after[:19])
    assert np.array_equal(before[-1], after[-1])
    assert raw["banner"] == ""
    assert np.array_equal(before, again)


def test_a_page_holds_the_waves_of_the_file(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    answer = client.get(f"/studies/{study_id}/page", params=PAGE)
    about, samples = decoded(answer.content)
    c3_uv = samples[about["names"].index("C3")] * about["scale"][about["names"].index("C3")]
    assert samples.shape == (20, 2000)
    assert about["kinds"][-1] == "ecg"
    assert c3_uv.max() == pytest.approx(40.0 / 1.04, rel=0.03)      # 5 Hz, twice through a first-order LFF of 1 Hz: 1 / (1 + (1/5)²)
    assert answer.headers["Cache-Control"] == "no-store"


def test_overlapping_pages_agree_sample_for_sample(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    _, early = decoded(client.get(f"/studies/{study_id}/page", params=PAGE).content)
    _, late = decoded(client.get(f"/studies/{study_id}/page", params=PAGE | {"t0": 23}).content)
    np.testing.assert_array_equal(early[:, 600:], late[:, :1400])


def test_filtered_blocks_are_kept_within_their_limit() -> None:
    blocks = tiles.RecentBlocks(limit_bytes=2 * (400 + 100))
    block = (np.zeros((1, 100), np.float32), np.zeros((1, 100), bool))
    for key in ("a", "b"):
        blocks[(key,)] = block
    assert blocks.get(("a",)) is block
    blocks[("c",)] = block
    assert list(blocks) == [("a",), ("c",)]


def test_a_page_from_kept_blocks_is_the_same_page(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    answers = [client.get(f"/studies/{study_id}/page", params=PAGE | {"t0": 25}).content for _ in range(2)]
    assert answers[0] == answers[1]


def test_more_than_two_samples_per_pixel_become_extremes(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    about, samples = decoded(client.get(f"/studies/{study_id}/page", params=PAGE | {"px": 500}).content)
    assert about["pairs"]
    assert about["sfreq_hz"] == pytest.approx(50.0)
    assert (samples[:, ::2] <= samples[:, 1::2]).all()


@pytest.mark.parametrize(("wrong", "part"), [
    ({"lff": 3}, "There is no LFF of 3 Hz here. Choose"), ({"montage": "mine"}, "montage"), ({"dur": 9000}, "dur"), ({"t0": "nan"}, "t0"),
])
def test_a_page_that_is_not_offered_is_refused_in_a_sentence(alices: tuple[TestClient, str], wrong: dict[str, Any], part: str) -> None:
    client, study_id = alices
    answer = client.get(f"/studies/{study_id}/page", params=PAGE | wrong)
    assert answer.status_code == 422
    assert part in answer.json()["error"]["sentence"]


@pytest.mark.parametrize("tile", ["page?t0=0&dur=10", "ribbon", "spectrogram", "annotations", "trends?show=aeeg", "moment?said=0"])
def test_bob_gets_no_tile_of_alices_study(alices: tuple[TestClient, str], api: Api, tile: str) -> None:
    address = f"/studies/{alices[1]}/{tile}"
    assert api("bob").get(address).status_code == 404
    assert api().get(address).status_code == 401
    assert alices[0].get(f"/studies/{uuid4()}/{tile}").status_code == 404


def test_the_ribbon_keeps_every_probability(alices: tuple[TestClient, str]) -> None:
    content = alices[0].get(f"/studies/{alices[1]}/ribbon").content
    magic, _, classes, count, step_s, label_s = struct.unpack_from("<4sHHIff", content)
    prob = np.frombuffer(content, "<u2", count * classes, 32 + 4 * count).reshape(count, classes) / 65535
    assert (magic, classes, count, step_s, label_s) == (b"HMSR", 6, 12, 10.0, 10.0)
    np.testing.assert_allclose(prob[4], [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], atol=1e-5)      # 40-50 s lie in the seizure


def test_annotations_come_in_order_of_onset(alices: tuple[TestClient, str]) -> None:
    notes = alices[0].get(f"/studies/{alices[1]}/annotations").json()["annotations"]
    assert notes[0] == {"onset": 12.0, "duration": None, "text": "eyes closed"}


def test_joined_spectrogram_columns_show_their_mean_power() -> None:
    power_db = np.array([[[10.0, 20.0, np.nan, 30.0, np.nan, np.nan]]], np.float32)
    whole = RegionalSpectrogram(power_db, ("LL",), np.array([0.5]), np.arange(6) * 2.0 + 2.0, 2.0)
    content = tiles.spectrogram(whole, start_s=0.0, stop_s=100.0, columns=3)
    values = np.frombuffer(content[-3:], np.uint8)
    shown_db = tiles.FLOOR_DB + (values.astype(float) - 1) * tiles.STEP_DB
    assert values[2] == 0
    np.testing.assert_allclose(shown_db[:2], [10 * np.log10((10 + 100) / 2), 30.0], atol=tiles.STEP_DB / 2 + 1e-6)


def test_a_part_of_the_spectrogram_begins_where_it_says(alices: tuple[TestClient, str]) -> None:
    content = alices[0].get(f"/studies/{alices[1]}/spectrogram", params={"t0": 50, "t1": 70}).content
    magic, _, regions, freqs, times, start_s, column_s = struct.unpack_from("<4sHHIIdd", content)
    assert (magic, regions, freqs, column_s) == (b"HMSS", 4, 79, 2.0)
    assert start_s <= 50.0 < start_s + column_s
    assert start_s + times * column_s >= 70.0


def test_trends_come_as_levels_and_only_those_that_there_are(api: Api, tmp_path: Path) -> None:
    path = viewer_site.write_waves(tmp_path / "waves.edf", seconds=120)
    with writing() as session:
        carol = builders.actor(session, "carol")
        token = sign_in.issue_api_token(session, carol.user_id, label="test", now=utc_now())
        study_id = viewer_site.add_study(session, carol, path, viewer_site.with_trends(path))
    client = api()
    client.headers["Authorization"] = f"Bearer {token}"
    content = client.get(f"/studies/{study_id}/trends", params={"show": ["aeeg", "rhythmicity"], "t0": 0, "t1": 120}).content
    magic, _, rows, times, words = struct.unpack_from("<4sHHII", content)
    titles = [strip["title"] for strip in json.loads(content[32 : 32 + words])["strips"]]
    assert (magic, times, titles) == (b"HMST", 12, ["aEEG µV", "rhythm. L", "rhythm. R"])
    assert len(content) == 32 + words + rows * times
    assert client.get(f"/studies/{study_id}/trends", params={"show": "mood"}).status_code == 422


def test_an_analysis_without_trends_says_so(alices: tuple[TestClient, str]) -> None:
    answer = alices[0].get(f"/studies/{alices[1]}/trends", params={"show": "aeeg"})
    assert (answer.status_code, "There are no trends of this study" in answer.json()["error"]["sentence"]) == (404, True)


def test_a_moment_is_found_or_refused_in_a_sentence(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    assert client.get(f"/studies/{study_id}/moment", params={"said": "22:16:00"}).json() == {"at_s": 60.0}
    assert client.get(f"/studies/{study_id}/moment", params={"said": "-0:30", "here_s": 100}).json() == {"at_s": 70.0}
    answer = client.get(f"/studies/{study_id}/moment", params={"said": "12:00"})
    assert (answer.status_code, answer.json()["error"]["sentence"]) == (
        422, "“12:00” is not within this recording, which goes from 22:15:00 to 22:17:00.")


def test_reading_tiles_writes_no_audit_row(alices: tuple[TestClient, str]) -> None:
    def opened() -> int:
        with reading() as session:
            return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.object_id == UUID(alices[1]))) or 0

    before = opened()
    alices[0].get(f"/studies/{alices[1]}/page", params=PAGE)
    alices[0].get(f"/studies/{alices[1]}/ribbon")
    assert opened() == before


def test_a_study_that_waits_for_its_analysis_can_be_read(api: Api, tmp_path: Path) -> None:
    path = viewer_site.write_waves(tmp_path / "waves.edf", seconds=30)
    with writing() as session:
        carol = builders.actor(session, "carol")
        token = sign_in.issue_api_token(session, carol.user_id, label="test", now=utc_now())
        study_id = viewer_site.add_study(session, carol, path, analysed=False)
    client = api()
    client.headers["Authorization"] = f"Bearer {token}"
    assert client.get(f"/studies/{study_id}/page", params=PAGE).status_code == 200
    answer = client.get(f"/studies/{study_id}/ribbon")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert "has not been analysed yet" in answer.json()["error"]["sentence"]
