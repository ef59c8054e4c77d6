"""What each network said of every label span, and how sure that leaves the model.

Only the networks' logits are kept; probabilities, entropies, sets and silence follow from them and from what was fitted with
the weights, which is kept beside them: a result stays readable when another model serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ml import calibration, uncertainty
from ml.conformal import ConformalSets


@dataclass(frozen=True, slots=True)
class Reading:
    """How networks' logits are read: fixed when the weights were shipped."""

    names: tuple[str, ...]                        # of the networks
    weights: tuple[float, ...]                    # of the networks in the pool, sum 1
    temperature: float
    class_bias: tuple[float, ...]                 # (6,)
    conformal: ConformalSets | None = None        # these two are None where the weights came without them
    unsure_below: float | None = None             # highest probability under which the model had better say nothing

    def __post_init__(self) -> None:
        if len(self.names) != len(self.weights):
            raise ValueError(f"{len(self.names)} networks with {len(self.weights)} weights")

    def to_json(self) -> dict[str, Any]:
        """As plain numbers and text."""
        return {
            "names": list(self.names), "weights": list(self.weights), "temperature": self.temperature, "class_bias": list(self.class_bias),
            "conformal": self.conformal.to_json() if self.conformal else None, "unsure_below": self.unsure_below,
        }

    @classmethod
    def from_json(cls, words: Mapping[str, Any]) -> Self:
        """What ``to_json`` gave."""
        sets = words["conformal"]
        return cls(
            tuple(words["names"]), tuple(words["weights"]), words["temperature"], tuple(words["class_bias"]),
            ConformalSets.from_json(sets) if sets else None, words["unsure_below"],
        )


@dataclass(frozen=True, slots=True)
class Members:
    """Logits of every network for every label span."""

    reading: Reading
    logits: NDArray[np.float16]                   # (n_spans, members, 6), NaN where not assessed

    def __post_init__(self) -> None:
        if self.logits.shape[1:] != (len(self.reading.names), len(self.reading.class_bias)):
            raise ValueError(f"logits of shape {self.logits.shape} for {len(self.reading.names)} networks")

    def prob(self, rows: slice | NDArray[np.integer] = slice(None)) -> NDArray[np.float32]:
        """Probabilities of each network by itself (members, n, 6), with the calibration of the pool; NaN where not assessed."""
        logits = self.logits[rows].astype(np.float32)
        known = np.isfinite(logits).all(axis=2)
        prob = np.full(logits.shape, np.nan, dtype=np.float32)
        prob[known] = calibration.apply(logits[known], self.reading.temperature, self.reading.class_bias)
        return prob.transpose(1, 0, 2)


@dataclass(frozen=True, slots=True)
class Doubt:
    """How sure the model is of every span; entropies in nats, of at most log 6 = 1.79."""

    total: NDArray[np.float64]                    # (n,) NaN where not assessed; = aleatoric + epistemic
    aleatoric: NDArray[np.float64]                # (n,) on which the networks agree
    epistemic: NDArray[np.float64]                # (n,) their disagreement: mutual information of class and network
    sets: NDArray[np.bool_] | None                # (n, 6) classes that it cannot rule out; None where no limits came with the weights
    unsure: NDArray[np.bool_] | None              # (n,) whether it had better say nothing; None where no limit came with the weights


def doubt(members: Members, prob: NDArray[np.floating], prior: str) -> Doubt:
    """How sure the model is of every span.

    Parameters
    ----------
    members
        What each network said.
    prob
        (n, 6) what the model says.
    prior
        Class prior that ``prob`` assumes; sets and silence were fitted for balanced classes.
    """
    known, reading = np.asarray(np.isfinite(members.logits).all(axis=(1, 2))), members.reading
    parts = uncertainty.decompose(members.prob(np.flatnonzero(known)), np.asarray(reading.weights))
    even = calibration.balanced(prob, prior)
    return Doubt(
        _spread(known, parts.total), _spread(known, parts.aleatoric), _spread(known, parts.epistemic),
        None if reading.conformal is None else reading.conformal.sets(even) & known[:, None],
        None if reading.unsure_below is None else (even.max(axis=1) < reading.unsure_below) & known,
    )


def _spread(known: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    every = np.full(len(known), np.nan)
    every[known] = values
    return every
