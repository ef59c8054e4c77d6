"""Evaluation of an ensemble: ``hms evaluate``.

Generated windows of held-out virtual patients, real voted windows (development sets, each for itself), an intensive-care
recording, healthy adults, whole generated recordings with their diary of events, and recordings of one seizure. The recordings
go through the served pipeline. Beside every figure: n, an interval, a uniform output, the natural prior, and what people reach.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import uncertainty
from ml.ensemble import WEIGHTS, Ensemble
from ml.synthetic import windows
from ml.training import (
    anchors,
    bars,
    conformal,
    discrimination,
    healthy_adults,
    icu_recording,
    long_recordings,
    metrics,
    natural_prior,
    real_windows,
    robustness,
    voted_windows,
    whole_seizures,
)
from ml.training.long_recordings import Say
from ml.training.real_windows import VOTED_SETS
from ml.training.voted_windows import Prob, short

HELD_OUT_SEED: Final[int] = 424_242
"""Virtual patients for evaluation only: no configuration trains or fits on this seed."""
PER_PATIENT: Final[int] = 3
CHUNK: Final[int] = 300
"""Windows that are generated and judged together: 20 s of signal a window are 0.7 MB."""

Votes = NDArray[np.floating]
Patients = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of each part is measured; 0 leaves a part out."""

    generated: int = 1200                # windows of held-out virtual patients
    robustness: int = 0                  # generated windows, recorded worse in 24 ways
    hours: float = 0.0                   # of each eventful whole recording
    patients: int = 1                    # whole recordings of each kind
    seizures: int = 0                    # recordings of one seizure
    explanations: int = 0                # generated windows whose explanation is held against the truth


def evaluate(
    ensemble: Ensemble, data: Path, *, n_generated: int = 1200, n_robustness: int = 0, amounts: Amounts | None = None,
    folder: Path = Path("build/evaluation/recordings"), key: str = "", notes: Mapping[str, Any] | None = None,
    command: str = "", say: Say = lambda _: None,
) -> dict[str, Any]:
    """All figures of an ensemble; sets that are absent from ``data`` are left out.

    Parameters
    ----------
    n_generated, n_robustness
        As in ``Amounts``, which takes their place where it is given.
    folder, key
        Where whole recordings are kept, and what tells the ensemble from others there (``long_recordings.identity``).
    notes
        ``calibration`` of the model card, for the windows that it was adjusted on.
    command
        What was typed.
    say
        Told what comes next.
    """
    asked = amounts or Amounts(generated=n_generated, robustness=n_robustness)
    parts: dict[str, Callable[[], Any]] = {
        "held_out_virtual_patients": lambda: generated(ensemble, n=asked.generated),
        "voted": lambda: voted(ensemble, data, notes or {}),
        "icu_recording": lambda: icu_recording.assess(ensemble, data),
        "healthy_adults": lambda: healthy_adults.describe(ensemble, data),
        "human": lambda: anchors.human(data),
        "whole_seizures": lambda: whole_seizures.assess(ensemble, n=asked.seizures) if asked.seizures else None,
        "events": lambda: long_recordings.assess(
            ensemble, hours=asked.hours, folder=folder, key=key, patients=asked.patients, say=say) if asked.hours else None,
        "robustness": lambda: robustness.grid(ensemble, n=asked.robustness, seed=HELD_OUT_SEED + 1) if asked.robustness else None,
        "explanations": lambda: explained(ensemble, n=asked.explanations) if asked.explanations else None,
    }
    report: dict[str, Any] = {
        "model": ensemble.name, "manifest_sha256": ensemble.sha256, "command": command or "ml.training.evaluate",
        "members": [member.name for member in ensemble.members], "wall_s": {},
    }
    for name, make in parts.items():
        say(name.replace("_", " "))
        began = time.perf_counter()
        if found := make():
            report |= found if name == "voted" else {name: found}
            report["wall_s"][name] = round(time.perf_counter() - began, 1)
    if "human" in report:
        report["human_half_committee"] = report["human"]["half_committee"]
    return report | {"bars": bars.check(report)}


def generated(ensemble: Ensemble, *, n: int, seed: int = HELD_OUT_SEED) -> dict[str, Any]:
    """Figures on freshly generated windows of virtual patients that no training met; classes as drawn."""
    votes, logits, patient = _drawn(ensemble, n, seed)
    named = voted_windows.probabilities(ensemble, logits)
    prob = named["ensemble"]
    figures = voted_windows.whole(votes, named, patient, seed) | {
        "kind": "synthetic", "by_agreement": _by_agreement(votes, prob), "discrimination": _discrimination(votes, prob, patient, seed),
        "reliability": metrics.reliability(votes, prob), "class_calibration_error": round(metrics.class_calibration_error(votes, prob), 4),
        "conformal": _conformal(votes, prob, patient, seed), "served_sets": _served_sets(ensemble, votes, prob, seed),
        "uncertainty": _uncertainty(votes, named, ensemble),
        "natural_prior": natural_prior.describe(votes, prob, patient, rng=np.random.default_rng(seed)),
    }
    for name, rows in named.items():
        if name != "ensemble":
            figures["members"][name] |= {
                "discrimination": _discrimination(votes, rows, patient, seed), "by_agreement": _by_agreement(votes, rows),
                "conformal": _conformal(votes, rows, patient, seed),
            }
    return figures | {"gain_over_best_member": _gain(votes, named, patient, seed)}


def voted(ensemble: Ensemble, data: Path, notes: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of each real voted set that is there, by its name."""
    sets = {name: found for name in VOTED_SETS if (found := real_windows.voted(data, name))}
    figures = {name: voted_windows.describe(ensemble, found, seed=HELD_OUT_SEED) for name, found in sets.items()}
    for name, row in voted_windows.leave_one_out(ensemble, sets, notes).items():
        figures[name]["leave_one_out"] = row
    return figures


def explained(ensemble: Ensemble, *, n: int) -> dict[str, Any]:
    """Explanations of generated windows against what the generator put where."""
    from ml.training import explanation_figures

    return explanation_figures.figures(ensemble, n=n)


def _drawn(ensemble: Ensemble, n: int, seed: int) -> tuple[Votes, NDArray[np.float32], Patients]:
    """Votes (n, 6), members' logits (members, n, 6) and virtual patients of generated windows, made and judged part by part."""
    votes, logits, patient = [], [], []
    for part, first in enumerate(range(0, n, CHUNK)):
        made = windows.generate(np.random.default_rng(seed + 1000 * part), min(CHUNK, n - first), per_patient=PER_PATIENT)
        votes.append(made.votes)
        logits.append(ensemble.predict_members(made.bipolar_uv))
        patient.append(made.patient + first)
    return np.concatenate(votes), np.concatenate(logits, axis=1), np.concatenate(patient)


def _discrimination(votes: Votes, prob: Prob, patient: Patients, seed: int) -> dict[str, Any]:
    drawn = metrics.resamples(patient, rng=np.random.default_rng(seed), draws=200)
    return discrimination.by_class_with_intervals(votes, prob, drawn)


def _conformal(votes: Votes, prob: Prob, patient: Patients, seed: int) -> dict[str, Any]:
    """Sets fitted on one half of the patients and judged on the other."""
    rng = np.random.default_rng(seed)
    first = patient % 2 == 0
    fitted = conformal.fit(votes[first], prob[first], rng=rng)
    return conformal.describe(fitted, votes[~first], prob[~first], rng=rng) | {"fitted_on": int(first.sum()), "n": int((~first).sum())}


def _served_sets(ensemble: Ensemble, votes: Votes, prob: Prob, seed: int) -> dict[str, Any] | None:
    """The sets and the silence that came with the weights, judged on patients that they were not fitted on."""
    if ensemble.conformal is None or ensemble.unsure_below is None:
        return None
    sure = prob.max(axis=1) >= ensemble.unsure_below
    right = metrics.majority_hit(votes, prob)[sure]
    return conformal.describe(ensemble.conformal, votes, prob, rng=np.random.default_rng(seed)) | {
        "n": len(votes), "unsure_below": ensemble.unsure_below, "unsure_share": round(float(1 - sure.mean()), 4), "n_sure": int(sure.sum()),
        "accuracy_where_sure": round(float(right.mean()), 4) if sure.any() else None,
        "accuracy_where_sure_95": metrics.interval(int(right.sum()), int(sure.sum())) if sure.any() else None,
    }


def _uncertainty(votes: Votes, named: Mapping[str, Prob], ensemble: Ensemble) -> dict[str, Any]:
    """Mean entropies, and how well each tells the windows on which the model is wrong."""
    members = np.stack([rows for name, rows in named.items() if name != "ensemble"])
    doubt = uncertainty.decompose(members, ensemble.weights)
    wrong = ~metrics.majority_hit(votes, named["ensemble"])
    rows = {}
    for name in ("total", "aleatoric", "epistemic"):
        values = getattr(doubt, name)
        area = discrimination.auroc(wrong, values)
        rows[name] = {"n": len(wrong), "mean_nats": round(float(values.mean()), 4), "auroc_of_errors": None if area is None else round(area, 4)}
    return rows


def _by_agreement(votes: Votes, prob: Prob) -> list[dict[str, Any]]:
    """Figures by the share of votes that the majority has."""
    share = votes.max(axis=1)
    rows = []
    for low, high in anchors.AGREEMENT:
        inside = (share >= low) & (share < high)
        if inside.any():
            rows.append({"majority_share": [low, min(high, 1.0)]} | short(metrics.describe(votes[inside], prob[inside])))
    return rows


def _gain(votes: Votes, named: Mapping[str, Prob], patient: Patients, seed: int) -> dict[str, Any]:
    """How much lower the ensemble's divergence is than that of its best member."""
    alone = {name: metrics.describe(votes, rows)["kl"] for name, rows in named.items() if name != "ensemble"}
    best = min(alone, key=lambda name: alone[name])
    return {"best_member": best, "n": len(votes)} | metrics.gain(votes, named["ensemble"], named[best], patient, rng=np.random.default_rng(seed))


def main() -> None:
    """Evaluate the short way and write JSON; ``hms evaluate`` does all of it."""
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
