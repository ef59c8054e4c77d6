"""The extractor: windows of the longitudinal bipolar montage in, a table of named features out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS
from ml.features import connectivity, nonlinear, pattern, spectrum, time_domain, transients, wavelet_energy
from ml.features.feature import Feature, Windows
from ml.filters import ANALYSIS_HZ

Which = Literal["full", "fast"]
PER_CHANNEL: Final = (time_domain, spectrum, wavelet_energy, nonlinear, transients)
PER_WINDOW: Final = (connectivity, pattern)
FEATURES: Final[tuple[Feature, ...]] = tuple(feature for family in (*PER_CHANNEL, *PER_WINDOW) for feature in family.FEATURES)
"""Every feature, those of channels first."""
CHANNEL_NAMES: Final = tuple(f"{first}-{second}" for first, second in CHAIN_PAIRS)
MIN_WINDOW_S: Final = 8.0
"""Two of the longest periods that are looked for (0.5 Hz) and the follow-up of the Lyapunov exponent need this much."""
_BATCH: Final = 4


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features of windows."""

    features: tuple[Feature, ...]
    by_channel: NDArray[np.float32]      # (n_windows, n_channels, n_channel_features)
    by_window: NDArray[np.float32]       # (n_windows, n_window_features)
    channel_names: tuple[str, ...] = CHANNEL_NAMES

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of ``rows``: ``line_length:Fp1-F7`` …, then those of whole windows."""
        of_channels = [f"{feature.name}:{name}" for name in self.channel_names for feature in self.features if feature.per_channel]
        return (*of_channels, *(feature.name for feature in self.features if not feature.per_channel))

    @property
    def rows(self) -> NDArray[np.float32]:
        """(n_windows, n_columns)"""
        n_windows, n_channels, n_features = self.by_channel.shape
        return np.concatenate([self.by_channel.reshape(n_windows, n_channels * n_features), self.by_window], axis=1)


def extract(
    windows_uv: NDArray[np.float32], *, which: Which = "full", sfreq_hz: float = ANALYSIS_HZ
) -> FeatureTable:
    """Compute features of windows.

    Parameters
    ----------
    windows_uv
        (n_windows, 18, n_samples) µV in the order of ``CHAIN_PAIRS``, 0.5-40 Hz, at least 8 s. A channel with a NaN in a
        window has no features in it and takes no part in those of the whole window.
    which
        "fast" leaves out all but the time and frequency domain.

    Raises
    ------
    ValueError
        The windows have another number of channels or are too short.
    """
    if windows_uv.ndim != 3 or windows_uv.shape[1] != len(CHANNEL_NAMES) or windows_uv.shape[2] < MIN_WINDOW_S * sfreq_hz:
        raise ValueError(f"windows must be (n, {len(CHANNEL_NAMES)}, {MIN_WINDOW_S * sfreq_hz:g} or more), not {windows_uv.shape}")
    batches = [windows_uv[first : first + _BATCH] for first in range(0, len(windows_uv), _BATCH)]
    parts = [_batch(batch, which, sfreq_hz) for batch in batches]
    features = tuple(feature for feature in FEATURES if which == "full" or feature.fast)
    n_of_channels = sum(feature.per_channel for feature in features)
    empty = (np.zeros((0, len(CHANNEL_NAMES), n_of_channels)), np.zeros((0, len(features) - n_of_channels)))
    by_channel, by_window = (np.concatenate(kind).astype(np.float32) for kind in zip(empty, *parts, strict=True))
    return FeatureTable(features, by_channel, by_window)


def _batch(windows_uv: NDArray[np.float32], which: Which, sfreq_hz: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x: Windows = np.ascontiguousarray(windows_uv, dtype=np.float32)
    lost = np.asarray(~np.isfinite(x).all(axis=-1))
    if lost.any():
        x = np.where(lost[:, :, None], np.float32(0.0), x)
    if which == "fast":
        by_channel = np.concatenate([time_domain.compute(x, sfreq_hz), spectrum.compute(x, sfreq_hz)], axis=-1)
        by_window = np.zeros((len(x), 0))
    else:
        by_channel = np.concatenate([family.compute(x, sfreq_hz) for family in PER_CHANNEL], axis=-1)
        by_window = np.concatenate([family.compute(x, sfreq_hz, lost) for family in PER_WINDOW], axis=-1)
    by_channel[lost] = np.nan
    return by_channel, by_window
