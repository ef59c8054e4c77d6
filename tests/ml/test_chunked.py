"""The converted copy: every rate, any block, exact samples; what was not finished is refused."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.byte_source import FileBytes, HeadBytes
from ml.chunked import ChunkedRecording, ChunkedWriter
from ml.errors import RecordingError
from ml.open_recording import open_recording
from ml.recording import Annotation, RecordingInfo, Signal, Span

RATES = (200.0, 99.7, 1.0)
INFO = RecordingInfo("Test", tuple(Signal(f"S{rate:g}", rate, "uV", prefilter="HP:0.5Hz") for rate in RATES), 37.5,
                     datetime(2026, 5, 4, 10, 11, 12, 250_000), (Span(5.0, 6.5),), equipment="amplifier", findings=("A remark.",))
NOTES = (Annotation(3.25, None, "later"), Annotation(1.0, 0.5, "first µ"))


def samples() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(0, 50, round(INFO.duration_s * rate)).astype(np.float32) for rate in RATES]


def written(path: Path, pieces: int = 7) -> Path:
    with ChunkedWriter(path, RATES) as writer:
        for number in range(pieces):
            writer.append([row[number * len(row) // pieces : (number + 1) * len(row) // pieces] for row in samples()])
        writer.finish(INFO, NOTES)
    return path


def test_facts_and_annotations_come_back(tmp_path: Path) -> None:
    recording = open_recording(FileBytes(written(tmp_path / "a")))
    assert recording.info == INFO
    assert [note.text for note in recording.annotations()] == ["first µ", "later"]


@pytest.mark.parametrize("pieces", [1, 7, 60])
def test_samples_are_exact_however_they_came(tmp_path: Path, pieces: int) -> None:
    recording = ChunkedRecording(FileBytes(written(tmp_path / "a", pieces)))
    for row, read in zip(samples(), recording.read(0.0, INFO.duration_s, range(3)), strict=True):
        np.testing.assert_array_equal(read, row)


@given(start_s=st.floats(-5, 40), length_s=st.floats(0, 25), chosen=st.lists(st.sampled_from((0, 1, 2)), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_stretch_is_that_of_the_whole(tmp_path_factory: pytest.TempPathFactory, start_s: float, length_s: float, chosen: list[int]) -> None:
    path = tmp_path_factory.getbasetemp() / "chunked-whole"
    recording = ChunkedRecording(FileBytes(path if path.exists() else written(path)))
    for index, read in zip(chosen, recording.read(start_s, start_s + length_s, chosen), strict=True):
        first, stop = round(start_s * RATES[index]), round((start_s + length_s) * RATES[index])
        padded = np.concatenate([np.full(5000, np.nan), samples()[index], np.full(20_000, np.nan)])
        np.testing.assert_array_equal(read, padded[5000 + first : 5000 + max(first, stop)].astype(np.float32))


def test_what_is_shorter_than_its_length_ends_in_nothing_recorded(tmp_path: Path) -> None:
    with ChunkedWriter(tmp_path / "a", [10.0]) as writer:
        writer.append([np.ones(5)])
        writer.finish(RecordingInfo("Test", (Signal("A", 10.0),), 25.0))
    values = ChunkedRecording(FileBytes(tmp_path / "a")).read(0, 25, [0])[0]
    assert len(values) == 250
    assert np.isnan(values[5:]).all()


def test_an_unfinished_copy_is_refused(tmp_path: Path) -> None:
    with ChunkedWriter(tmp_path / "a", [10.0]) as writer:
        writer.append([np.ones(500)])
    raw = (tmp_path / "a").read_bytes()
    with pytest.raises(RecordingError, match="damaged"):
        ChunkedRecording(HeadBytes(raw, len(raw)))


@given(at=st.integers(0, 1 << 16), patch=st.binary(min_size=1, max_size=12), cut=st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_a_mutated_copy_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, at: int, patch: bytes, cut: int) -> None:
    path = tmp_path_factory.getbasetemp() / "chunked-seed"
    raw = bytearray((path if path.exists() else written(path)).read_bytes())
    at = 8 + at % 56 if at % 2 else len(raw) - at % 900 - 1
    raw[at : at + len(patch)] = patch
    raw = raw[: len(raw) - cut]
    try:
        recording = ChunkedRecording(HeadBytes(bytes(raw), len(raw)))
    except RecordingError:
        return
    for row in recording.read(0.0, 5.0, range(len(recording.info.signals))):
        assert not np.isinf(row).any()
