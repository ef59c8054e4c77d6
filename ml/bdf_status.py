"""Triggers of a BDF recording: the low 16 bits of its Status channel, read as annotations.

Source: BioSemi, https://www.biosemi.com/faq/trigger_signals.htm (bits 16 to 23 are about the amplifier and no event).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.edf_header import EdfHeader, EdfSignal
from ml.edf_timeline import Timeline
from ml.recording import Annotation
from ml.tal import MAX_ANNOTATIONS

LABEL: Final = "Status"
MAX_SCANNED_BYTES: Final = 256 << 20
"""Triggers lie among the samples, so all of the file is read for them; a page must not wait for gigabytes."""
_BLOCK_BYTES: Final = 8 << 20


def status_signal(header: EdfHeader) -> EdfSignal | None:
    """The Status channel of a BDF, if it has one."""
    return next((s for s in header.signals if header.sample_bytes == 3 and s.signal.label.strip().lower() == LABEL.lower()), None)


def is_scanned(header: EdfHeader) -> bool:
    """Whether the file is short enough for its triggers to be looked for."""
    return header.n_records * header.record_bytes <= MAX_SCANNED_BYTES


def triggers(source: ByteSource, header: EdfHeader, timeline: Timeline) -> list[Annotation]:
    """One annotation for each change to a value other than 0; the value with which the recording begins is no event."""
    signal = status_signal(header)
    if signal is None or not is_scanned(header):
        return []
    found: list[Annotation] = []
    before = -1
    for first, count, start_s in zip(timeline.first_record, timeline.n_records, timeline.start_s, strict=True):
        values = _values(source, header, signal, int(first), int(count))
        previous = np.concatenate([[before if before >= 0 else int(values[0]) if len(values) else 0], values[:-1]])
        for sample in np.flatnonzero((values != previous) & (values != 0))[: MAX_ANNOTATIONS - len(found)]:
            found.append(Annotation(float(start_s) + int(sample) / signal.signal.sfreq_hz, None, f"Trigger {int(values[sample])}"))
        before = int(values[-1]) if len(values) else before
    return found


def _values(source: ByteSource, header: EdfHeader, signal: EdfSignal, first: int, count: int) -> NDArray[np.int64]:
    """The low 16 bits of all samples of a run of data records."""
    per_block = max(1, _BLOCK_BYTES // header.record_bytes)
    width = signal.samples_per_record * 3
    pieces = [np.zeros(0, np.int64)]
    for record in range(first, first + count, per_block):
        n = min(per_block, first + count - record)
        raw = source.read_at(header.header_bytes + record * header.record_bytes, n * header.record_bytes)
        whole = len(raw) // header.record_bytes
        rows = np.frombuffer(raw, np.uint8, whole * header.record_bytes).reshape(whole, header.record_bytes)
        samples = rows[:, signal.offset_bytes : signal.offset_bytes + width].reshape(-1, 3).astype(np.int64)
        pieces.append(samples[:, 0] | (samples[:, 1] << 8))
    return np.concatenate(pieces)
