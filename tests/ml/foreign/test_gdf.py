"""GDF 1.25 and 2.20: what was written is what is read, and what MNE-Python reads where it reads it rightly."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from ml.byte_source import HeadBytes
from ml.errors import RecordingError
from ml.foreign.gdf import GdfRecording
from tests.ml.foreign.converted import converted
from tests.ml.foreign.gdf_files import TYPES, Gdf

NAMES = ("Fp1", "F7", "T7")
DIGITS = np.random.default_rng(0).integers(-30_000, 30_000, (3, 4000)).astype(np.int16)
VERSIONS = pytest.mark.parametrize("version", ["1.25", "2.20", "2.51"])
EVENTS = ((0, 1, 0, 0), (200, 769, 2, 100), (1999, 768, 0, 1))


def read(made: Gdf) -> GdfRecording:
    raw = made.build()
    return GdfRecording(HeadBytes(raw, len(raw)))


@VERSIONS
@pytest.mark.parametrize(("unit", "uv"), [("uV", 1.0), ("mV", 1e3), ("V", 1e6), ("nV", 1e-3)])
def test_gdf_is_delivered_in_microvolts_whatever_its_unit(version: str, unit: str, uv: float) -> None:
    recording = read(Gdf(list(DIGITS), NAMES, version=version, unit=unit))
    np.testing.assert_allclose(recording.read(0, 20, range(3)), DIGITS * 0.1 * uv, rtol=1e-6)
    assert [signal.label for signal in recording.info.signals] == list(NAMES)
    assert recording.info.signals[0].filters.highpass_hz == 0.5


@pytest.mark.parametrize("version", ["1.25", "2.20"])          # later ones state the record length otherwise, which MNE 1.13 does not know
def test_samples_and_events_are_those_of_mne(tmp_path: Path, version: str) -> None:
    mne = pytest.importorskip("mne")
    (tmp_path / "a.gdf").write_bytes(Gdf(list(DIGITS), NAMES, version=version, events=EVENTS).build())
    raw = mne.io.read_raw_gdf(tmp_path / "a.gdf", verbose="ERROR")
    with converted(tmp_path / "a.gdf") as recording:
        np.testing.assert_allclose(recording.read(0, 20, range(3)), raw.get_data() * 1e6, atol=0.01, rtol=0)     # a step is 0.1 µV
        assert [note.onset_s for note in recording.annotations()] == pytest.approx(raw.annotations.onset, abs=1e-3)
        assert abs(recording.info.start_time - raw.info["meas_date"].replace(tzinfo=None)).total_seconds() < 1e-3


@VERSIONS
def test_start_events_and_identity_are_as_written(version: str) -> None:
    recording = read(Gdf(list(DIGITS), NAMES, version=version, events=EVENTS))
    assert recording.info.start_time == datetime(2026, 5, 4, 10, 11, 12, 250_000)
    assert (recording.info.patient.code, recording.info.patient.name) == ("4711", "Rosa Ito")
    assert recording.info.patient.birth_date == (None if version == "1.25" else date(1950, 1, 1))
    assert [(note.onset_s, note.duration_s, note.text) for note in recording.annotations()] == [
        (0.0, None, "event 1"), (1.0, 0.5, "event 769 (F7)"), (9.995, 0.005, "event 768")]


@pytest.mark.parametrize("kind", TYPES)
def test_every_number_type_is_read(kind: str) -> None:
    digits = np.arange(400).reshape(2, 200).astype(kind)
    recording = read(Gdf(list(digits), NAMES[:2], physical=(0, 100), digital=(0, 200)))
    np.testing.assert_allclose(recording.read(0, 1, [0, 1]), digits * 0.5)


def test_signals_keep_their_own_rates() -> None:
    recording = read(Gdf([DIGITS[0], DIGITS[1, :1000]], NAMES[:2], per_record=(100, 25)))
    assert [signal.sfreq_hz for signal in recording.info.signals] == [200.0, 50.0]
    np.testing.assert_allclose(recording.read(3, 7, [1])[0], DIGITS[1, 150:350] * 0.1, rtol=1e-6)


def test_a_record_of_the_whole_recording_reads_like_many() -> None:
    digits = np.random.default_rng(1).integers(-30_000, 30_000, (2, 400_000)).astype(np.int16)
    one, many = (read(Gdf(list(digits), NAMES[:2], per_record=(size,), record_s=(size, 200))) for size in (400_000, 100))
    np.testing.assert_array_equal(one.read(777.3, 1250.7, [1, 0]), many.read(777.3, 1250.7, [1, 0]))


def test_the_files_own_words_for_events_are_kept() -> None:
    recording = read(Gdf(list(DIGITS), NAMES, events=[(400, 1, 0, 0)], event_texts=["", "Eyes open"]))
    assert [(note.onset_s, note.text) for note in recording.annotations()] == [(2.0, "Eyes open")]


def test_an_end_mark_gives_its_event_a_duration() -> None:
    recording = read(Gdf(list(DIGITS), NAMES, events=[(400, 5, 0, 0), (900, 0x8005, 0, 0)], mode=1))
    assert [(note.onset_s, note.duration_s) for note in recording.annotations()] == [(2.0, 2.5)]


def test_a_file_that_was_cut_short_or_never_closed_says_so() -> None:
    assert "cut short: 40 of the 50" in read(Gdf(list(DIGITS), NAMES, stated_records=50)).info.findings[0]
    assert "never closed" in read(Gdf(list(DIGITS), NAMES, stated_records=-1)).info.findings[0]


@pytest.mark.parametrize(("changes", "words"), [
    ({"record_s": (0, 1)}, "sampling rate is undefined"), ({"physical": (5.0, 5.0)}, "no voltage"),
    ({"record_s": (1, 2**31)}, "samples per second"), ({"stated_records": -7}, "no whole data record"),
])
def test_an_impossible_header_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        read(Gdf(list(DIGITS), NAMES, **changes))
