"""Samples laid out as records of equal size, signal after signal in each: GDF, Neuroscan CNT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.recording import Annotation, RecordingInfo

_BLOCK_BYTES: Final = 4 << 20
_LARGE_RECORD_BYTES: Final = 1 << 20
"""From this size on, single signals are read out of a record rather than the record whole."""


@dataclass(frozen=True, slots=True)
class Column:
    """One signal within a record."""

    sfreq_hz: float
    per_record: int                  # samples
    offset_bytes: int                # from the start of a record
    kind: str                        # a numpy type, or "i3" and "u3" for 24 bits, little endian
    gain: float                      # microvolts, or the signal's own unit, per digital step
    offset: float                    # value at digital zero

    @property
    def width(self) -> int:
        return int(self.kind[-1])


class RecordBlocks:
    """Random access by seconds; only the byte source is shared, so that threads may read at once."""

    def __init__(self, source: ByteSource, *, first_byte: int, record_bytes: int, n_records: int, columns: Sequence[Column]) -> None:
        self._source = source
        self._first_byte, self._record_bytes, self._n_records = first_byte, record_bytes, n_records
        self._columns = tuple(columns)

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        columns = [self._columns[index] for index in signals]
        asked = [(round(start_s * column.sfreq_hz), round(stop_s * column.sfreq_hz)) for column in columns]
        result = [np.full(max(0, stop - first), np.nan, np.float32) for first, stop in asked]
        inside = [(max(0, first), min(stop, column.per_record * self._n_records))
                  for column, (first, stop) in zip(columns, asked, strict=True)]
        wanted = [(column, low, high, out[low - first : high - first])
                  for column, (low, high), (first, _), out in zip(columns, inside, asked, result, strict=True) if low < high]
        if self._record_bytes >= _LARGE_RECORD_BYTES:
            for column, low, high, out in wanted:
                self._read_within(column, low, high, out)
        elif wanted:
            self._read_records(wanted)
        return result

    def _read_records(self, wanted: Sequence[tuple[Column, int, int, NDArray[np.float32]]]) -> None:
        first = min(low // column.per_record for column, low, _, _ in wanted)
        stop = max(-(-high // column.per_record) for column, _, high, _ in wanted)
        for record, rows in self._rows(first, stop):
            for column, low, high, out in wanted:
                begin = record * column.per_record
                a, b = max(low, begin), min(high, begin + len(rows) * column.per_record)
                if a < b:
                    raw = np.ascontiguousarray(rows[:, column.offset_bytes : column.offset_bytes + column.per_record * column.width])
                    out[a - low : b - low] = _values(raw.reshape(-1), column)[a - begin : b - begin]

    def _rows(self, first: int, stop: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield ``(first record, bytes of shape (records, record_bytes))``."""
        size = self._record_bytes
        per_block = max(1, _BLOCK_BYTES // size)
        for record in range(first, stop, per_block):
            raw = self._source.read_at(self._first_byte + record * size, min(per_block, stop - record) * size)
            whole = len(raw) // size
            yield record, np.frombuffer(raw, np.uint8, whole * size).reshape(whole, size)

    def _read_within(self, column: Column, low: int, high: int, out: NDArray[np.float32]) -> None:
        at = low
        while at < high:
            record, inside = divmod(at, column.per_record)
            count = min(high - at, column.per_record - inside, _BLOCK_BYTES // column.width)
            offset = self._first_byte + record * self._record_bytes + column.offset_bytes + inside * column.width
            raw = np.frombuffer(self._source.read_at(offset, count * column.width), np.uint8)
            values = _values(raw[: len(raw) // column.width * column.width], column)
            out[at - low : at - low + len(values)] = values
            at += count


class BlockRecording:
    """A recording whose samples lie in such records, as a ``RecordingSource``."""

    def __init__(self, info: RecordingInfo, annotations: tuple[Annotation, ...], blocks: RecordBlocks) -> None:
        self._info, self._annotations, self._blocks = info, annotations, blocks

    @property
    def info(self) -> RecordingInfo:
        """Header facts and findings."""
        return self._info

    def annotations(self) -> tuple[Annotation, ...]:
        """The event table in order of onset."""
        return self._annotations

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        return self._blocks.read(start_s, stop_s, signals)


def _values(raw: NDArray[np.uint8], column: Column) -> NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):        # floats of a damaged file
        values = (_digits(raw, column.kind).astype(np.float64) * column.gain + column.offset).astype(np.float32)
    values[np.isinf(values)] = np.nan
    return values


def _digits(raw: NDArray[np.uint8], kind: str) -> NDArray[np.generic]:
    if kind not in ("i3", "u3"):
        return raw.view(kind)
    parts = raw.reshape(-1, 3).astype(np.int32)
    unsigned = parts[:, 0] | (parts[:, 1] << 8) | (parts[:, 2] << 16)
    return unsigned if kind == "u3" else (unsigned ^ 0x800000) - 0x800000
