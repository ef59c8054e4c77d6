"""How well classes are told apart, whatever the threshold: ROC, precision and recall, agreement beyond chance."""

from __future__ import annotations

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


def average_precision(positive: NDArray[np.bool_], score: Floats) -> float | None:
    """Sum of precision over the steps of recall, thresholds at every different score; ``None`` without positives."""
    if not positive.any():
        return None
    order = np.argsort(-score, kind="stable")
    hits, sorted_score = np.cumsum(positive[order]), score[order]
    last = np.append(np.flatnonzero(np.diff(sorted_score)), len(score) - 1)
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def by_class(votes: Floats, prob: Floats) -> dict[str, dict[str, Any]]:
    """AUROC and average precision of every class against all others, truth by most votes."""
    majority = votes.argmax(axis=1)
    rows: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(CLASSES):
        positive, score = majority == index, np.asarray(prob[:, index], dtype=np.float64)
        rows[name] = {"n": int(positive.sum()), "auroc": _round(auroc(positive, score)), "average_precision": _round(average_precision(positive, score))}
    return rows


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
