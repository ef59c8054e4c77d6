"""Frequency domain: band powers, center, edges, peak, 1/f slope and entropy of a power spectrum.

The spectrum is Welch's (4-s Hann windows, half overlapping: 0.25 Hz) or the multitaper one of the whole window.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from ml.features.feature import Feature, Windows
from ml.time_frequency import BANDS_HZ, slepian

SEGMENT_S: Final = 4.0
RANGE_HZ: Final = (0.5, 40.0)
"""Powers, center, edges and entropy are taken over the band of the analysis."""
PEAK_HZ: Final = (0.5, 25.0)
SLOPE_HZ: Final = (2.0, 35.0)
NEIGHBORHOOD_HZ: Final = 2.0
HALF_BANDWIDTH: Final = 4.0
BANDS: Final = {name: (low, min(high, RANGE_HZ[1])) for name, (low, high) in BANDS_HZ.items()}

FEATURES: Final = (
    *(Feature(f"{name}_power", "µV²", f"integral of the density over {low:g}-{high:g} Hz", fast=True) for name, (low, high) in BANDS.items()),
    *(Feature(f"{name}_share", "", f"{name} power over the power of 0.5-40 Hz", fast=True) for name in BANDS),
    *(Feature(name, unit, source, fast=True) for name, unit, source in (
        ("total_power", "µV²", "integral of the density over 0.5-40 Hz"),
        ("spectral_centroid", "Hz", "mean frequency, weighted by power"),
        ("median_frequency", "Hz", "frequency below which half of the power lies"),
        ("edge_frequency", "Hz", "frequency below which 95 % of the power lies (Rampil, Anesthesiology 1998;89:980-1002)"),
        ("peak_frequency", "Hz", "frequency of 0.5-25 Hz with the largest power times frequency, so that 1/f noise has no peak"),
        ("peak_sharpness", "dB", "power at the peak over the median of its neighbors within 2 Hz"),
        ("spectral_slope", "", "exponent of 1/f: slope of log power over log frequency, 2-35 Hz (Donoghue et al., Nat Neurosci 2020;23:1655)"),
        ("spectral_entropy", "", "entropy of the shares of power of 0.5-40 Hz over its largest value (Inouye et al., 1991;79:204-210)"),
    )),
)


def compute(windows_uv: Windows, sfreq_hz: float, *, method: Literal["welch", "multitaper"] = "welch") -> NDArray[np.float64]:
    """(n_windows, n_channels, 18) in the order of ``FEATURES``."""
    freqs, density = (welch if method == "welch" else multitaper)(windows_uv, sfreq_hz)
    inside = (freqs >= RANGE_HZ[0]) & (freqs <= RANGE_HZ[1])
    return describe(freqs[inside], density[..., inside])


def describe(freqs_hz: NDArray[np.float64], density: NDArray[np.floating]) -> NDArray[np.float64]:
    """The features of spectra (…, n_freqs) on an even grid of frequencies within 0.5-40 Hz."""
    step = float(freqs_hz[1] - freqs_hz[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = density @ _bands(freqs_hz.tobytes()) * step
        total = density.sum(axis=-1, dtype=np.float64) * step
        shares = density * (step / total)[..., None]
        running = np.cumsum(shares, axis=-1)
        edges = [freqs_hz[np.argmax(running >= share, axis=-1)] for share in (0.5, 0.95)]
        entropy = -(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=-1) / np.log2(len(freqs_hz))
        peak, sharpness = _peak(freqs_hz, density)
        return np.concatenate([
            powers, powers / total[..., None],
            np.stack([total, shares @ freqs_hz, *edges, peak, sharpness, _slope(freqs_hz, density), entropy], axis=-1),
        ], axis=-1)


def welch(windows_uv: Windows, sfreq_hz: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Frequencies and one-sided density in µV²/Hz by Welch's method."""
    length = min(round(SEGMENT_S * sfreq_hz), windows_uv.shape[-1])
    taper = signal.get_window("hann", length).astype(np.float32)
    segments = np.lib.stride_tricks.sliding_window_view(windows_uv, length, axis=-1)[..., :: length // 2, :]
    centered = (segments - segments.mean(axis=-1, keepdims=True)) * taper
    spectrum = fft.rfft(centered, axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=-2)
    return _density(power, length, sfreq_hz, float(np.sum(taper.astype(np.float64) ** 2)))


def multitaper(windows_uv: Windows, sfreq_hz: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Frequencies and one-sided density in µV²/Hz, mean over seven tapers of the whole window."""
    n = windows_uv.shape[-1]
    tapers = slepian(n, HALF_BANDWIDTH, int(2 * HALF_BANDWIDTH) - 1).astype(np.float32)
    centered = windows_uv - windows_uv.mean(axis=-1, keepdims=True)
    power = np.mean([np.abs(fft.rfft(centered * taper, axis=-1)) ** 2 for taper in tapers], axis=0)
    return _density(power, n, sfreq_hz, 1.0)


def _density(
    power: NDArray[np.float32], length: int, sfreq_hz: float, energy: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    power *= np.float32(2.0 / (sfreq_hz * energy))
    power[..., 0] /= 2.0
    if length % 2 == 0:
        power[..., -1] /= 2.0
    return np.asarray(np.fft.rfftfreq(length, 1.0 / sfreq_hz), dtype=np.float64), power


@lru_cache(maxsize=8)
def _bands(freqs: bytes) -> NDArray[np.float32]:
    """(n_freqs, 5): which frequency belongs to which band; the last band includes its end."""
    freqs_hz = np.frombuffer(freqs, dtype=np.float64)
    lows = [low for low, _ in BANDS.values()]
    number = np.searchsorted(lows, freqs_hz, side="right") - 1
    return np.asarray(number[:, None] == np.arange(len(lows)), dtype=np.float32)


def _peak(freqs_hz: NDArray[np.float64], density: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    within = np.flatnonzero((freqs_hz >= PEAK_HZ[0]) & (freqs_hz <= PEAK_HZ[1]))
    place = np.argmax(density[..., within] * freqs_hz[within].astype(np.float32), axis=-1)
    reach = max(1, round(NEIGHBORHOOD_HZ / float(freqs_hz[1] - freqs_hz[0])))
    around = place[..., None] + np.arange(-reach, reach + 1)
    is_there = (around >= 0) & (around < len(freqs_hz))
    near = np.take_along_axis(density, around.clip(0, len(freqs_hz) - 1), axis=-1)
    ordered = np.sort(np.where(is_there, near, np.inf), axis=-1)          # the last neighbors of a slow peak are none
    n = is_there.sum(axis=-1)[..., None]
    middle = (np.take_along_axis(ordered, (n - 1) // 2, axis=-1) + np.take_along_axis(ordered, n // 2, axis=-1))[..., 0] / 2.0
    top = np.take_along_axis(density, place[..., None], axis=-1)[..., 0]
    return freqs_hz[place], np.asarray(10.0 * np.log10(top / middle), dtype=np.float64)


def _slope(freqs_hz: NDArray[np.float64], density: NDArray[np.floating]) -> NDArray[np.float64]:
    within = (freqs_hz >= SLOPE_HZ[0]) & (freqs_hz <= SLOPE_HZ[1])
    x = np.log10(freqs_hz[within])
    x -= x.mean()
    return np.asarray(np.log10(density[..., within]) @ x / (x @ x), dtype=np.float64)
