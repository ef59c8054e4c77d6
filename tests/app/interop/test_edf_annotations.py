"""Annotations as EDF+: what is written is what edfio, MNE and our own reader read."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import edfio
import mne
import pytest

from app.interop.edf_annotations import to_edf
from ml.byte_source import HeadBytes
from ml.open_recording import open_recording
from ml.recording import Annotation

NOTES = (Annotation(61.25, 10.0, "LPD (model suggests; accepted)"), Annotation(0.5, None, "Augen zu, später µ"), Annotation(86_399.123456, 0.5, "end"))
STARTS = (datetime(2026, 5, 4, 22, 30), datetime(2026, 5, 4, 22, 30, 0, 250_000), None)


@pytest.mark.parametrize("start", STARTS)
def test_edfio_reads_what_was_written(start: datetime | None) -> None:
    read = edfio.read_edf(io.BytesIO(to_edf(NOTES, start=start)))
    wanted = sorted((note.onset_s, note.duration_s, note.text) for note in NOTES)
    assert [(a.onset, a.duration, a.text) for a in read.annotations] == [(pytest.approx(onset), *rest) for onset, *rest in wanted]
    assert start is None or (read.startdate, read.starttime) == (start.date(), start.time())


@pytest.mark.parametrize("start", STARTS)
def test_mne_reads_what_was_written(start: datetime | None, tmp_path: Path) -> None:
    (tmp_path / "a.edf").write_bytes(to_edf(NOTES, start=start))
    read = mne.read_annotations(tmp_path / "a.edf")
    assert list(read.onset) == pytest.approx([0.5, 61.25, 86_399.123456], abs=1e-6)
    assert list(read.description) == ["Augen zu, später µ", "LPD (model suggests; accepted)", "end"]


@pytest.mark.parametrize("start", STARTS)
def test_our_reader_reads_what_was_written(start: datetime | None) -> None:
    raw = to_edf(NOTES, start=start)
    recording = open_recording(HeadBytes(raw, len(raw)))
    assert recording.info.start_time == start
    assert [note.text for note in recording.annotations()] == ["Augen zu, später µ", "LPD (model suggests; accepted)", "end"]
    assert [note.onset_s for note in recording.annotations()] == pytest.approx([0.5, 61.25, 86_399.123456])


def test_thousands_of_annotations_keep_the_size_of_a_record() -> None:
    notes = [Annotation(float(second), 1.0, f"event {second} \x14\x00 <b>") for second in range(5000)]
    raw = to_edf(notes, start=None)
    assert int(raw[236:244]) > 1
    assert int(raw[256 + 216 : 256 + 224]) * 2 <= 61_440
    read = edfio.read_edf(io.BytesIO(raw)).annotations
    assert len(read) == 5000
    assert read[4999].text.startswith("event 4999")


def test_no_annotation_is_a_valid_file() -> None:
    assert edfio.read_edf(io.BytesIO(to_edf([], start=None))).annotations == ()
