"""Where a pattern appears: patches of cortex with their share and their delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

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


def paint(field: Field, course: Callable[[float], Floats]) -> Floats:
    """Potentials (19, samples) of a field whose patches follow ``course(delay_s)``."""
    topographies = np.stack([patch.gain * patch.topography for patch in field], axis=1)
    return np.asarray(topographies @ np.stack([course(patch.delay_s) for patch in field]), dtype=np.float32)


LEFT_SHARE: Final[float] = 0.66
"""Share of lateralised patterns that are on the left: 1,565 of 2,376 one-sided segments (GROND, Jing et al.)."""


def draw_side(rng: np.random.Generator) -> int:
    """-1 left or 1 right, as often as experts found them."""
    return -1 if rng.random() < LEFT_SHARE else 1


def lateralized(rng: np.random.Generator, patient: Patient, *, side: int) -> Field:
    """A hemisphere leads: ``side`` -1 is left, +1 right; the other follows weaker and later (5-80 ms) or not at all.

    ACNS 2021: unilateral, or bilateral but clearly asymmetric.
    """
    inclination = rng.uniform(35, 105)
    azimuth = rng.uniform(15, 95) if rng.random() < 0.65 else rng.uniform(60, 155)      # mostly fronto-temporal
    width = rng.uniform(0.22, 0.85)
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
    width = rng.uniform(0.35, 1.0)
    balance = float(np.exp(rng.normal(0, 0.14 if rng.random() < 0.85 else 0.4)))         # some are hardly symmetric any more
    patches = [
        Patch(patient.head.patch(direction(inclination, side * azimuth), width_rad=width), gain, delay_s)
        for side, gain, delay_s in ((-1, balance, 0.0), (1, 1 / balance, float(rng.uniform(0, 0.012))))
    ]
    if rng.random() < 0.8:
        axis = direction(rng.uniform(50, 100), rng.normal(0 if frontal else 180, 12))
        patches.append(Patch(broad(axis), rng.uniform(0.3, 1.2), float(rng.uniform(0, 0.02))))
    if rng.random() < 0.65:
        lag_s = float(rng.uniform(0, 0.1)) * (1 if rng.random() < 0.8 else -1)
        back, share = (135 if frontal else 45), rng.uniform(0.1, 0.6)
        patches += [
            Patch(patient.head.patch(direction(rng.uniform(60, 90), side * back), width_rad=rng.uniform(0.35, 0.8)), share, lag_s)
            for side in (-1, 1)
        ]
    if rng.random() < 0.4:
        patches.append(Patch(patient.head.patch(direction(rng.uniform(0, 50), 0), width_rad=0.5), rng.uniform(0.2, 0.7), 0.0))
    return tuple(patches)
