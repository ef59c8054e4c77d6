"""Evaluation of an ensemble: ``hms evaluate``.

Generated windows of held-out virtual patients, real voted windows (development sets, each for itself), an intensive-care
recording and healthy adults. The real recordings go through the served pipeline. Beside every figure: n, an interval, a
uniform output, the natural prior, and what people reach.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import calibration
from ml.classes import CLASSES
from ml.ensemble import WEIGHTS, Ensemble
from ml.synthetic import windows
from ml.training import (
    anchors,
    conformal,
    discrimination,
    icu_recording,
    metrics,
    real_windows,
    robustness,
    uncertainty,
)
from ml.training.calibrate import divergence
from ml.training.real_windows import VOTED_SETS, VotedWindow

COMMAND: Final[str] = "hms evaluate --data ../shared/data --out build/evaluation"
HELD_OUT_SEED: Final[int] = 424_242
"""Virtual patients for evaluation only: no configuration trains or fits on this seed."""
PER_PATIENT: Final[int] = 3

Prob = NDArray[np.float32]
Probabilities = Callable[[NDArray[np.float32]], Prob]


def probabilities(ensemble: Ensemble, bipolar_uv: NDArray[np.float32]) -> Prob:
    """Calibrated probabilities (n, 6) of windows (n, 18, 10000)."""
    return calibration.apply(ensemble.predict(bipolar_uv), ensemble.temperature, ensemble.class_bias)


def member_probabilities(ensemble: Ensemble, bipolar_uv: NDArray[np.float32]) -> dict[str, Prob]:
    """Probabilities of every member by itself, with the ensemble's calibration, and of the whole."""
    logits = ensemble.predict_members(bipolar_uv)
    pooled = np.einsum("m,mnc->nc", ensemble.weights, logits)
    named = {member.name: row for member, row in zip(ensemble.members, logits, strict=True)} | {"ensemble": pooled}
    return {name: calibration.apply(row, ensemble.temperature, ensemble.class_bias) for name, row in named.items()}


def generated(ensemble: Ensemble, *, n: int, seed: int = HELD_OUT_SEED) -> dict[str, Any]:
    """Figures on freshly generated windows of virtual patients that no training met; classes as drawn."""
    made = windows.generate(np.random.default_rng(seed), n, per_patient=PER_PATIENT)
    named = member_probabilities(ensemble, made.bipolar_uv)
    votes, prob = made.votes, named["ensemble"]
    figures = _whole(votes, named, made.patient, seed)
    members = np.stack([rows for name, rows in named.items() if name != "ensemble"])
    return figures | {
        "discrimination": discrimination.by_class(votes, prob), "by_agreement": _by_agreement(votes, prob),
        "reliability": metrics.reliability(votes, prob), "class_calibration_error": round(metrics.class_calibration_error(votes, prob), 4),
        "conformal": _conformal(votes, prob, made.patient, seed), "uncertainty": _uncertainty(votes, prob, members, ensemble),
    }


def voted(ensemble: Ensemble, found: Iterable[VotedWindow]) -> dict[str, Any]:
    """Figures on real voted windows; a window that the pipeline does not assess counts as uniform."""
    found = list(found)
    votes = np.stack([window.votes for window in found])
    assessed = np.array([window.bipolar_uv is not None for window in found])
    names = [member.name for member in ensemble.members] + ["ensemble"]
    prob = {name: np.full((len(found), len(CLASSES)), 1 / len(CLASSES), dtype=np.float32) for name in names}
    present = np.stack([window.bipolar_uv for window in found if window.bipolar_uv is not None])
    for name, rows in member_probabilities(ensemble, present).items():
        prob[name][assessed] = rows
    patient = np.unique([window.patient or window.name for window in found], return_inverse=True)[1]
    figures = _whole(votes, prob, patient, HELD_OUT_SEED)
    figures["not_assessed"] = int((~assessed).sum())
    if all(window.published is not None for window in found):
        published = np.stack([window.published for window in found if window.published is not None])
        figures["sparcnet_published"] = _short(metrics.describe(votes, published))
    four = [CLASSES.index(name) for name in ("lpd", "gpd", "lrda", "grda")]
    if (votes.argmax(axis=1)[:, None] == four).any(axis=1).all():
        right = prob["ensemble"][:, four].argmax(axis=1) == votes[:, four].argmax(axis=1)
        figures["right_among_the_four"] = int(right.sum())
        figures["right_among_the_four_95"] = metrics.interval(int(right.sum()), len(right))
    return figures


def healthy(ensemble: Ensemble, recordings: Iterable[tuple[str, NDArray[np.float32]]]) -> dict[str, Any]:
    """How often windows of healthy adults are called one of the five patterns."""
    by_name = {name: probabilities(ensemble, bipolar_uv) for name, bipolar_uv in recordings if len(bipolar_uv)}
    prob = np.concatenate(list(by_name.values()))
    called = prob.argmax(axis=1)
    wrong = called != CLASSES.index("other")
    return {
        "n": len(prob), "recordings": len(by_name), "false_positives": int(wrong.sum()), "share": round(float(wrong.mean()), 4),
        "share_95": metrics.interval(int(wrong.sum()), len(prob)),
        "called": {name: int((called == index).sum()) for index, name in enumerate(CLASSES)},
        "recordings_with_any": sum(bool((rows.argmax(axis=1) != CLASSES.index("other")).any()) for rows in by_name.values()),
    }


def evaluate(ensemble: Ensemble, data: Path, *, n_generated: int, n_robustness: int = 0) -> dict[str, Any]:
    """All figures of an ensemble; sets that are absent from ``data`` are left out."""
    report: dict[str, Any] = {
        "model": ensemble.name, "manifest_sha256": ensemble.sha256, "command": COMMAND, "members": [member.name for member in ensemble.members],
    }
    report["held_out_virtual_patients"] = generated(ensemble, n=n_generated)
    for name in VOTED_SETS:
        if found := real_windows.voted(data, name):
            report[name] = voted(ensemble, found)
    if icu := icu_recording.assess(ensemble, data):
        report["icu_recording"] = icu
    if (data / "eegmat_rest").is_dir():
        report["healthy_adults"] = healthy(ensemble, real_windows.healthy(data))
    if human := anchors.human(data):
        report["human"] = human
        report["human_half_committee"] = human["half_committee"]
    if n_robustness:
        report["robustness"] = robustness.grid(ensemble, n=n_robustness, seed=HELD_OUT_SEED + 1)
    return report


def _whole(votes: NDArray[np.floating], named: dict[str, Prob], patient: NDArray[np.integer], seed: int) -> dict[str, Any]:
    """Figures of the ensemble with intervals by patient, of each member, of a uniform output and of the natural prior."""
    prob = named["ensemble"]
    prior = np.tile(np.array(calibration.PRIORS["iiic_votes"]), (len(votes), 1))
    return metrics.describe(votes, prob) | {
        "members": {name: _short(metrics.describe(votes, rows)) for name, rows in named.items()},
        "kl_prior": round(float(divergence(votes, prior / prior.sum(axis=1, keepdims=True)).mean()), 4),
        "patients": len(np.unique(patient)),
        "bootstrap_by_patient_95": metrics.bootstrap(votes, prob, patient, rng=np.random.default_rng(seed)),
    }


def _conformal(votes: NDArray[np.floating], prob: Prob, patient: NDArray[np.integer], seed: int) -> dict[str, Any]:
    """Sets fitted on one half of the patients and judged on the other."""
    rng = np.random.default_rng(seed)
    first = patient % 2 == 0
    fitted = conformal.fit(votes[first], prob[first], rng=rng)
    return conformal.describe(fitted, votes[~first], prob[~first], rng=rng) | {"fitted_on": int(first.sum()), "n": int((~first).sum())}


def _uncertainty(votes: NDArray[np.floating], prob: Prob, members: Prob, ensemble: Ensemble) -> dict[str, Any]:
    """Mean entropies, and how well each tells the windows on which the model is wrong."""
    doubt = uncertainty.decompose(members, ensemble.weights)
    wrong = ~metrics.majority_hit(votes, prob)
    rows = {}
    for name in ("total", "aleatoric", "epistemic"):
        values = getattr(doubt, name)
        area = discrimination.auroc(wrong, values)
        rows[name] = {"mean_nats": round(float(values.mean()), 4), "auroc_of_errors": None if area is None else round(area, 4)}
    return rows


def _short(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: figures[key] for key in ("right", "accuracy", "accuracy_95", "kl", "macro_f1")}


def _by_agreement(votes: NDArray[np.floating], prob: Prob) -> list[dict[str, Any]]:
    """Figures by the share of votes that the majority has."""
    share = votes.max(axis=1)
    rows = []
    for low, high in ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 1.01)):
        inside = (share >= low) & (share < high)
        if inside.any():
            figures = metrics.describe(votes[inside], prob[inside])
            rows.append({"majority_share": [low, min(high, 1.0)], "n": int(inside.sum())} | _short(figures))
    return rows


def main() -> None:
    """Evaluate and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--generated", type=int, default=1200)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    report = evaluate(Ensemble.load(arguments.weights), arguments.data, n_generated=arguments.generated)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
