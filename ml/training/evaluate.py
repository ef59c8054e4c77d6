"""Evaluation of an ensemble: ``python -m ml.training.evaluate --weights DIR --data DIR --out FILE``.

Generated windows of held-out virtual patients, real voted windows (development sets, each for itself) and healthy adults.
The real recordings go through the served pipeline.
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
from ml.training import anchors, metrics, real_windows
from ml.training.real_windows import VOTED_SETS, VotedWindow

COMMAND: Final[str] = "python -m ml.training.evaluate --weights ml/weights --data ../shared/data --out evaluation.json"
HELD_OUT_SEED: Final[int] = 424_242
"""Virtual patients for evaluation only: no configuration trains or fits on this seed."""

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
    made = windows.generate(np.random.default_rng(seed), n, per_patient=3)
    prob = member_probabilities(ensemble, made.bipolar_uv)
    figures = metrics.describe(made.votes, prob["ensemble"])
    return figures | {"members": _members(made.votes, prob), "by_agreement": _by_agreement(made.votes, prob["ensemble"])}


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
    figures = metrics.describe(votes, prob["ensemble"]) | {"members": _members(votes, prob)}
    figures["not_assessed"] = int((~assessed).sum())
    if all(window.published is not None for window in found):
        published = np.stack([window.published for window in found if window.published is not None])
        figures["sparcnet_published"] = _short(metrics.describe(votes, published))
    four = [CLASSES.index(name) for name in ("lpd", "gpd", "lrda", "grda")]
    if (votes.argmax(axis=1)[:, None] == four).any(axis=1).all():
        right = prob["ensemble"][:, four].argmax(axis=1) == votes[:, four].argmax(axis=1)
        figures["right_among_the_four"] = int(right.sum())
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


def evaluate(ensemble: Ensemble, data: Path, *, n_generated: int) -> dict[str, Any]:
    """All figures of an ensemble; sets that are absent from ``data`` are left out."""
    report: dict[str, Any] = {"model": ensemble.name, "manifest_sha256": ensemble.sha256, "command": COMMAND}
    report["held_out_virtual_patients"] = generated(ensemble, n=n_generated)
    for name in VOTED_SETS:
        if found := real_windows.voted(data, name):
            report[name] = voted(ensemble, found)
    if (data / "eegmat_rest").is_dir():
        report["healthy_adults"] = healthy(ensemble, real_windows.healthy(data))
    if human := anchors.half_committee(data):
        report["human_half_committee"] = human
    return report


def _members(votes: NDArray[np.floating], prob: dict[str, Prob]) -> dict[str, Any]:
    return {name: _short(metrics.describe(votes, rows)) for name, rows in prob.items()}


def _short(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: figures[key] for key in ("right", "accuracy", "kl", "macro_f1")}


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
    for name in ("held_out_virtual_patients", *VOTED_SETS):
        if name in report:
            print(name, _short(report[name]), "n", report[name]["n"], "uniform", report[name]["kl_uniform"])
    print("healthy", report.get("healthy_adults"))


if __name__ == "__main__":
    main()
