"""From window probabilities to events: stretches in which one pattern prevails.

The probabilities of overlapping label spans are averaged into one timeline. Each pattern is then judged by itself, so two
patterns may overlap in time (a seizure that grows out of LPDs); "other" is the absence of all five and never an event.

A stretch begins and ends where the timeline crosses the *offset* threshold and counts only if it reaches the *onset*
threshold somewhere (hysteresis), so a weak window does not split it. Stretches that are separated by no more than the merge
gap are joined, and what is then shorter than the pattern's minimum duration is dropped. A gap of the recording or a span
that was not assessed always ends an event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S, Event, Spans
from ml.classes import CLASSES, PATTERNS, PatternClass

SEIZURE_MIN_S: Final = 10.0
"""An electrographic seizure lasts at least 10 s: ACNS Critical Care EEG Terminology 2021 (Hirsch et al.,
J Clin Neurophysiol 2021;38:1-29, section G). Shorter ones are BIRDs, which the model does not look for."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """Thresholds of the event finder; every tuple is in the order of ``PATTERNS``.

    Attributes
    ----------
    onset, offset
        Probability that a pattern must reach somewhere, and above which it lasts; ``0 < offset <= onset <= 1``.
    min_duration_s
        Shorter events are dropped; at least ``SEIZURE_MIN_S`` for seizures.
    merge_gap_s
        Events of one pattern that are no farther apart are joined.
    """

    onset: tuple[float, ...] = (0.5,) * 5
    offset: tuple[float, ...] = (0.3,) * 5
    min_duration_s: tuple[float, ...] = (SEIZURE_MIN_S,) * 5
    merge_gap_s: float = 10.0

    def __post_init__(self) -> None:
        sizes = {len(self.onset), len(self.offset), len(self.min_duration_s)}
        if sizes != {len(PATTERNS)}:
            raise ValueError(f"an event rule needs {len(PATTERNS)} values per threshold, not {sorted(sizes)}")
        for pattern, on, off in zip(PATTERNS, self.onset, self.offset, strict=True):
            if not 0.0 < off <= on <= 1.0:
                raise ValueError(f"{pattern}: offset {off} and onset {on} must fulfil 0 < offset <= onset <= 1")
        if self.min_duration_s[PATTERNS.index("seizure")] < SEIZURE_MIN_S:
            raise ValueError(f"a seizure lasts at least {SEIZURE_MIN_S} s, not {self.min_duration_s[0]} s")
        if min(self.min_duration_s) < 0.0 or self.merge_gap_s < 0.0:
            raise ValueError("durations cannot be negative")

    def to_json(self) -> dict[str, Any]:
        """The rule by pattern name, as kept in ``manifest.json``."""
        rows = zip(PATTERNS, self.onset, self.offset, self.min_duration_s, strict=True)
        by_name = {name: {"onset": on, "offset": off, "min_duration_s": least} for name, on, off, least in rows}
        return {"patterns": by_name, "merge_gap_s": self.merge_gap_s}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EventRule:
        """Read what ``to_json`` wrote.

        Raises
        ------
        KeyError, ValueError
            A pattern or a value is missing, or a threshold is out of bounds.
        """
        def of(key: str) -> tuple[float, ...]:
            return tuple(float(document["patterns"][name][key]) for name in PATTERNS)

        return cls(of("onset"), of("offset"), of("min_duration_s"), float(document["merge_gap_s"]))


@dataclass(frozen=True, slots=True)
class Timeline:
    """Averaged probabilities over consecutive cells of the clock."""

    edges_s: NDArray[np.float64]   # (n_cells + 1,)
    prob: NDArray[np.float64]      # (n_cells, 6); NaN where nothing was assessed


def find(spans: Spans, rule: EventRule) -> tuple[Event, ...]:
    """Events of all five patterns in order of their start.

    Parameters
    ----------
    spans
        Calibrated probabilities of the label spans.
    rule
        Thresholds, minimum durations and merge gap.
    """
    line = timeline(spans)
    found = [event for pattern in PATTERNS for event in _events_of(pattern, line, rule)]
    return tuple(sorted(found, key=lambda event: (event.start_s, PATTERNS.index(event.pattern))))


def timeline(spans: Spans) -> Timeline:
    """Average the probabilities of all assessed spans that cover each moment.

    A span that was not assessed blanks the part that only it stands for: the central ``step_s`` of its 10 s.
    """
    starts = np.round(spans.label_start_s, 6)
    if not len(starts):
        return Timeline(np.zeros(1), np.zeros((0, len(CLASSES))))
    unsure = starts[~spans.assessed] + LABEL_S / 2.0
    reach = np.round(np.stack([unsure - spans.step_s / 2.0, unsure + spans.step_s / 2.0]), 6)
    edges = np.unique(np.concatenate([starts, starts + LABEL_S, reach.ravel()]).round(6))
    prob = _mean_over_cells(edges, starts[spans.assessed], spans.prob[spans.assessed].astype(np.float64))
    if len(unsure):
        middles = (edges[:-1] + edges[1:]) / 2.0
        blank = np.searchsorted(reach[0], middles, side="right") > np.searchsorted(reach[1], middles, side="right")
        prob[blank] = np.nan
    return Timeline(edges, prob)


def _mean_over_cells(
    edges: NDArray[np.float64], starts: NDArray[np.float64], prob: NDArray[np.float64]
) -> NDArray[np.float64]:
    first = np.searchsorted(edges, starts)
    last = np.searchsorted(edges, np.round(starts + LABEL_S, 6))
    summed = np.zeros((len(edges), prob.shape[1] + 1))
    weighted = np.column_stack([prob, np.ones(len(prob))])
    np.add.at(summed, first, weighted)
    np.subtract.at(summed, last, weighted)
    totals = np.cumsum(summed, axis=0)[:-1]
    count = np.rint(totals[:, -1:])
    return np.where(count > 0, totals[:, :-1] / np.maximum(count, 1.0), np.nan).clip(0.0, 1.0)


def _events_of(pattern: PatternClass, line: Timeline, rule: EventRule) -> Iterator[Event]:
    row = PATTERNS.index(pattern)
    prob = line.prob[:, CLASSES.index(pattern)]
    strong = [run for run in _runs(prob >= rule.offset[row]) if prob[slice(*run)].max() >= rule.onset[row]]
    for first, last in _merged(strong, line, prob, rule.merge_gap_s):
        start_s, stop_s = float(line.edges_s[first]), float(line.edges_s[last])
        if stop_s - start_s >= rule.min_duration_s[row] - 1e-6:
            widths = np.diff(line.edges_s[first : last + 1])
            mean = float(np.average(prob[first:last], weights=widths))
            yield Event(pattern, start_s, stop_s, float(prob[first:last].max()), mean)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open index ranges in which ``mask`` is true."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(change[::2], change[1::2], strict=True)]


def _merged(
    runs: list[tuple[int, int]], line: Timeline, prob: NDArray[np.float64], merge_gap_s: float
) -> list[tuple[int, int]]:
    """Join runs that are no farther apart than the merge gap, unless something between them was not assessed."""
    merged: list[tuple[int, int]] = []
    for first, last in runs:
        if merged:
            before, until = merged[-1]
            near = line.edges_s[first] - line.edges_s[until] <= merge_gap_s + 1e-6
            if near and np.isfinite(prob[until:first]).all():
                merged[-1] = (before, last)
                continue
        merged.append((first, last))
    return merged
