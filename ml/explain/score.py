"""What is explained: the calibrated probability of one class, as it is served."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml import calibration
from ml.classes import CLASSES, PatternClass
from ml.ensemble import Ensemble
from ml.explain.attribution import Score


def probabilities(ensemble: Ensemble, windows_uv: NDArray[np.float32], prior: str | None = None) -> NDArray[np.float32]:
    """Calibrated probabilities (n, 6) of windows (n, 18, 10000)."""
    return calibration.apply(ensemble.predict(windows_uv), ensemble.temperature, ensemble.class_bias, prior)


def class_probability(ensemble: Ensemble, pattern: PatternClass, prior: str | None = None) -> Score:
    """The probability of ``pattern`` as a function of windows."""
    column = CLASSES.index(pattern)

    def score(windows_uv: NDArray[np.float32]) -> NDArray[np.float64]:
        return probabilities(ensemble, windows_uv, prior)[:, column].astype(np.float64)

    return score
