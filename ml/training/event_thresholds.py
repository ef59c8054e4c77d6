"""Event thresholds fitted on generated recordings, whose true events are known."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml import events, pipeline
from ml.analysis import Event, Spans
from ml.byte_source import FileBytes
from ml.classes import PATTERNS, PatternClass
from ml.ensemble import Ensemble
from ml.events import EventRule
from ml.open_recording import open_recording
from ml.synthetic import recording
from ml.synthetic.recording import DiaryEvent

ONSETS: Final[tuple[float, ...]] = (0.5, 0.6, 0.4, 0.7, 0.8, 0.9)
"""The first of equally good ones is taken."""
OFFSET_SHARES: Final[tuple[float, ...]] = (0.5, 0.7)
SEIZURE_S: Final[float] = 10.0
"""Not fitted: an electrographic seizure lasts at least 10 s (ACNS 2021), and a longer minimum would hide short ones."""
MIN_DURATIONS_S: Final[tuple[float, ...]] = (10.0, 15.0, 20.0)
FALSE_ALARM_COST: Final[float] = 0.15
"""Sensitivity that one false event per hour is worth when thresholds are chosen, in recordings that hold events."""
QUIET_COST: Final[float] = 1.0
"""The same in recordings in which nothing happens: one false event a day is worth 4 % of all events, one an hour all of them."""


EVENTS_PER_HOUR: Final[dict[PatternClass, float]] = dict.fromkeys(PATTERNS, 2.5)
"""A denser diary than any patient's, so that few hours hold enough events to fit on."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A generated recording after its analysis."""

    spans: Spans
    diary: tuple[DiaryEvent, ...]
    hours: float


def analyse_generated(ensemble: Ensemble, *, hours: float, seeds: Sequence[int], healthy: bool = False, asleep: bool | None = None) -> list[Assessed]:
    """Generate recordings, analyse them through the pipeline and keep their probabilities and diaries; the healthy have no events."""
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "generated.edf"
            diary = recording.write_edf(path, hours=hours, seed=seed, patterns={} if healthy else EVENTS_PER_HOUR, healthy=healthy, asleep=asleep)
            with FileBytes(path) as source:
                result = pipeline.analyse(open_recording(source, name=path.name), ensemble)
        found.append(Assessed(result.spans, diary, hours))
    return found


def fit(recordings: list[Assessed]) -> EventRule:
    """Choose thresholds and minimum duration of each pattern by sensitivity minus the cost of false events.

    Recordings without a diary are those in which nothing happens; give some, or false events in them cost nothing.
    """
    rule = EventRule()
    for row, pattern in enumerate(PATTERNS):
        best = max(_candidates(rule, row), key=lambda candidate: _worth(recordings, candidate, pattern))
        rule = best
    return rule


def report(recordings: list[Assessed], rule: EventRule) -> dict[str, Any]:
    """Sensitivity and false events per 24 h of every pattern; any overlap with a true event counts (no tolerance)."""
    hours = sum(item.hours for item in recordings)
    rows: dict[str, Any] = {"hours": hours, "scoring": "any overlap with a diary event of the same pattern; no tolerance"}
    for pattern in PATTERNS:
        true, found, false = _count(recordings, rule, pattern)
        rows[pattern] = {
            "true_events": true, "found": found, "sensitivity": round(found / true, 3) if true else None,
            "false_events_per_24_h": round(24 * false / hours, 1),
        }
    return rows


def _candidates(rule: EventRule, row: int) -> list[EventRule]:
    made = []
    durations_s = (SEIZURE_S,) if PATTERNS[row] == "seizure" else MIN_DURATIONS_S
    for onset, share, least_s in itertools.product(ONSETS, OFFSET_SHARES, durations_s):
        made.append(replace(
            rule, onset=_with(rule.onset, row, onset), offset=_with(rule.offset, row, round(onset * share, 3)),
            min_duration_s=_with(rule.min_duration_s, row, least_s),
        ))
    return made


def _with(values: tuple[float, ...], row: int, value: float) -> tuple[float, ...]:
    return (*values[:row], value, *values[row + 1 :])


def _worth(recordings: list[Assessed], rule: EventRule, pattern: PatternClass) -> float:
    worth = 0.0
    for quiet, cost in ((False, FALSE_ALARM_COST), (True, QUIET_COST)):
        mine = [item for item in recordings if (not item.diary) == quiet]
        if mine:
            true, found, false = _count(mine, rule, pattern)
            worth += found / max(true, 1) - cost * false / sum(item.hours for item in mine)
    return worth


def _count(recordings: list[Assessed], rule: EventRule, pattern: PatternClass) -> tuple[int, int, int]:
    """True events, found ones, and events without any true one of their pattern."""
    true = found = false = 0
    for item in recordings:
        wanted = [event for event in item.diary if event.pattern == pattern]
        called = [event for event in events.find(item.spans, rule) if event.pattern == pattern]
        true += len(wanted)
        found += sum(any(_overlap(event, hit) for hit in called) for event in wanted)
        false += sum(not any(_overlap(event, hit) for event in wanted) for hit in called)
    return true, found, false


def _overlap(event: DiaryEvent, hit: Event) -> bool:
    return bool(np.minimum(event.stop_s, hit.stop_s) > np.maximum(event.start_s, hit.start_s))
