"""What a window of EEG measures, one number each, to set generated windows beside real ones."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal, stats

from ml.channels import CHAIN_PAIRS

Floats = NDArray[np.floating]

SFREQ_HZ: Final[float] = 200.0
BANDS_HZ: Final[dict[str, tuple[float, float]]] = {"delta": (0.5, 4), "theta": (4, 8), "alpha": (8, 13), "beta": (13, 30)}
SLOPE_HZ: Final[tuple[float, float]] = (2.0, 30.0)
"""Where the spectral slope is fitted: above the patterns' fundamental and below the low-pass at 40 Hz."""
PEAK_HZ: Final[tuple[float, float]] = (0.5, 6.0)
SILENT_UV: Final[float] = 0.2
"""Pairs below this standard deviation were not recorded or are bridged; they are left out of every measure."""

_ENDS = [pair[0] for pair in CHAIN_PAIRS]
LEFT: Final[list[int]] = [0, 1, 2, 3, 8, 9, 10, 11]
RIGHT: Final[list[int]] = [4, 5, 6, 7, 12, 13, 14, 15]
FRONT: Final[list[int]] = [row for row, name in enumerate(_ENDS) if name in ("Fp1", "Fp2")]
BACK: Final[list[int]] = [row for row, pair in enumerate(CHAIN_PAIRS) if pair[1] in ("O1", "O2")]
TEMPORAL: Final[list[int]] = [row for row, pair in enumerate(CHAIN_PAIRS) if pair in (("F7", "T3"), ("T3", "T5"), ("F8", "T4"), ("T4", "T6"))]

NAMES: Final[tuple[str, ...]] = (
    "amplitude_db", "slope", "delta", "theta", "alpha", "beta", "dominant_hz", "peak_sharpness_db", "asymmetry", "abs_asymmetry",
    "front_db", "back_db", "temporal_db", "strongest_db", "weakest_db", "common_share", "second_share", "neighbour_correlation",
    "left_right_correlation", "kurtosis", "burstiness", "envelope_variation", "regularity", "line_length_db", "flat_pairs",
)


def measure(bipolar_uv: Floats) -> dict[str, NDArray[np.float64]]:
    """Marginals of windows.

    Parameters
    ----------
    bipolar_uv
        (n, 18, samples) at 200 Hz, 0.5-40 Hz; a few seconds or more.

    Returns
    -------
    One array (n,) for each of ``NAMES``. Amplitudes are 20 log10 µV, ratios of amplitudes 20 log10.
    """
    rows = [_of_one(window.astype(np.float64)) for window in bipolar_uv]
    return {name: np.array([row[name] for row in rows]) for name in NAMES}


def table(measured: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The marginals as columns (n, features) in the order of ``NAMES``."""
    return np.stack([measured[name] for name in NAMES], axis=1)


def _of_one(pairs_uv: NDArray[np.float64]) -> dict[str, float]:
    sd = pairs_uv.std(axis=1)
    live = sd > SILENT_UV
    level = np.where(live, sd, np.nan)
    if live.sum() < 4:
        live, level = np.ones(len(sd), dtype=bool), np.maximum(sd, 1e-3)
    freqs_hz, density = signal.welch(pairs_uv[live], SFREQ_HZ, nperseg=800, noverlap=600, axis=-1)
    mean_density = np.median(density / density.sum(axis=1, keepdims=True), axis=0)
    return {
        **_amplitudes(level), **_spectrum(freqs_hz, mean_density), **_coherence(pairs_uv, live), **_shape(pairs_uv[live]),
        "flat_pairs": float((sd <= SILENT_UV).sum()),
    }


def _amplitudes(level: NDArray[np.float64]) -> dict[str, float]:
    def db(rows: list[int]) -> float:
        inside = level[rows]
        return float(20 * np.log10(np.nanmedian(inside) / middle)) if np.isfinite(inside).any() else 0.0

    middle = np.nanmedian(level)
    left, right = (np.sqrt(np.nanmean(level[rows] ** 2)) if np.isfinite(level[rows]).any() else middle for rows in (LEFT, RIGHT))
    index = float((left - right) / (left + right))
    return {
        "amplitude_db": float(20 * np.log10(middle)), "asymmetry": index, "abs_asymmetry": abs(index),
        "front_db": db(FRONT), "back_db": db(BACK), "temporal_db": db(TEMPORAL),
        "strongest_db": float(20 * np.log10(np.nanmax(level) / middle)), "weakest_db": float(20 * np.log10(np.nanmin(level) / middle)),
    }


def _spectrum(freqs_hz: NDArray[np.float64], density: NDArray[np.float64]) -> dict[str, float]:
    total = density[(freqs_hz >= 0.5) & (freqs_hz < 30)].sum()
    shares = {name: float(density[(freqs_hz >= low) & (freqs_hz < high)].sum() / total) for name, (low, high) in BANDS_HZ.items()}
    inside = (freqs_hz >= SLOPE_HZ[0]) & (freqs_hz <= SLOPE_HZ[1])
    slope = np.polyfit(np.log(freqs_hz[inside]), np.log(density[inside] + 1e-12), 1)[0]
    whole = (freqs_hz >= PEAK_HZ[0]) & (freqs_hz <= PEAK_HZ[1])
    flattened = density[whole] * freqs_hz[whole]
    peak = int(np.argmax(flattened))
    return shares | {
        "slope": float(slope), "dominant_hz": float(freqs_hz[whole][peak]),
        "peak_sharpness_db": float(10 * np.log10(flattened[peak] / np.median(flattened))),
    }


def _coherence(pairs_uv: NDArray[np.float64], live: NDArray[np.bool_]) -> dict[str, float]:
    """How much the pairs share: principal components of the scaled pairs, neighbours in a chain, mirrored pairs."""
    scaled = (pairs_uv - pairs_uv.mean(axis=1, keepdims=True)) / np.maximum(pairs_uv.std(axis=1, keepdims=True), 1e-6)
    correlation = scaled @ scaled.T / pairs_uv.shape[1]
    values = np.linalg.eigvalsh(correlation[np.ix_(live, live)])[::-1] / live.sum()
    neighbours = [correlation[a, a + 1] for a in range(17) if a % 4 != 3 or a == 16]
    mirrored = [correlation[a, b] for a, b in zip(LEFT, RIGHT, strict=True)]
    return {
        "common_share": float(values[0]), "second_share": float(values[1]),
        "neighbour_correlation": float(np.mean(neighbours)), "left_right_correlation": float(np.median(mirrored)),
    }


def _shape(pairs_uv: NDArray[np.float64]) -> dict[str, float]:
    """Peakedness, how the amplitude of seconds varies, and the height of the autocorrelation at its first side peak."""
    scaled = pairs_uv / np.maximum(pairs_uv.std(axis=1, keepdims=True), 1e-6)
    second = round(SFREQ_HZ)
    n = pairs_uv.shape[1] // second
    energy = scaled[:, : n * second].reshape(len(scaled), n, second).std(axis=-1)
    envelope = np.sqrt(np.mean(scaled**2, axis=0))
    return {
        "kurtosis": float(np.median(stats.kurtosis(scaled, axis=1))),
        "burstiness": float(np.median(np.log(energy + 1e-3).std(axis=1))),
        "envelope_variation": float(envelope.std() / envelope.mean()),
        "regularity": _regularity(scaled),
        "line_length_db": float(20 * np.log10(np.median(np.abs(np.diff(scaled, axis=1)).mean(axis=1)))),
    }


def _regularity(scaled: NDArray[np.float64]) -> float:
    """Highest autocorrelation at a lag of 0.3-2.2 s after the first fall below zero, of the strongest component."""
    _, _, components = np.linalg.svd(scaled, full_matrices=False)
    course = components[0] - components[0].mean()
    n = len(course)
    power = np.abs(np.fft.rfft(course, 2 * n)) ** 2
    lags = np.fft.irfft(power)[:n]
    lags = lags / lags[0]
    below = np.flatnonzero(lags < 0)
    first = max(int(below[0]) if len(below) else 0, round(0.3 * SFREQ_HZ))
    last = round(2.2 * SFREQ_HZ)
    return float(lags[first:last].max()) if first < last else 0.0
