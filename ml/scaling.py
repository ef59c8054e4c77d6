"""Amplitudes on a fixed scale, never on one of a window's own: as the winners of the HMS competition gave them to their networks.

Voltage itself tells patterns apart (suppression, high-voltage discharges), and a scale by the window's own deviation would let
one electrode pop decide how large the EEG looks. So the baseline is taken off, what lies beyond any EEG is clipped, and the rest
stays in units that are the same for every window: here microvolts. HMS, third place (DIETER), then divided by 32; the networks
of this project have their constants inside (``asinh`` of microvolts over 6, or a clip at 1,000 µV before the logarithm of a
spectrogram), so they are given plain microvolts, and this is for features: ``hms features --robust``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CLIP_UV: Final = 1024.0
"""HMS, third place (DIETER), differences of the double banana; SPaRCNet clips single electrodes at 500 µV."""


def robust(windows_uv: NDArray[np.floating], *, clip_uv: float = CLIP_UV) -> NDArray[np.float32]:
    """Windows (..., n) in µV less their median, clipped at ``clip_uv`` on both sides; what is missing stays NaN."""
    return np.clip(remove_baseline(windows_uv, robust=True), -clip_uv, clip_uv)


def remove_baseline(windows_uv: NDArray[np.floating], *, robust: bool = False) -> NDArray[np.float32]:
    """Windows (..., n) less the mean of their known samples (HMS, yu4u), or less their median, which a pop does not move.

    What is missing stays NaN; a window without any value is NaN throughout.
    """
    values = np.asarray(windows_uv, dtype=np.float64)
    known = np.isfinite(values)
    if robust:
        empty = ~known.any(axis=-1, keepdims=True)
        level = np.nanmedian(np.where(empty, 0.0, values), axis=-1, keepdims=True)
    else:
        level = np.where(known, values, 0.0).sum(axis=-1, keepdims=True) / np.maximum(known.sum(axis=-1, keepdims=True), 1)
    return np.asarray(values - level, dtype=np.float32)
