"""Periodic discharges by ACNS 2021: uniform discharges at regular intervals, lateralised or generalised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import fields, noise
from ml.synthetic.background import Patient
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern

Doubles = NDArray[np.float64]

RATE_HZ: Final[dict[bool, tuple[float, float]]] = {True: (1.0, 0.42), False: (1.25, 0.44)}
"""Median and log SD of the rate that experts found, lateralised or not (LPD 0.5-2.0, GPD 0.5-2.25 Hz in 5-95 %; GROND)."""
VARIATION: Final[dict[bool, tuple[float, float]]] = {True: (0.21, 0.50), False: (0.25, 0.60)}
"""Median and log SD of the variation of intervals in reviewed timing (LPD .08-.49, GPD .09-.78 in 5-95 %; GROND)."""


class Bump(NamedTuple):
    """One phase of a discharge: a Gaussian."""

    centre_s: float
    sigma_s: float
    height: float


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
        Mean rate; by default 0.35-2.8 Hz around the medians that experts found (LPD 1.0, GPD 1.25 Hz).
    """
    lateral = side != 0
    if rate_hz is None:
        rate_hz = float(np.clip(np.exp(rng.normal(np.log(RATE_HZ[lateral][0]), RATE_HZ[lateral][1])), 0.35, 2.8))
    variation = float(np.clip(np.exp(rng.normal(np.log(VARIATION[lateral][0]), VARIATION[lateral][1])), 0.02, 0.7))
    field = fields.lateralized(rng, patient, side=side) if lateral else fields.generalized(rng, patient)
    bumps, width_s, extent_s = _triphasic(rng) if not lateral and rng.random() < 0.3 else _template(rng, rate_hz, lateral=lateral)
    times_s = discharge_times(rng, line, rate_hz=rate_hz, variation=variation)
    if rng.random() < 0.15:
        times_s = times_s[rng.random(len(times_s)) > rng.uniform(0.05, 0.2)]             # some discharges fail to come
    heights = np.exp(rng.normal(0, rng.uniform(0.05, 0.45), len(times_s))) * np.interp(times_s, line.times_s, envelope)
    electrodes = _discharges(rng, field, line, bumps, times_s, heights) + _plus(rng, field, line, times_s, heights, rate_hz)
    return Pattern(
        "periodic", electrodes, envelope, rate_hz, variation, duty=float(min(extent_s * rate_hz, 1.0)), side=side,
        sharpness=float(np.clip(1.3 - width_s / 0.07, 0, 1)), duration_s=float(envelope.sum() / line.sfreq_hz),
        times_s=times_s[heights > 0.25 * np.median(heights[heights > 0])] if (heights > 0).any() else times_s[:0],
    )


def _discharges(
    rng: np.random.Generator, field: fields.Field, line: Timeline, bumps: list[Bump], times_s: Doubles, heights: Doubles
) -> Floats:
    """Discharges (19, samples): alike but not the same from one to the next, nor from one patch of cortex to another."""
    stretch = np.exp(rng.normal(0, rng.uniform(0.02, 0.2), len(times_s)))
    change = rng.uniform(0.05, 0.4)
    phases = np.stack([
        noise.place(
            times_s + bump.centre_s * stretch, heights * np.exp(rng.normal(0, change, len(times_s))), line,
            _gaussian(bump.sigma_s),
            before_s=4 * bump.sigma_s, after_s=4 * bump.sigma_s, stretch=stretch,
        )
        for bump in bumps
    ])
    at_rest = np.array([bump.height for bump in bumps])
    unlike = rng.uniform(0.15, 0.9)

    def course(delay_s: float) -> Floats:
        own = at_rest * np.exp(rng.normal(0, unlike, len(bumps)))
        if unlike > 0.4:
            own *= np.where(rng.random(len(bumps)) < 0.12, -0.6, 1.0)
        return np.asarray(np.roll(own @ phases, round(delay_s * line.sfreq_hz)), dtype=np.float32)

    return fields.paint(field, course)


def _gaussian(sigma_s: float) -> Callable[[Doubles], Doubles]:
    return lambda dt: np.asarray(np.exp(-0.5 * (dt / sigma_s) ** 2))


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


def _template(rng: np.random.Generator, rate_hz: float, *, lateral: bool) -> tuple[list[Bump], float, float]:
    """One to five sharp phases (width 12-85 ms) or polyspikes, and mostly an after-going slow wave: phases, width, extent."""
    polyspikes = rng.random() < (0.14 if lateral else 0.05)
    shortest_s, longest_s = (0.010, 0.080) if lateral else (0.018, 0.075)
    width_s = float(np.exp(rng.uniform(np.log(shortest_s), np.log(longest_s)))) if not polyspikes else rng.uniform(0.008, 0.018)
    sign, centre_s = (-1.0 if rng.random() < 0.8 else 1.0), 0.0
    bumps = []
    for phase in range(rng.integers(5, 10) if polyspikes else rng.choice([1, 2, 3, 4, 5], p=[0.14, 0.30, 0.28, 0.18, 0.10])):
        sigma_s = width_s * rng.uniform(0.6, 1.6)
        bumps.append(Bump(centre_s, sigma_s, sign * (rng.uniform(0.3, 1.0) if phase else 1.0)))
        centre_s += sigma_s * rng.uniform(1.8, 3.0)
        sign = -sign
    if rng.random() < 0.75:
        sigma_s = min(rng.uniform(0.05, 0.2), 0.25 / rate_hz)
        bumps.append(Bump(centre_s + 1.6 * sigma_s, sigma_s, sign * rng.uniform(0.1, 0.75)))
        centre_s += 3.2 * sigma_s
    return bumps, width_s, max(centre_s + width_s, 2.5 * width_s)


def _triphasic(rng: np.random.Generator) -> tuple[list[Bump], float, float]:
    """Triphasic morphology: negative, dominant positive, negative, each longer than the last."""
    first_s = rng.uniform(0.025, 0.06)
    widths_s = first_s * np.array([1.0, rng.uniform(1.3, 1.9), rng.uniform(2.0, 3.0)])
    centres_s = np.array([-2.1 * widths_s[1], 0.0, 2.2 * widths_s[1] + widths_s[2]])
    heights = np.array([-rng.uniform(0.3, 0.7), 1.0, -rng.uniform(0.3, 0.7)])
    bumps = [Bump(float(c), float(s), float(h)) for c, s, h in zip(centres_s, widths_s, heights, strict=True)]
    return bumps, first_s, float(centres_s[2] - centres_s[0] + 2 * first_s)


def _plus(
    rng: np.random.Generator, field: fields.Field, line: Timeline, times_s: Doubles, heights: Doubles, rate_hz: float
) -> Floats:
    """Modifiers +F (fast activity on each discharge) and +R (rhythmic delta underneath)."""
    total = np.zeros((19, line.n_samples), dtype=np.float32)
    if rng.random() < 0.2:
        fast = noise.band(rng, 1, line, centre_hz=rng.uniform(8, 18), width_hz=3)[0]
        width_s = rng.uniform(0.06, 0.18)
        bursts = noise.place(times_s, heights, line, lambda dt: np.exp(-0.5 * (dt / width_s) ** 2), before_s=0.5, after_s=0.5)
        total += rng.uniform(0.1, 0.6) * fields.paint(field, lambda _: fast * bursts)
    if rng.random() < 0.1:
        total += rng.uniform(0.1, 0.4) * fields.paint(
            field, lambda d: np.cos(2 * np.pi * rate_hz * (line.times_s - d)).astype(np.float32)
        )
    return total
