"""What stands in for a part of a window that is taken away: plain EEG-like noise of the same recording's own level.

Zeros mean "not recorded" to the networks and are no EEG. Shuffling the phases of the window itself would keep a rhythm (a line of
its spectrum) as a rhythm. So the stand-in is noise whose spectrum is the window's own without its peaks: per pair, the straight
line in log power over log frequency under the quieter quarter of its seconds, never above what was there. The correlations between
pairs are kept, and what was not recorded stays so.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ml.filters import ANALYSIS_HZ, BAND_HZ

PIECE: Final = int(ANALYSIS_HZ)
QUIET: Final = 0.25
QUIET_TO_MEAN: Final = float(1.0 / -np.log(1.0 - QUIET))
"""Mean over lower quartile of an exponential distribution, which the power of noise has."""
FIT_HZ: Final = (1.0, 25.0)
ROUNDS: Final = 6
KNEE_HZ: Final = (3.0, 3.5)
"""Below 3 Hz the spectrum goes on as it is there, as in waking EEG: a steep line would be the slowing that may be in question."""
GAIN: Final = 0.5
"""Of power."""
FLOOR: Final = 1e-6
"""µV²/Hz"""


def plain(window_uv: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of the level of a window, without its peaks and discharges.

    Parameters
    ----------
    window_uv
        (18, samples) pairs at 200 Hz and 0.5-40 Hz; 0 where nothing was recorded.

    Returns
    -------
    The same shape; 0 where the window is 0.
    """
    known = window_uv != 0.0
    columns = np.flatnonzero(known.any(axis=0))
    if len(columns) < 2 * PIECE:
        return np.zeros_like(window_uv)
    recorded = window_uv[:, columns[0] : columns[-1] + 1].astype(np.float64)
    freqs: NDArray[np.float64] = np.fft.rfftfreq(recorded.shape[1], 1.0 / ANALYSIS_HZ).astype(np.float64)
    white = _correlated(recorded, rng)
    made = np.fft.irfft(np.fft.rfft(white, axis=1) * np.sqrt(_level(recorded, freqs) * ANALYSIS_HZ / 2.0), n=recorded.shape[1], axis=1)
    result = np.zeros_like(window_uv)
    result[:, columns[0] : columns[-1] + 1] = made
    return np.where(known, result, np.float32(0.0))


def _correlated(recorded: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """White noise of variance 1 with the correlations of the pairs."""
    size = np.maximum(recorded.std(axis=1, keepdims=True), FLOOR)
    values, vectors = np.linalg.eigh((recorded / size) @ (recorded / size).T / recorded.shape[1])
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(root @ rng.standard_normal(recorded.shape))


def _level(recorded: NDArray[np.float64], freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """One-sided power density (pairs, frequencies) of the stand-in, µV²/Hz."""
    coarse, _, pieces = signal.spectrogram(recorded, ANALYSIS_HZ, nperseg=PIECE, noverlap=PIECE // 2, detrend="constant")
    mean = np.maximum(pieces.mean(axis=2), FLOOR)
    quiet = np.maximum(np.quantile(pieces, QUIET, axis=2) * QUIET_TO_MEAN, FLOOR)
    used = (coarse >= FIT_HZ[0]) & (coarse <= FIT_HZ[1])
    octave = np.log2(coarse[used])
    line = np.stack([_under(octave, np.log2(row[used])) for row in quiet])                  # (pairs, 2)
    fitted = 2.0 ** (line[:, :1] + line[:, 1:] * np.log2(np.maximum(freqs_hz, BAND_HZ[0])))
    there = np.stack([np.interp(freqs_hz, coarse[1:], row[1:]) for row in mean])
    level = np.minimum(fitted, there)
    knee = level[:, np.searchsorted(freqs_hz, KNEE_HZ[0]) : np.searchsorted(freqs_hz, KNEE_HZ[1])].mean(axis=1, keepdims=True)
    slow = np.where(freqs_hz < KNEE_HZ[0], np.minimum(level, knee), level)
    return np.where(freqs_hz >= BAND_HZ[0], GAIN * slow, 0.0)


def _under(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intercept and slope of a straight line under the peaks of a spectrum: what lies high above it is left out, round by round."""
    kept = np.ones(len(x), dtype=bool)
    for _ in range(ROUNDS):
        slope, intercept = np.polyfit(x[kept], y[kept], 1)
        away = y - (intercept + slope * x)
        spread = max(float(np.median(np.abs(away[kept]))), 0.05)
        kept = away < 1.5 * spread
        if kept.sum() < len(x) // 3:
            break
    return np.array([intercept, slope])
