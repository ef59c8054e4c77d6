"""Random time courses with a stated spectrum, the same at every sampling rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]
Spectrum = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Power spectral density (unit²/Hz, one-sided) as a function of frequency in Hz."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Regular samples of time; seconds count from an origin that its maker names."""

    n_samples: int
    sfreq_hz: float
    start_s: float = 0.0

    @property
    def times_s(self) -> NDArray[np.float64]:
        return self.start_s + np.arange(self.n_samples) / self.sfreq_hz

    @property
    def length_s(self) -> float:
        return self.n_samples / self.sfreq_hz


def coloured(rng: np.random.Generator, n: int, line: Timeline, spectrum: Spectrum) -> Floats:
    """Gaussian noise (n, samples) with the given spectrum."""
    n_fft = int(fft.next_fast_len(line.n_samples, real=True))
    freqs_hz = fft.rfftfreq(n_fft, 1 / line.sfreq_hz)
    amplitude = np.sqrt(spectrum(freqs_hz) * (line.sfreq_hz * n_fft / 4)).astype(np.float32)
    parts = rng.standard_normal((n, len(freqs_hz), 2), dtype=np.float32)
    coefficients = parts.view(np.complex64)[..., 0] * amplitude
    coefficients[:, 0] = 0
    course: Floats = fft.irfft(coefficients, n_fft, axis=-1)[:, : line.n_samples]
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
