"""Which recorded stretches the model gave no opinion on, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml import events
from ml.analysis import LABEL_S, AnalysisResult, Spans
from ml.electrode_seconds import ElectrodeSeconds
from ml.interpolation import MAX_INTERPOLATED
from ml.recording import Span


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """A stretch without an opinion of the model, in seconds from the start of the recording."""

    start_s: float
    stop_s: float
    reason: str


def find(result: AnalysisResult, seconds: ElectrodeSeconds | None) -> tuple[NotAssessed, ...]:
    """Stretches that were recorded and not assessed, in order; a rest shorter than the step of the windows is none.

    Parameters
    ----------
    result
        The analysis.
    seconds
        Quality of its electrodes, which names the bad ones; ``None`` where an older analysis did not keep it.
    """
    assessed = list(_assessed(result.spans))
    return tuple(
        NotAssessed(part.start_s, part.stop_s, _reason(part, stretch, result, seconds))
        for stretch in result.info.stretches for part in _without(stretch, assessed)
        if part == stretch or part.length_s > result.spans.step_s + (0.01 if part.stop_s == stretch.stop_s else -0.01)
    )


def _assessed(spans: Spans) -> Iterator[Span]:
    """Stretches under assessed spans, joined."""
    line = events.timeline(spans)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.isfinite(line.prob[:, 0]), [False]]).astype(np.int8)))
    yield from (Span(float(line.edges_s[first]), float(line.edges_s[last])) for first, last in edges.reshape(-1, 2))


def _without(stretch: Span, taken: list[Span]) -> Iterator[Span]:
    """What is left of a stretch."""
    at = stretch.start_s
    for span in taken:
        if at < span.start_s < stretch.stop_s:
            yield Span(at, span.start_s)
        if span.stop_s > at and span.start_s < stretch.stop_s:
            at = span.stop_s
    if at < stretch.stop_s:
        yield Span(at, stretch.stop_s)


def _reason(part: Span, stretch: Span, result: AnalysisResult, seconds: ElectrodeSeconds | None) -> str:
    if not len(result.spans.label_start_s):
        return "nothing of this recording was assessed; the findings say why"
    if stretch.length_s < LABEL_S:
        return f"{stretch.length_s:.1f} s without a gap, and the model needs {LABEL_S:g} s"
    if seconds is None:
        return f"more than {MAX_INTERPOLATED} electrodes were bad (this version did not store which)"
    first = max(stretch.start_s, min((part.start_s + part.stop_s - LABEL_S) / 2.0, stretch.stop_s - LABEL_S))
    bad = seconds.bad_words(int(first), int(first + LABEL_S))
    return f"more than {MAX_INTERPOLATED} electrodes were bad" + (f": {', '.join(bad)}" if bad else "")
