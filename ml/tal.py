"""Time-stamped annotation lists (TAL) of EDF+ and BDF+: record times and what the recorder or a technologist wrote.

A list is ``+onset[\\x15duration]\\x14text\\x14…\\x14\\x00``. The first list of each data record has an empty first text and
states when the record began. Lists are read in large blocks: a day of one-second records has 86,400 of them.

Source: Kemp and Olivan 2003; https://www.edfplus.info/specs/edfplus.html, section 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.edf_header import AnnotationSlot, EdfHeader
from ml.recording import Annotation

MAX_TEXT_BYTES: Final = 4096
MAX_ANNOTATIONS: Final = 200_000
"""More entries than any technologist writes; a file cannot fill the memory with empty ones."""
_ONSET_BYTES: Final = 24
_TIME_DIGITS: Final = 8              # with the sign: a month has 2,678,400 seconds
_TIME_DECIMALS: Final = 9
_BLOCK_BYTES: Final = 4 << 20
_BLOCK_RECORDS: Final = 1 << 16
_READ_WHOLE_BELOW: Final = 16 << 10
"""Records smaller than this are read with their signals in one go: fewer reads outweigh the extra bytes."""
_TAL: Final = re.compile(rb"([+-][0-9]+(?:\.[0-9]*)?)(?:\x15([0-9]+(?:\.[0-9]*)?))?\x14([^\x00]*)")

_UNENDED: Final = re.compile(rb"\x14\x14(?=[+-][0-9]+(?:\.[0-9]*)?[\x14\x15])")
"""Nihon Kohden omits the zero byte between the list that states a record's time and the next one."""


def record_onsets_s(source: ByteSource, header: EdfHeader) -> NDArray[np.float64]:
    """Time at which each data record began, NaN where it states none; shape ``(n_records,)``.

    Returns
    -------
    NDArray
        Seconds from the start time of the header, as the file states them.
    """
    if not header.slots:
        return np.full(header.n_records, np.nan)
    onsets = [_leading_numbers(rows) for _, rows in _slot_rows(source, header, header.slots[0])]
    return np.concatenate([*onsets, np.full(header.n_records - sum(map(len, onsets)), np.nan)])


def record_onset_s(source: ByteSource, header: EdfHeader, record: int) -> float | None:
    """Time at which one data record began, or None if it states none."""
    if not header.slots:
        return None
    slot = header.slots[0]
    offset = header.header_bytes + record * header.record_bytes + slot.offset_bytes
    raw = source.read_at(offset, min(slot.size_bytes, _ONSET_BYTES))
    onset = _leading_numbers(np.frombuffer(raw, np.uint8)[None, :])[0] if raw else np.nan
    return None if np.isnan(onset) else float(onset)


def read_annotations(source: ByteSource, header: EdfHeader, first_onset_s: float) -> tuple[Annotation, ...]:
    """All annotations in order of onset, at most ``MAX_ANNOTATIONS``; onsets count from the first sample."""
    found: list[Annotation] = []
    for index, slot in enumerate(header.slots):
        for _, rows in _slot_rows(source, header, slot):
            busy = rows[_has_text(rows)] if index == 0 else rows[rows.any(axis=1)]
            for row in busy:
                found.extend(parse(row.tobytes(), first_onset_s))
                if len(found) >= MAX_ANNOTATIONS:
                    return _ordered(found[:MAX_ANNOTATIONS])
    return _ordered(found)


def parse(raw: bytes, first_onset_s: float = 0.0) -> list[Annotation]:
    """Read the lists of one data record; what does not follow the form is passed over."""
    found: list[Annotation] = []
    for part in _UNENDED.sub(b"\x14\x14\x00", raw).split(b"\x00"):
        match = _TAL.match(part)
        if match is None or len(match[1]) > _ONSET_BYTES:
            continue
        onset_s = float(match[1]) - first_onset_s
        duration_s = float(match[2]) if match[2] and len(match[2]) <= _ONSET_BYTES else None
        texts = (_clean(text) for text in match[3].split(b"\x14") if text)
        found.extend(Annotation(onset_s, duration_s, text) for text in texts if text)
    return found


def rewritten(raw: bytes, word: Callable[[str], str], *, latest_s: float) -> bytes:
    """The lists of one data record with every text through ``word``, in as many bytes; what does not follow the form is left out.

    Parameters
    ----------
    word
        Gives the text to write, never longer than the one that it is given.
    latest_s
        Lists that begin later than this, or have more digits than a time needs, are left out.
    """
    parts: list[bytes] = []
    for index, part in enumerate(_UNENDED.sub(b"\x14\x14\x00", raw).split(b"\x00")):
        match = _TAL.match(part)
        if match is None or not _is_time(match[1], latest_s) or (match[2] and not _is_time(match[2], latest_s)):
            continue
        texts = [word(_clean(text)).encode() for text in match[3].split(b"\x14")[:-1]] if index or match[3] != b"\x14" else [b""]
        duration = b"\x15" + match[2] if match[2] else b""
        parts.append(match[1] + duration + b"\x14" + b"".join(text + b"\x14" for text in texts) + b"\x00")
    while sum(map(len, parts)) > len(raw):
        parts.pop()
    return b"".join(parts).ljust(len(raw), b"\x00")


def _is_time(digits: bytes, latest_s: float) -> bool:
    whole, _, rest = digits.partition(b".")
    return len(rest) <= _TIME_DECIMALS and len(whole) <= _TIME_DIGITS and abs(float(digits)) <= latest_s


def _ordered(found: list[Annotation]) -> tuple[Annotation, ...]:
    return tuple(sorted(found, key=lambda annotation: annotation.onset_s))


def _clean(raw: bytes) -> str:
    """Text as UTF-8 (else Latin-1) without control characters; over-long text is cut."""
    cut = raw[:MAX_TEXT_BYTES]
    try:
        text = raw.decode("utf-8") if len(raw) <= MAX_TEXT_BYTES else cut.decode("utf-8", errors="ignore")
    except UnicodeDecodeError:
        text = cut.decode("latin-1")
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _slot_rows(
    source: ByteSource, header: EdfHeader, slot: AnnotationSlot,
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield ``(first record, rows)`` with rows of shape ``(records, slot bytes)`` until the records end."""
    whole = header.record_bytes <= _READ_WHOLE_BELOW
    per_block = min(_BLOCK_RECORDS, max(1, _BLOCK_BYTES // (header.record_bytes if whole else slot.size_bytes)))
    for first in range(0, header.n_records, per_block):
        count = min(per_block, header.n_records - first)
        rows = _whole_records(source, header, slot, first, count) if whole else _slices(source, header, slot, first, count)
        yield first, rows
        if len(rows) < count:
            return


def _whole_records(
    source: ByteSource, header: EdfHeader, slot: AnnotationSlot, first: int, count: int,
) -> NDArray[np.uint8]:
    raw = source.read_at(header.header_bytes + first * header.record_bytes, count * header.record_bytes)
    whole = len(raw) // header.record_bytes
    block = np.frombuffer(raw, np.uint8, whole * header.record_bytes).reshape(whole, header.record_bytes)
    return block[:, slot.offset_bytes : slot.offset_bytes + slot.size_bytes]


def _slices(
    source: ByteSource, header: EdfHeader, slot: AnnotationSlot, first: int, count: int,
) -> NDArray[np.uint8]:
    start = header.header_bytes + first * header.record_bytes + slot.offset_bytes
    pieces = [source.read_at(start + i * header.record_bytes, slot.size_bytes) for i in range(count)]
    raw = b"".join(pieces)
    whole = len(raw) // slot.size_bytes
    return np.frombuffer(raw, np.uint8, whole * slot.size_bytes).reshape(whole, slot.size_bytes)


def _leading_numbers(rows: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Onset at the start of each row, NaN where there is none; all rows at once."""
    head = np.zeros((len(rows), _ONSET_BYTES), np.uint8)
    width = min(_ONSET_BYTES, rows.shape[1])
    head[:, :width] = rows[:, :width]
    ends = (head == 0x14) | (head == 0x15)
    length = np.where(ends.any(axis=1), ends.argmax(axis=1), 0)
    inside = np.arange(_ONSET_BYTES) < length[:, None]
    digit = (head >= 0x30) & (head <= 0x39)
    point = head == 0x2E
    signed = np.isin(head[:, 0], (0x2B, 0x2D)) & (length > 1)
    digit_or_point = (digit | point | ~inside)[:, 1:].all(axis=1)
    good = signed & digit_or_point & ((point & inside).sum(axis=1) <= 1) & digit[:, 1]
    onsets = np.full(len(rows), np.nan)
    text = np.where(inside, head, 0).astype(np.uint8)[good]
    onsets[good] = np.ascontiguousarray(text).view(f"S{_ONSET_BYTES}")[:, 0].astype(np.float64) if good.any() else 0.0
    return onsets


def _has_text(rows: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which rows hold more than the list that states the record's time (``+onset\\x14\\x14\\x00``)."""
    first_zero = np.where((rows == 0).any(axis=1), (rows == 0).argmax(axis=1), rows.shape[1])
    separators = ((rows == 0x14) & (np.arange(rows.shape[1]) < first_zero[:, None])).sum(axis=1)
    after = np.count_nonzero(rows, axis=1) > first_zero
    return np.asarray(after | (separators != 2) | (first_zero == 0), np.bool_)
