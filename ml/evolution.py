"""How a pattern changes while it lasts: its dominant frequency and power at the beginning, in the middle and at the end.

Read from the kept regional spectrogram, so it is known for every stretch of a recording, also for one that a reader has drawn. It is
measured, not judged: ACNS 2021 (Hirsch et al., J Clin Neurophysiol 2021;38:1-29) calls a pattern evolving after at least two
consecutive changes of frequency in one direction, each of at least 0.5 Hz, or changes of morphology or location that a reader sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import RegionalSpectrogram

STEP_HZ: Final = 0.5
"""Least change that counts in ACNS 2021; also what windows of 4 s with two tapers can tell apart."""
LEAST_COLUMNS: Final = 2
"""Of the spectrogram in each third: six seconds and more."""


@dataclass(frozen=True, slots=True)
class Evolution:
    """Dominant frequency in the three thirds of a stretch, in the region with the most power, and how the power changed."""

    region: str
    frequency_hz: tuple[float, float, float]
    power_db: float                      # of the last third against the first

    @property
    def steady(self) -> int:
        """1 where both steps rise by at least 0.5 Hz, -1 where both fall, else 0."""
        first, second = np.diff(self.frequency_hz)
        return 1 if min(first, second) >= STEP_HZ else -1 if max(first, second) <= -STEP_HZ else 0


def of_stretch(spectrogram: RegionalSpectrogram, start_s: float, stop_s: float) -> Evolution | None:
    """The evolution over a stretch; ``None`` where it is too short or was not recorded.

    The spectrum is multiplied by frequency before its peak is sought: that of EEG falls with about 1/f, and its slowest part would
    else always win.
    """
    inside = np.flatnonzero((spectrogram.times_s >= start_s) & (spectrogram.times_s < stop_s))
    power = 10.0 ** (spectrogram.power_db[:, :, inside].astype(np.float64) / 10.0)
    known = np.isfinite(power).all(axis=(0, 1))
    thirds = np.array_split(np.flatnonzero(known), 3)
    if min(len(third) for third in thirds) < LEAST_COLUMNS:
        return None
    region = int(power[:, :, known].sum(axis=(1, 2)).argmax())
    spectra = [power[region][:, third].mean(axis=1) for third in thirds]
    first, middle, last = (_dominant_hz(spectrum, spectrogram.freqs_hz) for spectrum in spectra)
    return Evolution(spectrogram.regions[region], (first, middle, last), float(10.0 * np.log10(spectra[2].sum() / spectra[0].sum())))


def _dominant_hz(spectrum: NDArray[np.float64], freqs_hz: NDArray[np.float64]) -> float:
    """Frequency of the peak of power times frequency, refined by a parabola through its neighbors."""
    flat = spectrum * freqs_hz
    at = int(flat.argmax())
    if not 0 < at < len(flat) - 1:
        return float(freqs_hz[at])
    left, top, right = flat[at - 1 : at + 2]
    bend = left - 2.0 * top + right
    shift = 0.0 if bend == 0.0 else 0.5 * (left - right) / bend
    return float(freqs_hz[at] + shift * (freqs_hz[1] - freqs_hz[0]))
