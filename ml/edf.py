"""EDF and BDF read in place: samples by seconds, in microvolts, in constant memory.

Sources: Kemp et al. 1992 (EDF), Kemp and Olivan 2003 (EDF+), BioSemi (BDF, 24 bit).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import bdf_status
from ml.byte_source import ByteSource
from ml.edf_header import EdfHeader, EdfSignal, read_header
from ml.edf_timeline import Timeline, read_timeline
from ml.recording import Annotation, RecordingInfo
from ml.tal import read_annotations

_BLOCK_BYTES: Final = 8 << 20
_LARGE_RECORD_BYTES: Final = 1 << 20
"""From this size on, single signals are read out of a record rather than the record whole."""


class EdfRecording:
    """A recording in EDF, EDF+C, EDF+D, BDF or BDF+, opened by its header and read where asked.

    Safe to be read by several threads at once: only the byte source is shared. Annotations are read when first asked for.
    """

    def __init__(self, source: ByteSource, *, whole: bool = True) -> None:
        self._source = source
        self._header = read_header(source)
        self._timeline = read_timeline(source, self._header, whole=whole)
        self._info = _info(self._header, self._timeline)
        self._annotations: tuple[Annotation, ...] | None = None

    @property
    def info(self) -> RecordingInfo:
        """Header facts, gaps and findings."""
        return self._info

    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations of the file in order of onset, in seconds from the first sample."""
        if self._annotations is None:
            noted = read_annotations(self._source, self._header, self._timeline.first_onset_s)
            found = bdf_status.triggers(self._source, self._header, self._timeline)
            self._annotations = tuple(sorted((*noted, *found), key=lambda note: note.onset_s)) if found else noted
        return self._annotations

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        chosen = [self._header.signals[index] for index in signals]
        windows = [_Window(signal, start_s, stop_s) for signal in chosen]
        readable = [window for window in windows if window.signal.signal.calibrated and window.uv.size]
        for run in range(len(self._timeline.start_s)) if len(self._timeline.start_s) == 1 else self._runs(start_s, stop_s):
            self._fill(run, readable)
        return [window.uv for window in windows]

    def _runs(self, start_s: float, stop_s: float) -> range:
        """Runs of records that may touch the asked time, with one to spare on each side for rounding."""
        starts = self._timeline.start_s
        first = int(np.searchsorted(starts, start_s, side="right")) - 2
        last = int(np.searchsorted(starts, stop_s, side="left")) + 1
        return range(max(0, first), min(len(starts), last))

    def _fill(self, run: int, windows: list[_Window]) -> None:
        timeline = self._timeline
        first, count = int(timeline.first_record[run]), int(timeline.n_records[run])
        wanted = [window.records(timeline.start_s[run], count) for window in windows]
        wanted = [span for span in wanted if span[0] < span[1]]
        if not wanted:
            return
        low, high = min(span[0] for span in wanted), max(span[1] for span in wanted)
        if self._header.record_bytes >= _LARGE_RECORD_BYTES:
            self._fill_by_signal(run, first, windows)
            return
        for record, block in self._blocks(first + low, first + high):
            for window in windows:
                digits = _decode(block, window.signal, self._header.sample_bytes)
                window.put(digits, timeline.start_s[run], (record - first) * window.signal.samples_per_record)

    def _blocks(self, first: int, stop: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield ``(first record, bytes of shape (records, record_bytes))``."""
        size = self._header.record_bytes
        per_block = max(1, _BLOCK_BYTES // size)
        for record in range(first, stop, per_block):
            raw = self._source.read_at(self._header.header_bytes + record * size, min(per_block, stop - record) * size)
            whole = len(raw) // size
            yield record, np.frombuffer(raw, np.uint8, whole * size).reshape(whole, size)

    def _fill_by_signal(self, run: int, first: int, windows: list[_Window]) -> None:
        """Read exactly the asked samples out of large records."""
        header, start_s = self._header, self._timeline.start_s[run]
        for window in windows:
            per_record, width = window.signal.samples_per_record, header.sample_bytes
            begin, stop = window.samples(start_s, int(self._timeline.n_records[run]) * per_record)
            while begin < stop:
                record, inside = divmod(begin, per_record)
                count = min(stop - begin, per_record - inside, _BLOCK_BYTES // width)
                offset = header.header_bytes + (first + record) * header.record_bytes + window.signal.offset_bytes
                raw = np.frombuffer(self._source.read_at(offset + inside * width, count * width), np.uint8)
                window.put(_digits(raw[: len(raw) // width * width], width), start_s, begin)
                begin += count


class _Window:
    """One signal's asked stretch on its own sample grid, filled piece by piece; NaN where nothing was recorded."""

    def __init__(self, signal: EdfSignal, start_s: float, stop_s: float) -> None:
        self.signal = signal
        self.first = round(start_s * signal.signal.sfreq_hz)
        self.uv = np.full(max(0, round(stop_s * signal.signal.sfreq_hz) - self.first), np.nan, np.float32)

    def samples(self, run_start_s: float, n_samples: int) -> tuple[int, int]:
        """Half-open range of the run's own samples that fall into the stretch."""
        base = round(run_start_s * self.signal.signal.sfreq_hz)
        begin = max(0, self.first - base)
        return begin, max(begin, min(n_samples, self.first + self.uv.size - base))

    def records(self, run_start_s: float, n_records: int) -> tuple[int, int]:
        """Half-open range of the run's records that fall into the stretch."""
        per_record = self.signal.samples_per_record
        begin, stop = self.samples(run_start_s, n_records * per_record)
        return (begin // per_record, -(-stop // per_record)) if begin < stop else (0, 0)

    def put(self, digits: NDArray[np.int32] | NDArray[np.int16], run_start_s: float, first_sample: int) -> None:
        """Calibrate and place digital samples that begin at ``first_sample`` of a run."""
        at = round(run_start_s * self.signal.signal.sfreq_hz) + first_sample - self.first
        low, high = max(0, at), min(self.uv.size, at + len(digits))
        if low < high:
            self.uv[low:high] = digits[low - at : high - at] * self.signal.gain + self.signal.offset


def _decode(block: NDArray[np.uint8], signal: EdfSignal, width: int) -> NDArray[np.int32] | NDArray[np.int16]:
    stop = signal.offset_bytes + signal.samples_per_record * width
    return _digits(np.ascontiguousarray(block[:, signal.offset_bytes : stop]).reshape(-1), width)


def _digits(raw: NDArray[np.uint8], width: int) -> NDArray[np.int32] | NDArray[np.int16]:
    """Little-endian two's complement of 16 or 24 bits."""
    if width == 2:
        return raw.view("<i2")
    parts = raw.reshape(-1, 3).astype(np.int32)
    unsigned = parts[:, 0] | (parts[:, 1] << 8) | (parts[:, 2] << 16)
    return np.asarray((unsigned ^ 0x800000) - 0x800000, np.int32)


def _info(header: EdfHeader, timeline: Timeline) -> RecordingInfo:
    start = header.start_time
    if start is not None:
        start += timedelta(seconds=timeline.first_onset_s)
    findings = [*header.findings, *timeline.findings]
    if not header.signals:
        findings.append("The file holds annotations only and no signal: there is nothing to see or to assess.")
    if bdf_status.status_signal(header) is not None and not bdf_status.is_scanned(header):
        findings.append("The recording is too long to look for triggers in its Status channel: they are not among the annotations.")
    return RecordingInfo(
        format=header.format, signals=tuple(signal.signal for signal in header.signals), duration_s=timeline.duration_s,
        start_time=start, gaps=timeline.gaps, patient=header.patient, equipment=header.equipment,
        recorded=header.recorded, findings=tuple(findings))
