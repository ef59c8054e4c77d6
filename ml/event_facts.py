"""Frequency, side and spatial extent of found events: what ACNS 2021 asks of a rhythmic or periodic pattern.

Up to five windows of 10 s, spread evenly over the event, are described by ``ml.features.pattern``; the medians count. Seizures
evolve in frequency and spread, so a single figure would mislead: they get none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import clean_pairs
from ml.analysis import LABEL_S, Event
from ml.features import pattern
from ml.filters import ANALYSIS_HZ
from ml.network_input import NetworkInput
from ml.recording import RecordingSource, Span

MOST_WINDOWS: Final = 5
READ_AT_ONCE_S: Final = 60.0
"""Windows that lie within so long a span are read together: each read also costs its context of 50 s."""


def describe(
    source: RecordingSource, chosen: NetworkInput, events: Sequence[Event], *, mains_hz: float | None = None
) -> tuple[Event, ...]:
    """The same events with their facts; what cannot be told stays ``None``."""
    return tuple(event if event.pattern == "seizure" else _described(source, chosen, event, mains_hz) for event in events)


def _described(source: RecordingSource, chosen: NetworkInput, event: Event, mains_hz: float | None) -> Event:
    measure = pattern.periodic if event.pattern in ("lpd", "gpd") else pattern.rhythmic
    windows = _windows(source, chosen, event, mains_hz)
    facts = [measure(np.nan_to_num(window), ANALYSIS_HZ, np.asarray(np.isnan(window).any(axis=1))) for window in windows]
    return replace(
        event, frequency_hz=_median([fact.frequency_hz for fact in facts]),
        laterality=_median([fact.laterality for fact in facts]), extent=_median([fact.extent for fact in facts]),
    )


def _windows(
    source: RecordingSource, chosen: NetworkInput, event: Event, mains_hz: float | None
) -> Iterator[NDArray[np.float32]]:
    """(18, 2000) µV of each window that lies wholly in a gap-free stretch."""
    middle_s = (event.start_s + event.stop_s) / 2.0
    stretch = next((span for span in source.info.stretches if span.start_s <= middle_s < span.stop_s), None)
    if stretch is None:
        return
    first_s, last_s = max(event.start_s, stretch.start_s), min(event.stop_s, stretch.stop_s) - LABEL_S
    count = min(MOST_WINDOWS, int((last_s - first_s) / LABEL_S + 1e-6) + 1)
    if last_s < first_s - 1e-6:
        return
    starts = np.linspace(first_s, max(first_s, last_s), max(1, count))
    groups = [starts] if starts[-1] + LABEL_S - starts[0] <= READ_AT_ONCE_S else [starts[k : k + 1] for k in range(len(starts))]
    length = round(LABEL_S * ANALYSIS_HZ)
    for group in groups:
        begin_s, pairs = clean_pairs.read(source, chosen, Span(float(group[0]), float(group[-1]) + LABEL_S), stretch, mains_hz=mains_hz)
        for start_s in group:
            first = min(round((float(start_s) - begin_s) * ANALYSIS_HZ), pairs.shape[1] - length)
            yield pairs[:, first : first + length]


def _median(values: Sequence[float]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else None
