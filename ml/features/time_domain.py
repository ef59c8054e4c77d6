"""Time domain: moments, extent, zero crossings, Hjorth parameters, line length."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.feature import Feature, Windows

_HJORTH = "Hjorth, Electroencephalogr Clin Neurophysiol 1970;29:306-310"
FEATURES: Final = tuple(Feature(name, unit, source, fast=True) for name, unit, source in (
    ("mean", "µV", "first moment"),
    ("sd", "µV", "root of the second central moment; its square is Hjorth's activity"),
    ("skewness", "", "third standardized moment (biased, as scipy.stats.skew)"),
    ("kurtosis", "", "fourth standardized moment minus 3 (biased, as scipy.stats.kurtosis)"),
    ("peak_to_peak", "µV", "largest minus smallest value"),
    ("zero_crossings", "1/s", "sign changes of the signal about its mean"),
    ("line_length", "µV/s", "sum of absolute differences per second (Esteller et al., EMBS 2001)"),
    ("hjorth_mobility", "1/s", f"sd of the slope over sd ({_HJORTH})"),
    ("hjorth_complexity", "", f"mobility of the slope over mobility ({_HJORTH})"),
))


def compute(windows_uv: Windows, sfreq_hz: float) -> NDArray[np.float64]:
    """(n_windows, n_channels, 9) in the order of ``FEATURES``; NaN where a flat channel leaves a ratio undefined."""
    mean = windows_uv.mean(axis=-1, keepdims=True, dtype=np.float64).astype(np.float32)
    x = windows_uv - mean
    square = x * x
    variance = square.mean(axis=-1, dtype=np.float64)
    third = np.einsum("...t,...t->...", square, x) / x.shape[-1]
    fourth = np.einsum("...t,...t->...", square, square) / x.shape[-1]
    slope = np.diff(windows_uv, axis=-1)
    bend = np.diff(slope, axis=-1)
    crossings = np.count_nonzero(np.signbit(x[..., 1:]) != np.signbit(x[..., :-1]), axis=-1)
    seconds = windows_uv.shape[-1] / sfreq_hz
    with np.errstate(divide="ignore", invalid="ignore"):
        mobility = np.sqrt(_variance(slope) / variance)
        return np.stack([
            mean[..., 0], np.sqrt(variance), third / variance**1.5, fourth / variance**2 - 3.0,
            windows_uv.max(axis=-1) - windows_uv.min(axis=-1), crossings / seconds, np.abs(slope).sum(axis=-1) / seconds,
            mobility * sfreq_hz, np.sqrt(_variance(bend) / _variance(slope)) / mobility,
        ], axis=-1)


def _variance(values: NDArray[np.float32]) -> NDArray[np.float64]:
    mean = values.mean(axis=-1, dtype=np.float64)
    return np.asarray(np.einsum("...t,...t->...", values, values) / values.shape[-1] - mean**2, dtype=np.float64)
