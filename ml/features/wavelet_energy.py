"""Time-frequency: how the energy is spread over the levels of a discrete wavelet transform."""

from __future__ import annotations

from typing import Final

import numpy as np
import pywt
from numpy.typing import NDArray

from ml.features.feature import Feature, Windows

WAVELET: Final = "db4"
"""Resembles epileptiform transients (Adeli et al., J Neurosci Methods 2003;123:69-87)."""
LEVELS: Final = 6
_NAMES: Final = ("approximation", *(f"detail_{level}" for level in range(LEVELS, 0, -1)))

FEATURES: Final = (
    *(Feature(f"wavelet_{name}", "", f"share of energy, {WAVELET}, {LEVELS} levels; detail n spans rate/2^(n+1) to rate/2^n")
      for name in _NAMES),
    Feature("wavelet_entropy", "", "entropy of these shares over its largest value (Rosso et al., J Neurosci Methods 2001;105:65-75)"),
)


def compute(windows_uv: Windows, sfreq_hz: float) -> NDArray[np.float64]:
    """(n_windows, n_channels, 8) in the order of ``FEATURES``; the signal is continued periodically."""
    parts = pywt.wavedec(windows_uv, WAVELET, mode="periodization", level=LEVELS, axis=-1)
    energy = np.stack([np.einsum("...t,...t->...", part, part) for part in parts], axis=-1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = energy / energy.sum(axis=-1, keepdims=True)
    entropy = -(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=-1, keepdims=True) / np.log2(len(parts))
    return np.concatenate([shares, entropy], axis=-1)
