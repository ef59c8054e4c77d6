"""Sets of classes that hold the truth in a wanted share of windows, and when to say nothing.

Split conformal prediction, class by class (Mondrian). Labels are ambiguous, so the true class of a window is drawn from its
votes (Monte Carlo conformal prediction: Stutz et al., TMLR 2023). The guarantee is for windows like those that it was fitted
on; windows of one patient are not independent, so fit on few windows of many patients.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.classes import CLASSES
from ml.conformal import ALPHA, ConformalSets
from ml.training import metrics

DRAWS: Final[int] = 10
ABSTAIN: Final[int] = 3
"""Classes in a set from which it says too little (reference 8)."""

ACCURACY: Final[float] = 0.85
"""Share of right answers among those that the model is sure of; half a committee of experts reaches 0.78 on all (reference 11)."""

Floats = NDArray[np.floating]


def fit(votes: Floats, prob: Floats, *, rng: np.random.Generator, alpha: float = ALPHA, by_class: bool = True) -> ConformalSets:
    """Limits such that a class drawn from the votes is in the set with probability 1 - alpha.

    Parameters
    ----------
    votes, prob
        (n, 6) of windows that nothing else was fitted on.
    by_class
        One limit for each class (the same coverage for all of them), or one for all. A class with too few windows for the
        wanted coverage is always in the set.
    """
    truths = [draw(votes, rng) for _ in range(DRAWS)]
    scores = [1 - np.asarray(prob, dtype=np.float64)[np.arange(len(votes)), drawn] for drawn in truths]
    limit = np.ones(len(CLASSES))
    for index in range(len(CLASSES)):
        quantiles = [_quantile(score[truth == index] if by_class else score, alpha) for score, truth in zip(scores, truths, strict=True)]
        limit[index] = np.mean(quantiles)
    return ConformalSets(limit, alpha)


def unsure_below(votes: Floats, prob: Floats, *, accuracy: float = ACCURACY) -> float:
    """Highest probability from which on the model meets the majority of the votes in a share ``accuracy`` of windows.

    The least one that does, so that it keeps silent as seldom as it may; 1 where none does.
    """
    order = np.argsort(-prob.max(axis=1), kind="stable")
    right = np.cumsum(metrics.majority_hit(votes, prob)[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= accuracy)
    return float(prob.max(axis=1)[order[enough[-1]]]) if len(enough) else 1.0


def draw(votes: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """One class for each window (n,), drawn from its votes."""
    steps = np.cumsum(votes, axis=1)
    return np.asarray((rng.random((len(votes), 1)) * steps[:, -1:] > steps).sum(axis=1), dtype=np.int64)


def describe(found: ConformalSets, votes: Floats, prob: Floats, *, rng: np.random.Generator) -> dict[str, Any]:
    """Coverage of drawn classes, size of sets and share of windows on which the model had better say nothing."""
    sets = found.sets(prob)
    truth = np.stack([draw(votes, rng) for _ in range(DRAWS)])
    covered = sets[np.arange(len(votes)), truth]                                       # (draws, n)
    decided = sets.sum(axis=1) < ABSTAIN
    majority = prob.argmax(axis=1) == votes.argmax(axis=1)
    return {
        "wanted": 1 - found.alpha, "coverage": round(float(covered.mean()), 4), "mean_size": round(float(sets.sum(axis=1).mean()), 3),
        "by_class": {name: round(float(covered[truth == index].mean()), 4) for index, name in enumerate(CLASSES) if (truth == index).any()},
        "abstains": round(float(1 - decided.mean()), 4),
        "accuracy_where_it_does_not": round(float(majority[decided].mean()), 4) if decided.any() else None,
    }


def _quantile(scores: NDArray[np.float64], alpha: float) -> float:
    """Score of rank ceil((n + 1)(1 - alpha)); 1, which accepts everything, where that is beyond n."""
    rank = int(np.ceil((len(scores) + 1) * (1 - alpha)))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else 1.0
