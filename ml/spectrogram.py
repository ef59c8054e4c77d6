"""Regional spectrogram of a whole recording: multitaper power of the four chains of the double banana.

Window 4 s, step 2 s, 0.5-20 Hz, time-bandwidth 2 with three tapers, mean power of a region's four pairs: the settings of the
labeling tool with which the HMS votes were given (IIIC labeling GUI, ``step5_computeSpectrograms.m``). Columns lie on one
grid of the recording's clock; a column that touches a gap is empty. Only recorded pairs count, never interpolated ones.

``hms_regional`` gives the same in the layout of the HMS competition: 100 bins of 200/1024 Hz from 0.59 to 19.92 Hz and a
two-sided density in µV²/Hz. Its settings were identified on real pairs of EEG and spectrogram: Chronux ``mtspecgramc`` with
``tapers = [2 3]``, ``pad = 0`` (800 samples padded to 1,024) and no conversion to decibels, of the band-passed signal.
Correlation in dB, region by region (LL, RL, LP, RP), without any scaling of ours: the pair of the HMS test set .9997, .9998,
.9996, .9997 (95 % of the values within 0.47 dB; .988, .994, .985, .998 if the EEG is not band-passed); RL, LP and RP of ten
IIIC windows .9999 or better (95 % within 0.21 dB); LL there .992 or better, since the source computed it apart
(``python -m tests.benchmarks hms_spectrograms``).
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
from ml.time_frequency import TimeFrequency
from ml.time_frequency import multitaper as multitaper_image

WINDOW_S: Final = 4.0
STEP_S: Final = 2.0
BAND_HZ: Final = (0.5, 20.0)
HALF_BANDWIDTH: Final = 2.0
TAPERS: Final = 3
COLUMN: Final = int(WINDOW_S * ANALYSIS_HZ)
HOP: Final = int(STEP_S * ANALYSIS_HZ)
FREQS_HZ: Final[NDArray[np.float64]] = np.arange(BAND_HZ[0], BAND_HZ[1] + 0.01, 1.0 / WINDOW_S)
_CHUNK: Final = 64
_IN_REGIONS: Final = 1 + max(max(members) for members in REGIONS.values())
"""Pairs of the midline, which come last, belong to no region."""
HMS_N_FFT: Final = 1024
HMS_FREQS_HZ: Final[NDArray[np.float64]] = np.arange(3.0, 103.0) * (ANALYSIS_HZ / HMS_N_FFT)


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
        power = multitaper(views[:_IN_REGIONS, starts[part]])
        for row, members in enumerate(REGIONS.values()):
            weights = usable[list(members), part].astype(np.float32)
            total = np.einsum("pcf,pc->fc", power[list(members)], weights)
            count = weights.sum(axis=0)
            mean = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
            result[row, :, part] = 10.0 * np.log10(np.maximum(mean, 1e-6))
    return result


def hms_regional(pairs_uv: NDArray[np.floating]) -> TimeFrequency:
    """Regional spectrogram as in the files of the HMS competition.

    Parameters
    ----------
    pairs_uv
        (16 or more, samples) differences in the order of ``CHAIN_PAIRS``, at 200 Hz and 0.5-40 Hz (``filters.clean``).

    Returns
    -------
    TimeFrequency of shape (4, 100, columns) in the order of ``REGIONS``. The first column is centered at 2 s; the files of
    the competition have columns centered at 1, 3, 5 … s of their own clock. NaN where a pair of the region was not recorded.
    """
    power = multitaper_image(
        pairs_uv, ANALYSIS_HZ, window_s=WINDOW_S, step_s=STEP_S, half_bandwidth=HALF_BANDWIDTH, n_tapers=TAPERS,
        n_fft=HMS_N_FFT, band_hz=BAND_HZ,
    )
    regions = np.stack([power.power_uv2_hz[list(members)].mean(axis=0) for members in REGIONS.values()])
    return TimeFrequency(np.asarray(regions / 2.0, dtype=np.float32), power.freqs_hz, power.times_s)
