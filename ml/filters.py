"""Zero-phase filters: Butterworth sections run forward and backward, so that no wave is shifted in time.

The analysis band is 0.5-40 Hz. Its high-pass is of second order, because a steeper one rings near 0.5 Hz after an electrode
pop and then looks like rhythmic delta activity; its low-pass is of fourth order. Both are run in two directions, which
squares their gain: -6 dB at the corners.

Padding rule, the same everywhere: before filtering, the signal is continued beyond its ends by point reflection ("odd"
extension) over ``PAD_S`` seconds, or over all of it where it is shorter. Callers that cut a longer stretch into pieces give
each piece ``settling_s`` of true context instead, so that the rule acts at the ends of gap-free stretches only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import signal

ANALYSIS_HZ: Final = 200.0
"""Sampling rate of the analysis, as in the HMS competition."""
BAND_HZ: Final = (0.5, 40.0)
"""Pass band of the analysis (SPaRCNet: 0.5-40 Hz; Jing et al., Neurology 2023;100:e1750-e1762)."""
WIDE_BAND_HZ: Final = (0.5, 50.0)
"""Pass band of features, quality figures and artifact tools, which also want the beta and low gamma activity."""
HIGH_PASS_ORDER: Final = 2
LOW_PASS_ORDER: Final = 4
PAD_S: Final = 10.0
"""Length of the odd extension; 0.5 Hz is over 20 time constants away from its far end."""
SETTLING_S: Final = 25.0
"""Context after which the analysis filters have forgotten an edge (0.5 Hz, second order: exp(-2.2 * 25) < 1e-23)."""
NOTCH_WIDTH_HZ: Final = 2.0
"""Width of the notch at -3 dB in one direction."""

MAINS_RATIO: Final = 10.0
"""Hum is there if the power at the line frequency is 10 dB above that of its neighbors (2-6 Hz away)."""
MAINS_SHARE: Final = 0.05
"""Share of the sampled pieces of signal that must show hum before the recording is notched."""

Sections = NDArray[np.float64]


@lru_cache(maxsize=256)
def band_pass(low_hz: float | None, high_hz: float | None, sfreq_hz: float, low_order: int, high_order: int) -> Sections:
    """Butterworth high-pass at ``low_hz`` and low-pass at ``high_hz`` as second-order sections, shape (n, 6).

    ``None``, or a low-pass corner that is not below the Nyquist frequency, leaves that side open.
    """
    zeros: list[complex] = []
    poles: list[complex] = []
    gain = 1.0
    sides: tuple[tuple[float | None, Literal["highpass", "lowpass"], int], ...] = (
        (low_hz, "highpass", low_order),
        (high_hz, "lowpass", high_order),
    )
    for corner, kind, order in sides:
        if corner is not None and corner < sfreq_hz / 2.0:
            z, p, k = signal.butter(order, corner, kind, fs=sfreq_hz, output="zpk")
            zeros.extend(z.tolist())
            poles.extend(p.tolist())
            gain *= float(k)
    if not poles:
        return np.zeros((0, 6))
    return np.asarray(signal.zpk2sos(np.asarray(zeros), np.asarray(poles), gain), dtype=np.float64)


@lru_cache(maxsize=64)
def notch(line_hz: float, sfreq_hz: float, up_to_hz: float | None = None) -> Sections:
    """Notches at the line frequency and its harmonics below the Nyquist frequency (and below ``up_to_hz``)."""
    limit = min(sfreq_hz / 2.0 - NOTCH_WIDTH_HZ, up_to_hz if up_to_hz is not None else np.inf)
    sections = []
    for centre_hz in np.arange(line_hz, limit, line_hz):
        b, a = signal.iirnotch(centre_hz, centre_hz / NOTCH_WIDTH_HZ, fs=sfreq_hz)
        sections.append(np.concatenate([b, a]))
    return np.asarray(sections, dtype=np.float64).reshape(-1, 6)


def zero_phase(
    values: NDArray[np.floating], sections: Sections, sfreq_hz: float, *, pad_s: float = PAD_S
) -> NDArray[np.float64]:
    """Run second-order sections forward and backward along the last axis, under the padding rule of this module.

    The first sample of each row is subtracted before and its filtered constant added after, so that an offset of many
    millivolts costs no precision. NaN is not allowed: see ``fill_missing``.
    """
    data = np.asarray(values, dtype=np.float64)
    if not len(sections) or data.shape[-1] < 2:
        return data.copy()
    filtered = np.empty(data.shape)
    rows = data.reshape(-1, data.shape[-1])
    for row, target in zip(rows, filtered.reshape(rows.shape), strict=True):
        target[:] = _both_ways(row, sections, min(int(pad_s * sfreq_hz), len(row) - 1))
    return filtered


def _both_ways(row: NDArray[np.float64], sections: Sections, pad: int) -> NDArray[np.float64]:
    """One row as ``scipy.signal.sosfiltfilt`` filters it; row by row, all passes stay within the cache."""
    steady, gain = _steady(sections.tobytes())
    centered = row - row[0]
    extended = np.concatenate([
        2.0 * centered[0] - centered[pad:0:-1], centered, 2.0 * centered[-1] - centered[-2 : -pad - 2 : -1]])
    forward, _ = signal.sosfilt(sections, extended, zi=steady * extended[0])
    backward, _ = signal.sosfilt(sections, forward[::-1], zi=steady * forward[-1])
    inner = backward[::-1][pad : len(extended) - pad]
    return np.asarray(inner + row[0] * gain, dtype=np.float64) if gain else inner


@lru_cache(maxsize=256)
def _steady(sections: bytes) -> tuple[NDArray[np.float64], float]:
    """State of the sections under a constant of 1, and what both directions make of it."""
    of_constant = np.frombuffer(sections).reshape(-1, 6)
    return np.asarray(signal.sosfilt_zi(of_constant), dtype=np.float64), _gain_at_zero(of_constant)


def _gain_at_zero(sections: Sections) -> float:
    gain = float(np.prod(sections[:, :3].sum(axis=1) / sections[:, 3:].sum(axis=1)) ** 2)
    return 0.0 if abs(gain) < 1e-9 else gain


def fill_missing(values: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Bridge missing samples of each row by straight lines (held at the ends; zero where a row has none at all).

    Returns
    -------
    The bridged rows and the mask of what was missing (NaN or infinite), both of the input's shape ``(rows, samples)``.
    """
    missing = ~np.isfinite(values)
    filled = np.array(values, dtype=np.float64)
    positions = np.arange(filled.shape[-1])
    for row in np.flatnonzero(missing.any(axis=-1)):
        known = ~missing[row]
        filled[row] = np.interp(positions, positions[known], filled[row, known]) if known.any() else 0.0
    return filled, missing


def clean(
    values: NDArray[np.floating],
    *,
    mains_hz: float | None,
    sfreq_hz: float = ANALYSIS_HZ,
    band_hz: tuple[float | None, float | None] = BAND_HZ,
) -> NDArray[np.float32]:
    """Filter a gap-free stretch, by default for the analysis: 0.5-40 Hz, notch where hum was found.

    Parameters
    ----------
    values
        (channels, samples) microvolts of one stretch; single missing values stay missing.
    mains_hz
        50, 60 or ``None``: what ``detect_mains`` found.
    sfreq_hz
        Sampling rate of ``values``.
    band_hz
        ``WIDE_BAND_HZ``, or what a site has set; a side that is ``None`` is left open. The networks know ``BAND_HZ`` only.
    """
    sections = band_pass(*band_hz, sfreq_hz, HIGH_PASS_ORDER, LOW_PASS_ORDER)
    if mains_hz is not None:
        sections = np.concatenate([sections, notch(mains_hz, sfreq_hz)])
    cleaned = np.empty(values.shape, dtype=np.float32)
    for row in range(len(values)):                       # one row in double precision at a time
        filled, missing = fill_missing(values[row : row + 1])
        cleaned[row] = zero_phase(filled, sections, sfreq_hz)[0]
        cleaned[row, missing[0]] = np.nan
    return cleaned


Spectra = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]
"""Frequencies, power of each row at them (no columns where a row is too short), and which rows were hardly recorded."""


def _spectra(values: NDArray[np.floating], sfreq_hz: float) -> Spectra:
    filled, missing = fill_missing(values)
    if filled.shape[-1] < 2 * sfreq_hz:
        return np.zeros(0), np.zeros((len(filled), 0)), np.ones(len(filled), dtype=bool)
    freqs, power = signal.welch(filled, sfreq_hz, nperseg=int(2 * sfreq_hz), axis=-1)
    return freqs, power, missing.mean(axis=-1) > 0.1


def _mains_ratios(spectra: Spectra, sfreq_hz: float, line_hz: float) -> NDArray[np.float64]:
    """Power within 0.5 Hz of the line frequency over the median of its neighbors, per row; 0 where it cannot be told."""
    freqs, power, absent = spectra
    if line_hz + 6.0 > sfreq_hz / 2.0 or not freqs.size:
        return np.zeros(len(power))
    away = np.abs(freqs - line_hz)
    line = power[:, away <= 0.5].max(axis=1)
    around = np.median(power[:, (away >= 2.0) & (away <= 6.0)], axis=1)
    ratio = line / np.maximum(around, 1e-12)
    return np.asarray(np.where(absent, 0.0, ratio), dtype=np.float64)


def detect_mains(pieces: list[NDArray[np.floating]], sfreq_hz: float) -> float | None:
    """Mains frequency (50 or 60 Hz) that hums in a recording, or ``None``.

    Parameters
    ----------
    pieces
        (channels, samples) samples of the recording, spread over its length; at least 2 s each.
    """
    shares, spectra = {}, [_spectra(piece, sfreq_hz) for piece in pieces]
    for line_hz in (50.0, 60.0):
        ratios = np.concatenate([_mains_ratios(each, sfreq_hz, line_hz) for each in spectra] or [np.zeros(0)])
        shares[line_hz] = float(np.mean(ratios > MAINS_RATIO)) if len(ratios) else 0.0
    line_hz = max(shares, key=lambda hz: shares[hz])
    return line_hz if shares[line_hz] >= MAINS_SHARE else None
