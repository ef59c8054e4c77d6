"""Periodic discharges by ACNS 2021: uniform discharges at regular intervals, lateralised or generalised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import fields, noise
from ml.synthetic.background import Patient
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern

Doubles = NDArray[np.float64]


def draw(
    rng: np.random.Generator, patient: Patient, line: Timeline, *, side: int, envelope: Floats, rate_hz: float | None = None
) -> Pattern:
    """Periodic discharges on a timeline.

    Parameters
    ----------
    side
        -1 left, 1 right, 0 generalised.
    envelope
        Where they are present, 0..1 (samples,).
    rate_hz
        Mean rate; by default 0.4-2.6 Hz around the medians that experts found (LPD 1.0, GPD 1.25 Hz).
    """
    if rate_hz is None:
        rate_hz = float(np.clip(np.exp(rng.normal(np.log(1.25 if side == 0 else 1.05), 0.45)), 0.4, 2.7))
    variation = rng.uniform(0.02, 0.28) if rng.random() < 0.85 else rng.uniform(0.28, 0.5)
    field = fields.generalized(rng, patient) if side == 0 else fields.lateralized(rng, patient, side=side)
    triphasic = side == 0 and rng.random() < 0.4
    template, width_s, extent_s = _triphasic(rng) if triphasic else _template(rng, rate_hz)
    times_s = discharge_times(rng, line, rate_hz=rate_hz, variation=variation)
    heights = np.exp(rng.normal(0, rng.uniform(0.05, 0.4), len(times_s)))
    heights *= np.interp(times_s, line.times_s, envelope)
    stretch = np.exp(rng.normal(0, rng.uniform(0.02, 0.2), len(times_s)))

    def course(delay_s: float) -> Floats:
        return noise.place(times_s + delay_s, heights, line, template, before_s=0.6, after_s=1.2, stretch=stretch)

    electrodes = fields.paint(field, course)
    electrodes += _plus(rng, field, line, times_s, heights, rate_hz)
    return Pattern(
        "periodic", electrodes, envelope, rate_hz, variation, duty=float(min(extent_s * rate_hz, 1.0)), side=side,
        sharpness=float(np.clip(1.3 - width_s / 0.07, 0, 1)), duration_s=float(envelope.sum() / line.sfreq_hz),
    )


def discharge_times(rng: np.random.Generator, line: Timeline, *, rate_hz: float, variation: float) -> Doubles:
    """Times of discharges whose intervals vary with memory (AR(1)), covering the timeline."""
    n = int(line.length_s * rate_hz * 2.2) + 12
    z = rng.standard_normal(n)
    memory = rng.uniform(-0.2, 0.6)
    for i in range(1, n):
        z[i] = memory * z[i - 1] + np.sqrt(1 - memory**2) * z[i]
    intervals_s = np.exp(variation * z - 0.5 * variation**2) / rate_hz
    times_s: Doubles = line.start_s - rng.uniform(0, 1) / rate_hz + np.cumsum(intervals_s)
    return times_s[times_s < line.start_s + line.length_s + 1]


Template = Callable[[Doubles], Doubles]


def _template(rng: np.random.Generator, rate_hz: float) -> tuple[Template, float, float]:
    """One to four sharp phases (width 12-85 ms) and in three quarters an after-going slow wave."""
    width_s = float(np.exp(rng.uniform(np.log(0.015), np.log(0.095))))
    sign, centre_s = (-1.0 if rng.random() < 0.8 else 1.0), 0.0
    bumps = []
    for phase in range(rng.choice([1, 2, 3, 4], p=[0.2, 0.4, 0.28, 0.12])):
        sigma_s = width_s * rng.uniform(0.7, 1.5)
        bumps.append((centre_s, sigma_s, sign * (rng.uniform(0.35, 1.0) if phase else 1.0)))
        centre_s += sigma_s * rng.uniform(1.8, 3.0)
        sign = -sign
    if rng.random() < 0.75:
        sigma_s = min(rng.uniform(0.06, 0.22), 0.28 / rate_hz)
        bumps.append((centre_s + 1.6 * sigma_s, sigma_s, sign * rng.uniform(0.15, 0.9)))
        centre_s += 3.2 * sigma_s
    return _gaussians(bumps), width_s, max(centre_s + width_s, 2.5 * width_s)


def _triphasic(rng: np.random.Generator) -> tuple[Template, float, float]:
    """Triphasic morphology: negative, dominant positive, negative, each longer than the last."""
    first_s = rng.uniform(0.025, 0.06)
    widths_s = first_s * np.array([1.0, rng.uniform(1.3, 1.9), rng.uniform(2.0, 3.0)])
    centres_s = np.array([-2.1 * widths_s[1], 0.0, 2.2 * widths_s[1] + widths_s[2]])
    heights = np.array([-rng.uniform(0.3, 0.7), 1.0, -rng.uniform(0.3, 0.7)])
    return _gaussians(list(zip(centres_s, widths_s, heights, strict=True))), first_s, float(centres_s[2] - centres_s[0] + 2 * first_s)


def _gaussians(bumps: list[tuple[float, float, float]]) -> Template:
    centres_s, sigmas_s, heights = (np.array(part)[:, None, None] for part in zip(*bumps, strict=True))
    return lambda dt: np.asarray((heights * np.exp(-0.5 * ((dt[None] - centres_s) / sigmas_s) ** 2)).sum(axis=0))


def _plus(
    rng: np.random.Generator, field: fields.Field, line: Timeline, times_s: Doubles, heights: Doubles, rate_hz: float
) -> Floats:
    """Modifiers +F (fast activity on each discharge) and +R (rhythmic delta underneath)."""
    total = np.zeros((19, line.n_samples), dtype=np.float32)
    if rng.random() < 0.12:
        fast = noise.band(rng, 1, line, centre_hz=rng.uniform(12, 18), width_hz=2)[0]
        bursts = noise.place(times_s, heights, line, lambda dt: np.exp(-0.5 * (dt / 0.12) ** 2), before_s=0.5, after_s=0.5)
        total += rng.uniform(0.1, 0.4) * fields.paint(field, lambda _: fast * bursts)
    if rng.random() < 0.1:
        total += rng.uniform(0.1, 0.4) * fields.paint(
            field, lambda d: np.cos(2 * np.pi * rate_hz * (line.times_s - d)).astype(np.float32)
        )
    return total
