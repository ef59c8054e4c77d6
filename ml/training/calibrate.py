"""Ensemble weights, temperature and class biases, fitted by KL to soft votes; never on what they are reported on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from ml import calibration

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How members' logits become probabilities."""

    weights: Floats                      # (members,), sum 1
    temperature: float
    class_bias: Floats                   # (6,), sum 0

    def soft(self, logits: NDArray[np.floating]) -> Floats:
        """Probabilities (n, 6) in double precision, as fitting needs them."""
        scores = (np.einsum("m,mnc->nc", self.weights, np.asarray(logits, dtype=np.float64)) + self.class_bias) / self.temperature
        return np.asarray(special.softmax(scores, axis=1), dtype=np.float64)

    def prob(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (n, 6) of members' logits (members, n, 6), by the served function."""
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
    balanced: bool = True,
    bias_penalty: float = 0.02,
    equal_weight_penalty: float = 0.02,
) -> Calibration:
    """Fit on members' logits (members, n, 6) and votes (n, 6).

    Parameters
    ----------
    weights
        Keep these weights of the members; fitted if absent, drawn to equal ones.
    balanced
        Whether all classes count alike; otherwise every row does.
    bias_penalty, equal_weight_penalty
        Ridge penalties in nats per squared unit.
    """
    rows = class_weights(votes) if balanced else np.full(len(votes), 1 / len(votes))
    members = np.asarray(logits, dtype=np.float64)       # single precision would swallow the steps of the optimiser
    n_members = len(members)

    def unpack(x: Floats) -> Calibration:
        share = np.exp(x[7:] - x[7:].max()) if weights is None else weights
        bias = x[1:7] - x[1:7].mean()
        return Calibration(share / share.sum(), float(np.exp(np.clip(x[0], -2, 2))), bias)

    def loss(x: Floats) -> float:
        made = unpack(x)
        penalty = bias_penalty * float((made.class_bias**2).sum())
        penalty += equal_weight_penalty * float(((made.weights - 1 / n_members) ** 2).sum())
        return float(rows @ divergence(votes, made.soft(members))) + penalty

    start = np.zeros(7 + (n_members if weights is None else 0))
    return unpack(optimize.minimize(loss, start, method="L-BFGS-B").x)


def adjust(
    fitted: Calibration, logits: NDArray[np.float32], votes: NDArray[np.floating], sets: Sequence[str], *,
    temperature_penalty: float = 1.0, bias_penalty: float = 0.05,
) -> Calibration:
    """Refit temperature and one bias of "other" on few real windows, drawn to what synthetic patients gave.

    Two numbers only: more would fit the windows and not the world. ``sets`` names the set of every window; all sets count alike.
    The temperature is held tighter than the bias: the few windows were chosen for their agreement, and sharper probabilities
    would no longer hold for virtual patients, whose doubtful windows are as many as those of wards.
    """
    _, group, count = np.unique(sets, return_inverse=True, return_counts=True)
    rows = 1.0 / (len(count) * count[group])

    def changed(x: Floats) -> Calibration:
        bias = fitted.class_bias + np.array([0, 0, 0, 0, 0, x[1]])
        return Calibration(fitted.weights, fitted.temperature * float(np.exp(x[0])), bias - bias.mean())

    def loss(x: Floats) -> float:
        return float(rows @ divergence(votes, changed(x).soft(logits)) + temperature_penalty * x[0] ** 2 + bias_penalty * x[1] ** 2)

    return changed(optimize.minimize(loss, np.zeros(2), method="Nelder-Mead").x)


def leave_one_out(
    fitted: Calibration, logits: NDArray[np.float32], votes: NDArray[np.floating], sets: Sequence[str]
) -> dict[str, float]:
    """KL and right answers on real windows when each is judged by an adjustment that did not see it."""
    total, right = 0.0, 0
    for index in range(len(votes)):
        others = np.arange(len(votes)) != index
        made = adjust(fitted, logits[:, others], votes[others], np.asarray(sets)[others].tolist())
        prob = made.prob(logits[:, [index]])
        total += float(divergence(votes[[index]], prob)[0])
        right += bool(votes[index, prob[0].argmax()] >= votes[index].max() - 1e-9)
    return {"n": len(votes), "kl": round(total / len(votes), 4), "right": right}
