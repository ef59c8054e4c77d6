"""Sets of classes that a model cannot rule out, as they serve; ``ml.training.conformal`` fits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ml.classes import CLASSES

ALPHA: Final[float] = 0.1
"""Share of windows whose class may be missing from its set."""


@dataclass(frozen=True, slots=True)
class ConformalSets:
    """Greatest accepted score (one minus the probability) of every class."""

    limit: NDArray[np.float64]           # (6,)
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        if self.limit.shape != (len(CLASSES),) or not 0.0 < self.alpha < 1.0:
            raise ValueError(f"not limits of {len(CLASSES)} classes: {self.limit.shape}, alpha {self.alpha}")

    def sets(self, prob: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which classes are in the set of each window, (n, 6), from calibrated probabilities for balanced classes."""
        return np.asarray(1 - np.asarray(prob, dtype=np.float64) <= self.limit)

    def to_json(self) -> dict[str, Any]:
        """As in a manifest."""
        return {"alpha": self.alpha, "limit": [round(float(value), 6) for value in self.limit]}

    @classmethod
    def from_json(cls, words: Mapping[str, Any]) -> Self:
        """What ``to_json`` gave."""
        return cls(np.array(words["limit"], dtype=np.float64), float(words["alpha"]))
