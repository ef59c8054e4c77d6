"""Periodic discharges by ACNS 2021: uniform discharges at regular intervals, lateralised or generalised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import fields, modifiers, noise
from ml.synthetic.background import Patient
from ml.synthetic.continuum import Style
from ml.synthetic.modifiers import Change
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern

Doubles = NDArray[np.float64]

RATE_HZ: Final[dict[bool, tuple[float, float]]] = {True: (1.0, 0.42), False: (1.25, 0.44)}
"""Median and log SD of the rate that experts found, lateralised or not (LPD 0.5-2.0, GPD 0.5-2.25 Hz in 5-95 %; GROND)."""
VARIATION: Final[dict[bool, tuple[float, float]]] = {True: (0.21, 0.50), False: (0.25, 0.60)}
"""Median and log SD of the variation of intervals in reviewed timing (LPD .08-.49, GPD .09-.78 in 5-95 %; GROND)."""

PHASES: Final[dict[bool, tuple[float, ...]]] = {True: (0.14, 0.30, 0.28, 0.18, 0.10), False: (0.08, 0.20, 0.34, 0.24, 0.14)}
"""Share of discharges with one to five phases; generalised ones are mostly triphasic or more and so richer in theta (IIIC, GROND)."""


class Bump(NamedTuple):
    """One phase of a discharge: a Gaussian."""

    centre_s: float
    sigma_s: float
    height: float


def draw(
    rng: np.random.Generator, patient: Patient, line: Timeline, *, side: int, envelope: Floats, style: Style = Style()
) -> Pattern:
    """Periodic discharges on a timeline.

    Parameters
    ----------
    side
        -1 left, 1 right, 0 generalised.
    envelope
        Where they are present, 0..1 (samples,).
    style
        What is set on purpose; the rate is 0.35-2.8 Hz otherwise, around the medians that experts found (LPD 1.0, GPD 1.25 Hz).
    """
    if style.independent:
        return _independent(rng, patient, line, side=side, envelope=envelope, style=style)
    lateral = side != 0
    rate_hz = draw_rate(rng, lateral=lateral) if style.rate_hz is None else style.rate_hz
    variation = float(np.clip(np.exp(rng.normal(np.log(VARIATION[lateral][0]), VARIATION[lateral][1])), 0.02, 0.7))
    field = fields.draw(rng, patient, side=side, mirror=style.mirror, where=style.where)
    if style.width_s is None and not style.polyspikes and not lateral and rng.random() < 0.3:
        bumps, width_s, extent_s = _triphasic(rng)
    else:
        bumps, width_s, extent_s = _template(rng, rate_hz, lateral=lateral, style=style)
    times_s = discharge_times(rng, line, rate_hz=rate_hz, variation=variation, change=style.change)
    if style.sparse:
        times_s = _sparse(rng, times_s)
    elif rng.random() < 0.15:
        times_s = times_s[rng.random(len(times_s)) > rng.uniform(0.05, 0.2)]             # some discharges fail to come
    heights = np.exp(rng.normal(0, rng.uniform(0.05, 0.45), len(times_s))) * np.interp(times_s, line.times_s, envelope)
    electrodes = _discharges(rng, field, line, bumps, times_s, heights, style.change)
    plus, names = _plus(rng, field, line, times_s, heights, rate_hz)
    electrodes += plus
    evolution_hz = form = 0.0
    seen_hz = rate_hz
    if style.change is not None:
        evolution_hz, form = style.change.evolution_hz(line, envelope), style.change.evolution_of_form(line, envelope)
        names, seen_hz = names + style.change.names(), rate_hz + style.change.labelled_hz(line)
        if style.change.spread.any():
            electrodes += modifiers.join(rng, patient, electrodes, line, side, style.change.spread)
    return Pattern(
        "periodic", electrodes, envelope, seen_hz, variation, duty=float(min(extent_s * seen_hz, 1.0)), side=side, evolution_hz=evolution_hz,
        sharpness=float(np.clip(1.3 - width_s / 0.07, 0, 1)), duration_s=float(envelope.sum() / line.sfreq_hz), evolution_of_form=form,
        times_s=times_s[heights > 0.25 * np.median(heights[heights > 0])] if (heights > 0).any() else times_s[:0], modifiers=names,
    )


def draw_rate(rng: np.random.Generator, *, lateral: bool) -> float:
    """A rate in Hz as experts found them."""
    return float(np.clip(np.exp(rng.normal(np.log(RATE_HZ[lateral][0]), RATE_HZ[lateral][1])), 0.35, 2.8))


def _independent(rng: np.random.Generator, patient: Patient, line: Timeline, *, side: int, envelope: Floats, style: Style) -> Pattern:
    """Bilateral independent discharges (BIPDs): one pattern on each side, at rates that differ, not locked in time.

    ACNS 2021 gives them a main term of their own, the classes of HMS do not. We take it that raters mostly call them LPD, since what
    they see on either side is lateralised, and GPD where both sides are alike; that is our choice and was not measured.
    """
    side = side or int(rng.choice([-1, 1]))
    alone = replace(style, independent=False, mirror=None)
    first_hz = draw_rate(rng, lateral=True) if style.rate_hz is None else style.rate_hz
    second_hz = first_hz * float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.15, 0.5)))
    first, second = (draw(rng, patient, line, side=which, envelope=envelope, style=replace(alone, rate_hz=rate_hz))
                     for which, rate_hz in ((side, first_hz), (-side, second_hz)))
    electrodes = first.electrodes + np.float32(rng.uniform(0.5, 1.0)) * second.electrodes
    return replace(
        first, electrodes=electrodes, independent=True, times_s=np.sort(np.concatenate([first.times_s, second.times_s])),
        modifiers=(*first.modifiers, "bilateral independent"),
    )


def _discharges(
    rng: np.random.Generator, field: fields.Field, line: Timeline, bumps: list[Bump], times_s: Doubles, heights: Doubles,
    evolution: Change | None = None,
) -> Floats:
    """Discharges (19, samples): alike but not the same from one to the next, nor from one patch of cortex to another."""
    stretch = np.exp(rng.normal(0, rng.uniform(0.02, 0.2), len(times_s)))
    change = rng.uniform(0.05, 0.4)
    unlike_later = np.zeros((len(bumps), len(times_s)))
    if evolution is not None and evolution.shape.any():
        later = np.interp(times_s, line.times_s, evolution.shape)
        stretch = stretch * np.exp(later * rng.uniform(-0.4, 0.7))
        unlike_later = rng.normal(0, 0.8, (len(bumps), 1)) * later
    phases = np.stack([
        noise.place(
            times_s + bump.centre_s * stretch, heights * np.exp(rng.normal(0, change, len(times_s)) + drift), line,
            _gaussian(bump.sigma_s),
            before_s=4 * bump.sigma_s, after_s=4 * bump.sigma_s, stretch=stretch,
        )
        for bump, drift in zip(bumps, unlike_later, strict=True)
    ])
    at_rest = np.array([bump.height for bump in bumps])
    unlike, uneven = rng.uniform(0.2, 1.2), rng.uniform(0.05, 0.6)

    def course(delay_s: float) -> Floats:
        own = at_rest * np.exp(rng.normal(0, unlike, len(bumps)))
        if unlike > 0.4:
            own *= np.where(rng.random(len(bumps)) < 0.12, -0.6, 1.0)
        wave = np.roll(own @ phases, round(delay_s * line.sfreq_hz))
        return np.asarray(wave * np.exp(uneven * noise.slow(rng, line, tau_s=0.3)[0]), dtype=np.float32)         # its field changes, too

    return fields.paint(field, course)


def _gaussian(sigma_s: float) -> Callable[[Doubles], Doubles]:
    return lambda dt: np.asarray(np.exp(-0.5 * (dt / sigma_s) ** 2))


def discharge_times(rng: np.random.Generator, line: Timeline, *, rate_hz: float, variation: float, change: Change | None = None) -> Doubles:
    """Times of discharges whose intervals vary with memory (AR(1)), covering the timeline."""
    if change is not None and change.rate_hz.any():
        return _at_changing_rate(rng, line, rate_hz, variation, change)
    n = int(line.length_s * rate_hz * 2.2) + 12
    z = rng.standard_normal(n)
    memory = rng.uniform(-0.2, 0.6)
    for i in range(1, n):
        z[i] = memory * z[i - 1] + np.sqrt(1 - memory**2) * z[i]
    intervals_s = np.exp(variation * z - 0.5 * variation**2) / rate_hz
    times_s: Doubles = line.start_s - rng.uniform(0, 1) / rate_hz + np.cumsum(intervals_s)
    return times_s[times_s < line.start_s + line.length_s + 1]


def _sparse(rng: np.random.Generator, times_s: Doubles) -> Doubles:
    """Some discharges fail to come; in half of the cases others come as a pair, 0.35-0.75 s apart."""
    kept = times_s[rng.random(len(times_s)) > rng.uniform(0.05, 0.3)]
    if rng.random() < 0.5:
        return kept
    paired = kept[rng.random(len(kept)) < rng.uniform(0.2, 0.7)]
    return np.sort(np.concatenate([kept, paired + rng.uniform(0.35, 0.75) * np.exp(rng.normal(0, 0.1, len(paired)))]))


def _at_changing_rate(rng: np.random.Generator, line: Timeline, rate_hz: float, variation: float, change: Change) -> Doubles:
    """Discharges that are even on a clock which runs as fast as the rate has changed."""
    pace = np.maximum(rate_hz + change.rate_hz, modifiers.SLOWEST_HZ) / rate_hz
    clock_s = line.start_s + np.cumsum(pace, dtype=np.float64) / line.sfreq_hz
    even_s = discharge_times(rng, Timeline(round(line.n_samples * float(pace.mean())), line.sfreq_hz, line.start_s),
                             rate_hz=rate_hz, variation=variation)
    inside = (even_s > clock_s[0]) & (even_s < clock_s[-1])
    return np.asarray(np.interp(even_s[inside], clock_s, line.times_s))


def _template(rng: np.random.Generator, rate_hz: float, *, lateral: bool, style: Style = Style()) -> tuple[list[Bump], float, float]:
    """One to five sharp phases (width 12-85 ms) or polyspikes, and mostly an after-going slow wave: phases, width, extent."""
    polyspikes = rng.random() < (0.10 if lateral else 0.05)
    shortest_s, longest_s = (0.014, 0.080) if lateral else (0.022, 0.055)
    width_s = float(np.exp(rng.uniform(np.log(shortest_s), np.log(longest_s)))) if not polyspikes else rng.uniform(0.008, 0.018)
    if style.polyspikes:
        polyspikes, width_s = True, float(rng.uniform(0.010, 0.022))
    elif style.width_s is not None:
        polyspikes, width_s = False, style.width_s
    sign, centre_s = (-1.0 if rng.random() < 0.8 else 1.0), 0.0
    bumps = []
    for phase in range(rng.integers(5, 10) if polyspikes else rng.choice([1, 2, 3, 4, 5], p=PHASES[lateral])):
        sigma_s = width_s * rng.uniform(0.6, 1.6)
        bumps.append(Bump(centre_s, sigma_s, sign * (rng.uniform(0.3, 1.0) if phase else 1.0)))
        centre_s += sigma_s * rng.uniform(1.8, 3.0)
        sign = -sign
    if rng.random() < (0.75 if lateral else 0.45):
        sigma_s = min(rng.uniform(0.05, 0.2), 0.25 / rate_hz)
        bumps.append(Bump(centre_s + 1.6 * sigma_s, sigma_s, sign * rng.uniform(0.1, 0.75)))
        centre_s += 3.2 * sigma_s
    return bumps, width_s, max(centre_s + width_s, 2.5 * width_s)


def _triphasic(rng: np.random.Generator) -> tuple[list[Bump], float, float]:
    """Triphasic morphology: negative, dominant positive, negative, each longer than the last."""
    first_s = rng.uniform(0.014, 0.034)
    widths_s = first_s * np.array([1.0, rng.uniform(1.3, 1.9), rng.uniform(2.0, 3.0)])
    centres_s = np.array([-2.1 * widths_s[1], 0.0, 2.2 * widths_s[1] + widths_s[2]])
    heights = np.array([-rng.uniform(0.3, 0.7), 1.0, -rng.uniform(0.3, 0.7)])
    bumps = [Bump(float(c), float(s), float(h)) for c, s, h in zip(centres_s, widths_s, heights, strict=True)]
    return bumps, first_s, float(centres_s[2] - centres_s[0] + 2 * first_s)


def _plus(
    rng: np.random.Generator, field: fields.Field, line: Timeline, times_s: Doubles, heights: Doubles, rate_hz: float
) -> tuple[Floats, tuple[str, ...]]:
    """Modifiers +F (fast activity on each discharge) and +R (rhythmic delta underneath), with their names."""
    total = np.zeros((19, line.n_samples), dtype=np.float32)
    names: tuple[str, ...] = ()
    if rng.random() < 0.2:
        fast = noise.band(rng, 1, line, centre_hz=rng.uniform(8, 18), width_hz=3)[0]
        width_s = rng.uniform(0.06, 0.18)
        bursts = noise.place(times_s, heights, line, lambda dt: np.exp(-0.5 * (dt / width_s) ** 2), before_s=0.5, after_s=0.5)
        total += rng.uniform(0.1, 0.6) * fields.paint(field, lambda _: fast * bursts)
        names += ("+F",)
    if rng.random() < 0.1:
        total += rng.uniform(0.1, 0.4) * fields.paint(
            field, lambda d: np.cos(2 * np.pi * rate_hz * (line.times_s - d)).astype(np.float32)
        )
        names += ("+R",)
    return total, names
