"""How a pattern changes while it lasts (ACNS 2021): static, fluctuating, or evolving in rate, in shape or in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S
from ml.synthetic import noise
from ml.synthetic.background import Patient
from ml.synthetic.forward import bipolar_matrix, direction
from ml.synthetic.noise import Floats, Timeline

Kind = Literal["fluctuating", "evolving"]

NEAR_S: Final[float] = 12.5
"""On either side of the middle of a window: evolution further away does not make a seizure of the labelled 10 s."""
SLOWEST_HZ: Final[float] = 0.4
RISE_S: Final[float] = 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """Courses of what changes, each (samples,); a static pattern has none."""

    kind: Kind
    rate_hz: Floats                      # what is added to the rate
    shape: Floats                        # 0..1 from one morphology to another
    spread: Floats                       # 0..1 how much of another region joins

    def labelled_hz(self, line: Timeline) -> float:
        """What is added to the rate in the labelled 10 s, on average."""
        return float(np.mean(self.rate_hz[np.abs(line.times_s) < LABEL_S / 2]))

    def evolution_hz(self, line: Timeline, envelope: Floats) -> float:
        """Change of rate in one direction near the middle, while the pattern is present; 0 of what only fluctuates."""
        return _range(self.rate_hz, line, envelope) if self.kind == "evolving" else 0.0

    def evolution_of_form(self, line: Timeline, envelope: Floats) -> float:
        """The same for shape and place, 0..1."""
        if self.kind != "evolving":
            return 0.0
        return max(_range(self.shape, line, envelope), _range(self.spread, line, envelope))

    def names(self) -> tuple[str, ...]:
        """``("evolving", "rate", "spread")``, for instance."""
        parts = (("rate", self.rate_hz), ("shape", self.shape), ("spread", self.spread))
        return (self.kind, *(name for name, course in parts if course.any()))


def evolving(
    rng: np.random.Generator, line: Timeline, *, rate_hz: float, change_hz: float | None = None, span_s: float | None = None,
    middle_s: float | None = None,
) -> Change:
    """Two to five changes, all in one direction, of rate, shape or place.

    Parameters
    ----------
    rate_hz
        Rate in the middle of the evolution.
    change_hz
        From the first to the last rate, negative for slowing; by default up to 2 Hz, mostly faster, and none in a third of cases.
    span_s
        Seconds from the first step to the last, by default 6-25 s.
    middle_s
        When half of it has happened; near 0 s by default.
    """
    span_s = float(np.exp(rng.uniform(np.log(6), np.log(25)))) if span_s is None else span_s
    middle_s = float(rng.uniform(-7, 7)) if middle_s is None else middle_s
    if change_hz is None:
        change_hz = float(rng.uniform(0.3, 2.0) * (1 if rng.random() < 0.65 else -1)) if rng.random() < 0.7 else 0.0
    most_hz = 2 * max(rate_hz - SLOWEST_HZ, 0.1)
    change_hz = float(np.clip(change_hz, -most_hz, most_hz))
    n_steps = int(np.clip(rng.integers(2, 6), 2, max(2, span_s * rate_hz / 3)))         # each level lasts three cycles (ACNS 2021)
    done = _staircase(line, middle_s + span_s * np.linspace(-0.5, 0.5, n_steps))
    chances = (0.3, 0.35) if change_hz else (0.6, 0.7)
    shape, spread = (rng.uniform(0.3, 1.0) * done if rng.random() < chance else np.zeros_like(done) for chance in chances)
    if not (change_hz or shape.any() or spread.any()):
        spread = rng.uniform(0.3, 1.0) * done
    return Change("evolving", change_hz * (done - np.float32(0.5)), shape.astype(np.float32), spread.astype(np.float32))


def fluctuating(rng: np.random.Generator, line: Timeline, *, rate_hz: float) -> Change:
    """Changes every 4-15 s to and fro, of rate (up to 0.8 Hz), shape or place: three or more in a minute, none of them twice one way."""
    rate = _to_and_fro(rng, line) * min(rng.uniform(0.25, 0.8), 0.45 * rate_hz)
    shape, spread = (rng.uniform(0.3, 1.0) * (0.5 + 0.5 * _to_and_fro(rng, line)) for _ in range(2))
    part = rng.random(3) < (0.7, 0.3, 0.3)
    part[0] |= not part.any()
    return Change("fluctuating", *(np.asarray(keep * course, dtype=np.float32) for keep, course in zip(part, (rate, shape, spread), strict=True)))


def join(rng: np.random.Generator, patient: Patient, electrodes: Floats, line: Timeline, side: int, share: Floats) -> Floats:
    """What another region adds (19, samples) that follows the strongest pair by up to 60 ms, as ``share`` (samples,) rises.

    Mostly the other hemisphere of a lateralised pattern, and either one of a generalised pattern.
    """
    pairs = bipolar_matrix() @ electrodes
    lead = np.roll(pairs[int(np.argmax(np.einsum("pt,pt->p", pairs, pairs)))], round(rng.uniform(0, 0.06) * line.sfreq_hz))
    other = -side if side and rng.random() < 0.6 else side or int(rng.choice([-1, 1]))
    where = direction(rng.uniform(40, 98), other * rng.uniform(20, 150))
    topography = patient.head.patch(where, width_rad=rng.uniform(0.3, 0.7))
    return np.asarray(topography[:, None] * (share * lead), dtype=np.float32)


def _staircase(line: Timeline, steps_s: NDArray[np.float64]) -> Floats:
    """0 before the first step, 1 after the last (samples,)."""
    rises = [noise.ramp(line, float(step_s), np.inf, rise_s=RISE_S) for step_s in steps_s]
    return np.asarray(np.mean(rises, axis=0), dtype=np.float32)


def _to_and_fro(rng: np.random.Generator, line: Timeline) -> Floats:
    """Levels (samples,) that are above 0 and below it by turns, between -1 and 1."""
    times_s = line.start_s + np.cumsum(rng.uniform(4, 15, int(line.length_s / 4) + 2))
    levels = rng.uniform(0.5, 1.0, len(times_s) + 1) * np.where(np.arange(len(times_s) + 1) % 2, -1, 1) * rng.choice([-1, 1])
    knots_s = np.repeat(times_s, 2) + np.tile([-RISE_S, RISE_S], len(times_s))
    return np.asarray(np.interp(line.times_s, knots_s, np.repeat(levels, 2)[1:-1]), dtype=np.float32)


def _range(course: Floats, line: Timeline, envelope: Floats) -> float:
    near = (np.abs(line.times_s) < NEAR_S) & (envelope > 0.5)
    return float(np.ptp(course[near])) if near.any() else 0.0
