"""Events beside a diary of true ones: how many are found, how many are false, and how late.

Counted by ``EventScoring`` of the package ``timescoring`` (Dan et al., Epilepsia 2024, doi 10.1111/epi.18113; MIT), once with
its own tolerance and once without any. The tolerance hides latency and moves false alarms, so neither stands alone
(reference 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final, NamedTuple

import numpy as np
from scipy import stats

from ml import events
from ml.analysis import LABEL_S, WINDOW_S, Event, Spans
from ml.classes import CLASSES, PATTERNS, PatternClass
from ml.events import EventRule
from ml.synthetic.recording import DiaryEvent
from ml.training import metrics

LOOK_AHEAD_S: Final[float] = (WINDOW_S - LABEL_S) / 2 + LABEL_S
"""Signal that the last window over a moment still reads after it."""
MASK_HZ: Final[int] = 10


class Tolerance(NamedTuple):
    """Parameters of ``timescoring.scoring.EventScoring``, in seconds."""

    before: float
    after: float
    longest: float
    merged: float
    said: str


TOLERANCES: Final[dict[str, Tolerance]] = {
    "with_tolerance": Tolerance(30, 60, 300, 90, "true events widened by 30 s before and 60 s after, split at 300 s; events less than 90 s apart joined"),
    "without_tolerance": Tolerance(0, 0, 1e9, 0, "any overlap with a true event as it is; nothing widened, split or joined"),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A recording with its true events and those that were found in it."""

    true: tuple[DiaryEvent, ...]
    found: tuple[Event, ...]
    alarm_s: tuple[float, ...]           # of each found event: seconds of signal that had to be there to name it
    length_s: float


def judge(spans: Spans, rule: EventRule, true: Iterable[DiaryEvent], *, length_s: float) -> Judged:
    """Find events and when each could first have been named."""
    found = events.find(spans, rule)
    line = events.timeline(spans)
    return Judged(tuple(true), found, tuple(_alarm_s(line, rule, event) for event in found), length_s)


def score(recordings: Sequence[Judged]) -> dict[str, Any]:
    """Figures of every pattern and of all together, which sums the patterns: a pattern under another's name is missed and false."""
    hours = sum(item.length_s for item in recordings) / 3600
    rows: dict[str, dict[str, Any]] = {pattern: {"latency": latency(recordings, pattern)} for pattern in PATTERNS} | {"all": {}}
    for name in TOLERANCES:
        counts = [_counts(recordings, pattern, name) for pattern in PATTERNS]
        counts.append(tuple(sum(column) for column in zip(*counts, strict=True)))
        for pattern, count in zip(rows, counts, strict=True):
            rows[pattern][name] = figures(*count, hours=hours)
    return {"scorer": scorer(), "hours": round(hours, 2), "recordings": len(recordings), "patterns": rows}


def scorer() -> str:
    """Name and version of what counts."""
    return f"timescoring {metadata.version('timescoring')}, EventScoring"


def figures(true: int, found: int, false: int, *, hours: float) -> dict[str, Any]:
    """Sensitivity, precision, F1 and false alarms with exact 95 % intervals (binomial; Poisson for rates)."""
    precision = found / (found + false) if found + false else None
    sensitivity = found / true if true else None
    f1 = 2 * found / (found + false + true) if true + false else None
    low, high = rate_interval(false, hours)
    return {
        "true_events": true, "found": found, "false_alarms": false, "hours": round(hours, 2),
        "sensitivity": _round(sensitivity), "sensitivity_95": metrics.interval(found, true) if true else None,
        "precision": _round(precision), "f1": _round(f1),
        "false_alarms_per_hour": _round(false / hours), "false_alarms_per_hour_95": [_round(low), _round(high)],
        "false_alarms_per_day": round(24 * false / hours, 2), "false_alarms_per_day_95": [round(24 * low, 2), round(24 * high, 2)],
    }


def rate_interval(count: int, hours: float) -> tuple[float, float]:
    """Exact (Garwood) 95 % interval of a Poisson rate per hour."""
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low / hours), float(stats.chi2.ppf(0.975, 2 * count + 2) / 2 / hours)


def latency(recordings: Sequence[Judged], pattern: PatternClass) -> dict[str, Any]:
    """How far the found beginning is from the true one, and how much signal after the true onset naming it took.

    Of true events that a found one of the same pattern overlaps. ``delay_s`` counts the minimum duration, the probability to
    be reached and the seconds that windows look ahead: what a reader who waits would live through.
    """
    start, delay = [], []
    for item in recordings:
        found = [(hit, alarm) for hit, alarm in zip(item.found, item.alarm_s, strict=True) if hit.pattern == pattern]
        for event in (event for event in item.true if event.pattern == pattern):
            over = [(hit.start_s - event.start_s, alarm - event.start_s) for hit, alarm in found if _overlap(event, hit)]
            if over:
                start.append(over[0][0])
                delay.append(over[0][1])
    return {"n": len(start), "start_error_s": _spread(start), "delay_s": _spread(delay)}


def _counts(recordings: Sequence[Judged], pattern: PatternClass, name: str) -> tuple[int, int, int]:
    """True events, found ones and false alarms as the scorer counts them."""
    from timescoring.annotations import Annotation  # type: ignore[import-untyped,unused-ignore]
    from timescoring.scoring import EventScoring  # type: ignore[import-untyped,unused-ignore]

    how = TOLERANCES[name]
    parameters = EventScoring.Parameters(how.before, how.after, 0, how.longest, how.merged)
    total = np.zeros(3, dtype=int)
    for item in recordings:
        size = round(item.length_s * MASK_HZ)
        true, found = (Annotation([(row.start_s, row.stop_s) for row in rows if row.pattern == pattern], MASK_HZ, size)
                       for rows in (item.true, item.found))
        made = EventScoring(true, found, parameters)
        total += (made.refTrue, made.tp, made.fp)
    return int(total[0]), int(total[1]), int(total[2])


def _alarm_s(line: events.Timeline, rule: EventRule, event: Event) -> float:
    """When the last window is complete that the event's onset threshold and its minimum duration wait for."""
    row = CLASSES.index(event.pattern)
    first, last = np.searchsorted(line.edges_s, [event.start_s, event.stop_s])
    reached = first + int(np.argmax(line.prob[first:last, row] >= rule.onset[row]))
    enough = int(np.searchsorted(line.edges_s, event.start_s + rule.min_duration_s[row] - 1e-6)) - 1
    return float(line.edges_s[max(reached, enough)]) + LOOK_AHEAD_S


def _overlap(event: DiaryEvent, hit: Event) -> bool:
    return bool(min(event.stop_s, hit.stop_s) > max(event.start_s, hit.start_s))


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    low, middle, high = np.percentile(values, [10, 50, 90])
    return {"median": round(float(middle), 1), "p10": round(float(low), 1), "p90": round(float(high), 1)}


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
