"""Recordings of minutes with one whole seizure each: is it found, how late, and what is falsely found before it?"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml import pipeline
from ml.byte_source import FileBytes
from ml.classes import PatternClass
from ml.ensemble import Ensemble
from ml.open_recording import open_recording
from ml.synthetic import recording
from ml.synthetic.recording import DiaryEvent
from ml.training import event_scoring, metrics
from ml.training.event_scoring import Judged

LENGTH_S: Final[float] = 540.0
"""Whole minutes next above the 500 s of a presurgical recording of one seizure."""
SEED: Final[int] = 424_900
ONE: Final[dict[PatternClass, float]] = {"seizure": 1e-9}
"""A rate so low that the generator puts in the one seizure that a wanted pattern has at least."""


def assess(ensemble: Ensemble, *, n: int) -> dict[str, Any]:
    """Figures of ``n`` generated recordings, every second one with a normal background, through the analysis that serves."""
    rows = [_row(_judged(ensemble, SEED + number, healthy=bool(number % 2))) for number in range(n)]
    found, clean = sum(row["found"] for row in rows), sum(not row["false_before"] for row in rows)
    both = sum(row["found"] and not row["false_before"] for row in rows)
    delays, starts = ([row[key] for row in rows if row["found"]] for key in ("delay_s", "start_error_s"))
    return {
        "n": n, "length_s": LENGTH_S, "found": found, "found_95": metrics.interval(found, n),
        "without_false_alarm_before": clean, "without_false_alarm_before_95": metrics.interval(clean, n),
        "found_and_none_before": both, "found_and_none_before_95": metrics.interval(both, n),
        "start_error_s_median": _median(starts), "delay_s_median": _median(delays), "recordings": rows,
        "note": "generated recordings with one seizure each; the development data hold no recording of a whole real seizure",
    }


def _judged(ensemble: Ensemble, seed: int, *, healthy: bool) -> Judged:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one_seizure.edf"
        diary = recording.write_edf(path, hours=LENGTH_S / 3600, seed=seed, patterns=ONE, healthy=healthy)
        with FileBytes(path) as source:
            spans = pipeline.analyse(open_recording(source, name=path.name), ensemble).spans
    return event_scoring.judge(spans, ensemble.event_rule, diary, length_s=LENGTH_S)


def _row(judged: Judged) -> dict[str, Any]:
    """When the seizure was, when it was found, and what was called a seizure or another pattern before it."""
    (true,) = judged.true
    pairs = list(zip(judged.found, judged.alarm_s, strict=True))
    hits = [(event, alarm) for event, alarm in pairs if event.pattern == "seizure" and event.stop_s > true.start_s and event.start_s < true.stop_s]
    before = [event for event, _ in pairs if event.stop_s <= true.start_s]
    row = {
        "start_s": round(true.start_s, 1), "stop_s": round(true.stop_s, 1), "found": bool(hits),
        "false_before": sum(event.pattern == "seizure" for event in before),
        "other_patterns_before": sum(event.pattern != "seizure" for event in before),
    }
    return row | _first(hits, true)


def _first(hits: Sequence[tuple[Any, float]], true: DiaryEvent) -> dict[str, Any]:
    if not hits:
        return {}
    event, alarm_s = hits[0]
    return {"found_at_s": round(event.start_s, 1), "start_error_s": round(event.start_s - true.start_s, 1), "delay_s": round(alarm_s - true.start_s, 1)}


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None
