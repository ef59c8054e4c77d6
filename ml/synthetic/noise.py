"""Random time courses with a stated spectrum, the same at every sampling rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]
Spectrum = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Power spectral density (unit²/Hz, one-sided) as a function of frequency in Hz."""

FAINT: Final[float] = 1e-4
"""Frequencies whose amplitude is 80 dB below the strongest are left out: below the amplifier's noise, and most of the work."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Regular samples of time; seconds count from an origin that its maker names."""

    n_samples: int
    sfreq_hz: float
    start_s: float = 0.0
    heard_hz: float = np.inf             # above it nothing is kept later, so that noise need not be drawn there

    @property
    def times_s(self) -> NDArray[np.float64]:
        return self.start_s + np.arange(self.n_samples) / self.sfreq_hz

    @property
    def length_s(self) -> float:
        return self.n_samples / self.sfreq_hz


def coloured(rng: np.random.Generator, n: int, line: Timeline, spectrum: Spectrum) -> Floats:
    """Gaussian noise (n, samples) with the given spectrum."""
    return _in_time(_coefficients(rng, n, line, spectrum), line)


def mixed(rng: np.random.Generator, line: Timeline, *parts: tuple[Floats, Spectrum]) -> Floats:
    """Sum (channels, samples) of ``mixing @ coloured(...)`` for mixings (channels, sources), by one transform for all of them."""
    spectra = [mixing @ _coefficients(rng, mixing.shape[1], line, spectrum) for mixing, spectrum in parts]
    total = max(spectra, key=lambda values: values.shape[1])
    for values in spectra:
        if values is not total:
            total[:, : values.shape[1]] += values
    return _in_time(total, line)


def _coefficients(rng: np.random.Generator, n: int, line: Timeline, spectrum: Spectrum) -> NDArray[np.complex64]:
    """Fourier coefficients (n, frequencies), up to the last that is heard."""
    n_fft = int(fft.next_fast_len(line.n_samples, real=True))
    freqs_hz = fft.rfftfreq(n_fft, 1 / line.sfreq_hz)
    amplitude = np.sqrt(spectrum(freqs_hz) * (line.sfreq_hz * n_fft / 4)).astype(np.float32)
    amplitude[0] = 0
    heard = np.flatnonzero((amplitude > FAINT * amplitude.max()) & (freqs_hz <= line.heard_hz))
    first, end = int(heard[0]), int(heard[-1]) + 1
    coefficients = np.zeros((n, end), dtype=np.complex64)
    parts = rng.standard_normal((n, end - first, 2), dtype=np.float32)
    np.multiply(parts.view(np.complex64)[..., 0], amplitude[first:end], out=coefficients[:, first:])
    return coefficients


def _in_time(coefficients: NDArray[np.complex64], line: Timeline) -> Floats:
    n_fft = int(fft.next_fast_len(line.n_samples, real=True))
    course: Floats = fft.irfft(coefficients, n_fft, axis=-1, overwrite_x=True)[:, : line.n_samples]
    return course


def slow(rng: np.random.Generator, line: Timeline, *, tau_s: float, n: int = 1) -> Floats:
    """Slowly wandering noise (n, samples) of unit variance with correlation time ``tau_s``."""
    return coloured(rng, n, line, lambda f: 4 * tau_s / (1 + (2 * np.pi * f * tau_s) ** 2) ** 2 * 2)


def band(rng: np.random.Generator, n: int, line: Timeline, *, centre_hz: float, width_hz: float) -> Floats:
    """Noise (n, samples) of unit variance in a Gaussian band."""
    height = 1 / (width_hz * np.sqrt(2 * np.pi))
    return coloured(rng, n, line, lambda f: height * np.exp(-0.5 * ((f - centre_hz) / width_hz) ** 2))


def place(
    times_s: NDArray[np.float64],
    heights: NDArray[np.float64],
    line: Timeline,
    template: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    before_s: float,
    after_s: float,
    stretch: NDArray[np.float64] | None = None,
) -> Floats:
    """Sum of a template at given times, exact between samples.

    Parameters
    ----------
    times_s, heights
        When and how high (n_discharges,).
    template
        Amplitude as a function of seconds from the discharge.
    before_s, after_s
        Extent of the template.
    stretch
        Factor of duration of each discharge (n_discharges,).
    """
    offsets = np.arange(-int(before_s * line.sfreq_hz), int(after_s * line.sfreq_hz) + 1)
    first = np.round((times_s - line.start_s) * line.sfreq_hz).astype(int)
    index = first[:, None] + offsets
    distance_s = line.start_s + index / line.sfreq_hz - times_s[:, None]
    if stretch is not None:
        distance_s = distance_s / stretch[:, None]
    values = heights[:, None] * template(distance_s)
    inside = (index >= 0) & (index < line.n_samples)
    return np.bincount(index[inside], values[inside], minlength=line.n_samples).astype(np.float32)


def ramp(line: Timeline, start_s: float, stop_s: float, *, rise_s: float = 1.5) -> Floats:
    """Envelope 0..1 that is half up at ``start_s`` and half down at ``stop_s``."""
    t = line.times_s
    up = 1 / (1 + np.exp(-np.clip((t - start_s) / rise_s * 4, -40, 40)))
    down = 1 / (1 + np.exp(np.clip((t - stop_s) / rise_s * 4, -40, 40)))
    return (up * down).astype(np.float32)
