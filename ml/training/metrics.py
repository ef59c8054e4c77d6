"""How good probabilities are beside votes: divergence, agreement with the majority, calibration, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ml.classes import CLASSES
from ml.training.calibrate import divergence

Floats = NDArray[np.floating]


def describe(votes: Floats, prob: Floats) -> dict[str, Any]:
    """Figures of one set of windows; a tie of the majority counts as right for each tied class.

    Parameters
    ----------
    votes
        (n, 6) shares of votes.
    prob
        (n, 6) probabilities.
    """
    right = majority_hit(votes, prob)
    n = len(votes)
    uniform = np.full_like(prob, 1 / len(CLASSES))
    return {
        "n": n,
        "kl": _round(divergence(votes, prob).mean()),
        "kl_uniform": _round(divergence(votes, uniform).mean()),
        "right": int(right.sum()),
        "accuracy": _round(right.mean()),
        "accuracy_95": interval(int(right.sum()), n),
        "macro_f1": _round(macro_f1(votes, prob)),
        "expected_calibration_error": _round(calibration_error(votes, prob)),
        "per_class": per_class(votes, prob),
        "confusion": confusion(votes, prob).tolist(),
    }


def majority_hit(votes: Floats, prob: Floats) -> NDArray[np.bool_]:
    """Whether the most probable class has as many votes as any other (n,)."""
    chosen = prob.argmax(axis=1)
    return np.asarray(votes[np.arange(len(votes)), chosen] >= votes.max(axis=1) - 1e-9)


def interval(right: int, n: int) -> list[float]:
    """Exact (Clopper-Pearson) 95 % interval of a share."""
    ci = stats.binomtest(right, n).proportion_ci(method="exact")
    return [_round(ci.low), _round(ci.high)]


def confusion(votes: Floats, prob: Floats) -> NDArray[np.int64]:
    """Counts (6, 6): rows the majority of votes (first of tied ones, unless the model names another of them), columns the model."""
    chosen = prob.argmax(axis=1)
    truth = np.where(majority_hit(votes, prob), chosen, votes.argmax(axis=1))
    table = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    np.add.at(table, (truth, chosen), 1)
    return table


def per_class(votes: Floats, prob: Floats) -> dict[str, dict[str, Any]]:
    """Sensitivity and precision of every class with counts and exact intervals of the sensitivity."""
    table = confusion(votes, prob)
    rows: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(CLASSES):
        n, called, hit = int(table[index].sum()), int(table[:, index].sum()), int(table[index, index])
        rows[name] = {
            "n": n, "right": hit, "sensitivity": _round(hit / n) if n else None,
            "sensitivity_95": interval(hit, n) if n else None, "precision": _round(hit / called) if called else None,
        }
    return rows


def macro_f1(votes: Floats, prob: Floats) -> float:
    """Mean F1 of the classes that occur."""
    table = confusion(votes, prob)
    both, truth, called = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    f1 = 2 * both / np.maximum(truth + called, 1)
    return float(f1[truth > 0].mean())


def calibration_error(votes: Floats, prob: Floats, *, bins: int = 15) -> float:
    """Expected calibration error of the chosen class against its share of votes (not against the majority)."""
    chosen = prob.argmax(axis=1)
    sure = prob.max(axis=1)
    share = votes[np.arange(len(votes)), chosen]
    which = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(float((sure - share)[which == k].sum())) for k in range(bins)]
    return sum(gaps) / len(votes)


def _round(value: float) -> float:
    return round(float(value), 4)
