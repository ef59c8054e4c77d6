"""Samples decoded straight from the tables of the EDF and BDF standards, also where no other reader serves: mixed rates, gaps, nV."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.byte_source import FileBytes, HeadBytes
from ml.edf import EdfRecording
from tests.conformance.test_edf_readers import FILES as PLAIN
from tests.ml.edf_bytes import Edf
from tests.shared_files import listed

FILES = [*PLAIN, *(name for name in listed("icu_continuous/*.edf") if name not in PLAIN)]
MICROVOLTS = {"V": 1e6, "mV": 1e3, "uV": 1.0, "\xb5V": 1.0, "nV": 1e-3}


FIELDS = (("label", 0, 16), ("unit", 96, 8), ("pmin", 104, 8), ("pmax", 112, 8), ("dmin", 120, 8), ("dmax", 128, 8), ("n", 216, 8))
"""Name, first byte within the header of one signal were there but one, and size."""


class ByHand:
    """A file as EDF's table of fields lays it out; every data record at its own stated time."""

    def __init__(self, raw: bytes) -> None:
        count, self.width = int(raw[252:256]), 3 if raw[0] == 0xFF else 2
        fields = {}
        for name, start, size in FIELDS:
            at = 256 + start * count
            fields[name] = [raw[at + i * size : at + (i + 1) * size].decode("latin-1").strip(" \0").replace(",", ".") for i in range(count)]
        self.per_record = [int(n) for n in fields["n"]]
        self.record_s = float(raw[244:252].replace(b",", b"."))
        size, stated, data = sum(self.per_record) * self.width, int(raw[236:244]), raw[256 * (count + 1) :]
        n_records = len(data) // size if stated <= 0 else min(stated, len(data) // size)
        self.records = np.frombuffer(data, np.uint8, n_records * size).reshape(n_records, size)
        self.fields, self.offsets = fields, np.cumsum([0, *self.per_record]) * self.width
        lists = [i for i, label in enumerate(fields["label"]) if label.endswith(" Annotations")]
        self.signals = [i for i in range(count) if i not in lists]
        self.onsets_s = self._onsets(lists[0]) if lists else np.arange(n_records) * self.record_s

    def _part(self, index: int) -> NDArray[np.uint8]:
        return self.records[:, self.offsets[index] : self.offsets[index + 1]]

    def _onsets(self, index: int) -> NDArray[np.float64]:
        heads = [re.match(rb"([+-][0-9.]+)\x14\x14", row.tobytes()) for row in self._part(index)]
        stated = [float(head[1]) if head else np.nan for head in heads]
        return np.array(stated) - stated[0] if np.isfinite(stated).all() else np.arange(len(stated)) * self.record_s

    def step_uv(self, index: int) -> float:
        span = float(self.fields["pmax"][index]) - float(self.fields["pmin"][index])
        return span / (int(self.fields["dmax"][index]) - int(self.fields["dmin"][index])) * MICROVOLTS.get(self.fields["unit"][index], 1.0)

    def signal(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Places on the sample grid and values in microvolts."""
        parts = self._part(index).reshape(-1, self.width).astype(np.int64)
        digits = (parts << (8 * np.arange(self.width))).sum(axis=1)
        digits = np.where(digits >= 1 << (8 * self.width - 1), digits - (1 << (8 * self.width)), digits)
        n = self.per_record[index]
        first = np.round(self.onsets_s * n / self.record_s).astype(np.int64)
        low = float(self.fields["pmin"][index]) * MICROVOLTS.get(self.fields["unit"][index], 1.0)
        return (first[:, None] + np.arange(n)).ravel(), low + (digits - int(self.fields["dmin"][index])) * self.step_uv(index)


def agree(raw: bytes) -> None:
    ours, by_hand = EdfRecording(HeadBytes(raw, len(raw))), ByHand(raw)
    assert len(ours.info.signals) == len(by_hand.signals)
    for number, index in enumerate(by_hand.signals):
        if ours.info.signals[number].calibrated:
            uv, (places, wanted) = ours.read(0.0, ours.info.duration_s, [number])[0], by_hand.signal(index)
            np.testing.assert_allclose(uv[places], wanted, atol=abs(by_hand.step_uv(index)), rtol=1e-7)
            assert np.isfinite(uv).sum() == len(wanted)


@pytest.mark.parametrize("name", FILES)
def test_every_sample_lies_where_and_is_what_the_standard_says(shared_data: Path, name: str) -> None:
    source = FileBytes(shared_data / name)
    agree(source.read_at(0, source.size))


@pytest.mark.parametrize("first", ["0", "0.25", "-0.5", "17.125"])
def test_gaps_are_counted_from_the_first_sample_wherever_the_header_puts_it(first: str) -> None:
    onsets = [float(first) + after for after in (0, 1, 5, 6, 10.5)]
    tals = [f"{onset:+g}\x14\x14\x00".encode() for onset in onsets]
    raw = Edf(labels=["C3", "O2"], per_record=[8, 200], n_records=5, tals=tals, fields={"reserved": "EDF+D"}).build()
    agree(raw)
    info = EdfRecording(HeadBytes(raw, len(raw))).info
    assert [(gap.start_s, gap.stop_s) for gap in info.gaps] == [(2.0, 5.0), (7.0, 10.5)]
    assert info.start_time is not None
    assert info.start_time.microsecond == round(float(first) % 1 * 1e6)
