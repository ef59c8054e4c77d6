"""EDF+D of a real intensive-care recording: 2,048 s on the clock, 1,820 s of them recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.byte_source import FileBytes
from ml.open_recording import open_recording
from ml.recording import RecordingSource
from ml.resample import read_at_rate

STEM = "icu_continuous/subject01_2014APR12_142608_"


@pytest.fixture
def edf(shared_data: Path) -> RecordingSource:
    return open_recording(FileBytes(shared_data / f"{STEM}EDFplusD_gaps.edf"))


@pytest.fixture
def parquet(shared_data: Path) -> RecordingSource:
    return open_recording(FileBytes(shared_data / f"{STEM}eeg_nan_gaps.parquet"))


def test_gaps_are_kept_on_the_clock(edf: RecordingSource) -> None:
    assert edf.info.format == "EDF+D"
    assert edf.info.duration_s == 2048.0
    assert sum(stretch.length_s for stretch in edf.info.stretches) == 1820.0


def test_the_same_gaps_are_found_in_the_nan_gaps_of_parquet(edf: RecordingSource, parquet: RecordingSource) -> None:
    assert edf.info.gaps == parquet.info.gaps
    assert parquet.info.duration_s == 2048.0


def test_every_sample_lies_where_it_lies_in_parquet(edf: RecordingSource, parquet: RecordingSource) -> None:
    for start_s in range(0, 2048, 256):
        ours = np.array(edf.read(start_s, start_s + 256, range(19)))
        theirs = np.array(parquet.read(start_s, start_s + 256, range(19)))
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
        np.testing.assert_allclose(ours, theirs, atol=0.2)


def test_the_longest_run_is_the_one_that_was_cut_out(edf: RecordingSource, shared_data: Path) -> None:
    run = open_recording(FileBytes(shared_data / f"{STEM}run_0000s_0380s.edf"))
    np.testing.assert_allclose(np.array(edf.read(0, 380, range(19))), np.array(run.read(0, 380, range(19))), atol=0.2)
    assert max(stretch.length_s for stretch in edf.info.stretches) == 380.0


def test_gaps_survive_resampling(edf: RecordingSource) -> None:
    uv = read_at_rate(edf, [0], 0.0, 2048.0, 128.0)[0]
    assert np.isfinite(uv).sum() == 1820 * 128
    for gap in edf.info.gaps:
        assert np.isnan(uv[round(gap.start_s * 128) : round(gap.stop_s * 128)]).all()
