"""What is set on purpose of a generated pattern, so that windows lie everywhere between the classes and not only at their centres.

ACNS 2021 draws lines through continua (reference 5.4, point 6). Each of them is a range here:

* lateralised to generalised: ``mirror``, the amplitude of the weaker hemisphere beside the stronger;
* rhythmic to periodic: ``sharpness`` of rhythmic delta, ``width_s`` of blunt discharges;
* periodic to seizure: ``rate_hz`` across 2.5 Hz, and ``change``, an evolution of any size;
* rhythmic to polymorphic delta: ``wander`` of the rate and ``irregular``, the share that is not rhythmic;
* rhythmic delta to a slow seizure: static 2-3 Hz waves, made ``louder_db``, beside the slow seizures of ``ml.synthetic.seizure``;
* anything to nothing: the ratio to the background, drawn in ``ml.synthetic.windows``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml.classes import PatternClass
from ml.synthetic import modifiers
from ml.synthetic.fields import Where
from ml.synthetic.modifiers import Change
from ml.synthetic.noise import Timeline


@dataclass(frozen=True, slots=True)
class Style:
    """``None`` and ``False`` leave a property to the ranges of the pattern itself."""

    rate_hz: float | None = None
    mirror: float | None = None          # 0 one-sided .. 1 symmetric
    width_s: float | None = None         # of the sharpest phase of a discharge
    sharpness: float | None = None       # of rhythmic delta, 0 none .. 1 spike on every wave
    wander: float | None = None          # SD of the rate as a share of it
    irregular: float | None = None       # irregular delta beside the rhythm, as a share of its amplitude
    brush: float = 0.0                   # fast activity on each wave beside its amplitude
    extreme: bool = False                # ... at the same place of every wave: extreme delta brush
    independent: bool = False            # bilateral independent periodic discharges
    sparse: bool = False                 # discharges fail or come in pairs
    polyspikes: bool = False             # bursts of 0.2-0.4 s instead of a discharge
    where: Where = "anywhere"
    louder_db: float = 0.0
    change: Change | None = None


def draw(rng: np.random.Generator, recipe: PatternClass, line: Timeline, rate_hz: float) -> Style:
    """A style for one window of a recipe whose pattern has about ``rate_hz``; about half of them are left as they are."""
    style = _periodic(rng, recipe) if recipe in ("lpd", "gpd") else _rhythmic(rng, recipe)
    if style.where == "anywhere" and rng.random() < 0.12:
        style = replace(style, mirror=float(rng.uniform(0.3, 1.0)))
    chance, rate_hz = rng.random(), style.rate_hz or rate_hz
    if chance < 0.06:
        style = replace(style, rate_hz=rate_hz, change=modifiers.evolving(rng, line, rate_hz=rate_hz))
    elif chance < 0.14:
        style = replace(style, rate_hz=rate_hz, change=modifiers.fluctuating(rng, line, rate_hz=rate_hz))
    return style


def _periodic(rng: np.random.Generator, recipe: PatternClass) -> Style:
    """Towards seizures by rate, towards rhythmic delta by width, on both sides each for itself, or hardly periodic any more."""
    if rng.random() < (0.3 if recipe == "lpd" else 0.08):
        return Style(
            rate_hz=float(rng.uniform(0.4, 0.9)), sparse=bool(rng.random() < 0.7), polyspikes=bool(rng.random() < 0.3),
            where="focus" if recipe == "lpd" and rng.random() < 0.5 else "anywhere",
        )
    chance = rng.random()
    if chance < 0.10:
        return Style(rate_hz=float(rng.uniform(1.8, 3.4)))
    if chance < 0.17:
        return Style(width_s=float(rng.uniform(0.075, 0.18)))
    return Style(independent=chance < 0.21)


def _rhythmic(rng: np.random.Generator, recipe: PatternClass) -> Style:
    """Towards periodic discharges by sharp waves, towards polymorphic delta, with fast activity, or as high as a slow seizure."""
    if rng.random() < 0.22:
        return _seen_at_the_ends(rng, recipe)
    chance = rng.random()
    if chance < 0.12:
        return Style(sharpness=float(rng.uniform(0.1, 1.0)))
    if chance < (0.42 if recipe == "lrda" else 0.26):
        wander = float(rng.uniform(0.12, 0.45)) if rng.random() < 0.4 else None
        return Style(wander=wander, irregular=float(rng.uniform(0.4, 1.4)))
    if chance < (0.49 if recipe == "lrda" else 0.34):
        extreme = bool(rng.random() < 0.4)
        return Style(brush=float(rng.uniform(0.2, 0.6) if extreme else rng.uniform(0.1, 0.4)), extreme=extreme)
    if recipe == "grda" and chance < 0.44:
        return Style(rate_hz=float(rng.uniform(1.8, 3.2)), louder_db=float(rng.uniform(0, 10)))
    return Style()


def _seen_at_the_ends(rng: np.random.Generator, recipe: PatternClass) -> Style:
    """Temporal lobes that move as one, blunt waves of 0.5-0.8 Hz, or lateralised ones of 2-3 Hz: often missed, yet voted for (GROND)."""
    if recipe == "lrda" and rng.random() < 0.4:
        return Style(rate_hz=float(rng.uniform(2.0, 3.2)))
    slow = recipe == "grda" and rng.random() < 0.6
    return Style(
        rate_hz=float(rng.uniform(0.5, 0.9) if slow else rng.uniform(0.8, 1.5)), irregular=float(rng.uniform(0.2, 0.8)),
        where="temporal lobe" if rng.random() < 0.7 else "anywhere",
    )
