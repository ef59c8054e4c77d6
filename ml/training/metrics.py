"""How good probabilities are beside votes: divergence, agreement with the majority, calibration, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ml.classes import CLASSES
from ml.training import discrimination
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
        "nll": _round(nll(votes, prob)),
        "brier": _round(brier(votes, prob)),
        "kappa": _round(discrimination.kappa(_truth(votes, prob), prob.argmax(axis=1))),
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
    chosen, truth = prob.argmax(axis=1), _truth(votes, prob)
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


def nll(votes: Floats, prob: Floats) -> float:
    """Mean cross-entropy of the votes, in nats."""
    return float(-(votes * np.log(np.clip(prob, 1e-9, 1))).sum(axis=1).mean())


def brier(votes: Floats, prob: Floats) -> float:
    """Mean squared distance of probabilities from shares of votes, summed over classes."""
    return float(((prob - votes) ** 2).sum(axis=1).mean())


def reliability(votes: Floats, prob: Floats, *, bins: int = 10) -> list[dict[str, float]]:
    """Mean probability and mean share of votes in bins of probability, all classes and windows together."""
    which = np.minimum((prob * bins).astype(int), bins - 1)
    rows = []
    for k in range(bins):
        inside = which == k
        if inside.any():
            rows.append({"n": int(inside.sum()), "prob": _round(prob[inside].mean()), "votes": _round(votes[inside].mean())})
    return rows


def class_calibration_error(votes: Floats, prob: Floats, *, bins: int = 15) -> float:
    """Expected calibration error of every class by itself against shares of votes, mean over classes."""
    which = np.minimum((prob * bins).astype(int), bins - 1)
    gaps = [abs(float((prob - votes)[:, c][which[:, c] == k].sum())) for c in range(len(CLASSES)) for k in range(bins)]
    return sum(gaps) / len(votes) / len(CLASSES)


def bootstrap(votes: Floats, prob: Floats, patient: NDArray[np.integer], *, rng: np.random.Generator, draws: int = 1000) -> dict[str, list[float]]:
    """95 % percentile intervals when patients are drawn again with replacement, all windows of a patient together."""
    values = []
    kl, hit = divergence(votes, prob), majority_hit(votes, prob)
    chosen = prob.argmax(axis=1)
    gap, truth = prob.max(axis=1) - votes[np.arange(len(votes)), chosen], _truth(votes, prob)
    squares = ((prob - votes) ** 2).sum(axis=1)
    for rows in resamples(patient, rng=rng, draws=draws):
        v, p = votes[rows], prob[rows]
        values.append((
            kl[rows].mean(), hit[rows].mean(), gap[rows].mean(), squares[rows].mean(), nll(v, p), calibration_error(v, p),
            discrimination.macro_f1(truth[rows], chosen[rows]), discrimination.kappa(truth[rows], chosen[rows]),
        ))
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    names = ("kl", "accuracy", "overconfidence", "brier", "nll", "expected_calibration_error", "macro_f1", "kappa")
    return {name: [_round(a), _round(b)] for name, a, b in zip(names, low, high, strict=True)}


def resamples(patient: NDArray[np.integer], *, rng: np.random.Generator, draws: int) -> Iterator[NDArray[np.intp]]:
    """Rows of windows when patients are drawn again with replacement, as many as there are."""
    _, group = np.unique(patient, return_inverse=True)
    rows_of = [np.flatnonzero(group == k) for k in range(group.max() + 1)]
    for _ in range(draws):
        yield np.concatenate([rows_of[k] for k in rng.integers(len(rows_of), size=len(rows_of))])


def gain(votes: Floats, prob: Floats, other: Floats, patient: NDArray[np.integer], *, rng: np.random.Generator, draws: int = 1000) -> dict[str, Any]:
    """How much lower the divergence of ``prob`` is than that of ``other`` on the same windows, with the interval by patient."""
    saved = divergence(votes, other) - divergence(votes, prob)
    values = [saved[rows].mean() for rows in resamples(patient, rng=rng, draws=draws)]
    return {"kl": _round(saved.mean()), "kl_95": [_round(value) for value in np.percentile(values, [2.5, 97.5])]}


def _truth(votes: Floats, prob: Floats) -> NDArray[np.int64]:
    """The majority of votes; of tied classes the one that the model names, if it does, else the first."""
    return np.asarray(np.where(majority_hit(votes, prob), prob.argmax(axis=1), votes.argmax(axis=1)), dtype=np.int64)


def _round(value: float) -> float:
    return round(float(value), 4)
