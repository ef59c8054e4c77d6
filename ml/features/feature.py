"""What a feature is: a name, a unit, a source, and whether it belongs to the fast set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.channels import REGIONS

LEFT: Final = (*REGIONS["LL"], *REGIONS["LP"])
RIGHT: Final = (*REGIONS["RL"], *REGIONS["RP"])
"""Pairs of each side as indices into ``CHAIN_PAIRS``; the k-th of one is the mirror image of the k-th of the other."""

Windows = NDArray[np.float32]
"""(n_windows, n_channels, n_samples) µV, 0.5-40 Hz, free of NaN."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the table."""

    name: str
    unit: str                        # "" where it has none
    source: str                      # definition and its origin
    per_channel: bool = True         # False: one value for the whole window
    fast: bool = False               # also in the fast set


def of_band(windows_uv: NDArray[np.floating], sfreq_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float32]:
    """Second-order Butterworth amplitude response squared, without phase, in the frequency domain.

    The window is treated as a period, so the first and last cycle of the lowest frequency are less certain.
    """
    n = windows_uv.shape[-1]
    freqs = np.fft.rfftfreq(n, 1.0 / sfreq_hz)
    with np.errstate(divide="ignore"):
        gain = 1.0 / (1.0 + (low_hz / freqs) ** 4) / (1.0 + (freqs / high_hz) ** 4)
    spectrum = np.fft.rfft(windows_uv, axis=-1) * gain.astype(np.float32)
    return np.asarray(np.fft.irfft(spectrum, n, axis=-1), dtype=np.float32)
