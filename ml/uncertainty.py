"""Where doubt comes from: total entropy, the part on which all members agree, and the part on which they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Entropies in nats, (n,) each; total = aleatoric + epistemic."""

    total: NDArray[np.float64]
    aleatoric: NDArray[np.float64]
    epistemic: NDArray[np.float64]


def decompose(prob: Floats, weights: Floats) -> Uncertainty:
    """Entropy of the weighted mean of the members' probabilities, its mean over members, and the rest (mutual information).

    Parameters
    ----------
    prob
        (members, n, 6) calibrated probabilities.
    weights
        (members,) sum 1.
    """
    members = np.asarray(prob, dtype=np.float64)
    total = entropy(np.einsum("m,mnc->nc", weights, members))
    aleatoric = np.einsum("m,mn->n", weights, entropy(members))
    return Uncertainty(total, aleatoric, np.maximum(total - aleatoric, 0.0))


def entropy(prob: Floats) -> NDArray[np.float64]:
    """Entropy over the last axis, in nats."""
    return np.asarray(-(prob * np.log(np.clip(prob, 1e-12, 1))).sum(axis=-1), dtype=np.float64)
