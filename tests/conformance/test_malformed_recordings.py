"""Every file of ``malformed/`` does what its row in NOTES.csv expects, and decodes to the values that the row states."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from ml.byte_source import FileBytes, HeadBytes
from ml.channels import ELECTRODES, map_to_1020
from ml.ensemble import Ensemble
from ml.errors import RecordingError
from ml.header_check import HEAD_BYTES, check_header
from ml.open_recording import open_recording
from ml.pipeline import analyse
from ml.recording import RecordingSource
from ml.resample import read_at_rate
from tests.shared_files import folder

NOTES = folder() / "malformed" / "NOTES.csv"
ROWS = ([(row["file"], row["expected"]) for row in csv.DictReader(NOTES.read_text().splitlines())] if NOTES.exists()
        else [("absent", "refuse")])
MADE_UP_IDENTITY = ("MRN-0012345", "Doe", "Jane", "ller", "rgen", "山田", "1950", "04-JUL")


@pytest.fixture(scope="module")
def verdict_of() -> Callable[[Path], tuple[str, str]]:
    """Verdict of reading and analysing a file, and all that is said: findings, or the sentence of the refusal."""
    ensemble = Ensemble.load()

    @cache
    def judge(path: Path) -> tuple[str, str]:
        try:
            result = analyse(open_recording(FileBytes(path), name=path.name), ensemble)
        except RecordingError as refusal:
            return "refuse", refusal.sentence
        return ("accept_with_finding" if result.findings else "accept"), " ".join(result.findings)

    return judge


@pytest.mark.parametrize(("name", "expected"), ROWS)
def test_a_malformed_file_gets_the_expected_verdict(
    shared_data: Path, verdict_of: Callable[[Path], tuple[str, str]], name: str, expected: str,
) -> None:
    verdict, said = verdict_of(shared_data / "malformed" / name)
    assert verdict == expected, said
    assert not any(word in said for word in MADE_UP_IDENTITY)
    assert "\n" not in said


@pytest.mark.parametrize(("name", "expected"), ROWS)
def test_the_gate_refuses_nothing_that_is_accepted_later(shared_data: Path, name: str, expected: str) -> None:
    raw = (shared_data / "malformed" / name).read_bytes()
    if expected != "refuse":
        assert check_header(HeadBytes(raw[:HEAD_BYTES], len(raw)), name=name).format


@pytest.mark.parametrize(("name", "words"), [
    ("truncated_mid_record.edf", "30 of the 50 data records"), ("nrecords_too_large.edf", "50 of the 100"),
    ("nrecords_minus1.edf", "never closed"), ("physmin_eq_physmax_ch0.edf", "EEG Fp1 has no usable scale"),
    ("missing_Fz_Cz_Pz_T5.edf", "lacks T5, Fz, Cz and Pz"), ("flat_channels_C3_Cz.edf", "C3 is flat"), ("saturated_T3.edf", "T3"),
    ("pq_missing_Pz.parquet", "lacks Pz"), ("pq_allnan_C3.parquet", "C3"), ("pq_inf.parquet", "O1"), ("duplicate_labels.edf", "Fp1"),
    ("pq_spectrogram_uploaded_as_eeg.parquet", "spectrogram"), ("S001R03_CRLF_mangled.edf", "altered in transfer"),
    ("S001R01_CRLF_mangled_truncated.edf", "altered in transfer"), ("png_named.edf", "PNG"), ("csv_named.edf", "text"),
    ("csv_named.parquet", "text"), ("short_5s.edf", "5.0 s"), ("short_49.5s.edf", "49.5 s"), ("bipolar_double_banana.edf", "pairs only"), ("names_E1toE20.edf", "a person can say"),
    ("bad_startdate.edf", "time of day is unknown"), ("patient_identity.edf", "identity of a patient"),
])
def test_what_is_said_names_the_reason(
    shared_data: Path, verdict_of: Callable[[Path], tuple[str, str]], name: str, words: str,
) -> None:
    assert words in verdict_of(shared_data / "malformed" / name)[1]


def opened(shared_data: Path, name: str) -> RecordingSource:
    return open_recording(FileBytes(shared_data / "malformed" / name))


def original(shared_data: Path) -> NDArray[np.float64]:
    """GPD_sample1 as published, (19, 10000) µV, in the order of ELECTRODES."""
    table = pq.read_table(shared_data / "iiic50" / "GPD_sample1.parquet")
    return np.array([table.column(name).to_numpy() for name in ELECTRODES])


@pytest.mark.parametrize(("name", "scale", "step_uv"), [
    ("units_mV.edf", 1, 0.1), ("units_V.edf", 1, 0.6), ("units_nV.edf", 0.1, 0.1), ("inverted_polarity.edf", -1, 0.1),
    ("bdf_24bit.bdf", 1, 0.05), ("names_T7T8P7P8.edf", 1, 0.1), ("names_EEG_FP1-REF_upper_shuffled.edf", 1, 0.1),
    ("names_EEG_Fp1-LE.edf", 1, 0.1), ("one_record_50s.edf", 1, 0.1), ("pq_reordered.parquet", 1, 0.01),
    ("pq_lowercase_names.parquet", 1, 0.01), ("pq_int16.parquet", 1, 0.51), ("nrecords_minus1.edf", 1, 0.1), ("bad_startdate.edf", 1, 0.1),
])
def test_values_are_those_of_the_original(shared_data: Path, name: str, scale: float, step_uv: float) -> None:
    source = opened(shared_data, name)
    layout = map_to_1020(source.info.signals)
    uv = np.array(source.read(0.0, 50.0, [layout.electrodes[electrode] for electrode in ELECTRODES]))
    np.testing.assert_allclose(uv, original(shared_data) * scale, atol=step_uv)


@pytest.mark.parametrize("name", ["fs_250Hz.edf", "fs_256Hz.edf", "fs_500Hz.edf"])
def test_resampled_files_come_back_to_the_original(shared_data: Path, name: str) -> None:
    source = opened(shared_data, name)
    uv = read_at_rate(source, range(19), 0.0, 50.0, 200.0)
    expected = original(shared_data)
    assert uv.shape == (19, 10_000)
    for ours, theirs in zip(uv[:, 200:-200], expected[:, 200:-200], strict=True):
        assert np.corrcoef(ours, theirs)[0, 1] > 0.995


def test_the_pairs_of_mixed_rates_stay_aligned_in_time(shared_data: Path) -> None:
    source = opened(shared_data, "mixed_fs_100_200.edf")
    uv = read_at_rate(source, range(19), 0.0, 50.0, 200.0)
    for ours, theirs in zip(uv[:, 400:-400], original(shared_data)[:, 400:-400], strict=True):
        lags = [np.corrcoef(ours[10:-10], np.roll(theirs, lag)[10:-10])[0, 1] for lag in range(-3, 4)]
        assert int(np.argmax(lags)) == 3


def test_a_nan_gap_is_a_gap_on_the_clock(shared_data: Path) -> None:
    info = opened(shared_data, "pq_nan_gap_10s.parquet").info
    assert [(gap.start_s, gap.stop_s) for gap in info.gaps] == [(15.0, 25.0)]
    assert info.duration_s == 50.0


def test_nothing_infinite_is_read(shared_data: Path) -> None:
    source = opened(shared_data, "pq_inf.parquet")
    assert not np.isinf(np.array(source.read(0.0, 50.0, range(len(source.info.signals))))).any()


def test_a_complete_bipolar_montage_is_recognized(shared_data: Path) -> None:
    layout = map_to_1020(opened(shared_data, "bipolar_double_banana.edf").info.signals)
    assert layout.has_complete_chains
    assert layout.electrodes == {}
