"""Figures of an ensemble on real windows that experts voted on; what was tuned on them is judged leave-one-out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import calibration
from ml.classes import CLASSES, PatternClass
from ml.ensemble import Ensemble
from ml.training import calibrate, discrimination, metrics
from ml.training.calibrate import Calibration, divergence
from ml.training.real_windows import VotedWindow

TUNED_SETS: Final[tuple[str, ...]] = ("iiic50", "iiic10", "grond")
"""Development windows that temperature and the bias of "other" are fitted on. No weight of a network ever meets them."""
FOUR: Final[tuple[PatternClass, ...]] = ("lpd", "gpd", "lrda", "grda")
PAIRS: Final[dict[str, tuple[PatternClass, PatternClass, float]]] = {
    "lpd_against_gpd": ("lpd", "gpd", 0.911), "lrda_against_grda": ("lrda", "grda", 0.837),
}
"""AUROC that the authors of GROND publish for their own programs on their whole data set, to stand beside ours on its windows."""
SAME: Final[float] = 1e-3
"""Calibrated probabilities may differ by rounding of the card's numbers, not by more."""

Floats = NDArray[np.floating]
Prob = NDArray[np.float32]


def logits_of(ensemble: Ensemble, found: Iterable[VotedWindow]) -> NDArray[np.float32]:
    """Members' logits (members, n, 6); zero, which is uniform, where the pipeline did not assess a window."""
    found = list(found)
    made = np.zeros((len(ensemble.members), len(found), len(CLASSES)), dtype=np.float32)
    rows = [k for k, window in enumerate(found) if window.bipolar_uv is not None]
    if rows:
        made[:, rows] = ensemble.predict_members(np.stack([window.bipolar_uv for window in found if window.bipolar_uv is not None]))
    return made


def probabilities(ensemble: Ensemble, logits: NDArray[np.float32]) -> dict[str, Prob]:
    """Probabilities of every member by itself, with the ensemble's calibration, and of the whole, from logits (members, n, 6)."""
    named = {member.name: row for member, row in zip(ensemble.members, logits, strict=True)} | {"ensemble": ensemble.pool(logits)}
    return {name: calibration.apply(row, ensemble.temperature, ensemble.class_bias) for name, row in named.items()}


def describe(ensemble: Ensemble, found: Sequence[VotedWindow], *, seed: int) -> dict[str, Any]:
    """Figures of one set; a window that the pipeline does not assess counts as uniform."""
    votes = np.stack([window.votes for window in found])
    assessed = np.array([window.bipolar_uv is not None for window in found])
    prob = probabilities(ensemble, logits_of(ensemble, found))
    for rows in prob.values():
        rows[~assessed] = 1 / len(CLASSES)
    figures = whole(votes, prob, patients(found), seed) | {"kind": "real", "not_assessed": int((~assessed).sum())}
    figures["reliability"] = metrics.reliability(votes, prob["ensemble"], bins=5)
    if all(window.published is not None for window in found):
        published = np.stack([window.published for window in found if window.published is not None])
        figures["sparcnet_published"] = short(metrics.describe(votes, published))
    return figures | _among_four(votes, prob["ensemble"])


def whole(votes: Floats, named: Mapping[str, Prob], patient: NDArray[np.integer], seed: int) -> dict[str, Any]:
    """Figures of the ensemble with intervals by patient, of each member, of a uniform output and of the natural prior."""
    prob = named["ensemble"]
    prior = np.tile(np.array(calibration.PRIORS["iiic_votes"]), (len(votes), 1))
    members = {}
    for name, rows in named.items():
        ends = metrics.bootstrap(votes, rows, patient, rng=np.random.default_rng(seed), draws=1000 if name == "ensemble" else 300)
        members[name] = short(metrics.describe(votes, rows)) | {"bootstrap_by_patient_95": ends}
    return metrics.describe(votes, prob) | {
        "members": members, "kl_prior": round(float(divergence(votes, prior / prior.sum(axis=1, keepdims=True)).mean()), 4),
        "patients": len(np.unique(patient)), "bootstrap_by_patient_95": members["ensemble"]["bootstrap_by_patient_95"],
    }


def short(figures: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a member or of another model."""
    keys = ("n", "right", "accuracy", "accuracy_95", "kl", "macro_f1", "nll", "brier", "kappa", "expected_calibration_error")
    return {key: figures[key] for key in keys}


def patients(found: Sequence[VotedWindow]) -> NDArray[np.intp]:
    """Number of the patient of every window; where patients are unknown, every window is one."""
    return np.unique([window.patient or window.name for window in found], return_inverse=True)[1]


def leave_one_out(ensemble: Ensemble, sets: Mapping[str, Sequence[VotedWindow]], notes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Figures of the sets that calibration was adjusted on, each window judged by an adjustment that saw none of its patient.

    Parameters
    ----------
    sets
        Voted windows by name of their set.
    notes
        ``calibration`` of the model card: what held-out virtual patients gave and what the development windows made of it.

    Returns
    -------
    By name of the set; empty where nothing was adjusted, or where the same fit does not give what serves.
    """
    found = [(name, window) for name in TUNED_SETS for window in sets.get(name, ()) if window.bipolar_uv is not None]
    if "adjusted_on_development_windows" not in notes or len(found) != notes.get("development_windows"):
        return {}
    before = _calibration(notes["synthetic_only"])
    logits = logits_of(ensemble, [window for _, window in found])
    votes = np.stack([window.votes for _, window in found])
    served = probabilities(ensemble, logits)["ensemble"]
    names = np.array([name for name, _ in found])
    if np.abs(calibrate.adjust(before, logits, votes, names.tolist()).prob(logits) - served).max() > 10 * SAME:
        return {}
    patient = patients([window for _, window in found])
    prob = np.concatenate([_without(before, logits, votes, names, patient, index) for index in range(len(votes))])
    return {name: short(metrics.describe(votes[names == name], prob[names == name])) for name in TUNED_SETS if (names == name).any()}


def _without(before: Calibration, logits: NDArray[np.float32], votes: Floats, names: NDArray[np.str_], patient: NDArray[np.intp], index: int) -> Prob:
    """Probabilities (1, 6) of one window by an adjustment to those of other patients."""
    others = patient != patient[index]
    return calibrate.adjust(before, logits[:, others], votes[others], names[others].tolist()).prob(logits[:, [index]])


def _calibration(numbers: Mapping[str, Any]) -> Calibration:
    return Calibration(np.array(numbers["weights"]), float(numbers["temperature"]), np.array(numbers["class_bias"]))


def _among_four(votes: Floats, prob: Prob) -> dict[str, Any]:
    """Where only the four periodic and rhythmic patterns occur: right among them, and two of them against each other."""
    four = [CLASSES.index(name) for name in FOUR]
    majority = votes.argmax(axis=1)
    if not np.isin(majority, four).all():
        return {}
    right = prob[:, four].argmax(axis=1) == votes[:, four].argmax(axis=1)
    pairs = {}
    for key, (first, second, published) in PAIRS.items():
        a, b = CLASSES.index(first), CLASSES.index(second)
        rows = np.isin(majority, (a, b))
        area = discrimination.auroc(majority[rows] == a, prob[rows, a] / (prob[rows, a] + prob[rows, b]))
        pairs[key] = {"n": int(rows.sum()), "auroc": None if area is None else round(area, 4), "published": published}
    return {"right_among_the_four": int(right.sum()), "right_among_the_four_95": metrics.interval(int(right.sum()), len(right)), "pairs": pairs}
