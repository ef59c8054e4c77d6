"""Neuroscan CNT: what was written is what is read, on the recorder's own clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ml.byte_source import HeadBytes
from ml.errors import RecordingError
from ml.foreign.neuroscan import NeuroscanRecording
from tests.ml.foreign.converted import converted
from tests.ml.foreign.neuroscan_files import cnt_bytes

NAMES = ("Fp1", "F7", "T7")
DIGITS = np.random.default_rng(0).integers(-30_000, 30_000, (3, 4000)).astype(np.int16)
EVENTS = ((0, 1, 0, 0), (250, 0, 0, 3), (999, 255, 0, 0))


def read(digits: np.ndarray = DIGITS, **options: object) -> NeuroscanRecording:
    raw = cnt_bytes(digits, names=NAMES, **options)
    return NeuroscanRecording(HeadBytes(raw, len(raw)))


@pytest.mark.parametrize("kind", [np.int16, np.int32])
@pytest.mark.parametrize("block", [1, 40])
def test_samples_are_calibrated_in_every_layout(kind: type, block: int) -> None:
    recording = read(DIGITS.astype(kind), block=block, baseline=7)
    np.testing.assert_allclose(recording.read(0, 16, range(3)), (DIGITS - 7.0) * 0.1, rtol=1e-5, atol=1e-4)
    assert [signal.label for signal in recording.info.signals] == list(NAMES)
    assert not recording.info.findings


@pytest.mark.parametrize("kind", [np.int16, np.int32])
def test_samples_are_those_of_mne(tmp_path: Path, kind: type) -> None:
    mne = pytest.importorskip("mne")
    (tmp_path / "a.cnt").write_bytes(cnt_bytes(DIGITS.astype(kind), names=NAMES, baseline=-3))
    theirs = mne.io.read_raw_cnt(tmp_path / "a.cnt", data_format="auto", verbose="ERROR").get_data() * 1e6
    with converted(tmp_path / "a.cnt") as recording:
        assert recording.info.format == "Neuroscan CNT"
        np.testing.assert_allclose(recording.read(0, 16, range(3)), theirs, atol=0.01, rtol=0)                   # a step is 0.1 µV


@pytest.mark.parametrize("event_type", [1, 2, 3])
def test_events_are_at_the_sample_that_they_point_to(event_type: int) -> None:
    notes = read(events=EVENTS, event_type=event_type).annotations()
    assert [(note.onset_s, note.text) for note in notes] == [(0.0, "stimulus 1"), (1.0, "response 3"), (3.996, "stimulus 255")]


def test_the_start_is_the_recorders_clock_in_any_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert read().info.start_time == datetime(2026, 5, 14, 22, 30, 15)


@pytest.mark.parametrize(("day", "month", "is_doubted"), [("05/14/26", 5, False), ("14/05/26", 5, False), ("05/04/26", 5, True), ("05/05/2026", 5, False)])
def test_a_date_that_can_be_read_two_ways_is_told(day: str, month: int, is_doubted: bool) -> None:
    info = read(day=day).info
    assert info.start_time is not None
    assert (info.start_time.month, any("month/day/year" in finding for finding in info.findings)) == (month, is_doubted)


def test_identity_filters_and_bad_marks_are_told() -> None:
    info = read(bad=["F7"]).info
    assert (info.patient.code, info.patient.name, info.patient.sex) == ("4711", "Ito Rosa", "F")
    assert (info.signals[0].filters.highpass_hz, info.signals[0].filters.lowpass_hz) == (0.5, 70.0)
    assert info.findings == ("The file marks as bad: F7.",)


def test_a_wrong_number_of_samples_is_not_guessed_over() -> None:
    with pytest.raises(RecordingError, match="16 or 32 bits"):
        read(stated=77)


@pytest.mark.parametrize(("options", "words"), [({"sfreq_hz": 0}, "0 Hz"), ({"calibration": float("nan")}, "no voltage")])
def test_an_impossible_header_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        read(**options)
