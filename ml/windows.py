"""Label spans and the windows around them.

The label belongs to a span of 10 s; the 50 s around it (20 s before, 20 s after) are context. Spans tile every gap-free
stretch of at least 10 s: they begin at the stretch's start and every ``step`` after it, and the last one ends with the
stretch. Padding rule: context beyond the stretch was not recorded, so it is NaN, and ``context`` says which share was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S, WINDOW_S
from ml.filters import ANALYSIS_HZ
from ml.recording import Span

LABEL: Final = int(LABEL_S * ANALYSIS_HZ)
WINDOW: Final = int(WINDOW_S * ANALYSIS_HZ)
BEFORE: Final = (WINDOW - LABEL) // 2
"""Samples of context before a span (and after it)."""
BATCH: Final = 32
"""Windows cut at once; a caller that joins two batches holds 64 x 18 x 10,000 float32, 46 MB."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A gap-free stretch on the 200-Hz grid of the recording's clock, half-open, in samples."""

    first: int
    stop: int
    clock: Span

    @classmethod
    def of(cls, span: Span) -> Stretch:
        """Nearest samples of a span in seconds; a span of whole samples keeps its length wherever it lies."""
        return cls(_nearest(span.start_s), _nearest(span.stop_s), span)

    def start_s(self, sample: NDArray[np.int64]) -> NDArray[np.float64]:
        """Clock time of label spans that begin at ``sample``; never outside the stretch by a fraction of a sample."""
        latest = max(self.clock.start_s, self.clock.stop_s - LABEL_S)
        return np.clip(sample / ANALYSIS_HZ, self.clock.start_s, latest)


def _nearest(seconds: float) -> int:
    return int(np.floor(round(seconds * ANALYSIS_HZ, 6) + 0.5))


def span_starts(stretch: Stretch, step_s: float) -> NDArray[np.int64]:
    """First samples of the label spans that tile a stretch.

    Parameters
    ----------
    stretch
        A gap-free stretch.
    step_s
        Distance of the spans, above 0 and at most 10 s so that no moment is left out.

    Returns
    -------
    (n_spans,) rising; empty where the stretch is shorter than 10 s.
    """
    if not 0.0 < step_s <= LABEL_S:
        raise ValueError(f"label spans must lie 0 to {LABEL_S:g} s apart, not {step_s} s")
    last = stretch.stop - LABEL
    if last < stretch.first:
        return np.zeros(0, dtype=np.int64)
    step = max(1, round(step_s * ANALYSIS_HZ))
    starts = np.arange(stretch.first, last + 1, step, dtype=np.int64)
    return starts if starts[-1] == last else np.append(starts, last)


def context_shares(stretch: Stretch, starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Share of the 50 s around each span that lies within the stretch."""
    begin = np.maximum(starts - BEFORE, stretch.first)
    end = np.minimum(starts - BEFORE + WINDOW, stretch.stop)
    return np.asarray((end - begin) / WINDOW, dtype=np.float32)


def cut(values: NDArray[np.float32], origin: int, starts: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    """Windows of 50 s around label spans, in batches of at most ``BATCH``.

    Parameters
    ----------
    values
        (channels, samples) from sample ``origin`` on; must cover all windows (NaN beyond the stretch).
    starts
        First samples of the label spans.

    Yields
    ------
    Copies of shape (n, channels, 10000).
    """
    views = np.lib.stride_tricks.sliding_window_view(values, WINDOW, axis=1)
    for first in range(0, len(starts), BATCH):
        yield views[:, starts[first : first + BATCH] - BEFORE - origin].transpose(1, 0, 2)
