"""Another maker's recording: kept as it came, converted once in the child, read from its copy ever after."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from app import jobs
from app.access import Actor
from app.db.session import reading, writing
from app.errors import Conflict
from app.file_store import open_store
from app.services import analyses, exports, stored_recording, studies, tiles
from app.services.recording_check import check
from app.services.tiles import PageQuery
from app.settings import Settings
from ml.channels import ELECTRODES
from ml.recording import RecordingInfo
from tests import builders
from tests.app.services.joined_parts import join
from tests.ml.foreign.brainvision_files import zipped
from tests.ml.foreign.crashing_matrix import endless, overwriting
from tests.ml.foreign.gdf_files import Gdf
from tests.ml.foreign.neuroscan_files import cnt_bytes
from tests.ml.foreign.persyst_files import write_persyst
from tests.recordings import eeg
from workers import kinds
from workers.runner import Runner


def persyst(folder: Path, name: str, minute: int = 30) -> Path:
    """One minute of a recording by Persyst that begins at 22:30 or another minute, packed."""
    layout = write_persyst(folder, np.round(eeg(60.0, seed=minute) / 0.5).astype(np.int16), names=ELECTRODES, patient=name)
    layout.write_text(layout.read_text().replace("TestTime=22:30", f"TestTime=22:{minute}").replace("=81000.25", f"={79_200.25 + 60 * minute}"))
    return zipped(folder / f"night_{minute}.zip", folder / "night.lay", folder / "night.dat")


def uploaded(who: Actor, path: Path, settings: Settings, patient_id: UUID | None = None) -> UUID:
    verdict = check(path, name=path.name, memory_mib=2048)
    assert isinstance(verdict, RecordingInfo)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    open_store(settings).put_path(path, sha256)
    with writing() as session:
        whose = patient_id or builders.patient(session, who, "Rosa Ito", "77")
        study_id = studies.create(session, who, patient_id=whose, sha256=sha256, size=path.stat().st_size, original_name=path.name,
                                  info=verdict)
        jobs.enqueue(session, analyses.request_for(session, who, study_id))
    return study_id


def work(database: Settings) -> None:
    runner = Runner("test", kinds.load(), database, threading.Event())
    with writing() as session:
        held = jobs.claim(session, owner=runner.owner, queues=("cpu",))
    assert held is not None
    runner.run(held)
    runner.close()


@pytest.fixture
def alice(database: Settings) -> Actor:
    with writing() as session:
        return builders.actor(session, "alice")


def test_an_archive_becomes_a_study_that_is_read_like_any_other(database: Settings, alice: Actor, tmp_path: Path) -> None:
    study_id = uploaded(alice, persyst(tmp_path, "Ito_Rosa"), database)
    with reading() as session, pytest.raises(Conflict, match="is converted"):
        studies.recording(session, alice, study_id)
    work(database)
    with reading() as session:
        view, handle = studies.find(session, alice, study_id), studies.recording(session, alice, study_id)
        assert analyses.latest(session, alice, study_id) is not None
    assert (view.status, view.format, view.duration_s, view.start_local.microsecond) == ("analysed", "Persyst", 60.0, 250_000)  # type: ignore[union-attr]
    assert handle.sha256 != view.sha256
    assert tiles.page(open_store(database), handle, PageQuery(0.0, 10.0)).startswith(b"HMSP")
    assert not any("names another patient" in finding for finding in view.findings)
    assert list((database.data_dir / "converting").iterdir()) == []


def test_a_file_of_somebody_else_is_said_when_it_can_be_known(database: Settings, alice: Actor, tmp_path: Path) -> None:
    study_id = uploaded(alice, persyst(tmp_path, "Doe_John"), database)
    work(database)
    with reading() as session:
        findings = studies.find(session, alice, study_id).findings
    assert any("names another patient: name" in finding for finding in findings)
    assert not any("Doe" in finding for finding in findings)


def test_converted_parts_are_joined_from_their_copies(database: Settings, alice: Actor, tmp_path: Path) -> None:
    first = uploaded(alice, persyst(tmp_path, "Ito_Rosa"), database)
    with reading() as session:
        patient_id = studies.find(session, alice, first).patient.id
    second = uploaded(alice, persyst(tmp_path, "Ito_Rosa", minute=33), database, patient_id)
    work(database)
    work(database)
    with writing() as session:
        study_id = join(session, alice, database, second, first).study_id
    work(database)
    with reading() as session:
        view, handle = studies.find(session, alice, study_id), studies.recording(session, alice, study_id)
        copies = [studies.recording(session, alice, key).sha256 for key in (first, second)]
        material = exports.annotation_material(session, alice, study_id)
        found = analyses.result_json(session, alice, study_id)["recording"]
    assert (view.status, view.format, view.duration_s, view.gaps) == ("analysed", "Persyst, 2 files", 240.0, ((60.0, 180.0),))
    assert (found["duration_s"], found["gaps"]) == (240.0, [[60.0, 180.0]])
    assert stored_recording.list_of(copies) == open_store(database).read_bytes(handle.sha256)
    assert b"file 2 of 2 begins" in exports.annotations_edf(material, open_store(database))


def test_an_archive_without_a_recording_is_refused_in_a_sentence(database: Settings, alice: Actor, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    study_id = uploaded(alice, zipped(tmp_path / "notes.zip", tmp_path / "notes.txt"), database)
    work(database)
    with reading() as session:
        row = studies.row(session, alice, study_id)
    assert row.status == "failed"
    assert "holds no recording" in row.error_sentence


@pytest.mark.parametrize("hostile", [endless, overwriting])
def test_a_file_that_kills_its_reader_is_refused_at_once(
    database: Settings, alice: Actor, tmp_path: Path, hostile: Callable[[Path], Path],
) -> None:
    study_id = uploaded(alice, hostile(tmp_path / "a.mat"), database)
    work(database)
    with reading() as session:
        row = studies.row(session, alice, study_id)
    assert (row.status, row.job_state) == ("failed", "failed")
    assert "export the recording as EDF+" in row.error_sentence
    assert list((database.data_dir / "converting").iterdir()) == []


def matrix(path: Path, *, without: str = "") -> Path:
    """One minute as a matrix that states all that it must, or all but one thing."""
    stated = {"data": eeg(60.0), "fs": 200.0, "unit": "uV", "channels": np.array(ELECTRODES, dtype=object)}
    chosen = {key: value for key, value in stated.items() if key != without}
    if path.suffix == ".mat":
        savemat(path, chosen)
        return path
    with h5py.File(path, "w") as file:
        for key, value in chosen.items():
            file[key] = list(ELECTRODES) if key == "channels" else value
    return path


def single(path: Path) -> Path:
    """One minute in a format of one file."""
    digits = np.round(eeg(60.0) / 0.1).astype(np.int16)
    if path.suffix in (".mat", ".h5"):
        return matrix(path)
    path.write_bytes(Gdf(list(digits), ELECTRODES).build() if path.suffix == ".gdf" else cnt_bytes(digits, names=ELECTRODES, sfreq_hz=200))
    return path


@pytest.mark.parametrize(("name", "found"), [
    ("a.mat", "MATLAB matrix"), ("a.h5", "HDF5 matrix"), ("a.gdf", "GDF"), ("a.cnt", "Neuroscan CNT"),
])
def test_a_recording_of_one_file_is_converted_and_analysed(
    database: Settings, alice: Actor, tmp_path: Path, name: str, found: str,
) -> None:
    study_id = uploaded(alice, single(tmp_path / name), database)
    work(database)
    with reading() as session:
        view, handle = studies.find(session, alice, study_id), studies.recording(session, alice, study_id)
    assert (view.status, view.format, view.duration_s) == ("analysed", found, 60.0)
    assert tiles.page(open_store(database), handle, PageQuery(0.0, 10.0)).startswith(b"HMSP")


@pytest.mark.parametrize(("missing", "words"), [("fs", "the sampling rate"), ("unit", "the unit"), ("channels", "the channel names")])
def test_a_matrix_that_leaves_something_out_fails_with_what_is_missing(
    database: Settings, alice: Actor, tmp_path: Path, missing: str, words: str,
) -> None:
    study_id = uploaded(alice, matrix(tmp_path / "a.h5", without=missing), database)
    work(database)
    with reading() as session:
        row = studies.row(session, alice, study_id)
    assert row.status == "failed"
    assert f"does not state {words}" in row.error_sentence
    assert "save it with data, fs, unit and channels" in row.error_sentence
