"""Human anchors from the vote tables: what experts reach where a model is to be judged (reference 1.5).

Segments with ten or more votes. The consensus is the class with most votes; a tie goes to "other" and then to the order of
``CLASSES``, as in the tables' source, which lists "other" first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ml.classes import CLASSES
from ml.training import discrimination, metrics
from ml.training.calibrate import divergence

SMOOTHING: Final[float] = 0.5
"""Votes of the prior added to the predicting half, since an unseen class would cost infinitely (reference 1.5)."""
LEAST_VOTES: Final[int] = 10
LEAST_SEGMENTS: Final[int] = 100
"""Raters with fewer segments are left out of the single experts."""
CONCENTRATION: Final[float] = 1.0
"""Votes of the prior in the oracle's distribution; 0.5 to 2 give about the same."""
AGREEMENT: Final = ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 1.01))
"""Bins of the share of votes that the majority has."""
TIE_ORDER: Final[tuple[int, ...]] = (5, 0, 1, 2, 3, 4)

Counts = NDArray[np.int64]


def human(data: Path, *, seed: int = 0) -> dict[str, Any]:
    """All anchors that the tables in ``data`` allow; empty where they are absent. Data: IIIC-IRR (Jing et al. 2023), ODC-By 1.0."""
    found: dict[str, Any] = {}
    if half := half_committee(data, seed=seed):
        found = {"half_committee": half, "oracle": oracle(data, seed=seed)}
    if single := single_expert(data):
        found["single_expert"] = single
    return found


def half_committee(data: Path, *, seed: int = 0) -> dict[str, Any] | None:
    """Figures of a random half of the voters against the other half; ``None`` where the vote table is absent."""
    votes = _votes(data)
    if votes is None:
        return None
    first = _random_half(np.random.default_rng(seed), votes)
    prior = votes.sum(axis=0) / votes.sum()
    prob = (first + SMOOTHING * prior) / (first.sum(axis=1, keepdims=True) + SMOOTHING)
    second = votes - first
    share = votes / votes.sum(axis=1, keepdims=True)
    entropy = -(share * np.log(np.clip(share, 1e-12, 1))).sum(axis=1)
    return _figures(second, consensus(first), prob) | {"mean_vote_entropy": round(float(entropy.mean()), 3)}


def oracle(data: Path, *, seed: int = 0) -> dict[str, Any] | None:
    """Figures of one who knows the distribution that votes are drawn from: the ceiling that label noise leaves.

    A simulation: the distribution of a segment is drawn from Dirichlet(votes + prior), new votes from that.
    """
    votes = _votes(data)
    if votes is None:
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.standard_gamma(votes + CONCENTRATION * votes.sum(axis=0) / votes.sum())
    prob = drawn / drawn.sum(axis=1, keepdims=True)
    again = rng.multinomial(votes.sum(axis=1), prob)
    return _figures(again, prob.argmax(axis=1), prob)


def single_expert(data: Path) -> dict[str, Any] | None:
    """Accuracy of each rater against the consensus of the others; ``None`` where the table of raters is absent."""
    votes, path = _votes(data), data / "iiic_rater_labels.parquet"
    if votes is None or not path.exists():
        return None
    table = pq.read_table(path)
    labels = np.stack([table[name].to_numpy() for name in table.column_names if name.startswith("rater")], axis=1)
    labels = labels[_all_votes(data).sum(axis=1) >= LEAST_VOTES]
    accuracy = []
    for rater in labels.T:
        rows = np.flatnonzero(rater >= 0)
        if len(rows) >= LEAST_SEGMENTS:
            others = votes[rows].copy()
            others[np.arange(len(rows)), rater[rows]] -= 1
            accuracy.append(float(np.mean(consensus(others) == rater[rows])))
    return {"raters": len(accuracy), "accuracy": round(float(np.mean(accuracy)), 4), "least": round(min(accuracy), 4), "most": round(max(accuracy), 4)}


def consensus(votes: Counts) -> Counts:
    """Class with most votes (n,), ties by ``TIE_ORDER``."""
    order = np.array(TIE_ORDER)
    return np.asarray(order[votes[:, order].argmax(axis=1)], dtype=np.int64)


def _figures(truth: Counts, answer: Counts, prob: NDArray[np.float64]) -> dict[str, Any]:
    share, said = truth / truth.sum(axis=1, keepdims=True), consensus(truth)
    right = int((said == answer).sum())
    areas = discrimination.by_class(share, prob)
    return {
        "n": len(truth), "kl": round(float(divergence(share, prob).mean()), 4),
        "brier": round(float(((prob - share) ** 2).sum(axis=1).mean()), 4),
        "accuracy": round(right / len(truth), 4), "accuracy_95": metrics.interval(right, len(truth)),
        "kappa": round(discrimination.kappa(said, answer), 4),
        "macro_f1": round(discrimination.macro_f1(said, answer), 4),
        "expected_calibration_error": round(metrics.calibration_error(share, prob), 4),
        "auroc": round(float(np.mean([row["auroc"] for row in areas.values()])), 4),
        "average_precision": round(float(np.mean([row["average_precision"] for row in areas.values()])), 4),
        "auroc_by_class": {name: row["auroc"] for name, row in areas.items()},
        "reliability": metrics.reliability(share, prob), "by_agreement": _by_agreement(share, said == answer),
    }


def _by_agreement(share: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Share right by the share of the judging votes that the majority has."""
    most, rows = share.max(axis=1), []
    for low, high in AGREEMENT:
        inside = (most >= low) & (most < high)
        if inside.any():
            rows.append({"majority_share": [low, min(high, 1.0)], "n": int(inside.sum()), "accuracy": round(float(right[inside].mean()), 4)})
    return rows


def _all_votes(data: Path) -> Counts:
    table = pq.read_table(data / "iiic_votes.parquet", columns=[f"{name}_vote" for name in CLASSES])
    return np.stack([table[name].to_numpy().astype(np.int64) for name in table.column_names], axis=1)


def _votes(data: Path) -> Counts | None:
    """Counts (n, 6) of the segments with enough votes."""
    if not (data / "iiic_votes.parquet").exists():
        return None
    votes = _all_votes(data)
    return votes[votes.sum(axis=1) >= LEAST_VOTES]


def _random_half(rng: np.random.Generator, votes: Counts) -> Counts:
    """Draw half of the voters of every segment without replacement."""
    half = votes.sum(axis=1) // 2
    return np.stack([rng.multivariate_hypergeometric(row, int(n)) for row, n in zip(votes, half, strict=True)])
