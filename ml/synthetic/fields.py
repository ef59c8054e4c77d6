"""Where a pattern appears: patches of cortex with their share and their delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ml.synthetic.background import Patient
from ml.synthetic.forward import broad, direction, scaled
from ml.synthetic.noise import Floats


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch that takes part in a pattern."""

    topography: Floats                   # (19,), greatest bipolar difference 1
    gain: float
    delay_s: float


Field = tuple[Patch, ...]
Where = Literal["anywhere", "focus", "temporal lobe"]


def paint(field: Field, course: Callable[[float], Floats]) -> Floats:
    """Potentials (19, samples) of a field whose patches follow ``course(delay_s)``."""
    topographies = np.stack([patch.gain * patch.topography for patch in field], axis=1)
    return np.asarray(topographies @ np.stack([course(patch.delay_s) for patch in field]), dtype=np.float32)


LEFT_SHARE: Final[float] = 0.66
"""Share of lateralised patterns that are on the left: 1,565 of 2,376 one-sided segments (GROND, Jing et al.)."""


def draw_side(rng: np.random.Generator) -> int:
    """-1 left or 1 right, as often as experts found them."""
    return -1 if rng.random() < LEFT_SHARE else 1


def draw(
    rng: np.random.Generator, patient: Patient, *, side: int, mirror: float | None = None, where: Where = "anywhere",
    temporal_share: float = 0.65, frontal_share: float = 0.7,
) -> Field:
    """The field of a pattern: ``side`` -1 left, 1 right, 0 generalised; ``mirror`` 0..1 sets how much both sides take part."""
    if where != "anywhere":
        return (_focus if where == "focus" else _temporal_lobe)(rng, patient, side)
    if mirror is not None:
        return leaning(rng, patient, side=side or int(rng.choice([-1, 1])), share=mirror)
    if side:
        return lateralized(rng, patient, side=side, temporal_share=temporal_share)
    return generalized(rng, patient, frontal_share=frontal_share)


def _focus(rng: np.random.Generator, patient: Patient, side: int) -> Field:
    """One or two electrodes at the back of the head or over a temporal lobe, as in many sparse LPDs (GROND)."""
    side = side or int(rng.choice([-1, 1]))
    where = direction(rng.uniform(70, 98), side * rng.uniform(75, 168))
    return (Patch(patient.head.patch(where, width_rad=rng.uniform(0.08, 0.25), tangential=rng.uniform(0, 0.5)), 1.0, 0.0),)


def _temporal_lobe(rng: np.random.Generator, patient: Patient, side: int) -> Field:
    """A whole temporal lobe moves together, so that only the ends of its chain show it; of both lobes if generalised."""
    patches = []
    for which in ((side,) if side else (-1, 1)):
        lobe = sum(patient.head.patch(direction(rng.uniform(85, 98), which * azimuth), width_rad=rng.uniform(0.3, 0.45))
                   for azimuth in (52, 72, 90, 108, 128))
        patches.append(Patch(scaled(np.asarray(lobe, dtype=np.float64)), 1.0, float(rng.uniform(0, 0.01))))
    return (*patches, Patch(patient.head.patch(direction(rng.uniform(20, 60), rng.normal(0, 30)), width_rad=0.5), rng.uniform(0, 0.4), 0.02))


def leaning(rng: np.random.Generator, patient: Patient, *, side: int, share: float) -> Field:
    """Between lateralised and generalised: the mirrored regions of the other side follow with ``share`` of the amplitude, 0..1."""
    late_s = float((1 - share) * rng.uniform(0, 0.08) + rng.uniform(0, 0.012))
    patches = []
    for weight in (1.0, *rng.uniform(0.2, 0.9, rng.integers(0, 3))):
        inclination, azimuth, width = rng.uniform(40, 105), rng.uniform(15, 140), rng.uniform(0.25, 0.8)
        patches += [Patch(patient.head.patch(direction(inclination, sign * azimuth), width_rad=width), weight * gain, delay_s)
                    for sign, gain, delay_s in ((side, 1.0, 0.0), (-side, share, late_s))]
    return tuple(patches)


def lateralized(rng: np.random.Generator, patient: Patient, *, side: int, temporal_share: float = 0.65) -> Field:
    """A hemisphere leads: ``side`` -1 is left, +1 right; the other follows weaker and later (5-80 ms) or not at all.

    ACNS 2021: unilateral, or bilateral but clearly asymmetric.
    """
    inclination = rng.uniform(35, 105)
    azimuth = rng.uniform(15, 95) if rng.random() < temporal_share else rng.uniform(60, 155)      # mostly fronto-temporal
    width = rng.uniform(0.28, 0.9)
    tangential = rng.uniform(0, 0.35)
    lead = patient.head.patch(direction(inclination, side * azimuth), width_rad=width, tangential=tangential)
    if rng.random() < 0.35:
        lead = scaled(lead + rng.uniform(0.2, 0.7) * broad(direction(inclination, side * azimuth)))
    patches = [Patch(lead, 1.0, 0.0)]
    for _ in range(rng.integers(0, 4)):
        where = direction(rng.uniform(35, 98), side * rng.uniform(15, 155))
        patches.append(Patch(patient.head.patch(where, width_rad=rng.uniform(0.22, 0.7)), rng.uniform(0.2, 0.9),
                             rng.uniform(0, 0.05)))
    if rng.random() < 0.75:
        mirrored = direction(inclination, -side * azimuth)
        follow = patient.head.patch(mirrored, width_rad=width, tangential=tangential)
        patches.append(Patch(follow, rng.uniform(0, 0.75), rng.uniform(0.005, 0.08)))
    return tuple(patches)


def generalized(rng: np.random.Generator, patient: Patient, *, frontal_share: float = 0.7) -> Field:
    """Both hemispheres together, most often with a frontal maximum; the back of the head may lag by up to 0.1 s."""
    frontal = rng.random() < frontal_share
    azimuth = rng.uniform(5, 45) if frontal else rng.uniform(60, 165)
    inclination = rng.uniform(60, 112) if frontal else rng.uniform(35, 95)
    width = rng.uniform(0.28, 0.8)
    balance = float(np.exp(rng.normal(0, 0.14 if rng.random() < 0.85 else 0.4)))         # some are hardly symmetric any more
    patches = [
        Patch(patient.head.patch(direction(inclination, side * azimuth), width_rad=width), gain, delay_s)
        for side, gain, delay_s in ((-1, balance, 0.0), (1, 1 / balance, float(rng.uniform(0, 0.012))))
    ]
    if rng.random() < 0.65:
        axis = direction(rng.uniform(50, 100), rng.normal(0 if frontal else 180, 12))
        patches.append(Patch(broad(axis), rng.uniform(0.2, 0.9), float(rng.uniform(0, 0.02))))
    if rng.random() < 0.65:
        lag_s = float(rng.uniform(0, 0.1)) * (1 if rng.random() < 0.8 else -1)
        back, share = (135 if frontal else 45), rng.uniform(0.2, 0.8)
        patches += [
            Patch(patient.head.patch(direction(rng.uniform(60, 90), side * back), width_rad=rng.uniform(0.35, 0.8)), share, lag_s)
            for side in (-1, 1)
        ]
    for _ in range(rng.integers(0, 3)):                                                  # regions that take part each in its own way
        inclination, away, width, share = rng.uniform(30, 100), rng.uniform(10, 160), rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.7)
        patches += [Patch(patient.head.patch(direction(inclination, side * away), width_rad=width), share, float(rng.uniform(-0.03, 0.05)))
                    for side in (-1, 1)]
    if rng.random() < 0.4:
        patches.append(Patch(patient.head.patch(direction(rng.uniform(0, 50), 0), width_rad=0.5), rng.uniform(0.2, 0.7), 0.0))
    return tuple(patches)
