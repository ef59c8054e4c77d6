"""A first look at the samples: what only they show, before any analysis and at a cost that does not grow with length.

The analysis judges every second of every electrode (``ml.quality``); this look at pieces spread over the recording tells
right after opening what is dead throughout.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S, WINDOW_S
from ml.channels import ChannelLayout
from ml.quality import CLIPPED_SHARE, FLAT_UV, clipped_samples
from ml.recording import RecordingInfo, RecordingSource

PIECE_S: Final = 10.0
MAX_PIECES: Final = 30
"""Five minutes in all: enough to tell a dead electrode from one that fell off for a while."""
LARGEST_UV: Final = 1_000.0
SMALLEST_UV: Final = 0.1
"""Standard deviations of 10 s beyond which nothing is scalp EEG (10 to 100 µV): in one electrode a fault of it, in half of
them more likely a wrong unit."""


def check_samples(source: RecordingSource, layout: ChannelLayout) -> tuple[str, ...]:
    """Say which electrodes are flat, clipped or without values throughout, and whether the scale is one of an EEG.

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
    names = {index: name for name, index in layout.electrodes.items()}
    names |= {index: "-".join(pair) for pair, index in layout.pairs.items() if not layout.electrodes}
    starts = _piece_starts(source.info)
    if not names or not starts:
        return _length(source.info)
    pieces = [source.read(start, min(start + PIECE_S, source.info.duration_s), list(names)) for start in starts]
    by_channel = {name: [piece[row] for piece in pieces] for row, name in enumerate(names.values())}
    return (
        *_length(source.info),
        *_dead(by_channel),
        *_scale(by_channel),
        *(_twins(source, layout, starts, first, second) for first, second in layout.duplicates),
    )


def _piece_starts(info: RecordingInfo) -> list[float]:
    """Starts of pieces spread evenly over what was recorded."""
    stretches = info.stretches
    total_s = sum(stretch.length_s for stretch in stretches)
    count = int(min(MAX_PIECES, max(1, total_s // PIECE_S)))
    wanted = [total_s * i / count for i in range(count)]
    starts, before_s = [], 0.0
    for stretch in stretches:
        inside = [at - before_s for at in wanted if before_s <= at < before_s + stretch.length_s]
        starts += [stretch.start_s + at for at in inside]
        before_s += stretch.length_s
    return starts


def _length(info: RecordingInfo) -> tuple[str, ...]:
    longest_s = max((stretch.length_s for stretch in info.stretches), default=0.0)
    if not info.signals or longest_s >= WINDOW_S:
        return ()
    what = f"The longest stretch without a gap lasts {longest_s:.1f} s, less than the"
    if longest_s < LABEL_S:
        return (f"{what} {LABEL_S:.0f} s that an assessment needs: it can be read, but nothing is assessed.",)
    return (f"{what} {WINDOW_S:.0f} s that the model looks at: it is assessed with less context.",)


def _dead(by_channel: dict[str, list[NDArray[np.float32]]]) -> list[str]:
    findings = []
    for name, pieces in by_channel.items():
        values = [piece[np.isfinite(piece)] for piece in pieces]
        values = [piece for piece in values if piece.size]
        if not values:
            findings.append(f"{name} has no values in any part that was looked at.")
        elif np.median([_clipped_share(piece) for piece in values]) > CLIPPED_SHARE:
            findings.append(f"{name} is clipped at up to {max(float(np.abs(p).max()) for p in values):,.0f} µV; it is no EEG.")
        elif (spread_uv := float(np.median([piece.std() for piece in values]))) > LARGEST_UV:
            findings.append(f"{name} varies by {spread_uv:,.0f} µV (standard deviation), far more than an EEG.")
        elif max(float(piece.std()) for piece in values) < FLAT_UV:
            findings.append(f"{name} is flat (less than {FLAT_UV:g} µV): the electrode was off, which is no silence of the brain.")
    return findings


def _clipped_share(values: NDArray[np.float32]) -> float:
    return float(clipped_samples(values[None, :]).mean())


def _scale(by_channel: dict[str, list[NDArray[np.float32]]]) -> list[str]:
    spreads = [float(np.nanstd(piece)) for pieces in by_channel.values() for piece in pieces if np.isfinite(piece).any()]
    moving = [spread for spread in spreads if spread > 0.0]
    typical_uv = float(np.median(moving)) if moving else 0.0
    if typical_uv and not SMALLEST_UV <= typical_uv <= LARGEST_UV:
        return [f"The signals vary by {typical_uv:.3g} µV (standard deviation), which no scalp EEG does: the unit in the file may be wrong."]
    return []


def _twins(source: RecordingSource, layout: ChannelLayout, starts: list[float], first: int, second: int) -> str:
    labels = f"Signals {first + 1} and {second + 1} ({source.info.signals[second].label})"
    for start in starts:
        one, other = source.read(start, start + PIECE_S, [first, second])
        if one.shape != other.shape or not np.array_equal(one, other, equal_nan=True):
            return f"{labels} have one name but different samples: a person must say which of them is right."
    return f"{labels} have one name and the same samples."
