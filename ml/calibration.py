"""Calibrated probabilities: temperature, class biases and, only where asked for by name, a class prior."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.classes import CLASSES

BALANCED: Final = "balanced"
"""The prior that calibrated networks assume: all six classes equally frequent."""

PRIORS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType({
    BALANCED: (1 / 6,) * 6,
    "iiic_votes": (0.0574, 0.1931, 0.1227, 0.0799, 0.0990, 0.4478),
})
"""Named class priors in the order of ``CLASSES``. ``iiic_votes``: mean vote shares of the 11,474 segments with ten or more
votes in the IIIC vote table (Jing et al., Neurology 2023;100:e1737-e1749; ODC-By 1.0); chosen patients, not a ward's mix."""


def apply(
    logits: ArrayLike, temperature: float, bias: ArrayLike, prior: str | None = None
) -> NDArray[np.float32]:
    """Softmax of ``(logits + bias) / temperature``, for balanced classes or for a named prior.

    Parameters
    ----------
    logits
        (n, 6) network outputs in the order of ``CLASSES``.
    temperature
        Scalar above 0, fitted after the members were averaged.
    bias
        (6,) additive class biases.
    prior
        Name in ``PRIORS``; ``None`` leaves the balanced classes of the calibration.

    Returns
    -------
    (n, 6) probabilities; every row is finite and sums to 1.

    Raises
    ------
    ValueError
        Non-finite logits, a temperature that is not positive, or an unknown prior.
    """
    values = np.atleast_2d(np.asarray(logits, dtype=np.float64))
    if values.shape[1] != len(CLASSES) or not np.isfinite(values).all():
        raise ValueError(f"logits must be finite and of shape (n, {len(CLASSES)}), not {values.shape}")
    if not temperature > 0.0:
        raise ValueError(f"the temperature must be above 0, not {temperature}")
    scores = (values + np.asarray(bias, dtype=np.float64)) / temperature + np.log(_weights(prior))
    scores -= scores.max(axis=1, keepdims=True)
    prob = np.exp(scores)
    return np.asarray(prob / prob.sum(axis=1, keepdims=True), dtype=np.float32)


def balanced(prob: NDArray[np.floating], prior: str) -> NDArray[np.float64]:
    """Probabilities (n, 6) that assume a named prior, as they are for balanced classes."""
    even = np.asarray(prob, dtype=np.float64) / _weights(prior)
    return np.asarray(even / even.sum(axis=1, keepdims=True))


def _weights(prior: str | None) -> NDArray[np.float64]:
    name = prior or BALANCED
    if name not in PRIORS:
        raise ValueError(f"unknown prior {name!r}; known are {', '.join(PRIORS)}")
    weights = np.asarray(PRIORS[name])
    return np.asarray(weights / weights.sum())
