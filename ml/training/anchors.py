"""Human anchors: how well one half of a committee of experts tells what the other half says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from ml.classes import CLASSES
from ml.training import metrics

SMOOTHING: Final[float] = 0.5
"""Votes of the prior added to the predicting half, since an unseen class would cost infinitely (reference 1.5)."""
LEAST_VOTES: Final[int] = 10


def half_committee(data: Path, *, seed: int = 0) -> dict[str, Any] | None:
    """Figures of a random half of the voters against the other half, segments with ten or more votes.

    Returns ``None`` where the vote table is absent. Data: IIIC-IRR (Jing et al. 2023), ODC-By 1.0.
    """
    path = data / "iiic_votes.parquet"
    if not path.exists():
        return None
    table = pq.read_table(path, columns=[f"{name}_vote" for name in CLASSES]).to_pandas().to_numpy().astype(np.int64)
    votes = table[table.sum(axis=1) >= LEAST_VOTES]
    first = _random_half(np.random.default_rng(seed), votes)
    second = votes - first
    prior = votes.sum(axis=0) / votes.sum()
    prob = (first + SMOOTHING * prior) / (first.sum(axis=1, keepdims=True) + SMOOTHING)
    truth = second / second.sum(axis=1, keepdims=True)
    figures = metrics.describe(truth, prob)
    entropy = -(votes / votes.sum(axis=1, keepdims=True) * np.log(np.clip(votes / votes.sum(axis=1, keepdims=True), 1e-12, 1))).sum(axis=1)
    return {key: figures[key] for key in ("n", "kl", "accuracy", "macro_f1")} | {"mean_vote_entropy": round(float(entropy.mean()), 3)}


def _random_half(rng: np.random.Generator, votes: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Draw half of the voters of every segment without replacement."""
    half = votes.sum(axis=1) // 2
    return np.stack([rng.multivariate_hypergeometric(row, int(n)) for row, n in zip(votes, half, strict=True)])
