"""Clinical transients: spikes, sharp waves, sleep spindles, suppression.

These are descriptive counts for tables and classifiers, not detections for a reader.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from ml.features.feature import Feature, Windows, of_band

SPIKE_S: Final = (0.02, 0.07)
SHARP_S: Final = (0.07, 0.2)
"""Duration at the base: spikes 20 to under 70 ms, sharp waves 70-200 ms (Kane et al., Clin Neurophysiol Pract 2017;2:170-185)."""
LEAST_UV: Final = 20.0
"""Below 20 µV in bipolar channels a waveform is of very low voltage (ACNS 2021)."""
LEAST_DEVIATIONS: Final = 5.0
"""... and it must rise by five robust deviations of the channel."""
SPINDLE_HZ: Final = (12.0, 15.0)
SPINDLE_BROAD_HZ: Final = (1.0, 30.0)
SPINDLE_S: Final = (0.5, 2.0)
SPINDLE_SHARE: Final = 0.2
SPINDLE_CORRELATION: Final = 0.65
SPINDLE_DEVIATIONS: Final = 1.5
"""Thresholds and bands of YASA (Vallat & Walker, eLife 2021;10:e70092), after Lacourse et al., J Neurosci Methods 2019;316:3-11."""
SPINDLE_WINDOW_S: Final = 0.3
SPINDLE_POWER_WINDOW_S: Final = 1.0
"""What a Hann window of 2 s, as YASA uses for the power, effectively averages over."""
SPINDLE_GAP_S: Final = 0.5
SUPPRESSED_UV: Final = 5.0
SUPPRESSED_S: Final = 0.5

_BASE = "largest deviation from the baseline over 20 µV and 5 robust deviations, base twice the width at half height"
FEATURES: Final = tuple(Feature(name, unit, source) for name, unit, source in (
    ("spikes", "1/min", f"base 20 to under 70 ms; {_BASE}"),
    ("sharp_waves", "1/min", f"base 70-200 ms; {_BASE}"),
    ("spindles", "1/min", "12-15 Hz, 0.5-2 s, by relative power, correlation and RMS as in YASA"),
    ("suppression_ratio", "", "share of time within ±5 µV for at least 0.5 s (Rampil, Anesthesiology 1998;89:980-1002)"),
    ("bursts", "1/min", "stretches of at least 0.5 s that are not suppressed and follow or precede suppression (ACNS 2021)"),
))


def compute(windows_uv: Windows, sfreq_hz: float) -> NDArray[np.float64]:
    """(n_windows, n_channels, 5) in the order of ``FEATURES``."""
    rows = windows_uv.reshape(-1, windows_uv.shape[-1])
    per_minute = 60.0 * sfreq_hz / rows.shape[1]
    quiet = suppressed(rows, sfreq_hz)
    spikes, sharp = np.array([_spikes_of(row, sfreq_hz) for row in rows], dtype=np.float64).T * per_minute
    columns = [spikes, sharp, spindle_counts(rows, sfreq_hz) * per_minute, quiet.mean(axis=1), burst_counts(quiet, sfreq_hz) * per_minute]
    return np.stack(columns, axis=-1).reshape(*windows_uv.shape[:2], len(FEATURES))


def _spikes_of(row: NDArray[np.floating], sfreq_hz: float) -> tuple[int, int]:
    base = 2.0 * sharp_waveforms(row, sfreq_hz)[1]
    spikes, sharp = (base >= SPIKE_S[0]) & (base < SPIKE_S[1]), (base >= SHARP_S[0]) & (base <= SHARP_S[1])
    return int(spikes.sum()), int(sharp.sum())


def sharp_waveforms(row: NDArray[np.floating], sfreq_hz: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Peaks of either polarity that stand out, and their width at half height in seconds."""
    centered = row - np.median(row)
    least = max(LEAST_UV, LEAST_DEVIATIONS * 1.4826 * float(np.median(np.abs(centered))))
    reach = round(2.0 * SHARP_S[1] * sfreq_hz)
    found = [
        signal.find_peaks(values, height=least, prominence=least, width=1, wlen=reach, distance=round(SHARP_S[1] / 2.0 * sfreq_hz))
        for values in (centered, -centered) if values.max(initial=0.0) >= least
    ]
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    return np.concatenate([peaks for peaks, _ in found]), np.concatenate([facts["widths"] for _, facts in found]) / sfreq_hz


def spindle_counts(rows: NDArray[np.floating], sfreq_hz: float) -> NDArray[np.float64]:
    """Spindles in each row: stretches in which the criteria of YASA hold, joined across half a second."""
    both = spindle_mask(rows, sfreq_hz)
    near = max(1, round(SPINDLE_GAP_S * sfreq_hz))
    counts = np.zeros(len(rows))
    for row in np.flatnonzero(both.any(axis=1)):
        joined = ndimage.binary_closing(np.pad(both[row], near), np.ones(near, dtype=bool))[near:-near]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(np.int8)))
        lengths = np.diff(edges)[::2] / sfreq_hz
        counts[row] = np.count_nonzero((lengths >= SPINDLE_S[0]) & (lengths <= SPINDLE_S[1]))
    return counts


def spindle_mask(rows: NDArray[np.floating], sfreq_hz: float) -> NDArray[np.bool_]:
    """Samples at which power share, correlation with the broad signal and RMS of 12-15 Hz reach their thresholds.

    As in YASA the three are counted and the count is smoothed over 0.1 s: two hold throughout and the third in part.
    """
    low, high = SPINDLE_HZ
    broad, sigma = of_band(rows, sfreq_hz, *SPINDLE_BROAD_HZ), _narrow(rows, sfreq_hz, low, high)
    wide, narrow = round(SPINDLE_POWER_WINDOW_S * sfreq_hz), round(SPINDLE_WINDOW_S * sfreq_hz)

    def mean(values: NDArray[np.floating], length: int) -> NDArray[np.float64]:
        return np.asarray(ndimage.uniform_filter1d(values.astype(np.float64), length, axis=1, mode="nearest"))

    power, total = mean(sigma**2, narrow), mean(broad**2, narrow)
    share = mean(sigma**2, wide) / np.maximum(mean(broad**2, wide), 1e-12)
    alike = mean(sigma * broad, narrow) / np.sqrt(np.maximum(power * total, 1e-24))
    rms = np.sqrt(power)
    spread = _trimmed(rms)
    loud = rms > rms.mean(axis=1, keepdims=True) + SPINDLE_DEVIATIONS * spread
    held = (share >= SPINDLE_SHARE).astype(np.float64) + (alike >= SPINDLE_CORRELATION) + loud
    return np.asarray(mean(held, round(0.1 * sfreq_hz)) > 2.0)


def _narrow(rows: NDArray[np.floating], sfreq_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float32]:
    """A band with edges of 1.5 Hz, raised cosine, as YASA filters spindles."""
    freqs = np.fft.rfftfreq(rows.shape[1], 1.0 / sfreq_hz)
    inside = np.minimum((freqs - low_hz) / 1.5 + 1.0, (high_hz - freqs) / 1.5 + 1.0).clip(0.0, 1.0)
    return np.asarray(np.fft.irfft(np.fft.rfft(rows, axis=1) * np.sin(np.pi / 2.0 * inside) ** 2, rows.shape[1], axis=1), dtype=np.float32)


def _trimmed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of the middle 80 % of each row, (rows, 1)."""
    ordered = np.sort(values, axis=1)
    cut = values.shape[1] // 10
    return np.asarray(ordered[:, cut : values.shape[1] - cut].std(axis=1, keepdims=True))


def suppressed(rows: NDArray[np.floating], sfreq_hz: float) -> NDArray[np.bool_]:
    """Samples within ±5 µV for at least half a second on end."""
    length = round(SUPPRESSED_S * sfreq_hz)
    within = np.abs(rows) <= SUPPRESSED_UV
    whole = ndimage.minimum_filter1d(within.astype(np.uint8), length, axis=1, mode="constant", origin=0)
    return np.asarray(ndimage.maximum_filter1d(whole, length, axis=1, mode="constant", origin=-1 + length % 2).astype(bool))


def burst_counts(quiet: NDArray[np.bool_], sfreq_hz: float) -> NDArray[np.float64]:
    """Stretches of at least half a second between, before or after suppression; none in a row without suppression."""
    counts = np.zeros(len(quiet))
    for row in np.flatnonzero(quiet.any(axis=1)):
        edges = np.flatnonzero(np.diff(np.concatenate([[True], quiet[row], [True]]).astype(np.int8)))
        counts[row] = np.count_nonzero(np.diff(edges)[::2] >= SUPPRESSED_S * sfreq_hz)
    return counts
