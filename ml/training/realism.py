"""How real generated windows are: ``python -m ml.training.realism --data DIR --out DIR``.

Compares marginals of generated windows with the real voted ones, class by class, and trains classifiers to tell the two apart:
an area under the ROC curve of 0.5 would mean that they cannot. The real windows only describe; nothing of them is kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml.classes import CLASSES
from ml.synthetic import votes as committee
from ml.synthetic import windows
from ml.training import marginals, real_windows, realism_plots

Floats = NDArray[np.floating]
Measured = dict[str, NDArray[np.float64]]

SEED: Final[int] = 77_001
"""Virtual patients of this report only."""
LEAST_OF_CLASS: Final[int] = 4
"""Classes with fewer real windows are shown but not asked to be matched."""
DISCRIMINATORS: Final[dict[str, Callable[[], ClassifierMixin]]] = {
    "boosted_trees": lambda: HistGradientBoostingClassifier(max_iter=80, learning_rate=0.08, max_leaf_nodes=8, class_weight="balanced"),
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.3, class_weight="balanced", max_iter=800)),
}


def report(real_uv: Floats, real_votes: Floats, made_uv: Floats, made_votes: Floats, *, seed: int = 0) -> dict[str, Any]:
    """Everything that can be said in numbers.

    Parameters
    ----------
    real_uv, made_uv
        (n, 18, samples) at 200 Hz: the labelled ten seconds.
    real_votes, made_votes
        (n, 6) shares of votes.
    """
    real, made = marginals.measure(real_uv), marginals.measure(made_uv)
    real_class, made_class = real_votes.argmax(axis=1), made_votes.argmax(axis=1)
    rows = matched_rows(np.random.default_rng(seed), real_class, made_class)
    matched = {name: values[rows] for name, values in made.items()}
    return {
        "n_real": _counts(real_class), "n_generated": _counts(made_class), "n_matched": len(rows),
        "discriminator_auroc": discriminate(marginals.table(real), marginals.table(matched)),
        "marginals": compare(real, matched),
        "by_class": {name: _medians(real, made, real_class == k, made_class == k) for k, name in enumerate(CLASSES)},
        "committee": committee_figures(np.random.default_rng(seed), made_votes),
    }


def matched_rows(rng: np.random.Generator, real_class: NDArray[np.int64], made_class: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of generated windows in which the classes are as frequent as among the real ones."""
    wanted, there = (np.bincount(classes, minlength=len(CLASSES)) for classes in (real_class, made_class))
    factor = min(there[k] / wanted[k] for k in range(len(CLASSES)) if wanted[k] >= LEAST_OF_CLASS)
    chosen = [rng.permutation(np.flatnonzero(made_class == k))[: round(factor * wanted[k])] for k in range(len(CLASSES))]
    return np.concatenate(chosen)


def discriminate(real: Floats, made: Floats, *, repeats: int = 4) -> dict[str, float]:
    """Area under the ROC curve of real against generated windows, five-fold cross-validation by window, mean of repeats."""
    features, label = np.concatenate([real, made]), np.r_[np.ones(len(real)), np.zeros(len(made))]
    return {name: round(float(np.mean([_cross_validated(build, features, label, k) for k in range(repeats)])), 3)
            for name, build in DISCRIMINATORS.items()}


def compare(real: Measured, made: Measured) -> dict[str, dict[str, Any]]:
    """For each marginal: percentiles of both, its own area under the ROC curve, and the Kolmogorov-Smirnov distance."""
    rows = {}
    for name in real:
        label = np.r_[np.ones(len(real[name])), np.zeros(len(made[name]))]
        rows[name] = {
            "real_10_50_90": _percentiles(real[name]), "generated_10_50_90": _percentiles(made[name]),
            "auroc": round(float(roc_auc_score(label, np.r_[real[name], made[name]])), 3),
            "ks": round(float(stats.ks_2samp(real[name], made[name]).statistic), 3),
        }
    return rows


def committee_figures(rng: np.random.Generator, shares: Floats) -> dict[str, float]:
    """Mean entropy of drawn votes and accuracy of half a committee against the other half, at the natural mix of classes."""
    votes = committee.draw_committees(rng, np.repeat(shares, 3, axis=0))
    majority = votes.argmax(axis=1)
    weight = (np.array(committee.PRIOR) / np.maximum(np.bincount(majority, minlength=len(CLASSES)), 1))[majority]
    first = np.stack([rng.multivariate_hypergeometric(row, int(row.sum() // 2)) for row in votes])
    answer, truth = (_consensus(rng, half) for half in (first, votes - first))
    return {
        "mean_vote_entropy": round(float(np.average(stats.entropy(votes, axis=1), weights=weight)), 3),
        "half_committee_accuracy": round(float(np.average(answer == truth, weights=weight)), 3),
    }


def _consensus(rng: np.random.Generator, votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class with most votes (n,); ties fall at random."""
    return np.asarray((votes + 0.5 * rng.random(votes.shape)).argmax(axis=1))


def _cross_validated(build: Callable[[], ClassifierMixin], features: Floats, label: Floats, seed: int) -> float:
    prob = np.zeros(len(label))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(features, label):
        prob[test] = build().fit(features[train], label[train]).predict_proba(features[test])[:, 1]
    return float(roc_auc_score(label, prob))


def _medians(real: Measured, made: Measured, of_real: NDArray[np.bool_], of_made: NDArray[np.bool_]) -> dict[str, list[float | None]]:
    """Median of every marginal, real and generated; ``None`` without a window."""
    return {name: [round(float(np.median(values)), 3) if len(values) else None
                   for values in (real[name][of_real], made[name][of_made])] for name in real}


def _percentiles(values: Floats) -> list[float]:
    return [round(float(value), 3) for value in np.percentile(values, [10, 50, 90])]


def _counts(classes: NDArray[np.int64]) -> dict[str, int]:
    return {name: int((classes == k).sum()) for k, name in enumerate(CLASSES)}


def _plots(out: Path, real_uv: Floats, real_votes: Floats, made_uv: Floats, made_votes: Floats) -> None:
    real_class, made_class = real_votes.argmax(axis=1), made_votes.argmax(axis=1)
    realism_plots.marginals(
        out / "marginals.png", marginals.measure(real_uv), marginals.measure(made_uv), real_class, made_class
    )
    for k, name in enumerate(CLASSES):
        of_real, of_made = np.flatnonzero(real_class == k)[:4], np.flatnonzero(made_class == k)[:4]
        titles = [f"real, {real_votes[row].max():.2f} of votes" for row in of_real]
        titles += [f"generated, {made_votes[row].max():.2f} of votes" for row in of_made]
        if len(of_real) and len(of_made):
            realism_plots.windows(out / f"windows_{name}.png", list(real_uv[of_real]), list(made_uv[of_made]), titles)


def main() -> None:
    """Write ``realism.json`` and plots into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--windows", type=int, default=600)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = [window for name in real_windows.VOTED_SETS for window in real_windows.voted(arguments.data, name)]
    assessed = [(window.bipolar_uv, window.votes) for window in found if window.bipolar_uv is not None]
    if not assessed:
        parser.error(f"{arguments.data} holds no real voted windows ({', '.join(real_windows.VOTED_SETS)})")
    centre = windows.centre_slice(assessed[0][0].shape[-1])
    real_uv, real_votes = np.stack([row[0][:, centre] for row in assessed]), np.stack([row[1] for row in assessed])
    made = windows.generate(np.random.default_rng(SEED), arguments.windows, per_patient=2)
    made_uv = made.bipolar_uv[:, :, centre]
    document = report(real_uv, real_votes, made_uv, made.votes)
    (arguments.out / "realism.json").write_text(json.dumps(document, indent=1) + "\n")
    _plots(arguments.out, real_uv, real_votes, made_uv, made.votes)
    print("real against generated, AUROC:", document["discriminator_auroc"], "committee:", document["committee"])


if __name__ == "__main__":
    main()
