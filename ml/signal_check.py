"""A first look at the samples: what neither the header nor the judgment of single electrodes (``ml.quality``) shows.

Pieces spread over the recording are read, so that the cost does not grow with its length.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ml.channels import ChannelLayout
from ml.recording import RecordingInfo, RecordingSource

PIECE_S: Final = 10.0
MAX_PIECES: Final = 30
"""Five minutes in all, spread over the recording."""
LARGEST_UV: Final = 1_000.0
SMALLEST_UV: Final = 0.1
"""Scalp EEG varies by 10 to 100 µV; half of the electrodes beyond these standard deviations mean a wrong unit."""


def check_samples(source: RecordingSource, layout: ChannelLayout) -> tuple[str, ...]:
    """Say whether the scale is one of an EEG, and whether signals of one name hold the same samples.

    Parameters
    ----------
    source
        The recording; at most ``MAX_PIECES`` pieces of ``PIECE_S`` are read.
    layout
        Its electrodes and pairs.

    Returns
    -------
    tuple of str
        Plain sentences; empty if nothing is unusual.
    """
    starts = _piece_starts(source.info)
    used = list((layout.electrodes or layout.pairs).values())
    twins = (_twins(source, starts, first, second) for first, second in layout.duplicates)
    return (*_scale(source, starts, used), *twins)


def _piece_starts(info: RecordingInfo) -> list[float]:
    """Starts of pieces spread evenly over what was recorded."""
    total_s = sum(stretch.length_s for stretch in info.stretches)
    count = int(min(MAX_PIECES, max(1, total_s // PIECE_S)))
    wanted = [total_s * i / count for i in range(count)]
    starts, before_s = [], 0.0
    for stretch in info.stretches:
        starts += [stretch.start_s + at - before_s for at in wanted if before_s <= at < before_s + stretch.length_s]
        before_s += stretch.length_s
    return starts


def _scale(source: RecordingSource, starts: list[float], used: list[int]) -> list[str]:
    pieces = [uv for start in starts for uv in source.read(start, min(start + PIECE_S, source.info.duration_s), used)]
    spreads = [float(np.nanstd(uv)) for uv in pieces if np.isfinite(uv).any()]
    moving = [spread for spread in spreads if spread > 0.0]     # a flat electrode has no scale
    typical_uv = float(np.median(moving)) if moving else 0.0
    if not typical_uv or SMALLEST_UV <= typical_uv <= LARGEST_UV:
        return []
    shown = f"{typical_uv:,.0f}" if typical_uv >= 1.0 else f"{typical_uv:.2g}"
    return [f"The signals vary by {shown} µV (standard deviation), which no scalp EEG does: the unit in the file may be wrong, or "
            "they are mostly interference."]


def _twins(source: RecordingSource, starts: list[float], first: int, second: int) -> str:
    labels = f"Signals {first + 1} and {second + 1} ({source.info.signals[second].label})"
    for start in starts:
        one, other = source.read(start, start + PIECE_S, [first, second])
        if one.shape != other.shape or not np.array_equal(one, other, equal_nan=True):
            return f"{labels} have one name but different samples: a person must say which of them is right."
    return f"{labels} have one name and the same samples."
