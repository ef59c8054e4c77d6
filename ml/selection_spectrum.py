"""The power spectrum of a stretch between two cursors: one transform of all of it, so that its resolution is one over its length.

The mean is removed and a Hann window applied. A peak is a local maximum of the power, placed by a parabola through the logarithm of
its three highest bins; it must fit at least twice into the stretch, or it is no frequency but a drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.measuring import CannotMeasure, Traces
from ml.time_frequency import BANDS_HZ, stft

SHORTEST_S: Final = 1.0
"""Below this even theta (4 to 8 Hz) would have fewer than four bins."""
BANDS: Final = ("delta", "theta", "alpha", "beta")
HIGHEST_HZ: Final = 45.0
"""Above this mains hum and muscle prevail on the scalp."""
LEAST_CYCLES: Final = 2.0
LEAST_SHARE: Final = 0.005
"""A band with less of the power has no peak of its own worth a number."""
FLOOR: Final = 1e-9
"""Of the highest power: what lies below is rounding."""


@dataclass(frozen=True, slots=True)
class BandShare:
    """One band of one spectrum."""

    name: str
    low_hz: float
    high_hz: float
    share: float                         # of the power of all four bands
    peak_hz: float | None


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Power of one trace, or the mean of all, over frequency."""

    power_uv2_hz: NDArray[np.float64]    # (n_freqs,)
    peak_hz: float | None
    bands: tuple[BandShare, ...]


@dataclass(frozen=True, slots=True)
class SelectionSpectrum:
    """Spectra of a stretch."""

    channel: str
    start_s: float
    length_s: float
    freqs_hz: NDArray[np.float64]        # (n_freqs,) up to 45 Hz
    of_channel: Spectrum
    of_mean: Spectrum                    # mean power of the EEG traces that were recorded throughout
    n_in_mean: int
    status: str

    @property
    def resolution_hz(self) -> float:
        return 1.0 / self.length_s


def of(traces: Traces, channel: str) -> SelectionSpectrum:
    """Spectrum of one trace and of the mean of all EEG traces.

    Parameters
    ----------
    traces
        From the first cursor to the second, both included; the last sample is left out, so that the length is their distance.

    Raises
    ------
    CannotMeasure
        The stretch is too short, or part of the trace was not recorded.
    """
    row, uv = traces.row(channel), traces.uv[:, :-1].astype(np.float64)
    length_s = uv.shape[1] / traces.sfreq_hz
    if length_s < SHORTEST_S:
        raise CannotMeasure(f"The selection lasts {length_s:.2f} s; a spectrum needs {SHORTEST_S:g} s at least. Move the cursors apart.")
    whole = np.asarray(np.isfinite(uv).all(axis=1))
    if not whole[row]:
        raise CannotMeasure(f"Part of {channel} was not recorded between the cursors, so there is no spectrum. Choose a stretch without a gap.")
    eeg = [k for k, kind in enumerate(traces.kinds) if kind in ("eeg", "pair") and whole[k]]
    top_hz = min(HIGHEST_HZ, traces.sfreq_hz / 2.0)
    image = stft(uv[[row, *eeg]], traces.sfreq_hz, window_s=length_s, step_s=length_s, window="hann", band_hz=(0.0, top_hz))
    power = image.power_uv2_hz[..., 0].astype(np.float64)
    mean = power[1:].mean(axis=0) if eeg else power[0]
    own, of_all = _spectrum(image.freqs_hz, power[0], length_s), _spectrum(image.freqs_hz, mean, length_s)
    return SelectionSpectrum(channel, traces.first / traces.sfreq_hz, length_s, image.freqs_hz, own, of_all, len(eeg), traces.status)


def _spectrum(freqs_hz: NDArray[np.float64], power: NDArray[np.float64], length_s: float) -> Spectrum:
    peaks = _peaks(freqs_hz, power, length_s)
    limits = [BANDS_HZ[name] for name in BANDS]
    inside = [(freqs_hz >= low) & (freqs_hz < high) for low, high in limits]
    total = max(sum(float(power[band].sum()) for band in inside), 1e-30)
    shares = [float(power[band].sum()) / total for band in inside]
    bands = tuple(
        BandShare(name, low, high, share, _highest(peaks, low, high) if share >= LEAST_SHARE else None)
        for name, (low, high), share in zip(BANDS, limits, shares, strict=True)
    )
    return Spectrum(power, _highest(peaks, 0.0, np.inf), bands)


def _peaks(freqs_hz: NDArray[np.float64], power: NDArray[np.float64], length_s: float) -> list[tuple[float, float]]:
    """(power, frequency) of the local maxima that fit twice into the stretch."""
    level = np.log(np.maximum(power, FLOOR * max(float(power.max()), 1e-20)))
    middle = level[1:-1]
    found = np.flatnonzero((middle >= level[:-2]) & (middle > level[2:])) + 1
    peaks = []
    for k in found[freqs_hz[found] >= LEAST_CYCLES / length_s - 1e-9].tolist():
        before, at, after = level[k - 1 : k + 2]
        shift = 0.5 * (before - after) / (before - 2.0 * at + after)
        peaks.append((float(power[k]), float((k + shift) / length_s)))
    return peaks


def _highest(peaks: list[tuple[float, float]], low_hz: float, high_hz: float) -> float | None:
    inside = [peak for peak in peaks if low_hz <= peak[1] < high_hz]
    return max(inside)[1] if inside else None
