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
RESTLESS: Final[tuple[Artifact, ...]] = (artifacts.muscle, artifacts.muscle, artifacts.eye_movements, artifacts.blinks, artifacts.movement)

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


def disturb(rng: np.random.Generator, line: Timeline) -> Floats:
    """One strong artifact of a restless patient (19, samples), as it comes with patterns, too."""
    return RESTLESS[rng.integers(len(RESTLESS))](rng, line) * rng.uniform(0.7, 1.6)


def damage(rng: np.random.Generator, electrodes_uv: Floats, line: Timeline) -> Floats:
    """Now and then a flat electrode, a salt bridge, swapped electrodes, hum, clipping, a changed reference; amplifier noise always."""
    sd = rng.uniform(0.1, 0.9) * np.sqrt(line.sfreq_hz / filters.ANALYSIS_HZ)
    recorded = _white(rng, line.n_samples)
    recorded *= np.float32(sd)
    recorded += electrodes_uv
    if rng.random() < 0.05:
        recorded[rng.choice(19, rng.integers(1, 3), replace=False)] = 0
    if rng.random() < 0.04:
        first, second = rng.choice(19, 2, replace=False)
        recorded[first] = recorded[second]
    if rng.random() < 0.015:
        first, second = rng.choice(19, 2, replace=False)
        recorded[[first, second]] = recorded[[second, first]]
    if line.sfreq_hz >= filters.ANALYSIS_HZ and rng.random() < 0.25:
        recorded += mains(rng, line)
    if rng.random() < 0.025:
        recorded = saturate(rng, recorded)
    if rng.random() < 0.015:
        recorded = reconnect(rng, recorded, line)
    return recorded


def _white(rng: np.random.Generator, n_samples: int) -> Floats:
    """White noise (19, samples) of unit variance: five courses, each used for several electrodes many seconds apart."""
    courses = rng.standard_normal((5, 2 * n_samples), dtype=np.float32)
    return np.stack([courses[row % 5, start : start + n_samples] for row, start in enumerate(rng.integers(0, n_samples, 19))])


def mains(rng: np.random.Generator, line: Timeline, *, line_hz: float | None = None) -> Floats:
    """Hum (19, samples) of 50 or 60 Hz with its third harmonic, stronger at electrodes of poor contact.

    Only for lines that can carry it: at 100 Hz, where decimated windows are made, nothing of it is left after the filters.
    """
    line_hz = float(rng.choice([50.0, 60.0])) if line_hz is None else line_hz
    level = np.exp(rng.normal(np.log(rng.uniform(0.5, 20)), 1.0, 19))
    phase = 2 * np.pi * line_hz * line.times_s + rng.uniform(0, 6)
    course = np.cos(phase) + (rng.uniform(0, 0.3) * np.cos(3 * phase) if 3 * line_hz < line.sfreq_hz / 2 else 0)
    return np.asarray(level[:, None] * course, dtype=np.float32)


def saturate(rng: np.random.Generator, recorded_uv: Floats) -> Floats:
    """The range of the converter ends: waves of a few electrodes, or of all, are cut off at one level, seldom in the middle."""
    chosen = np.arange(19) if rng.random() < 0.3 else rng.choice(19, rng.integers(1, 5), replace=False)
    limit = np.quantile(np.abs(recorded_uv[chosen]), rng.uniform(0.85, 0.995), axis=1)[:, None] + 1.0
    offset = limit * rng.uniform(-0.6, 0.6, (len(chosen), 1))
    clipped = recorded_uv.copy()
    clipped[chosen] = np.clip(recorded_uv[chosen], offset - limit, offset + limit)
    return clipped


def reconnect(rng: np.random.Generator, recorded_uv: Floats, line: Timeline) -> Floats:
    """The reference is changed while recording: silence for a moment, then every electrode settles from a step of its own.

    Before and after it, a reference that all electrodes share is gone in every bipolar pair.
    """
    since_s = line.times_s - (line.start_s + rng.uniform(0, line.length_s))
    silent_s, settle_s = rng.uniform(0.2, 2.5), rng.uniform(0.1, 1.6)
    steps_uv = rng.normal(0, rng.uniform(20, 400), (19, 1))
    settling = np.where(since_s >= silent_s, np.exp(-np.clip(since_s - silent_s, 0, None) / settle_s), 0)
    silent = (since_s >= 0) & (since_s < silent_s)
    return np.asarray(np.where(silent, 0, recorded_uv) + steps_uv * settling, dtype=np.float32)


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
    hum = [filters.notch(line_hz, filters.ANALYSIS_HZ, 99.0) for line_hz in (50.0, 60.0)]           # as serving removes it
    _, gain = signal.freqz_sos(np.concatenate([sections, *hum]), freqs_hz, fs=filters.ANALYSIS_HZ)
    response = np.abs(gain) ** 2
    if decimated:
        _, low_pass = signal.freqz(decimation_filter(), worN=freqs_hz, fs=filters.ANALYSIS_HZ)
        response = response * np.abs(low_pass)
    return np.asarray(response, dtype=np.float32)
