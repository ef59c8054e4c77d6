"""Rhythmic delta activity by ACNS 2021: uniform waves of 0.5-4 Hz without an interval between them."""

from __future__ import annotations

import numpy as np

from ml.synthetic import fields, noise
from ml.synthetic.background import Patient, anywhere
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern


def draw(
    rng: np.random.Generator, patient: Patient, line: Timeline, *, side: int, envelope: Floats, rate_hz: float | None = None
) -> Pattern:
    """Rhythmic delta on a timeline; ``side`` -1 left, 1 right, 0 generalised; rate 0.6-3 Hz by default.

    Rates are drawn around the experts' medians (LRDA 1.4, GRDA 1.3 Hz).
    """
    if rate_hz is None:
        rate_hz = float(np.clip(np.exp(rng.normal(np.log(1.5), 0.36)), 0.6, 3.2))
    field = fields.generalized(rng, patient, frontal_share=0.85) if side == 0 else fields.lateralized(rng, patient, side=side)
    wander = rng.uniform(0.03, 0.2) if rng.random() < 0.8 else rng.uniform(0.2, 0.34)
    phase = wandering_phase(rng, line, rate_hz=rate_hz, wander=wander)
    amplitude = np.exp(rng.uniform(0.15, 0.6) * noise.slow(rng, line, tau_s=rng.uniform(0.15, 1.2))[0]) * envelope
    harmonics = _harmonics(rng)
    skew, lean = rng.uniform(0, 0.9), rng.uniform(-np.pi, np.pi)

    def course(delay_s: float) -> Floats:
        late = phase - 2 * np.pi * rate_hz * delay_s
        late = late + skew * np.sin(late + lean)                     # sharply contoured on one side or at the crest
        wave = sum(height * np.cos(order * late + shift) for order, height, shift in harmonics)
        return np.asarray(amplitude * wave, dtype=np.float32)

    electrodes = fields.paint(field, course) + _ride(rng, patient, field, line)
    sharpness = 0.0
    if rng.random() < 0.2:
        sharpness = rng.uniform(0.2, 0.8)
        electrodes += _sharp_waves(rng, field, line, phase, amplitude, height=1.2 * sharpness)
    return Pattern(
        "rhythmic", electrodes, envelope, rate_hz, variation=wander, duty=1.0, side=side, sharpness=sharpness,
        duration_s=float(envelope.sum() / line.sfreq_hz),
    )


def wandering_phase(rng: np.random.Generator, line: Timeline, *, rate_hz: float, wander: float) -> Floats:
    """Phase in radians of an oscillation whose rate wanders by a share ``wander`` around ``rate_hz``."""
    rate = rate_hz * np.exp(wander * noise.slow(rng, line, tau_s=rng.uniform(0.3, 1.5))[0])
    rate *= rate_hz / rate.mean()
    return np.asarray(2 * np.pi * np.cumsum(rate, dtype=np.float64) / line.sfreq_hz + rng.uniform(0, 2 * np.pi), dtype=np.float64)


def _harmonics(rng: np.random.Generator) -> list[tuple[int, float, float]]:
    second, third = rng.uniform(0, 0.5), rng.uniform(0, 0.22)
    shift = rng.uniform(-np.pi, np.pi)
    return [(1, 1.0, 0.0), (2, second, shift), (3, third, 1.5 * shift)]


def _ride(rng: np.random.Generator, patient: Patient, field: fields.Field, line: Timeline) -> Floats:
    """Irregular delta and theta in the field of the rhythm, as real rhythmic delta is never alone."""
    where = field[0].topography
    theta = noise.band(rng, 1, line, centre_hz=rng.uniform(3.5, 7), width_hz=rng.uniform(0.6, 1.5))[0]
    delta = noise.band(rng, 1, line, centre_hz=rng.uniform(0.6, 1.6), width_hz=rng.uniform(0.4, 0.8))[0]
    near = patient.head.patch(anywhere(rng), width_rad=0.6)
    course = rng.uniform(0, 0.3) * theta + rng.uniform(0, 0.45) * delta
    return np.asarray(where[:, None] * course + rng.uniform(0, 0.3) * near[:, None] * delta, dtype=np.float32)


def _sharp_waves(
    rng: np.random.Generator, field: fields.Field, line: Timeline, phase: Floats, amplitude: Floats, *, height: float
) -> Floats:
    """Modifier +S: a sharp wave at one phase of many cycles."""
    cycles = np.floor((phase - rng.uniform(0, 2 * np.pi)) / (2 * np.pi)).astype(int)
    onsets = np.flatnonzero(np.diff(cycles) > 0)
    onsets = onsets[rng.random(len(onsets)) < rng.uniform(0.4, 1.0)]
    width_s = rng.uniform(0.015, 0.05)
    course = noise.place(
        line.times_s[onsets], -height * amplitude[onsets].astype(float), line,
        lambda dt: np.exp(-0.5 * (dt / width_s) ** 2), before_s=0.3, after_s=0.3,
    )
    return fields.paint(field, lambda _: course)
