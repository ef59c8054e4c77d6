"""Our own file for recordings of other formats: float32 in blocks of seconds, read in place.

Little endian. 64 bytes: magic ``HMSCHUNK`` | version u32 = 1 | JSON bytes u32 | JSON offset u64 | block length in seconds f64 |
zeros. Then the samples: block after block, in each block signal after signal, so that a page of few signals is few reads.
Signal ``i`` has the samples from ``round(k * block_s * rate)`` to ``round((k + 1) * block_s * rate)`` in block ``k``: where a
block begins follows from the rates alone, whatever they are. Last the JSON: header facts, gaps, findings and annotations, but no
identity, which stays in the original file. A file that was not finished has JSON offset 0 and is refused.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.edf_header import MAX_DURATION_S, MAX_SFREQ_HZ, MAX_SIGNALS
from ml.errors import RecordingError
from ml.recording import Annotation, PatientField, RecordingInfo, Signal, Span
from ml.tal import MAX_ANNOTATIONS, MAX_TEXT_BYTES

MAGIC: Final = b"HMSCHUNK"
BLOCK_S: Final = 10.0
"""A page of the viewer: one page is then at most two blocks."""
_PROLOGUE: Final = struct.Struct("<8sIIQd32x")
_MAX_JSON_BYTES: Final = 64 << 20
_WHOLE_BLOCK_BYTES: Final = 16 << 20
"""Larger blocks are read signal by signal, so that memory stays bounded."""


class ChunkedWriter:
    """Write signals in microvolts, each at its own rate, in constant memory.

    Parameters
    ----------
    path
        File to be written; an existing one is replaced.
    sfreqs_hz
        Rate of every signal.
    """

    def __init__(self, path: str | os.PathLike[str], sfreqs_hz: Sequence[float], *, block_s: float = BLOCK_S) -> None:
        self._layout = _Layout(tuple(sfreqs_hz), block_s)
        self._pending: list[list[NDArray[np.float32]]] = [[] for _ in sfreqs_hz]
        self._have = [0] * len(sfreqs_hz)
        self._block = 0
        self._file = Path(path).open("wb")  # noqa: SIM115 - closed by finish() or close()
        self._file.write(bytes(_PROLOGUE.size))

    def append(self, values_uv: Sequence[NDArray[np.floating[Any]]]) -> None:
        """Add the next samples of every signal; NaN where nothing was recorded, infinite values become NaN."""
        for index, values in enumerate(values_uv):
            piece = np.array(values, np.float32)
            piece[np.isinf(piece)] = np.nan
            self._pending[index].append(piece)
            self._have[index] += len(piece)
        while self._is_whole(self._block):
            self._write(self._block)

    def finish(self, info: RecordingInfo, annotations: Iterable[Annotation] = ()) -> None:
        """Fill up to ``info.duration_s`` with NaN, write the JSON and close."""
        wanted = [round(info.duration_s * rate) for rate in self._layout.sfreqs_hz]
        while any(first < n for first, n in zip(self._layout.firsts(self._block), wanted, strict=True)):
            self._fill_up(wanted)
            self._write(self._block, wanted)
        at = self._file.tell()
        facts = json.dumps(_to_json(info, annotations), ensure_ascii=False, allow_nan=False).encode()
        self._file.write(facts)
        self._file.seek(0)
        self._file.write(_PROLOGUE.pack(MAGIC, 1, len(facts), at, self._layout.block_s))
        self.close()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _is_whole(self, block: int) -> bool:
        firsts, stops = self._layout.firsts(block), self._layout.firsts(block + 1)
        return bool(firsts) and all(have >= stop - first for have, first, stop in zip(self._have, firsts, stops, strict=True))

    def _fill_up(self, wanted: Sequence[int]) -> None:
        firsts, stops = self._layout.firsts(self._block), self._layout.firsts(self._block + 1)
        for index, (first, stop, n) in enumerate(zip(firsts, stops, wanted, strict=True)):
            missing = min(stop, n) - first - self._have[index]
            if missing > 0:
                self._pending[index].append(np.full(missing, np.nan, np.float32))
                self._have[index] += missing

    def _write(self, block: int, wanted: Sequence[int] | None = None) -> None:
        firsts, stops = self._layout.firsts(block), self._layout.firsts(block + 1)
        for index, (first, stop) in enumerate(zip(firsts, stops, strict=True)):
            count = max(0, (stop if wanted is None else min(stop, wanted[index])) - first)
            joined = np.concatenate([np.zeros(0, np.float32), *self._pending[index]])
            self._file.write(joined[:count].astype("<f4").tobytes())
            self._pending[index] = [joined[count:]]
            self._have[index] = max(0, len(joined) - count)
        self._block += 1


class ChunkedRecording:
    """A converted recording, read where asked; safe to be read by several threads at once.

    ``patient`` is the identity that the original claims, for whoever has it still: the copy does not hold it.

    Raises
    ------
    RecordingError
        If it was not finished, or does not fit its own header.
    """

    def __init__(self, source: ByteSource, *, patient: PatientField | None = None) -> None:
        self._source = source
        try:
            json_bytes, at, block_s = _prologue(source)
            facts = json.loads(source.read_at(at, json_bytes))
            self._info, self._annotations = _from_json(facts)
            self._info = replace(self._info, patient=patient) if patient else self._info
            self._layout = _Layout(tuple(signal.sfreq_hz for signal in self._info.signals), block_s)
            self._counts = [round(self._info.duration_s * rate) for rate in self._layout.sfreqs_hz]
            if _PROLOGUE.size + 4 * sum(self._counts) != at:
                raise ValueError("the samples do not fill the file")
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, struct.error) as error:
            raise RecordingError("The converted copy of the recording is damaged; analyse the study again, or convert it again.",
                                 code="copy_damaged") from error

    @property
    def info(self) -> RecordingInfo:
        """Header facts of the original, gaps and findings."""
        return self._info

    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations of the original in order of onset."""
        return self._annotations

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        wanted = [(round(start_s * rate), round(stop_s * rate)) for rate in (self._layout.sfreqs_hz[i] for i in signals)]
        result = [np.full(max(0, stop - first), np.nan, np.float32) for first, stop in wanted]
        low, high = max(0.0, start_s), min(self._info.duration_s, stop_s)
        block_s = self._layout.block_s
        for block in range(max(0, int(low / block_s) - 1), int(high / block_s) + 2) if low < high else ():
            self._fill(block, signals, wanted, result)
        return result

    def _fill(self, block: int, signals: Sequence[int], wanted: Sequence[tuple[int, int]], result: list[NDArray[np.float32]]) -> None:
        firsts = [min(first, n) for first, n in zip(self._layout.firsts(block), self._counts, strict=True)]
        stops = [min(stop, n) for stop, n in zip(self._layout.firsts(block + 1), self._counts, strict=True)]
        spans = [(max(firsts[i], first), min(stops[i], stop)) for i, (first, stop) in zip(signals, wanted, strict=True)]
        if not any(low < high for low, high in spans):
            return
        at, lengths = sum(firsts), np.subtract(stops, firsts)
        offsets = at + np.concatenate([[0], np.cumsum(lengths)[:-1]])
        size = int(lengths.sum())
        whole = self._samples(at, size) if 2 * len(signals) > len(firsts) and 4 * size <= _WHOLE_BLOCK_BYTES else None
        for index, (low, high), (first, _), out in zip(signals, spans, wanted, result, strict=True):
            if low < high:
                begin = int(offsets[index]) + low - firsts[index]
                values = self._samples(begin, high - low) if whole is None else whole[begin - at : begin - at + high - low]
                out[low - first : low - first + len(values)] = values

    def _samples(self, first: int, count: int) -> NDArray[np.float32]:
        raw = self._source.read_at(_PROLOGUE.size + 4 * first, 4 * count)
        values = np.frombuffer(raw[: len(raw) // 4 * 4], "<f4").astype(np.float32)
        values[np.isinf(values)] = np.nan
        return values


class _Layout:
    """Where blocks begin, in samples of each signal."""

    def __init__(self, sfreqs_hz: tuple[float, ...], block_s: float) -> None:
        self.sfreqs_hz = sfreqs_hz
        self.block_s = block_s

    def firsts(self, block: int) -> list[int]:
        return [round(block * self.block_s * rate) for rate in self.sfreqs_hz]


def _prologue(source: ByteSource) -> tuple[int, int, float]:
    magic, version, json_bytes, at, block_s = _PROLOGUE.unpack(source.read_at(0, _PROLOGUE.size))
    if magic != MAGIC or version != 1 or not 0 < json_bytes <= _MAX_JSON_BYTES or at + json_bytes != source.size:
        raise ValueError("the prologue does not fit the file")
    if not 1.0 <= block_s <= 60.0:
        raise ValueError("impossible block length")
    return json_bytes, at, block_s


def _to_json(info: RecordingInfo, annotations: Iterable[Annotation]) -> dict[str, Any]:
    return {
        "format": info.format, "duration_s": info.duration_s, "equipment": info.equipment, "findings": list(info.findings),
        "start_time": info.start_time.isoformat() if info.start_time else None,
        "gaps": [[gap.start_s, gap.stop_s] for gap in info.gaps],
        "signals": [{"label": s.label, "sfreq_hz": s.sfreq_hz, "unit": s.unit, "transducer": s.transducer,
                     "prefilter": s.prefilter, "calibrated": s.calibrated} for s in info.signals],
        "annotations": [[a.onset_s, a.duration_s, a.text] for a in sorted(annotations, key=lambda a: a.onset_s)],
    }


def _from_json(facts: dict[str, Any]) -> tuple[RecordingInfo, tuple[Annotation, ...]]:
    start = facts["start_time"]
    signals = tuple(_signal(entry) for entry in facts["signals"][: MAX_SIGNALS + 1])
    if len(signals) > MAX_SIGNALS or len(facts["annotations"]) > MAX_ANNOTATIONS:
        raise ValueError("too many signals or annotations")
    duration_s = _number(facts["duration_s"], 0.0, MAX_DURATION_S)
    gaps = tuple(Span(_number(a, 0.0, duration_s), _number(b, 0.0, duration_s)) for a, b in facts["gaps"])
    if any(before.stop_s > after.start_s for before, after in pairwise(gaps)):
        raise ValueError("gaps overlap")
    info = RecordingInfo(
        format=_text(facts["format"]), signals=signals, duration_s=duration_s, gaps=gaps, equipment=_text(facts["equipment"]),
        start_time=None if start is None else datetime.fromisoformat(_text(start)).replace(tzinfo=None),
        findings=tuple(_text(finding) for finding in facts["findings"]))
    return info, tuple(_annotation(*entry) for entry in facts["annotations"])


def _signal(entry: dict[str, Any]) -> Signal:
    rate = _number(entry["sfreq_hz"], 0.0, MAX_SFREQ_HZ)
    if rate == 0.0:
        raise ValueError("a rate of 0 Hz")
    label, unit, transducer, prefilter = (_text(entry[key]) for key in ("label", "unit", "transducer", "prefilter"))
    return Signal(label, rate, unit, transducer, prefilter, calibrated=entry["calibrated"] is True)


def _annotation(onset_s: Any, duration_s: Any, text: Any) -> Annotation:
    length_s = None if duration_s is None else _number(duration_s, 0.0, MAX_DURATION_S)
    return Annotation(_number(onset_s, -MAX_DURATION_S, MAX_DURATION_S), length_s, _text(text))


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not low <= value <= high:
        raise ValueError("a number out of range")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT_BYTES:
        raise ValueError("no text, or one too long")
    return value
