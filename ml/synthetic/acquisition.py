"""From potentials to what is recorded: artifacts of a window, bad and swapped electrodes, amplifier and analysis filter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from ml import filters
from ml.synthetic import artifacts
from ml.synthetic.noise import Floats, Timeline

Artifact = Callable[[np.random.Generator, Timeline], Floats]

OCCASIONAL: Final[tuple[tuple[float, Artifact], ...]] = (
    (0.30, artifacts.blinks), (0.16, artifacts.eye_movements), (0.03, artifacts.eyelid_flutter), (0.34, artifacts.muscle), (0.15, artifacts.heart),
    (0.07, artifacts.pulse), (0.12, artifacts.sweat), (0.08, artifacts.electrode_pops),
    (0.12, artifacts.noisy_electrodes), (0.04, artifacts.movement), (0.02, artifacts.tremor),
)
"""Chance of each artifact in a window of any class (reference 5.4, fewer bad channels by 5.5)."""
MIMICS: Final[tuple[Artifact, ...]] = (
    artifacts.chewing, artifacts.heart, artifacts.pulse, artifacts.machine, artifacts.tremor, artifacts.electrode_pops,
    artifacts.blinks, artifacts.eyelid_flutter, artifacts.movement, artifacts.sweat, artifacts.muscle,
)
"""Not cerebral, mostly rhythmic: labelled other when nothing else is there."""

DECIMATED_HZ: Final[float] = 50.0
"""Rate inside the networks (reference 2.2: winners work at 40-50 Hz)."""


def decimation_filter() -> NDArray[np.float64]:
    """Linear-phase low-pass (81 taps at 200 Hz, -6 dB at 20.5 Hz) in front of the decimation to 50 Hz."""
    return np.asarray(signal.firwin(81, 20.5, window=("kaiser", 5.0), fs=filters.ANALYSIS_HZ))


def contaminate(rng: np.random.Generator, electrodes_uv: Floats, line: Timeline) -> Floats:
    """Add the artifacts that happen in any recording."""
    for chance, artifact in OCCASIONAL:
        if rng.random() < chance:
            electrodes_uv = electrodes_uv + artifact(rng, line)
    return electrodes_uv


def imitate(rng: np.random.Generator, line: Timeline) -> Floats:
    """One strong mimic (19, samples)."""
    return MIMICS[rng.integers(len(MIMICS))](rng, line) * rng.uniform(0.7, 2.0)


def damage(rng: np.random.Generator, electrodes_uv: Floats, line: Timeline) -> Floats:
    """Now and then a flat electrode, a salt bridge or two swapped electrodes; white noise of the amplifier always."""
    sd = rng.uniform(0.1, 0.9) * np.sqrt(line.sfreq_hz / filters.ANALYSIS_HZ)
    recorded = electrodes_uv + rng.standard_normal(electrodes_uv.shape, dtype=np.float32) * np.float32(sd)
    if rng.random() < 0.05:
        recorded[rng.choice(19, rng.integers(1, 3), replace=False)] = 0
    if rng.random() < 0.04:
        first, second = rng.choice(19, 2, replace=False)
        recorded[first] = recorded[second]
    if rng.random() < 0.015:
        first, second = rng.choice(19, 2, replace=False)
        recorded[[first, second]] = recorded[[second, first]]
    return recorded


def analysed(values_uv: Floats, *, sfreq_hz: float, decimated: bool) -> Floats:
    """What the analysis filter (0.5-40 Hz, zero phase) leaves, in the frequency domain; at 50 Hz if ``decimated``.

    The caller cuts away margins, since the transform is periodic.
    """
    n = values_uv.shape[-1]
    spectrum = fft.rfft(values_uv, axis=-1) * _response(n, sfreq_hz, decimated)
    if not decimated:
        return np.asarray(fft.irfft(spectrum, n, axis=-1), dtype=np.float32)
    m = round(n * DECIMATED_HZ / sfreq_hz)
    return np.asarray(fft.irfft(spectrum[..., : m // 2 + 1], m, axis=-1) * (m / n), dtype=np.float32)


@cache
def _response(n: int, sfreq_hz: float, decimated: bool) -> Floats:
    freqs_hz = fft.rfftfreq(n, 1 / sfreq_hz)
    sections = filters.band_pass(*filters.BAND_HZ, filters.ANALYSIS_HZ, filters.HIGH_PASS_ORDER, filters.LOW_PASS_ORDER)
    _, gain = signal.freqz_sos(sections, freqs_hz, fs=filters.ANALYSIS_HZ)
    response = np.abs(gain) ** 2
    if decimated:
        _, low_pass = signal.freqz(decimation_filter(), worN=freqs_hz, fs=filters.ANALYSIS_HZ)
        response = response * np.abs(low_pass)
    return np.asarray(response, dtype=np.float32)
