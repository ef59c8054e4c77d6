"""EDF and BDF without what identifies a patient: the same samples under a code, on dates that were moved.

Nothing is searched for and struck out; every field is written anew from what is known to be harmless, and the rest is left behind:
patient and recording fields, transducers, reserved fields, labels and annotation words outside a vocabulary, bytes between and after
the records. The time of day stays, since sleep and waking cannot be read without it.

Sources: 45 CFR 164.514(b)(2) (identifiers to be removed); Kemp and Olivan 2003 (anonymous EDF+).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import numpy as np

from ml import deidentified_words, tal
from ml.byte_source import ByteSource
from ml.edf_header import ANNOTATION_LABELS, FIXED_BYTES, SIGNAL_FIELDS, EdfHeader, read_header
from ml.edf_identity import decode, write_long_date
from ml.prefilter import parse_prefilter

CODE: Final = re.compile(r"[A-Z0-9-]{1,20}")
_BLOCK_BYTES: Final = 4 << 20
_NUMBER: Final = re.compile(r"[+-]?[0-9.,]+([eE][+-]?[0-9]{1,2})?")
_UNITS: Final = re.compile(r"[numkMuµ]?V|%|bpm|BPM|mmHg|[numkM]?Ohm|degC|Boolean|")
_EARLIEST_YEAR: Final = 1985      # of a date with two digits (EDF+ 2.1.3.2)


@dataclass(frozen=True, slots=True)
class Disguise:
    """Under which code a patient is exported, and how far all dates of this patient are moved back."""

    code: str
    shift_days: int
    sex: Literal["F", "M"] | None = None

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is no code of capital letters, digits and hyphens")


@dataclass(frozen=True, slots=True)
class Removed:
    """What an export leaves behind, for whoever decides about it."""

    notes: int                       # annotations of the file
    notes_reworded: int              # of these, those with a word outside the vocabulary
    labels: tuple[str, ...]          # of signals, replaced by a number
    silenced: int                    # signals of unknown scale or with text in them, written as zeros


def removed(source: ByteSource) -> Removed:
    """What ``blocks`` leaves out of a recording."""
    header = read_header(source)
    notes = tal.read_annotations(source, header, 0.0)
    labels = [signal.signal.label for signal in header.signals]
    return Removed(
        len(notes), sum(deidentified_words.harmless(note.text) != note.text for note in notes),
        tuple(label for label in labels if not deidentified_words.is_label(label)), len(_silenced(source, header)))


def size(source: ByteSource) -> int:
    """Bytes that ``blocks`` yields in all."""
    header = read_header(source)
    return header.header_bytes + header.n_records * header.record_bytes


def blocks(source: ByteSource, disguise: Disguise) -> Iterator[bytes]:
    """The recording without identity, header first, in pieces of a few megabytes.

    Raises
    ------
    RecordingError
        If the source is no EDF or BDF that can be read.
    """
    header = read_header(source)
    yield _header(source, header, disguise)
    silenced = _silenced(source, header)
    per_block = max(1, _BLOCK_BYTES // header.record_bytes)
    for first in range(0, header.n_records, per_block):
        count = min(per_block, header.n_records - first)
        raw = source.read_at(header.header_bytes + first * header.record_bytes, count * header.record_bytes)
        records = np.frombuffer(raw, np.uint8).reshape(-1, header.record_bytes).copy()
        for start, stop in silenced:
            records[:, start:stop] = 0
        for slot in header.slots:
            _reword(records[:, slot.offset_bytes:slot.offset_bytes + slot.size_bytes], header.duration_s)
        yield records.tobytes()


def _header(source: ByteSource, header: EdfHeader, disguise: Disguise) -> bytes:
    fixed = source.read_at(0, FIXED_BYTES)
    plus = header.format.endswith(("+C", "+D"))
    start = header.start_time - timedelta(days=disguise.shift_days) if header.start_time else None
    if start and start.year < _EARLIEST_YEAR:
        start = None
    day = write_long_date(start.date()) if start else "X"
    patient = f"{disguise.code} {disguise.sex or 'X'} X X" if plus else disguise.code
    cells = (
        (b"\xffBIOSEMI" if header.sample_bytes == 3 else b"0", 8), (patient, 80), (f"Startdate {day} X X X" if plus else "", 80),
        (start.strftime("%d.%m.%y") if start else "01.01.85", 8), (start.strftime("%H.%M.%S") if start else "00.00.00", 8),
        (str(header.header_bytes), 8), (header.format if plus else "24BIT" if header.sample_bytes == 3 else "", 44),
        (str(header.n_records), 8), (_numeric(fixed[244:252]), 8), (str(header.header_bytes // FIXED_BYTES - 1), 4),
    )
    return b"".join(_cell(value, width) for value, width in cells) + _signal_headers(source, header)


def _signal_headers(source: ByteSource, header: EdfHeader) -> bytes:
    count = header.header_bytes // FIXED_BYTES - 1
    raw = source.read_at(FIXED_BYTES, header.header_bytes - FIXED_BYTES)
    parts, position = [], 0
    for name, width in SIGNAL_FIELDS:
        for number in range(count):
            parts.append(_cell(_harmless(name, raw[position:position + width], number + 1), width))
            position += width
    return b"".join(parts)


def _harmless(field: str, raw: bytes, number: int) -> str:
    """What of a field of a signal's header is written again."""
    text = decode(raw)[0]
    if field == "label":
        return text if text in ANNOTATION_LABELS or deidentified_words.is_label(text) else f"Signal {number}"
    if field == "unit":
        return text if _UNITS.fullmatch(text) else ""
    if field == "prefilter":
        stated = parse_prefilter(text)
        named = (("HP", stated.highpass_hz), ("LP", stated.lowpass_hz), ("N", stated.notch_hz))
        return " ".join(f"{name}:{hz:.4g}Hz" for name, hz in named if hz is not None)
    return "" if field in ("transducer", "reserved") else _numeric(raw)


def _numeric(raw: bytes) -> str:
    """A number as it stands; anything else becomes 0, which leaves a signal without a scale as it was: without one."""
    text = decode(raw)[0]
    return text if _NUMBER.fullmatch(text) else "0"


def _silenced(source: ByteSource, header: EdfHeader) -> list[tuple[int, int]]:
    """Bytes of each record that belong to signals in which text may hide: named like annotations, or without a scale."""
    return [(signal.offset_bytes, signal.offset_bytes + signal.samples_per_record * header.sample_bytes) for signal in header.signals
            if not signal.signal.calibrated or "annot" in signal.signal.label.lower()]


def _reword(rows: np.ndarray, duration_s: float) -> None:
    """Replace the lists of each record by what of them is harmless; ``rows`` of shape ``(records, bytes)`` are changed in place."""
    for row in rows:
        whole = tal.rewritten(row.tobytes(), deidentified_words.harmless, latest_s=duration_s + 86_400.0)
        row[:] = np.frombuffer(whole, np.uint8)


def _cell(value: str | bytes, width: int) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode("latin-1", "replace")
    return raw[:width].ljust(width)
