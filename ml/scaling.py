"""Amplitudes as the winners of the HMS competition gave them to their networks: a fixed scale, never one per window.

Voltage itself tells patterns apart (suppression, high-voltage discharges), and a scale by the window's own deviation would let
one electrode pop decide how large the EEG looks. So the baseline is taken off, what lies beyond any EEG is clipped, and the
rest divided by a constant. The shipped networks learned such a scale themselves; this is for features and for training others.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CLIP_UV: Final = 1024.0
"""HMS, third place (DIETER), differences of the double banana; SPaRCNet clips single electrodes at 500 µV."""
UNIT_UV: Final = 32.0
"""HMS, third place: an ordinary EEG then has a standard deviation near 1."""


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


def fixed_scale(windows_uv: NDArray[np.floating], *, clip_uv: float = CLIP_UV, unit_uv: float = UNIT_UV) -> NDArray[np.float32]:
    """Microvolts, clipped at ``clip_uv`` on both sides, in units of ``unit_uv``; what is missing becomes 0, as no voltage."""
    clipped = np.clip(np.nan_to_num(windows_uv, nan=0.0, posinf=clip_uv, neginf=-clip_uv), -clip_uv, clip_uv)
    return np.asarray(clipped / unit_uv, dtype=np.float32)
