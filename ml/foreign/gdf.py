"""GDF 1.x and 2.x: each signal at its own rate, events with their texts and durations.

Not by MNE: its reader takes all units but a few for volts, takes the record length of versions from 2.21 on for another number, needs
one rate, and fails on the optional third header.
Source: Schlögl, GDF - A General Dataformat for Biosignals, arXiv:cs/0608052.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.edf_header import MAX_DURATION_S
from ml.foreign.gdf_header import GdfHeader, read_header
from ml.foreign.record_blocks import BlockRecording, RecordBlocks
from ml.recording import Annotation, RecordingInfo
from ml.tal import MAX_ANNOTATIONS

_NEW_SEGMENT: Final = 0x7FFE
_SPARSE_SAMPLE: Final = 0x7FFF
_END: Final = 0x8000
"""Added to the code of an event, it marks where that event ends."""


class GdfRecording(BlockRecording):
    """A GDF file as a ``RecordingSource``.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """

    def __init__(self, source: ByteSource) -> None:
        header = read_header(source)
        blocks = RecordBlocks(source, first_byte=header.header_bytes, record_bytes=header.record_bytes, n_records=header.n_records,
                              columns=header.columns)
        table, cut = _read_events(source, header)
        info = RecordingInfo(
            format="GDF", signals=header.signals, duration_s=header.duration_s, start_time=header.start_time, patient=header.patient,
            equipment=header.equipment, findings=(*header.findings, *_findings(table, cut)))
        super().__init__(info, _annotations(table, header), blocks)


@dataclass(frozen=True, slots=True)
class _Events:
    sfreq_hz: float
    position: NDArray[np.int64]      # samples at that rate, from 0
    code: NDArray[np.uint16]
    channel: NDArray[np.uint16]      # 0: all, else the number of the signal
    length: NDArray[np.int64]        # samples; 0 where the table has none


def _read_events(source: ByteSource, header: GdfHeader) -> tuple[_Events, bool]:
    """The table behind the records, and whether it is cut short."""
    at = header.header_bytes + header.n_records * header.record_bytes
    head = source.read_at(at, 8)
    fastest_hz = max(signal.sfreq_hz for signal in header.signals)
    if len(head) < 8:
        return _table(fastest_hz, 0, b"", False), False
    if header.version < 1.94:
        sfreq_hz, stated = float(int.from_bytes(head[1:4], "little")), int.from_bytes(head[4:8], "little")
    else:
        stated, sfreq_hz = int.from_bytes(head[1:4], "little"), float(np.frombuffer(head, "<f4", 1, 4)[0])
    has_lengths = bool(head[0] & 2)
    size = 12 if has_lengths else 6
    count = min(stated, MAX_ANNOTATIONS, (source.size - at - 8) // size)
    # The columns follow one another, each with the stated number of entries.
    raw = source.read_at(at + 8, stated * size) if count == stated else b""
    rate = sfreq_hz if isfinite(sfreq_hz) and sfreq_hz > 0 else fastest_hz
    return _table(rate, count if raw else 0, raw, has_lengths), count < stated


def _table(sfreq_hz: float, count: int, raw: bytes, has_lengths: bool) -> _Events:
    none = np.zeros(count, np.int64)
    return _Events(
        sfreq_hz, np.maximum(np.frombuffer(raw, "<u4", count).astype(np.int64) - 1, 0),
        np.frombuffer(raw, "<u2", count, 4 * count),
        np.frombuffer(raw, "<u2", count, 6 * count) if has_lengths else none.astype(np.uint16),
        np.frombuffer(raw, "<u4", count, 8 * count).astype(np.int64) if has_lengths else none)


def _annotations(events: _Events, header: GdfHeader) -> tuple[Annotation, ...]:
    found: list[Annotation] = []
    begun: dict[tuple[int, int], int] = {}
    for position, code, channel, length in zip(events.position.tolist(), events.code.tolist(), events.channel.tolist(),
                                               events.length.tolist(), strict=True):
        onset_s = position / events.sfreq_hz
        if code in (_NEW_SEGMENT, _SPARSE_SAMPLE) or not 0 <= onset_s <= header.duration_s:
            continue
        if code & _END and (start := begun.pop((code & ~_END, channel), None)) is not None:
            whole = found[start]
            found[start] = Annotation(whole.onset_s, max(0.0, onset_s - whole.onset_s), whole.text)
            continue
        begun[code, channel] = len(found)
        length_s = min(length / events.sfreq_hz, float(MAX_DURATION_S)) if length else None
        found.append(Annotation(onset_s, length_s, _text(code, channel, header)))
    return tuple(sorted(found, key=lambda note: note.onset_s))


def _text(code: int, channel: int, header: GdfHeader) -> str:
    own = header.event_texts[code] if code < len(header.event_texts) else ""
    where = f" ({header.labels[channel - 1]})" if 0 < channel <= len(header.labels) else ""
    return (own or (f"end of event {code & ~_END}" if code & _END else f"event {code}")) + where


def _findings(events: _Events, cut: bool) -> tuple[str, ...]:
    joints = int((events.code == _NEW_SEGMENT).sum())
    sparse = int((events.code == _SPARSE_SAMPLE).sum())
    found: list[Any] = [
        cut and "The table of events is cut short or longer than any technologist writes; no event was read.",
        joints and f"The recording was paused at {joints} place{'s' if joints > 1 else ''} without a note of how long: times behind count "
                   "recorded samples.",
        sparse and f"{sparse} single values between the signals were left out."]
    return tuple(sentence for sentence in found if sentence)
