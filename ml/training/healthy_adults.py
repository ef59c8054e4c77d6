"""Healthy adults through the analysis that serves: windows called a pattern, and events that are called seizures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml import pipeline
from ml.analysis import LABEL_S, AnalysisResult
from ml.byte_source import FileBytes
from ml.classes import CLASSES, PATTERNS
from ml.ensemble import Ensemble
from ml.open_recording import open_recording
from ml.training import metrics
from ml.training.event_scoring import rate_interval

LONG_S: Final[float] = 10.0
"""A seizure event longer than this in a healthy adult is a false alarm of the kind that no reader would forgive."""


@dataclass(frozen=True, slots=True)
class Group:
    """Recordings that are reported together."""

    title: str
    patterns: tuple[str, ...]            # of file names below the folder of data
    trained_on: bool = False             # their backgrounds are under generated windows of the training


GROUPS: Final[dict[str, Group]] = {
    "eegmat_normal_03_04": Group("EEGMAT, subjects 03 and 04", ("eegmat_normal/Subject03_*.edf", "eegmat_normal/Subject04_*.edf")),
    "eegmat_rest": Group("EEGMAT, 14 further subjects", ("eegmat_rest/*.parquet",)),
    "eegmmidb": Group("EEGMMIDB, subject S001", ("eegmmidb/*.parquet",)),
    "eegmat_normal_00_02": Group(
        "EEGMAT, subjects 00 to 02", tuple(f"eegmat_normal/Subject{number}_*.edf" for number in ("00", "01", "02")), trained_on=True
    ),
}
OTHER: Final[int] = CLASSES.index("other")


def describe(ensemble: Ensemble, data: Path) -> dict[str, Any] | None:
    """Figures of each group, and as the whole those of the people whom training never met; ``None`` without recordings."""
    found = {name: list(_results(ensemble, data, group)) for name, group in GROUPS.items()}
    if not any(found.values()):
        return None
    unseen = [row for name, rows in found.items() if not GROUPS[name].trained_on for row in rows]
    return _figures(unseen) | {
        "kind": "real", "note": "people whose recordings no training met; neighboring windows of one person are not independent",
        "groups": {
            name: {"title": GROUPS[name].title, "trained_on": GROUPS[name].trained_on} | _figures(rows) for name, rows in found.items() if rows
        },
    }


def _results(ensemble: Ensemble, data: Path, group: Group) -> Iterator[tuple[str, AnalysisResult]]:
    """Name and result of every recording of a group."""
    for path in sorted(path for pattern in group.patterns for path in data.glob(pattern)):
        with FileBytes(path) as source:
            yield path.stem, pipeline.analyse(open_recording(source, name=path.name), ensemble)


def _figures(results: Sequence[tuple[str, AnalysisResult]]) -> dict[str, Any]:
    """Windows that do not overlap, and events as they serve."""
    called = {name: _called(result) for name, result in results}
    every = np.concatenate([*called.values(), np.zeros(0, dtype=np.intp)])
    wrong = every != OTHER
    events = [(name, event) for name, result in results for event in result.events]
    seizures = [(name, event) for name, event in events if event.pattern == "seizure"]
    hours = sum(result.quality.assessed_s for _, result in results) / 3600
    return {
        "n": len(every), "recordings": len(results), "people": len({_person(name) for name, _ in results}), "hours": round(hours, 3),
        "false_positives": int(wrong.sum()), "share": round(float(wrong.mean()), 4) if len(every) else None,
        "share_95": metrics.interval(int(wrong.sum()), len(every)) if len(every) else None,
        "called": {name: int((every == index).sum()) for index, name in enumerate(CLASSES)},
        "recordings_with_any": sum(bool((rows != OTHER).any()) for rows in called.values()),
        "people_with_any": len({_person(name) for name, rows in called.items() if (rows != OTHER).any()}),
        "events": {pattern: sum(event.pattern == pattern for _, event in events) for pattern in PATTERNS},
        "events_per_hour": round(len(events) / hours, 3) if hours else None,
        "events_per_hour_95": [round(value, 3) for value in rate_interval(len(events), hours)] if hours else None,
        "seizure_events": len(seizures), "seizure_events_over_10_s": sum(event.stop_s - event.start_s > LONG_S for _, event in seizures),
        "seizures": [{"recording": name, "start_s": event.start_s, "stop_s": event.stop_s, "max_prob": round(event.max_prob, 3)} for name, event in seizures],
    }


def _called(result: AnalysisResult) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Class of every span that begins at a whole multiple of its length: no two overlap."""
    starts = result.spans.label_start_s
    alone = result.spans.assessed & (np.abs(starts / LABEL_S - np.round(starts / LABEL_S)) < 1e-6)
    return result.spans.prob[alone].argmax(axis=1)


def _person(name: str) -> str:
    """The part of a file name that tells the person: Subject05_1 and S001R03 are one recording each of a person."""
    return name.split("_")[0].split("R")[0]
