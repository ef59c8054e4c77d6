"""Figures where classes are as frequent as in the vote table, by explicit reweighting.

The model is calibrated for balanced classes and the generator draws them about equally often. Here probabilities are multiplied by
the natural prior and every window counts by how frequent its class really is; nothing is drawn anew, so rare windows count much.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import calibration
from ml.classes import CLASSES
from ml.training import discrimination, metrics
from ml.training.calibrate import divergence

Floats = NDArray[np.floating]
NAME: Final[str] = "iiic_votes"


def describe(votes: Floats, prob: Floats, patient: NDArray[np.integer], *, rng: np.random.Generator, draws: int = 300) -> dict[str, Any]:
    """Figures of windows whose probabilities are for balanced classes.

    Parameters
    ----------
    votes, prob
        (n, 6).
    patient
        (n,) whose windows are drawn together for the intervals.

    Returns
    -------
    Weighted figures with 95 % percentile intervals by patient, the divergence of the constant prior, and how many windows of
    equal weight would tell as much (``n_effective``).
    """
    prior = np.asarray(calibration.PRIORS[NAME]) / sum(calibration.PRIORS[NAME])
    shifted = shift(prob, prior)
    weight = weights(votes, prior)
    found = _figures(votes, shifted, weight)
    drawn = [_figures(votes[rows], shifted[rows], weight[rows]) for rows in metrics.resamples(patient, rng=rng, draws=draws)]
    low, high = np.percentile([[row[key] for key in found] for row in drawn], [2.5, 97.5], axis=0)
    constant = np.tile(prior, (len(votes), 1))
    return {
        "prior": dict(zip(CLASSES, prior.round(4).tolist(), strict=True)), "n": len(votes),
        "n_effective": round(float(weight.sum() ** 2 / (weight**2).sum()), 1),
        **{key: round(value, 4) for key, value in found.items()},
        "bootstrap_by_patient_95": {key: [round(float(a), 4), round(float(b), 4)] for key, a, b in zip(found, low, high, strict=True)},
        "kl_constant_prior": round(float(np.average(divergence(votes, constant), weights=weight)), 4),
        "per_class": _per_class(votes, shifted, weight),
    }


def shift(prob: Floats, prior: Floats) -> NDArray[np.float64]:
    """Probabilities for balanced classes as they are under a prior (6,)."""
    values = np.asarray(prob, dtype=np.float64) * prior
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def weights(votes: Floats, prior: Floats) -> NDArray[np.float64]:
    """Weight of every window such that its class by most votes is as frequent as the prior says; a class that is absent stays so."""
    truth = votes.argmax(axis=1)
    counts = np.bincount(truth, minlength=len(prior))
    return np.asarray(prior[truth] / counts[truth])


def _figures(votes: Floats, prob: Floats, weight: Floats) -> dict[str, float]:
    chosen = prob.argmax(axis=1)
    gap = prob.max(axis=1) - votes[np.arange(len(votes)), chosen]
    which = np.minimum((prob.max(axis=1) * 15).astype(int), 14)
    error = sum(abs(float((gap * weight)[which == k].sum())) for k in range(15)) / float(weight.sum())
    return {
        "kl": float(np.average(divergence(votes, prob), weights=weight)),
        "accuracy": float(np.average(metrics.majority_hit(votes, prob), weights=weight)),
        "brier": float(np.average(((prob - votes) ** 2).sum(axis=1), weights=weight)),
        "expected_calibration_error": error,
    }


def _per_class(votes: Floats, prob: Floats, weight: Floats) -> dict[str, dict[str, Any]]:
    """Sensitivity, precision and average precision as they are under the prior."""
    truth, chosen = votes.argmax(axis=1), prob.argmax(axis=1)
    rows: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(CLASSES):
        is_it, called = truth == index, chosen == index
        hit = float(weight[is_it & called].sum())
        area = discrimination.average_precision(is_it, prob[:, index], weight)
        rows[name] = {
            "n": int(is_it.sum()), "sensitivity": round(hit / float(weight[is_it].sum()), 4) if is_it.any() else None,
            "precision": round(hit / float(weight[called].sum()), 4) if called.any() else None,
            "average_precision": None if area is None else round(area, 4),
        }
    return rows
