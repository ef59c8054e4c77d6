"""A recording that its recorder split over several files, as one recording on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.edf_header import MAX_DURATION_S
from ml.errors import RecordingError
from ml.recording import Annotation, PatientField, RecordingInfo, RecordingSource, Span

_SAME_S: Final = 1e-3
"""Record times are usually written to the millisecond."""


@dataclass(frozen=True, slots=True)
class _Part:
    source: RecordingSource
    offset_s: float                  # of its first sample, from that of the first part

    @property
    def stop_s(self) -> float:
        return self.offset_s + self.source.info.duration_s


def join(sources: Sequence[RecordingSource]) -> RecordingSource:
    """Put parts on one clock by their start times; where two overlap the earlier one is kept, as far as it has samples.

    Raises
    ------
    RecordingError
        If a part has no start time, other channels or another patient than the first, or all is too long.
    """
    return sources[0] if len(sources) == 1 else join_parts(sources)


def join_parts(sources: Sequence[RecordingSource]) -> JoinedRecording:
    """As ``join``, of two parts or more, so that it can be asked where they lie."""
    starts = [_start(source, number) for number, source in enumerate(sources, 1)]
    order = sorted(range(len(sources)), key=lambda index: starts[index])
    ordered = [sources[index] for index in order]
    for source in ordered[1:]:
        _require_same(ordered[0].info, source.info)
    return JoinedRecording(_placed(ordered, [(starts[index] - starts[order[0]]).total_seconds() for index in order]))


class JoinedRecording:
    """Parts in order of their start; see ``join``."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = tuple(parts)
        first = parts[0].source.info
        duration_s = max(part.stop_s for part in parts)
        if duration_s > MAX_DURATION_S:
            raise RecordingError(f"The parts span {duration_s / 86_400:.0f} days; at most {MAX_DURATION_S // 86_400} days are read. Join "
                                 "fewer parts.", code="too_long")
        gaps = _complement([span for part in parts for span in _recorded(part)], duration_s)
        self._info = replace(
            first, format=f"{first.format}, {len(parts)} files"[:20], duration_s=duration_s, gaps=gaps,
            signals=tuple(replace(signal, calibrated=all(part.source.info.signals[i].calibrated for part in parts))
                          for i, signal in enumerate(first.signals)),
            findings=tuple(dict.fromkeys((*_join_findings(parts, gaps), *(f for part in parts for f in part.source.info.findings)))))

    @property
    def info(self) -> RecordingInfo:
        """Facts of the first part, with the length, gaps and findings of all."""
        return self._info

    @property
    def part_spans(self) -> tuple[Span, ...]:
        """Where the parts lie on the one clock, in order of their start; where two overlap the earlier one is read."""
        return tuple(Span(part.offset_s, part.stop_s) for part in self._parts)

    def annotations(self) -> tuple[Annotation, ...]:
        """Annotations of all parts on the one clock; what two overlapping parts both say is said once."""
        found = {(round(note.onset_s + part.offset_s, 3), note.text): replace(note, onset_s=note.onset_s + part.offset_s)
                 for part in reversed(self._parts) for note in part.source.annotations()}
        return tuple(sorted(found.values(), key=lambda note: note.onset_s))

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        rates = [self._info.signals[index].sfreq_hz for index in signals]
        result = [np.full(max(0, round(stop_s * rate) - round(start_s * rate)), np.nan, np.float32) for rate in rates]
        for part in self._parts:
            if part.offset_s < stop_s + 1 and part.stop_s > start_s - 1:
                for rate in set(rates):
                    chosen = [i for i, own in enumerate(rates) if own == rate]
                    self._fill(part, rate, (start_s, stop_s), [signals[i] for i in chosen], [result[i] for i in chosen])
        return result

    def _fill(self, part: _Part, rate: float, wanted_s: tuple[float, float], signals: list[int], rows: list[NDArray[np.float32]]) -> None:
        """Fill from one part what no earlier part has, on the sample grid of the whole."""
        base, first, stop = round(part.offset_s * rate), round(wanted_s[0] * rate), round(wanted_s[1] * rate)
        low, high = max(first, base), min(stop, base + round(part.source.info.duration_s * rate))
        if low >= high:
            return
        for row, values in zip(rows, part.source.read((low - base) / rate, (high - base) / rate, signals), strict=True):
            target = row[low - first : high - first]
            np.copyto(target, values[: len(target)], where=np.isnan(target))


def _start(source: RecordingSource, number: int) -> datetime:
    start = source.info.start_time
    if start is None:
        raise RecordingError(f"Part {number} states no start time, so it cannot be placed on the clock; export the parts with their times.",
                             code="part_without_time")
    return start


def _require_same(first: RecordingInfo, other: RecordingInfo) -> None:
    labels, others = ([(signal.label, signal.sfreq_hz) for signal in info.signals] for info in (first, other))
    if labels != others:
        differing = sorted({label for label, _ in set(labels) ^ set(others)})[:5]
        raise RecordingError(f"The parts do not have the same channels at the same rates ({', '.join(differing) or 'another order'}); join "
                             "parts of one recording only.", code="parts_differ")
    if _contradict(first.patient, other.patient):
        raise RecordingError("The parts name different patients in their headers; join parts of one recording only.", code="parts_patients")


def _contradict(one: PatientField, other: PatientField) -> bool:
    pairs = ((one.code, other.code), (one.name, other.name), (one.birth_date, other.birth_date), (one.sex, other.sex))
    return any(a is not None and b is not None and a != b for a, b in pairs)


def _placed(ordered: Sequence[RecordingSource], offsets_s: Sequence[float]) -> list[_Part]:
    """Parts that follow one another within a sample are put end to end: no gap of a fraction of a sample is invented."""
    fastest_hz = max((signal.sfreq_hz for signal in ordered[0].info.signals), default=1.0)
    parts: list[_Part] = []
    for source, offset_s in zip(ordered, offsets_s, strict=True):
        before = parts[-1].stop_s if parts else offset_s
        parts.append(_Part(source, before if abs(offset_s - before) < max(_SAME_S, 1 / fastest_hz) else offset_s))
    return parts


def _recorded(part: _Part) -> list[Span]:
    return [Span(span.start_s + part.offset_s, span.stop_s + part.offset_s) for span in part.source.info.stretches]


def _complement(spans: Sequence[Span], duration_s: float) -> tuple[Span, ...]:
    """What no span covers."""
    gaps, reached = [], 0.0
    for span in sorted(spans, key=lambda span: span.start_s):
        if span.start_s - reached > _SAME_S / 10:
            gaps.append(Span(reached, span.start_s))
        reached = max(reached, span.stop_s)
    return (*gaps, Span(reached, duration_s)) if duration_s - reached > _SAME_S / 10 else tuple(gaps)


def _join_findings(parts: Sequence[_Part], gaps: Sequence[Span]) -> list[str]:
    findings = [f"The recording was joined from {len(parts)} files by their start times."]
    reached = parts[0].stop_s
    for number, part in enumerate(parts[1:], 2):
        common_s = min(reached, part.stop_s) - part.offset_s
        if common_s > _SAME_S / 10:
            findings.append(f"File {number} overlaps the one before it by {common_s:.2f} s; there the samples of the earlier file are used.")
        reached = max(reached, part.stop_s)
    if gaps:
        findings.append(f"The joined recording has {len(gaps)} gap{'s' if len(gaps) > 1 else ''}, {sum(gap.length_s for gap in gaps):.2f} s "
                        "in all; nothing was recorded there and times stay on the clock.")
    return findings
