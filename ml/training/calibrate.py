"""Ensemble weights, temperature and class biases, fitted by KL to soft votes; never on what they are reported on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from ml import calibration

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How members' logits become probabilities."""

    weights: Floats                      # (members,), sum 1
    temperature: float
    class_bias: Floats                   # (6,), sum 0

    def prob(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (n, 6) of members' logits (members, n, 6)."""
        return calibration.apply(np.einsum("m,mnc->nc", self.weights, logits), self.temperature, self.class_bias)


def divergence(votes: NDArray[np.floating], prob: NDArray[np.floating]) -> Floats:
    """KL(votes || prob) of every row, in nats."""
    p = np.asarray(votes, dtype=np.float64)
    q = np.clip(np.asarray(prob, dtype=np.float64), 1e-9, 1)
    return np.asarray(np.where(p > 0, p * np.log(np.clip(p, 1e-12, 1) / q), 0).sum(axis=1))


def class_weights(votes: NDArray[np.floating]) -> Floats:
    """Weight of every row so that all classes count alike (by most votes)."""
    majority = votes.argmax(axis=1)
    counts = np.bincount(majority, minlength=votes.shape[1])
    weight = 1.0 / counts[majority]
    return np.asarray(weight / weight.sum())


def fit(
    logits: NDArray[np.float32],
    votes: NDArray[np.floating],
    *,
    weights: Floats | None = None,
    bias_penalty: float = 0.02,
    equal_weight_penalty: float = 0.02,
) -> Calibration:
    """Fit on members' logits (members, n, 6) and votes (n, 6), classes balanced.

    Parameters
    ----------
    weights
        Keep these weights of the members; fitted if absent, drawn to equal ones.
    bias_penalty, equal_weight_penalty
        Ridge penalties in nats per squared unit.
    """
    rows = class_weights(votes)
    n_members = len(logits)

    def unpack(x: Floats) -> Calibration:
        share = np.exp(x[7:] - x[7:].max()) if weights is None else weights
        bias = x[1:7] - x[1:7].mean()
        return Calibration(share / share.sum(), float(np.exp(np.clip(x[0], -2, 2))), bias)

    def loss(x: Floats) -> float:
        made = unpack(x)
        penalty = bias_penalty * float((made.class_bias**2).sum())
        penalty += equal_weight_penalty * float(((made.weights - 1 / n_members) ** 2).sum())
        return float(rows @ divergence(votes, made.prob(logits))) + penalty

    start = np.zeros(7 + (n_members if weights is None else 0))
    return unpack(optimize.minimize(loss, start, method="L-BFGS-B").x)
