"""Regional spectrogram of a whole recording: multitaper power of the four chains of the double banana.

Window 4 s, step 2 s, 0.5-20 Hz, time-bandwidth 2 with three tapers, mean power of a region's four pairs: the settings of the
labeling tool with which the HMS votes were given (IIIC labeling GUI, ``step5_computeSpectrograms.m``). Columns lie on one
grid of the recording's clock; a column that touches a gap is empty. Only recorded pairs count, never interpolated ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import windows

from ml.channels import REGIONS
from ml.filters import ANALYSIS_HZ

WINDOW_S: Final = 4.0
STEP_S: Final = 2.0
BAND_HZ: Final = (0.5, 20.0)
HALF_BANDWIDTH: Final = 2.0
TAPERS: Final = 3
COLUMN: Final = int(WINDOW_S * ANALYSIS_HZ)
HOP: Final = int(STEP_S * ANALYSIS_HZ)
FREQS_HZ: Final[NDArray[np.float64]] = np.arange(BAND_HZ[0], BAND_HZ[1] + 0.01, 1.0 / WINDOW_S)
_CHUNK: Final = 64


def n_columns(duration_s: float) -> int:
    """Columns of a recording; the last one may reach beyond its end and is then empty."""
    return max(0, int((duration_s - WINDOW_S) // STEP_S) + 1)


def column_times(duration_s: float) -> NDArray[np.float64]:
    """Centers of the columns in seconds from the start of the recording."""
    return np.arange(n_columns(duration_s), dtype=np.float64) * STEP_S + WINDOW_S / 2.0


@lru_cache(maxsize=1)
def _tapers() -> NDArray[np.float32]:
    return np.asarray(windows.dpss(COLUMN, HALF_BANDWIDTH, TAPERS), dtype=np.float32)


def multitaper(pieces_uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """One-sided power density in µV²/Hz of 4-s pieces, mean over the tapers.

    Parameters
    ----------
    pieces_uv
        (..., 800) samples at 200 Hz; the mean of each piece is removed.

    Returns
    -------
    (..., 79) for 0.5, 0.75 ... 20 Hz.
    """
    low, high = round(BAND_HZ[0] * WINDOW_S), round(BAND_HZ[1] * WINDOW_S)
    centered = pieces_uv - pieces_uv.mean(axis=-1, keepdims=True)
    power = np.zeros((*centered.shape[:-1], high - low + 1), dtype=np.float32)
    for taper in _tapers():
        spectrum = fft.rfft(centered * taper, axis=-1)[..., low : high + 1]
        power += spectrum.real**2 + spectrum.imag**2
    return np.asarray(power * np.float32(2.0 / (TAPERS * ANALYSIS_HZ)))


def regional_db(
    pairs_uv: NDArray[np.float32], starts: NDArray[np.int64], usable: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Columns of the regional spectrogram.

    Parameters
    ----------
    pairs_uv
        (16 or more, samples) differences in the order of ``CHAIN_PAIRS``, at 200 Hz.
    starts
        First sample of each column.
    usable
        (pairs, columns) pairs whose electrodes were recorded and sound over the column.

    Returns
    -------
    (4 regions, 79, columns) in dB re 1 µV²/Hz; NaN where a region has no usable pair.
    """
    views = np.lib.stride_tricks.sliding_window_view(pairs_uv, COLUMN, axis=1)
    result = np.full((len(REGIONS), len(FREQS_HZ), len(starts)), np.nan, dtype=np.float32)
    for first in range(0, len(starts), _CHUNK):
        part = slice(first, first + _CHUNK)
        power = multitaper(views[:, starts[part]])
        for row, members in enumerate(REGIONS.values()):
            weights = usable[list(members), part].astype(np.float32)
            total = np.einsum("pcf,pc->fc", power[list(members)], weights)
            count = weights.sum(axis=0)
            mean = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
            result[row, :, part] = 10.0 * np.log10(np.maximum(mean, 1e-6))
    return result
