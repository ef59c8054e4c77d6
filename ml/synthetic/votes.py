"""How a committee of experts would vote on a generated window: margins of the ACNS 2021 criteria and human confusion.

No window is labelled by the name of its recipe. What counts is what can be seen: the visibility of the pattern in its noise,
how much of the labelled 10 s it fills, its side, its rate, its regularity, its shape and its evolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.classes import CLASSES
from ml.synthetic.noise import Floats
from ml.synthetic.pattern import Pattern

CONFUSION: Final[NDArray[np.float64]] = np.array([
    [.62, .10, .09, .06, .03, .11],
    [.05, .72, .03, .07, .01, .13],
    [.05, .06, .70, .01, .04, .14],
    [.04, .13, .00, .55, .05, .22],
    [.03, .02, .06, .05, .61, .23],
    [.02, .06, .04, .06, .09, .72],
])
"""Mean votes given the majority class, in the order of ``CLASSES``: measured in 11,474 segments with ten or more votes
(IIIC-IRR, Jing et al. 2023, ODC-By 1.0; reference 1.5)."""
CONFUSION_SHARE: Final[float] = 0.35
"""Share of the votes that follow the human confusion rather than the margins (reference 5.5)."""
SOFTNESS: Final[float] = 1.45
"""Factor of the widths of all margins; with ``PRECISION`` tuned so that generated committees are as unsure as real ones
(mean entropy 0.694 nats, half against half 0.78; 11,474 segments of IIIC-IRR, measured by ``ml.training.realism``)."""
PRECISION: Final[float] = 20.0
"""Of the Dirichlet distribution around the expected votes: windows that look alike still get different votes."""
COMMITTEE: Final[tuple[int, ...]] = (10, 13, 13, 14, 15, 16, 17, 18, 20, 20, 32)
"""Deciles of the number of voters of segments with at least ten (IIIC-IRR)."""
PRIOR: Final[tuple[float, ...]] = (0.045, 0.208, 0.127, 0.056, 0.081, 0.483)
"""Shares of the majority classes among those segments, in the order of ``CLASSES``."""

PERIODIC_PEAK_DB: Final[float] = 5.0
"""Peaks of discharges against the rest from which experts see them: low, since they agree on sparse ones in a slow background."""
RHYTHMIC_RMS_DB: Final[float] = -4.5
"""Rhythmic delta against the rest in its four strongest pairs from which experts see it, under muscle, too."""
LATERAL_INDEX: Final[float] = 0.23
"""Left-right index of bipolar RMS from which experts say lateralised (reference 5.5)."""
SEIZURE_HZ: Final[float] = 2.5
"""ACNS 2021: discharges averaging more than 2.5 Hz for at least 10 s are an electrographic seizure."""
EVOLUTION_HZ: Final[float] = 0.5
"""ACNS 2021: evolution of frequency means steps of at least 0.5 Hz."""
FORM_WEIGHT: Final[float] = 0.5
"""Of an evolution of shape or place beside one of rate: ACNS 2021 counts all three, raters see the rate first (our choice)."""
INDEPENDENT_LATERAL: Final[float] = 0.8
"""Share of raters who call bilateral independent discharges lateralised (our choice; the classes of HMS know no such term)."""

_LEFT: Final = [0, 1, 2, 3, 8, 9, 10, 11]
_RIGHT: Final = [4, 5, 6, 7, 12, 13, 14, 15]


@dataclass(frozen=True, slots=True)
class Visibility:
    """What can be seen of a pattern in the labelled 10 s."""

    rms_db: float                        # pattern against the rest, RMS of its four strongest pairs
    peak_db: float                       # its peaks against the RMS of the rest there
    lateral_index: float                 # (left - right) / (left + right) of bipolar RMS
    coverage: float                      # share of the 10 s that the pattern fills


def visibility(pattern_uv: Floats, rest_uv: Floats, coverage: float) -> Visibility:
    """Measure a pattern (18, samples) against everything else in the labelled 10 s."""
    rms = np.sqrt(np.mean(pattern_uv**2, axis=1)) + 1e-9
    top = np.argsort(rms)[-4:]
    rest = float(np.sqrt(np.mean(rest_uv[top] ** 2))) + 1e-9
    peak = float(np.mean(np.percentile(np.abs(pattern_uv[top]), 97, axis=1)))
    left, right = np.sqrt(np.mean(rms[_LEFT] ** 2)), np.sqrt(np.mean(rms[_RIGHT] ** 2))
    return Visibility(
        rms_db=20 * float(np.log10(np.sqrt(np.mean(rms[top] ** 2)) / rest)),
        peak_db=20 * float(np.log10(max(peak, 1e-9) / rest)),
        lateral_index=float((left - right) / (left + right)),
        coverage=coverage,
    )


def expected_votes(pattern: Pattern | None, seen: Visibility | None) -> NDArray[np.float64]:
    """Expected shares of votes (6,) of a large committee.

    Parameters
    ----------
    pattern, seen
        The pattern and its visibility; ``None`` where the window holds none.
    """
    share = np.zeros(len(CLASSES))
    if pattern is not None and seen is not None:
        judge = {"periodic": _periodic, "rhythmic": _rhythmic, "seizure": _seizure}[pattern.kind]
        share[:5] = judge(pattern, seen) * _above(seen.coverage, 0.42, 0.1)
    share[5] = 1 - share.sum()
    mixed = (1 - CONFUSION_SHARE) * share + CONFUSION_SHARE * share @ CONFUSION
    return np.asarray(mixed / mixed.sum())


def draw_votes(rng: np.random.Generator, share: NDArray[np.float64], n_votes: int) -> NDArray[np.int64]:
    """Votes of one committee: Dirichlet-multinomial, since segments differ more than coins."""
    return np.asarray(rng.multinomial(n_votes, rng.dirichlet(share * PRECISION + 1e-3)), dtype=np.int64)


def draw_committees(rng: np.random.Generator, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Votes (n, 6) of one committee for each row of expected shares, of as many voters as real committees have."""
    sizes = np.interp(rng.random(len(shares)), np.linspace(0, 1, len(COMMITTEE)), COMMITTEE).round().astype(int)
    return np.stack([draw_votes(rng, share.astype(np.float64), int(size)) for share, size in zip(shares, sizes, strict=True)])


def lateral_share(pattern: Pattern, seen: Visibility) -> float:
    """Share of raters who call it lateralised: by asymmetry, and mostly so where both sides go each for itself (our choice)."""
    by_index = _above(abs(seen.lateral_index), LATERAL_INDEX, 0.05)
    return max(by_index, INDEPENDENT_LATERAL) if pattern.independent else by_index


def evolves(pattern: Pattern) -> float:
    """Share of raters who see evolution (ACNS 2021: any pattern that definitely evolves for 10 s is a seizure); 0 if static."""
    static = _above(0.0, EVOLUTION_HZ, 0.12)
    by_rate = (_above(pattern.evolution_hz, EVOLUTION_HZ, 0.12) - static) / (1 - static)
    return max(by_rate, FORM_WEIGHT * pattern.evolution_of_form) * _above(pattern.duration_s, 10, 1.5)


def _periodic(pattern: Pattern, seen: Visibility) -> NDArray[np.float64]:
    visible = _above(seen.peak_db, PERIODIC_PEAK_DB, 1.6) * _above(0.6, pattern.variation, 0.08)
    blunt = _above(pattern.duty, 0.72, 0.06) * _above(0.6, pattern.sharpness, 0.12)
    fast = 1 - (1 - _above(pattern.frequency_hz, SEIZURE_HZ, 0.12)) * (1 - evolves(pattern))
    lateral = lateral_share(pattern, seen)
    periodic, rhythmic = (1 - fast) * (1 - blunt), (1 - fast) * blunt
    return visible * _split(fast, periodic, rhythmic, lateral)


def _rhythmic(pattern: Pattern, seen: Visibility) -> NDArray[np.float64]:
    visible = _above(seen.rms_db, RHYTHMIC_RMS_DB, 1.6) * _above(0.40, pattern.variation, 0.05)
    fast = 1 - (1 - _above(pattern.frequency_hz, 2.7, 0.25) * (0.1 + 0.6 * pattern.sharpness)) * (1 - evolves(pattern))
    sharp = 0.45 * pattern.sharpness
    lateral = lateral_share(pattern, seen)
    return visible * _split(fast, (1 - fast) * sharp, (1 - fast) * (1 - sharp), lateral)


def _seizure(pattern: Pattern, seen: Visibility) -> NDArray[np.float64]:
    visible = max(_above(seen.rms_db, 0.0, 1.6), _above(seen.peak_db, 7.0, 1.6))
    by_rate = _above(pattern.frequency_hz, SEIZURE_HZ, 0.2)
    by_evolution = _above(pattern.evolution_hz, EVOLUTION_HZ, 0.12) * _above(pattern.duration_s, 10, 1.5)
    seizure = 1 - (1 - by_rate) * (1 - by_evolution)
    lateral = _above(abs(seen.lateral_index), LATERAL_INDEX, 0.05)
    periodic = (1 - seizure) * pattern.sharpness
    return visible * _split(seizure, periodic, (1 - seizure) * (1 - pattern.sharpness), lateral)


def _split(seizure: float, periodic: float, rhythmic: float, lateral: float) -> NDArray[np.float64]:
    return np.array([seizure, periodic * lateral, periodic * (1 - lateral), rhythmic * lateral, rhythmic * (1 - lateral)])


def _above(value: float, limit: float, width: float) -> float:
    return float(1 / (1 + np.exp(-np.clip((value - limit) / (SOFTNESS * width), -40, 40))))
