"""The quality report over the API: every window with its figures and reasons, for those who may take it away."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.session import reading, writing
from app.services import accounts
from ml import pipeline
from ml.byte_source import FileBytes
from ml.channels import ELECTRODES
from ml.edf_writer import EdfWriter
from ml.open_recording import open_recording
from tests import viewer_site
from tests.app.api.conftest import Api
from tests.recordings import eeg, loudness_ensemble


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    """Alice's client and her study."""
    return api("alice"), str(add(written(tmp_path / "night.edf")))


def written(path: Path) -> Path:
    """Seven electrodes are flat from 80 to 100 s."""
    x = eeg(125, seed=2)
    x[:7, 80 * 200 : 100 * 200] = 0.0
    with EdfWriter(path, ELECTRODES, 200.0, patient="4711 F 01-JAN-1950 Rosa_Ito") as writer:
        writer.append(x)
    return path


def add(path: Path, *, kept: bool = True) -> UUID:
    with FileBytes(path) as data:
        result = pipeline.analyse(open_recording(data), loudness_ensemble(10.0))
    with writing() as session:
        user, clinic = accounts.user_named(session, "alice"), accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        made = result if kept else replace(result, electrode_seconds=None)
        return viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), path, made)


def test_the_json_says_what_was_not_assessed_and_why(alices: tuple[TestClient, str]) -> None:
    words: dict[str, Any] = alices[0].get(f"/studies/{alices[1]}/quality.json").json()
    part, = words["not_assessed"]
    assert (part["start_s"], part["stop_s"]) == (80.0, 100.0)
    assert "Fp1 flat" in part["reason"]
    assert words["windows"]["n_bad"][8:10] == [7, 7]
    assert {"channel": "F7", "start_s": 80, "stop_s": 100, "marks": ["flat"]} in words["marks"]
    assert "Rosa" not in str(words)


def test_every_channel_has_its_three_figures_in_every_window(alices: tuple[TestClient, str]) -> None:
    windows = alices[0].get(f"/studies/{alices[1]}/quality.json").json()["windows"]
    assert set(windows["channels"]) == set(ELECTRODES)
    for figures in windows["channels"].values():
        assert {key: len(values) for key, values in figures.items()} == {"artifact_share": 13, "snr_db": 13, "hum_uv": 13}
    assert windows["channels"]["F7"]["artifact_share"][8:10] == [1.0, 1.0]


@pytest.mark.parametrize("file", ["quality.json", "quality.pdf", "quality.parquet"])
def test_a_download_is_audited_and_for_those_who_may(alices: tuple[TestClient, str], api: Api, file: str) -> None:
    address = f"/studies/{alices[1]}/{file}"
    assert api().get(address).status_code == 401
    assert api("bob").get(address).status_code == 404
    assert api("vera", role=Role.VIEWER, clinic="Clinic of alice").get(address).status_code == 403
    assert api("tess", role=Role.TECHNOLOGIST, clinic="Clinic of alice").get(address).status_code == 200
    answer = alices[0].get(address)
    assert answer.content.startswith({"json": b"{", "pdf": b"%PDF", "parquet": b"PAR1"}[file.partition(".")[2]])
    with reading() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == UUID(alices[1]))).all()
    assert actions.count("quality_exported") == 2


def test_the_table_has_every_electrode_and_second_of_the_report(alices: tuple[TestClient, str]) -> None:
    table = pq.read_table(io.BytesIO(alices[0].get(f"/studies/{alices[1]}/quality.parquet").content))
    words: dict[str, Any] = alices[0].get(f"/studies/{alices[1]}/quality.json").json()
    assert table.num_rows == 19 * 125
    f7 = table.filter(pc.field("channel") == "F7").to_pydict()
    assert f7["second"] == list(range(125))
    assert [second for second, flat in zip(f7["second"], f7["flat"], strict=True) if flat] == list(range(80, 100))
    shares = words["windows"]["channels"]["F7"]
    for window in (0, 8):
        rows = slice(10 * window, 10 * window + 10)
        assert np.mean(f7["artifact"][rows]) == pytest.approx(shares["artifact_share"][window])
        assert np.median(f7["snr_db"][rows]) == pytest.approx(shares["snr_db"][window], abs=1e-3)
        assert np.median(f7["hum_uv"][rows]) == pytest.approx(shares["hum_uv"][window], rel=1e-3, abs=1e-4)
    assert "density is taken from 45-95 Hz" in json.loads(table.schema.metadata[b"hms_quality"])["definitions"]["snr_db"]
    assert "Rosa" not in str(table.schema.metadata)


def test_an_older_analysis_says_that_it_did_not_store_it(api: Api, tmp_path: Path) -> None:
    client = api("alice")
    answer = client.get(f"/studies/{add(written(tmp_path / 'night.edf'), kept=False)}/quality.json")
    assert answer.status_code == 404
    assert "did not store the quality" in answer.json()["error"]["sentence"]
