"""Wavelet denoising of a stretch of EEG: a tool for looking, off by default.

Daubechies' least asymmetric wavelet of 8 vanishing moments, soft thresholds at the universal level of the noise that the finest
scale shows (Donoho, Johnstone, Biometrika 1994;81:425-455; Donoho, IEEE Trans Inf Theory 1995;41:613-627), averaged over
shifts so that the picture does not hang on where the stretch begins (Coifman, Donoho 1995, "Translation-invariant
de-noising").

What is fast and small looks like noise to it. It takes muscle and amplifier noise away, and it softens spikes: the faster and
smaller, the more. So nothing that was denoised reaches the networks, a report or an event list, and ``BANNER`` stands over every
picture of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pywt
from numpy.typing import NDArray

from ml.filters import fill_missing

WAVELET: Final = "sym8"
LEVELS: Final = 4
"""At 200 Hz the details reach down to 6 Hz: slower waves are never touched."""
LOWEST_HZ: Final = 6.25
SHIFTS: Final = 8
MAD_TO_SD: Final = 0.6745
BANNER: Final = "Display only: wavelet denoising is on. It softens spikes. Press Esc for the raw signal."


def denoise(eeg_uv: NDArray[np.floating], *, levels: int = LEVELS, strength: float = 1.0) -> NDArray[np.float32]:
    """Take noise out of every channel by itself.

    Parameters
    ----------
    eeg_uv
        (channels, n), notched: hum would be taken for the noise and everything beside it removed.
    levels
        Octaves below the Nyquist frequency that are thresholded: by default those at 200 Hz, else ``levels_at``.
    strength
        Factor of the universal threshold; 0 changes nothing.

    Returns
    -------
    (channels, n); what is missing stays missing.
    """
    if strength == 0.0 or eeg_uv.shape[1] < 2**levels:
        return np.array(eeg_uv, dtype=np.float32)
    filled, missing = fill_missing(eeg_uv)
    mean = np.zeros_like(filled)
    for shift in range(SHIFTS):
        padded = np.pad(filled, ((0, 0), (shift, 0)), mode="symmetric")
        mean += _thresholded(padded, levels, strength)[:, shift : shift + filled.shape[1]] / SHIFTS
    mean[missing] = np.nan
    return mean.astype(np.float32)


def levels_at(sfreq_hz: float) -> int:
    """Octaves that may be thresholded at a sampling rate without touching what is slower than ``LOWEST_HZ``."""
    return max(0, int(np.floor(np.log2(sfreq_hz / 2.0 / LOWEST_HZ) + 1e-9)))


def _thresholded(values: NDArray[np.float64], levels: int, strength: float) -> NDArray[np.float64]:
    coarse, *details = pywt.wavedec(values, WAVELET, mode="symmetric", level=levels, axis=-1)
    noise = np.median(np.abs(details[-1]), axis=-1, keepdims=True) / MAD_TO_SD
    limit = strength * noise * np.sqrt(2.0 * np.log(values.shape[-1]))
    soft = [np.sign(detail) * np.maximum(np.abs(detail) - limit, 0.0) for detail in details]
    return np.asarray(pywt.waverec([coarse, *soft], WAVELET, mode="symmetric", axis=-1))
