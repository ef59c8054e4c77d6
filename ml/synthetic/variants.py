"""Normal and benign activity that looks like a pattern and is none: all of it is labelled other.

Every function returns what it adds to the 19 electrodes (19, samples), in units of the background's bipolar SD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import background, noise
from ml.synthetic.background import Patient
from ml.synthetic.forward import broad, direction, scaled
from ml.synthetic.noise import Floats, Timeline

Variant = Callable[[np.random.Generator, Patient, Timeline], Floats]


def add(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """One to three variants as they go together: awake, drowsy, asleep or after surgery."""
    return some(rng, patient, line, STATES[rng.integers(len(STATES))])


def some(rng: np.random.Generator, patient: Patient, line: Timeline, state: tuple[Variant, ...]) -> Floats:
    """One to three variants of one state."""
    chosen = rng.choice(len(state), min(len(state), int(rng.integers(1, 4))), replace=False)
    total = np.zeros((19, line.n_samples), dtype=np.float32)
    for index in chosen:
        total += state[index](rng, patient, line)
    return total


def posterior_rhythm(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Strong alpha of relaxed wakefulness with closed eyes, 8-12 Hz, both occipital regions, waxing and waning."""
    where = [patient.head.patch(direction(rng.uniform(75, 95), side * rng.uniform(140, 170)), width_rad=rng.uniform(0.3, 0.55)) for side in (-1, 1)]
    courses = noise.band(rng, 3, line, centre_hz=rng.uniform(8, 12), width_hz=rng.uniform(0.4, 1.2))
    field = where[0][:, None] * (courses[0] + 0.4 * courses[1]) + where[1][:, None] * (courses[0] + 0.4 * courses[2])
    return np.asarray(rng.uniform(0.5, 3) * field * _spells(rng, line), dtype=np.float32)


def mu(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Arch-shaped central rhythm of 8-11 Hz, one side or alternating."""
    total = np.zeros((19, line.n_samples), dtype=np.float32)
    rate_hz = rng.uniform(8, 11)
    for side in (-1, 1):
        where = patient.head.patch(direction(rng.uniform(40, 55), side * 90), width_rad=rng.uniform(0.2, 0.35))
        total += rng.uniform(0, 2) * where[:, None] * _arches(rng, line, rate_hz) * _spells(rng, line)
    return total


def midtemporal_theta(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Rhythmic midtemporal theta of drowsiness: 5-7 Hz, notched, without evolution, in runs over one temporal lobe."""
    side = rng.choice([-1, 1])
    where = patient.head.patch(direction(rng.uniform(82, 96), side * rng.uniform(80, 110)), width_rad=rng.uniform(0.2, 0.4))
    return np.asarray(rng.uniform(0.8, 3) * where[:, None] * _arches(rng, line, rng.uniform(5, 7)) * _spells(rng, line), dtype=np.float32)


def wickets(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Wicket spikes: arch-shaped runs of 6-11 Hz and single ones over a temporal lobe, no slow wave after them."""
    side = rng.choice([-1, 1])
    where = patient.head.patch(direction(rng.uniform(82, 96), side * rng.uniform(70, 115)), width_rad=rng.uniform(0.18, 0.35))
    starts_s = _times(rng, line, every_s=rng.uniform(3, 10))
    rate_hz = rng.uniform(6, 11)
    waves_s = np.concatenate([start + np.arange(rng.integers(1, 7)) / rate_hz for start in starts_s]) if len(starts_s) else starts_s
    course = noise.place(
        waves_s, -rng.uniform(0.5, 1, len(waves_s)), line, lambda dt: np.clip(np.cos(np.pi * rate_hz * dt), 0, 1) * (np.abs(dt) < 0.5 / rate_hz),
        before_s=0.1, after_s=0.1,
    )
    return np.asarray(rng.uniform(2, 6) * where[:, None] * course, dtype=np.float32)


def spindles(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Sleep spindles of stage N2."""
    return np.asarray(rng.uniform(1.5, 5) * background.spindles(rng, patient, line), dtype=np.float32)


def vertex_waves(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Vertex waves, single or in short trains, which imitate periodic discharges."""
    return np.asarray(rng.uniform(2, 8) * background.vertex_waves(rng, patient, line), dtype=np.float32)


def k_complexes(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """K-complexes: a frontal negative wave, a slower positive one, 0.5-1.2 s in all, often followed by a spindle."""
    where = scaled(patient.head.patch(direction(rng.uniform(15, 50), 0), width_rad=rng.uniform(0.5, 0.9)) + 0.4 * broad(direction(60, 0)))
    times_s = _times(rng, line, every_s=rng.uniform(4, 15))
    width_s, rate_hz = rng.uniform(0.08, 0.15), rng.uniform(12, 14.5)

    def wave(dt: NDArray[np.float64]) -> NDArray[np.float64]:
        slow = -np.exp(-0.5 * (dt / width_s) ** 2) + 0.8 * np.exp(-0.5 * ((dt - 3.5 * width_s) / (1.8 * width_s)) ** 2)
        return np.asarray(slow + 0.25 * np.exp(-0.5 * ((dt - 0.9) / 0.25) ** 2) * np.cos(2 * np.pi * rate_hz * dt))

    course = noise.place(times_s, rng.uniform(0.6, 1.2, len(times_s)), line, wave, before_s=0.5, after_s=1.8)
    return np.asarray(rng.uniform(3, 9) * where[:, None] * course, dtype=np.float32)


def hypersynchrony(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Hypnagogic hypersynchrony: bursts of high generalised theta of 3-5 Hz lasting 1-6 s, as the person falls asleep."""
    where = scaled(patient.head.patch(direction(rng.uniform(20, 70), 0), width_rad=rng.uniform(0.6, 1.1)) + 0.5 * broad(direction(70, 0)))
    burst = np.zeros(line.n_samples, dtype=np.float32)
    for start_s in _times(rng, line, every_s=rng.uniform(8, 25)):
        burst += noise.ramp(line, start_s, start_s + rng.uniform(1, 6), rise_s=0.6)
    course = noise.band(rng, 1, line, centre_hz=rng.uniform(3, 5), width_hz=0.3)[0]
    return np.asarray(rng.uniform(1.5, 4) * where[:, None] * course * np.minimum(burst, 1), dtype=np.float32)


def slow_wave_sleep(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Slow waves of stage N3: 0.5-2 Hz, high, frontal, irregular: not rhythmic delta."""
    where = broad(direction(rng.uniform(50, 90), rng.normal(0, 15)))
    near = patient.head.patch(direction(rng.uniform(20, 80), rng.normal(0, 40)), width_rad=0.7)
    courses = noise.band(rng, 2, line, centre_hz=rng.uniform(0.7, 1.3), width_hz=rng.uniform(0.4, 0.8))
    return np.asarray(rng.uniform(1, 3) * (where[:, None] * courses[0] + near[:, None] * courses[1]), dtype=np.float32)


def breach(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Breach rhythm: sharply contoured alpha and beta, several times higher over a defect of the skull."""
    where = patient.head.patch(background.anywhere(rng), width_rad=rng.uniform(0.18, 0.35))
    mixed = _arches(rng, line, rng.uniform(6, 11)) * _spells(rng, line) + noise.band(rng, 1, line, centre_hz=rng.uniform(14, 22), width_hz=3)[0]
    mixed = mixed + rng.uniform(0, 1.2) * noise.band(rng, 1, line, centre_hz=rng.uniform(2, 5), width_hz=1)[0]
    return np.asarray(rng.uniform(0.6, 2.2) * where[:, None] * mixed, dtype=np.float32)


def diffuse_slowing(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Continuous generalised theta and delta without any rhythm, as in encephalopathy."""
    n = rng.integers(2, 5)
    fields = np.stack([patient.head.patch(background.anywhere(rng), width_rad=rng.uniform(0.5, 1.1)) for _ in range(n)], axis=1)
    courses = noise.band(rng, int(n), line, centre_hz=rng.uniform(1.5, 6), width_hz=rng.uniform(0.8, 2.0))
    return np.asarray(rng.uniform(0.6, 2) * fields @ courses, dtype=np.float32)


STATES: Final[tuple[tuple[Variant, ...], ...]] = (
    (posterior_rhythm, mu, wickets), (midtemporal_theta, wickets, vertex_waves, hypersynchrony), (vertex_waves, spindles, k_complexes),
    (slow_wave_sleep, spindles, k_complexes), (breach, posterior_rhythm), (diffuse_slowing, wickets),
)
"""What is seen together: awake, drowsy, stage N2, stage N3, after surgery of the skull, encephalopathy."""


def _arches(rng: np.random.Generator, line: Timeline, rate_hz: float) -> Floats:
    """A rhythm (samples,) that is sharp on one side, as mu and wickets are."""
    phase = 2 * np.pi * rate_hz * line.times_s + 0.8 * noise.slow(rng, line, tau_s=0.6)[0]
    return np.asarray(np.cos(phase) + rng.uniform(0.2, 0.5) * np.cos(2 * phase + rng.uniform(0, 6)), dtype=np.float32)


def _spells(rng: np.random.Generator, line: Timeline) -> Floats:
    """Gain 0..1 (samples,): runs of one to many seconds."""
    wave = noise.slow(rng, line, tau_s=rng.uniform(0.4, 3))[0]
    return np.asarray(1 / (1 + np.exp(-np.clip(5 * (wave + rng.uniform(-0.5, 1)), -30, 30))), dtype=np.float32)


def _times(rng: np.random.Generator, line: Timeline, *, every_s: float) -> NDArray[np.float64]:
    n = 1 + rng.poisson(line.length_s / every_s)
    return np.sort(rng.uniform(line.start_s, line.start_s + line.length_s, n))
