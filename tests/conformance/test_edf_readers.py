"""Our samples and annotations are those of edfio, pyedflib and mne, wherever they can read the file."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import edfio
import mne
import numpy as np
import pyedflib
import pytest

from ml.byte_source import FileBytes
from ml.edf import EdfRecording
from ml.edf_header import read_header, uv_per_unit
from tests.shared_files import listed

REFUSED = ("CRLF", "bad_ns", "csv_named", "empty", "header_only", "png_named", "random_bytes", "record_duration_zero", "zero_records")
FILES = [name for pattern in ("formats/**/*.edf", "formats/**/*.EDF", "formats/**/*.bdf", "malformed/*.edf", "malformed/*.bdf",
                              "eegmmidb/*.edf", "eegmat_normal/*_2.edf", "composite/*.edf", "iiic50/*1.edf")
         for name in listed(pattern) if not any(word in name for word in REFUSED)]
TRIGGERS = ("TRIG", "STATUS", "Status", "STI 014")
"""mne reads these as integers of its own making."""
STRAY_ONSET = re.compile(r"[+-][0-9]+\.[0-9]{6}")
"""Nihon Kohden leaves out a zero byte, and other readers then return the onset of the next list as a text."""
BEYOND_PYEDFLIB = ("EDF.jl/bdf_test.edf", "test_uneven_samp", "MB0400FU", "bad_startdate", "digmin_eq", "physmin_eq", "nonascii",
                   "nrecords_", "truncated", "utf8_patient")
BEYOND_MNE = ("uneven", "Hypnogram", "short_psg", "test_reduced", "pyedflib/test_generator", "mixed_fs", "nV", "evt.bdf")
"""Rates are mixed (mne resamples them), the unit is nV (taken for V), or there are annotations that mne merges."""


def with_stray_onsets(notes: Iterable[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    stray: float | None = None
    for onset, text in notes:
        if STRAY_ONSET.fullmatch(text):
            stray = float(text)
        elif text.strip():
            yield (onset if stray is None else stray), text
            stray = None


def without(names: tuple[str, ...]) -> list[str]:
    return [name for name in FILES if not any(part in name for part in names)]


class Ours:
    """Our reading of a whole file, with the size of one digital step of each signal."""

    def __init__(self, path: Path) -> None:
        source = FileBytes(path)
        recording = EdfRecording(source)
        self.info = recording.info
        self.uv = recording.read(0.0, self.info.duration_s, range(len(self.info.signals)))
        self.step_uv = [abs(signal.gain) for signal in read_header(source).signals]
        # triggers of a Status channel are no annotations to the others: tests/ml/test_bdf_status.py holds them against MNE's events
        self.notes = [(note.onset_s, note.text) for note in recording.annotations() if not note.text.startswith("Trigger ")]

    def agree(self, index: int, values: np.ndarray) -> None:
        """To one step, where the signal has a scale; another reader may return samples of an incomplete last record."""
        if self.info.signals[index].calibrated:
            np.testing.assert_allclose(self.uv[index], values[: len(self.uv[index])], atol=self.step_uv[index])

    def scale(self, index: int) -> float:
        return uv_per_unit(self.info.signals[index].unit) or 1.0

    def agree_on_notes(self, theirs: Iterable[tuple[float, str]]) -> None:
        listed_by_both = list(with_stray_onsets(theirs))
        assert [text for _, text in self.notes] == [text.strip() for _, text in listed_by_both]
        np.testing.assert_allclose([onset for onset, _ in self.notes], [onset for onset, _ in listed_by_both], atol=1e-3)


@pytest.mark.parametrize("name", FILES)
def test_edfio_reads_the_same(shared_data: Path, name: str) -> None:
    ours = Ours(shared_data / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = (edfio.read_bdf if name.endswith("bdf") else edfio.read_edf)(shared_data / name)
        for index, signal in enumerate(theirs.signals):
            if ours.info.signals[index].calibrated:
                ours.agree(index, signal.data * ours.scale(index))
        ours.agree_on_notes((note.onset, note.text) for note in theirs.annotations)


@pytest.mark.parametrize("name", without(BEYOND_PYEDFLIB))
def test_pyedflib_reads_the_same(shared_data: Path, name: str) -> None:
    ours = Ours(shared_data / name)
    with pyedflib.EdfReader(str(shared_data / name)) as theirs:
        for index in range(len(ours.info.signals)):
            ours.agree(index, theirs.readSignal(index) * ours.scale(index))
        onsets, _, texts = theirs.readAnnotations()
    if "legacy" not in name:                     # pyedflib looks for annotations in EDF+ only
        ours.agree_on_notes(zip(onsets, texts, strict=True))


@pytest.mark.parametrize("name", without(BEYOND_MNE))
def test_mne_reads_the_same(shared_data: Path, name: str) -> None:
    ours = Ours(shared_data / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = mne.io.read_raw_bdf if name.endswith("bdf") else mne.io.read_raw_edf
        theirs = read(shared_data / name, verbose="error", stim_channel=None)
    ours.agree_on_notes(zip(theirs.annotations.onset, theirs.annotations.description, strict=True))
    labels = [signal.label for signal in ours.info.signals]
    for index, label in enumerate(labels):
        is_plain = labels.count(label) == 1 and label in theirs.ch_names and label not in TRIGGERS
        if is_plain and uv_per_unit(ours.info.signals[index].unit):
            ours.agree(index, theirs.get_data(picks=[label])[0] * 1e6)
