"""How well classes are told apart, whatever the threshold: ROC, precision and recall, agreement beyond chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ml.classes import CLASSES

Floats = NDArray[np.floating]
Numbers = NDArray[np.integer]


def auroc(positive: NDArray[np.bool_], score: Floats) -> float | None:
    """Area under the ROC curve by ranks (Mann-Whitney), ties counted half; ``None`` where one side is empty."""
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        return None
    ranks = stats.rankdata(score)
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def average_precision(positive: NDArray[np.bool_], score: Floats, weight: Floats | None = None) -> float | None:
    """Sum of precision over the steps of recall, thresholds at every different score; ``None`` without positives.

    Parameters
    ----------
    weight
        How often each window counts, (n,); once by default.
    """
    if not positive.any():
        return None
    order = np.argsort(-score, kind="stable")
    counts = np.ones(len(score)) if weight is None else weight[order]
    hits, called, sorted_score = np.cumsum(positive[order] * counts), np.cumsum(counts), score[order]
    last = np.append(np.flatnonzero(np.diff(sorted_score)), len(score) - 1)
    precision, recall = hits[last] / called[last], hits[last] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def by_class(votes: Floats, prob: Floats) -> dict[str, dict[str, Any]]:
    """AUROC and average precision of every class against all others, truth by most votes."""
    majority = votes.argmax(axis=1)
    rows: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(CLASSES):
        positive, score = majority == index, np.asarray(prob[:, index], dtype=np.float64)
        rows[name] = {"n": int(positive.sum()), "auroc": _round(auroc(positive, score)), "average_precision": _round(average_precision(positive, score))}
    return rows


def by_class_with_intervals(votes: Floats, prob: Floats, resamples: Iterable[NDArray[np.intp]]) -> dict[str, dict[str, Any]]:
    """The same, the mean over classes as ``mean``, and 95 % percentile intervals.

    Parameters
    ----------
    resamples
        Rows drawn again (``metrics.resamples``).
    """
    found = by_class(votes, prob)
    drawn = [by_class(votes[rows], prob[rows]) for rows in resamples]
    for name in CLASSES:
        for key in ("auroc", "average_precision"):
            values = [row[name][key] for row in drawn if row[name][key] is not None]
            found[name][f"{key}_95"] = _ends(values) if found[name][key] is not None else None
    return found | {"mean": {"n": len(votes)} | _mean(found, drawn, "auroc") | _mean(found, drawn, "average_precision")}


def _mean(found: dict[str, dict[str, Any]], drawn: list[dict[str, dict[str, Any]]], key: str) -> dict[str, Any]:
    """Mean over the classes that occur."""
    def mean(rows: dict[str, dict[str, Any]]) -> float | None:
        known = [rows[name][key] for name in CLASSES if rows[name][key] is not None]
        return float(np.mean(known)) if known else None

    values = [value for rows in drawn if (value := mean(rows)) is not None]
    return {key: _round(mean(found)), f"{key}_95": _ends(values)}


def _ends(values: list[float]) -> list[float] | None:
    return [round(float(value), 4) for value in np.percentile(values, [2.5, 97.5])] if values else None


def kappa(truth: Numbers, answer: Numbers) -> float:
    """Cohen's kappa of two lists of classes."""
    agreement = float(np.mean(truth == answer))
    chance = float(sum(np.mean(truth == k) * np.mean(answer == k) for k in range(len(CLASSES))))
    return (agreement - chance) / (1 - chance) if chance < 1 else 0.0


def macro_f1(truth: Numbers, answer: Numbers) -> float:
    """Mean F1 of the classes that occur."""
    present = [k for k in range(len(CLASSES)) if (truth == k).any()]
    return float(np.mean([2 * np.sum((truth == k) & (answer == k)) / np.sum((truth == k).astype(int) + (answer == k)) for k in present]))


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
