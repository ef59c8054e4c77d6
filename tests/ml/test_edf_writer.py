"""What the writer writes, three other readers read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import edfio
import mne
import numpy as np
import pyedflib
import pytest

from ml.byte_source import FileBytes
from ml.edf_writer import EdfWriter
from ml.open_recording import open_recording
from ml.recording import Annotation

START = datetime(2031, 12, 24, 23, 59, 58)
NOTES = (Annotation(0.25, None, "Augen zu – 闭眼"), Annotation(2.5, 1.5, "Seizure"), Annotation(2.75, 0.0, "Note"))
LABELS = ("Fp1", "F3", "EKG")


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, np.ndarray]:
    uv = np.random.default_rng(3).normal(0, 300, (3, 1000)).astype(np.float32)
    with EdfWriter(tmp_path / "made.edf", LABELS, 200, START, annotations=NOTES) as writer:
        for block in np.array_split(uv, 7, axis=1):
            writer.append(block)
    return tmp_path / "made.edf", uv


def test_pyedflib_reads_it(written: tuple[Path, np.ndarray]) -> None:
    path, uv = written
    with pyedflib.EdfReader(str(path)) as reader:
        signals = np.array([reader.readSignal(i) for i in range(3)])
        onsets, durations, texts = reader.readAnnotations()
        assert reader.getStartdatetime() == START
    np.testing.assert_allclose(signals, uv, atol=0.051)
    np.testing.assert_allclose(onsets, [note.onset_s for note in NOTES])
    assert list(texts) == [note.text for note in NOTES]
    assert durations[1] == 1.5


def test_edfio_reads_it(written: tuple[Path, np.ndarray]) -> None:
    path, uv = written
    edf = edfio.read_edf(path)
    np.testing.assert_allclose(np.array([signal.data for signal in edf.signals]), uv, atol=0.051)
    assert edf.labels == LABELS
    assert [(note.onset, note.text) for note in edf.annotations] == [(note.onset_s, note.text) for note in NOTES]


def test_mne_reads_it(written: tuple[Path, np.ndarray]) -> None:
    path, uv = written
    raw = mne.io.read_raw_edf(path, verbose="error")
    np.testing.assert_allclose(raw.get_data() * 1e6, uv, atol=0.051)
    assert raw.info["meas_date"].replace(tzinfo=None) == START
    assert list(raw.annotations.description) == [note.text for note in NOTES]


def test_we_read_it_without_a_finding(written: tuple[Path, np.ndarray]) -> None:
    path, uv = written
    recording = open_recording(FileBytes(path))
    assert (recording.info.format, recording.info.start_time, recording.info.findings) == ("EDF+C", START, ())
    assert not recording.info.patient.names_somebody
    assert recording.annotations() == NOTES
    np.testing.assert_allclose(np.array(recording.read(0, 5, range(3))), uv, atol=0.051)


def test_values_beyond_the_range_are_clipped_and_missing_ones_are_zero(tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "x.edf", ["Cz"], 4) as writer:
        writer.append([[1e9, -np.inf, np.nan, 1.0]])
    (uv,) = open_recording(FileBytes(tmp_path / "x.edf")).read(0, 1, [0])
    np.testing.assert_allclose(uv, [3276.7, -3276.7, 0.0, 1.0], atol=0.051)


def test_an_unknown_start_is_written_as_edf_plus_asks(tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "x.edf", ["Cz"], 4) as writer:
        writer.append(np.zeros((1, 8)))
    assert open_recording(FileBytes(tmp_path / "x.edf")).info.start_time is None
    assert edfio.read_edf(tmp_path / "x.edf").duration == 2.0


def test_an_unfinished_record_is_filled_with_zeros(tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "x.edf", ["Cz"], 4) as writer:
        writer.append(np.ones((1, 6)))
    (uv,) = open_recording(FileBytes(tmp_path / "x.edf")).read(0, 2, [0])
    np.testing.assert_allclose(uv, [1, 1, 1, 1, 1, 1, 0, 0], atol=0.051)


@pytest.mark.parametrize(("labels", "rate"), [(["x" * 17], 200), (["Fpñ"], 200), (["Cz"], 199.5)])
def test_what_edf_cannot_hold_is_refused(tmp_path: Path, labels: list[str], rate: float) -> None:
    with pytest.raises(ValueError):
        EdfWriter(tmp_path / "x.edf", labels, rate)
