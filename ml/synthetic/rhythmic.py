"""Rhythmic delta activity by ACNS 2021: uniform waves of 0.5-4 Hz without an interval between them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import fields, modifiers, noise
from ml.synthetic.background import Patient, anywhere
from ml.synthetic.continuum import Style
from ml.synthetic.modifiers import Change
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern

RATE_HZ: Final[dict[bool, tuple[float, float]]] = {True: (1.4, 0.38), False: (1.3, 0.35)}
"""Median and log SD of the rate that experts found, lateralised or not (LRDA 0.6-2.25, GRDA 0.75-2.25 Hz in 5-95 %; GROND)."""


def draw(
    rng: np.random.Generator, patient: Patient, line: Timeline, *, side: int, envelope: Floats, style: Style = Style()
) -> Pattern:
    """Rhythmic delta on a timeline; ``side`` -1 left, 1 right, 0 generalised; rate 0.5-3.2 Hz by default."""
    lateral = side != 0
    rate_hz = draw_rate(rng, lateral=lateral) if style.rate_hz is None else style.rate_hz
    field = fields.draw(rng, patient, side=side, mirror=style.mirror, where=style.where, temporal_share=0.85, frontal_share=0.85)
    wander = float(np.clip(np.exp(rng.normal(np.log(0.11), 0.55)), 0.02, 0.34))
    irregular = rng.uniform(0, 0.3) if rng.random() < 0.55 else rng.uniform(0.3, 0.75)   # share of the amplitude that is not rhythmic
    wander, irregular = style.wander or wander, style.irregular or irregular
    change = style.change
    phase = wandering_phase(rng, line, rate_hz=rate_hz, wander=wander, change=change)
    amplitude = np.exp(rng.uniform(0.1, 0.5) * noise.slow(rng, line, tau_s=rng.uniform(0.15, 1.2))[0]) * envelope
    if rng.random() < 0.25:
        amplitude = amplitude * _runs(rng, line)
    harmonics = _harmonics(rng)
    skew: float | NDArray[np.floating] = rng.uniform(0, 0.9)
    lean = rng.uniform(-np.pi, np.pi)
    if change is not None and change.shape.any():
        skew = skew + change.shape * (rng.uniform(0.6, 1.2) - skew)
    uneven = rng.uniform(0.1, 0.6)

    def course(delay_s: float) -> Floats:
        late = phase - 2 * np.pi * rate_hz * delay_s + uneven * noise.slow(rng, line, tau_s=0.8)[0]
        late = late + skew * np.sin(late + lean)                     # sharply contoured on one side or at the crest
        wave = sum(height * np.cos(order * late + shift) for order, height, shift in harmonics)
        return np.asarray(amplitude * wave * np.exp(uneven * noise.slow(rng, line, tau_s=0.7)[0]), dtype=np.float32)

    electrodes = fields.paint(field, course) + _ride(rng, patient, field, line, envelope, irregular, theta=0.35 if lateral else 0.2)
    sharpness = 0.0
    names: tuple[str, ...] = ()
    if rng.random() < 0.2 or style.sharpness is not None:
        sharpness = rng.uniform(0.2, 0.8) if style.sharpness is None else style.sharpness
        electrodes += _sharp_waves(rng, field, line, phase, amplitude, height=1.2 * sharpness)
        names = ("+S",)
    if style.brush:
        electrodes += _brush(rng, field, line, phase, amplitude, style)
        names += ("extreme delta brush",) if style.extreme else ("+F",)
    evolution_hz = form = 0.0
    seen_hz = rate_hz
    if change is not None:
        evolution_hz, form = change.evolution_hz(line, envelope), change.evolution_of_form(line, envelope)
        names, seen_hz = names + change.names(), rate_hz + change.labelled_hz(line)
        if change.spread.any():
            electrodes += modifiers.join(rng, patient, electrodes, line, side, change.spread)
    return Pattern(
        "rhythmic", electrodes, envelope, seen_hz, variation=wander + 0.25 * irregular, duty=1.0, side=side, sharpness=sharpness,
        duration_s=float(envelope.sum() / line.sfreq_hz), times_s=_crests(line, phase, amplitude), evolution_hz=evolution_hz,
        evolution_of_form=form, modifiers=names,
    )


def draw_rate(rng: np.random.Generator, *, lateral: bool) -> float:
    """A rate in Hz as experts found them."""
    return float(np.clip(np.exp(rng.normal(np.log(RATE_HZ[lateral][0]), RATE_HZ[lateral][1])), 0.5, 3.2))


def _brush(rng: np.random.Generator, field: fields.Field, line: Timeline, phase: Floats, amplitude: Floats, style: Style) -> Floats:
    """Modifier +F: fast activity on the waves; in extreme delta brush (EDB) at one place of every wave (ACNS 2021)."""
    centre_hz = rng.uniform(13, 25) if style.extreme else rng.uniform(8, 18)
    fast = noise.band(rng, 1, line, centre_hz=centre_hz, width_hz=rng.uniform(1.5, 3.5))[0]
    riding = np.clip(np.cos(phase - rng.uniform(-np.pi, np.pi)), 0, None) ** rng.uniform(1, 3)
    bursts = riding if style.extreme else 0.3 + 0.4 * riding
    return fields.paint(field, lambda _: np.asarray(style.brush * fast * bursts * amplitude, dtype=np.float32))


def _runs(rng: np.random.Generator, line: Timeline) -> Floats:
    """Gain 0.15..1: runs of a few waves with lulls between them."""
    wave = noise.slow(rng, line, tau_s=rng.uniform(0.4, 1.5))[0]
    depth = rng.uniform(0.4, 0.85)
    return np.asarray(1 - depth / (1 + np.exp(np.clip(4 * (wave + rng.uniform(0.2, 1.2)), -30, 30))), dtype=np.float32)


def _crests(line: Timeline, phase: Floats, amplitude: Floats) -> NDArray[np.float64]:
    """Seconds of the crests of all waves that are there."""
    at = np.flatnonzero(np.diff(np.floor(phase / (2 * np.pi))) > 0)
    return line.times_s[at[amplitude[at] > 0.25]]


def wandering_phase(rng: np.random.Generator, line: Timeline, *, rate_hz: float, wander: float, change: Change | None = None) -> Floats:
    """Phase in radians of an oscillation whose rate wanders by a share ``wander`` around ``rate_hz``."""
    rate = rate_hz * np.exp(wander * noise.slow(rng, line, tau_s=rng.uniform(0.3, 1.5))[0])
    rate *= rate_hz / rate.mean()
    if change is not None:
        rate *= np.maximum(rate_hz + change.rate_hz, modifiers.SLOWEST_HZ) / rate_hz
    return np.asarray(2 * np.pi * np.cumsum(rate, dtype=np.float64) / line.sfreq_hz + rng.uniform(0, 2 * np.pi), dtype=np.float64)


def _harmonics(rng: np.random.Generator) -> list[tuple[int, float, float]]:
    second, third = rng.uniform(0, 0.5), rng.uniform(0, 0.22)
    shift = rng.uniform(-np.pi, np.pi)
    return [(1, 1.0, 0.0), (2, second, shift), (3, third, 1.5 * shift)]


def _ride(
    rng: np.random.Generator, patient: Patient, field: fields.Field, line: Timeline, envelope: Floats, irregular: float, *, theta: float
) -> Floats:
    """Irregular delta and theta in the field of the rhythm, as real rhythmic delta is never alone."""
    faster = noise.band(rng, 2, line, centre_hz=rng.uniform(4, 8), width_hz=rng.uniform(0.8, 2.0))
    delta = noise.band(rng, 2, line, centre_hz=rng.uniform(0.6, 2.0), width_hz=rng.uniform(0.4, 0.9))
    near = patient.head.patch(anywhere(rng), width_rad=0.6)
    share = rng.uniform(0, theta)
    course = share * faster + irregular * delta
    where = field[0].topography + (0.7 * field[1].topography if len(field) > 1 else 0)
    return np.asarray(envelope * (where[:, None] * course[0] + 0.6 * near[:, None] * course[1]), dtype=np.float32)


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
