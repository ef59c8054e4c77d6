"""Recordings of other makers, converted: exact samples, true time, and one sentence for what cannot be read."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from ml.errors import RecordingError
from ml.foreign import pieces
from ml.foreign.archive import Limits, unpack
from tests.ml.edf_bytes import Edf
from tests.ml.foreign.brainvision_files import write_brainvision, zipped
from tests.ml.foreign.converted import converted

NAMES = ("Fp1", "F7", "T7")
DIGITS = np.random.default_rng(0).integers(-3000, 3000, (3, 4000)).astype(np.int16)
SEGMENTS = ("New Segment,,1,1,0,20260504101112250000", "Comment,before,201,1,0", "New Segment,,2001,1,0,20260504101127250000",
            "Comment,behind,2201,1,0")


def refusal(path: Path) -> str:
    with pytest.raises(RecordingError) as refused, converted(path):
        pass
    assert refused.value.sentence.endswith(".")
    return refused.value.sentence


@pytest.mark.parametrize(("unit", "uv"), [("µV", 1.0), ("mV", 1e3), ("nV", 1e-3), ("V", 1e6)])
def test_brainvision_is_delivered_in_microvolts_whatever_its_unit(tmp_path: Path, unit: str, uv: float) -> None:
    header = write_brainvision(tmp_path, DIGITS, names=NAMES, unit=unit)
    with converted(header) as recording:
        np.testing.assert_allclose(recording.read(0, 20, range(3)), DIGITS * 0.1 * uv, rtol=1e-6)
        assert recording.info.start_time == datetime(2026, 5, 4, 10, 11, 12, 250_000)


def test_a_pause_in_brainvision_is_a_gap_and_shifts_no_later_time(tmp_path: Path) -> None:
    header = write_brainvision(tmp_path, DIGITS, names=NAMES, markers=SEGMENTS)
    with converted(header) as recording:
        assert [(gap.start_s, gap.stop_s) for gap in recording.info.gaps] == [(10.0, 15.0)]
        assert np.isnan(recording.read(10, 15, [0])[0]).all()
        np.testing.assert_allclose(recording.read(15, 25, [1])[0], DIGITS[1, 2000:] * 0.1, rtol=1e-6)
        assert {note.text: note.onset_s for note in recording.annotations()}.items() >= {"Comment/before": 1.0, "Comment/behind": 16.0}.items()


def test_an_archive_of_the_files_is_the_same_recording(tmp_path: Path) -> None:
    header = write_brainvision(tmp_path, DIGITS, names=NAMES)
    archive = zipped(tmp_path / "night.zip", header, header.with_suffix(".vmrk"), header.with_suffix(".eeg"))
    with converted(archive) as recording:
        assert recording.info.format == "BrainVision"
        np.testing.assert_allclose(recording.read(0, 20, [2])[0], DIGITS[2] * 0.1, rtol=1e-6)


def test_an_archive_of_parts_is_one_recording(tmp_path: Path) -> None:
    for name, clock in (("b.edf", "10.00.10"), ("a.edf", "10.00.00")):
        (tmp_path / name).write_bytes(Edf(fields={"time": clock}).build())
    with converted(zipped(tmp_path / "parts.zip", tmp_path / "b.edf", tmp_path / "a.edf")) as recording:
        assert recording.info.gaps
        assert any("joined from 2 files" in finding for finding in recording.info.findings)


def test_a_header_without_its_data_says_what_is_missing(tmp_path: Path) -> None:
    header = write_brainvision(tmp_path, DIGITS, names=NAMES)
    header.with_suffix(".eeg").unlink()
    assert "ZIP archive" in refusal(header)


@pytest.mark.parametrize("data", ["../night.eeg", "/etc/passwd", "..\\night.eeg"])
def test_a_header_cannot_reach_into_other_folders(tmp_path: Path, data: str) -> None:
    assert "another folder" in refusal(write_brainvision(tmp_path, DIGITS, names=NAMES, data=data))


def matrix(**changes: object) -> dict[str, object]:
    whole = {"data": DIGITS.astype(np.float32), "fs": 200.0, "unit": "mV", "channels": np.array(NAMES, dtype=object)} | changes
    return {key: value for key, value in whole.items() if value is not None}


@pytest.mark.parametrize("turned", [False, True])
def test_a_matlab_matrix_that_describes_itself_is_read(tmp_path: Path, turned: bool) -> None:
    savemat(tmp_path / "a.mat", matrix(data=DIGITS.T.astype(float) if turned else DIGITS.astype(float)))
    with converted(tmp_path / "a.mat") as recording:
        assert [signal.label for signal in recording.info.signals] == list(NAMES)
        np.testing.assert_allclose(recording.read(0, 20, range(3)), DIGITS * 1e3)


@pytest.mark.parametrize("missing", ["fs", "unit", "channels", "data"])
def test_nothing_is_guessed_about_a_matrix(tmp_path: Path, missing: str) -> None:
    savemat(tmp_path / "a.mat", matrix(**{missing: None}))
    assert "nothing is guessed" in refusal(tmp_path / "a.mat")


def test_an_hdf5_matrix_keeps_its_gap(tmp_path: Path) -> None:
    uv = DIGITS.astype(np.float32)
    uv[:, 1000:1400] = np.nan
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = uv
        file["data"].attrs.update({"sfreq": 200.0, "unit": "uV", "channels": list(NAMES), "start_time": "2026-05-04T10:00:00"})
    with converted(tmp_path / "a.h5") as recording:
        assert [(gap.start_s, gap.stop_s) for gap in recording.info.gaps] == [(5.0, 7.0)]
        np.testing.assert_array_equal(recording.read(0, 20, range(3)), uv)


def test_an_hdf5_file_cannot_point_elsewhere(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = h5py.ExternalLink("/etc/passwd", "/x")
    assert "another file" in refusal(tmp_path / "a.h5")


def test_an_archive_that_explodes_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "bomb.edf").write_bytes(bytes(30 << 20))
    archive = zipped(tmp_path / "bomb.zip", tmp_path / "bomb.edf")
    (tmp_path / "out").mkdir()
    with pytest.raises(RecordingError, match="grows beyond"):
        unpack(archive, tmp_path / "out")
    assert sum(file.stat().st_size for file in (tmp_path / "out").iterdir()) <= 3 << 20


def test_an_archive_writes_into_its_folder_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr("../../escape.edf", b"x")
    (tmp_path / "out").mkdir()
    assert unpack(tmp_path / "a.zip", tmp_path / "out", Limits()) == [tmp_path / "out" / "escape.edf"]


def test_pieces_that_overlap_are_refused() -> None:
    with pytest.raises(RecordingError, match="before the one before it ends"):
        pieces.placed([(0, 0.0), (1000, 3.0)], 2000, 200.0, tolerance_s=0.01)


def test_persyst_sample_times_count_on_past_midnight() -> None:
    assert pieces.of_persyst("[SampleTimes]\r\n0=86390.5\r\n2000=20\r\n[Next]\r\n7=8") == [(0, 86390.5), (2000, 86420.0)]


def test_what_eeglab_cut_out_is_a_gap() -> None:
    placed = pieces.placed(pieces.of_eeglab([4.9975], [3.0], 200.0), 2000, 200.0, tolerance_s=0.0025)
    assert [(piece.first, piece.start_s) for piece in placed] == [(0, 0.0), (1000, 8.0)]
