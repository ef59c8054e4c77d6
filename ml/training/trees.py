"""Gradient-boosted trees on the fast features: the member that fails differently from networks.

Features are those of ``hms features --set fast`` over the labelled 10 s, put together so that left and right are alike: for
each feature the mean over all pairs, its mean over the midline, the greatest and the least, how far sides differ and how far front
and back do. Trained by LightGBM on soft votes (each window once per class, weighted by its share of votes) and served as ONNX.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.backends.feature_trees import FeatureTrees, assemble
from ml.classes import CLASSES
from ml.ensemble import Ensemble
from ml.synthetic import windows
from ml.training import calibrate, metrics, stack

SETTINGS: Final[dict[str, Any]] = {
    "objective": "multiclass", "num_class": len(CLASSES), "learning_rate": 0.06, "num_leaves": 24, "min_data_in_leaf": 40,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 2.0, "verbose": -1, "deterministic": True,
}
ROUNDS: Final[int] = 180
CHUNK: Final[int] = 150
LEAST_SHARE: Final[float] = 0.02
"""Classes with a smaller share of the votes of a window are left out of its copies."""
TOLERANCE: Final[float] = 1e-4
"""Greatest difference of probabilities between LightGBM and ONNX Runtime."""

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Table:
    """Features of generated windows, and what the served members say of them."""

    features: NDArray[np.float32]        # (n, n_features)
    votes: NDArray[np.float32]           # (n, 6)
    patient: NDArray[np.int64]           # (n,)
    logits: NDArray[np.float32]          # (members, n, 6); no members where none were asked


def run(build: Path, ensemble: Ensemble, *, n_train: int = 6000, n_fold: int = 1800, seed: int = 70_000) -> dict[str, Any]:
    """Train the trees, export them and measure what they add to the served members on patients that nothing was fitted on.

    Returns
    -------
    Divergence and accuracy of trees, of the pool without and with them (weights fitted on a fold of patients of its own), the
    gain with its interval by patient, and every candidate of ``ml.training.stack`` for joining the three; also written to
    ``trees.json`` beside ``trees.onnx``.
    """
    build.mkdir(parents=True, exist_ok=True)
    learned = table(seed, n_train)
    booster = fit(learned.features, learned.votes, seed=seed)
    stacking, judged = table(seed + 1, n_fold, ensemble=ensemble), table(seed + 2, n_fold, ensemble=ensemble)
    parity = to_onnx(booster, build / "trees.onnx", judged.features)
    served = FeatureTrees("trees", (build / "trees.onnx").read_bytes())
    report = {"windows": {"train": n_train, "stack": n_fold, "judged": n_fold}, "seed": seed, "export_parity": parity} | gain(served, stacking, judged)
    (build / "trees.json").write_text(json.dumps(report, indent=1))
    return report


def gain(trees: FeatureTrees, stacking: Table, judged: Table) -> dict[str, Any]:
    """What the trees add to the members of two tables of different patients."""
    both = [np.concatenate([rows.logits, trees.log_prob(rows.features)[None]]) for rows in (stacking, judged)]
    pools = {"without": slice(0, -1), "with": slice(0, None), "trees": slice(-1, None)}
    fitted = {name: calibrate.fit(both[0][members], stacking.votes) for name, members in pools.items()}
    prob = {name: fitted[name].prob(both[1][members]) for name, members in pools.items()}
    kl = {name: calibrate.divergence(judged.votes, rows) for name, rows in prob.items()}
    low, high = stack.gain_by_patient(kl["without"] - kl["with"], judged.patient, seed=0)
    figures = {name: metrics.describe(judged.votes, rows) for name, rows in prob.items()}
    return {name: {key: figures[name][key] for key in ("n", "kl", "accuracy", "accuracy_95", "macro_f1")} for name in pools} | {
        "weights": fitted["with"].weights.round(4).tolist(), "gain_kl": round(float((kl["without"] - kl["with"]).mean()), 4),
        "gain_kl_95": [round(low, 4), round(high, 4)],
        "joining": stack.compare((both[0], stacking.votes), (both[1], judged.votes, judged.patient)),
    }


def table(seed: int, n: int, *, per_patient: int = 3, ensemble: Ensemble | None = None) -> Table:
    """Generate windows in parts, so that memory does not grow with their number."""
    rng, parts = np.random.default_rng(seed), []
    for first in range(0, n, CHUNK):
        made = windows.generate(rng, min(CHUNK, n - first), per_patient=per_patient)
        bipolar_uv = made.bipolar_uv.astype(np.float32)
        logits = np.zeros((0, len(bipolar_uv), len(CLASSES)), np.float32) if ensemble is None else ensemble.predict_members(bipolar_uv)
        parts.append((assemble(bipolar_uv), made.votes, made.patient + first, logits))
    features, votes, patient, logits_of = zip(*parts, strict=True)
    return Table(np.concatenate(features), np.concatenate(votes), np.concatenate(patient), np.concatenate(logits_of, axis=1))


def fit(features: Floats, votes: Floats, *, seed: int = 0, rounds: int = ROUNDS, threads: int = 1) -> Any:
    """A LightGBM booster fitted to soft votes, classes balanced by the majority."""
    import lightgbm

    row, label = np.nonzero(votes > LEAST_SHARE)
    weight = votes[row, label] * calibrate.class_weights(votes)[row] * len(votes)
    data = lightgbm.Dataset(np.asarray(features)[row], label.astype(np.int32), weight=weight)
    return in_single_precision(lightgbm.train(SETTINGS | {"seed": seed, "num_threads": threads}, data, rounds))


def in_single_precision(booster: Any) -> Any:
    """The same trees with every threshold at the greatest single-precision number that is not above it.

    ONNX compares in single precision. For features in single precision ``x <= t`` means the same with such a threshold; rounded to
    the nearest one, as the converter does, it would let a few windows go the other way.
    """
    import lightgbm

    lines = [line for line in booster.model_to_string().splitlines() if not line.startswith("tree_sizes=")]
    for number, line in enumerate(lines):
        if line.startswith("threshold="):
            exact = np.array(line.removeprefix("threshold=").split(), dtype=np.float64)
            near = exact.astype(np.float32)
            below = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
            lines[number] = "threshold=" + " ".join(repr(float(value)) for value in below)
    return lightgbm.Booster(model_str="\n".join(lines) + "\n")


def to_onnx(booster: Any, path: Path, features: Floats) -> float:
    """Write a booster as ONNX and compare it with LightGBM on ``features``.

    Returns
    -------
    The greatest difference of probabilities.

    Raises
    ------
    ValueError
        If it exceeds ``TOLERANCE``.
    """
    from onnxmltools import convert_lightgbm  # type: ignore[import-untyped]
    from onnxmltools.convert.common.data_types import FloatTensorType  # type: ignore[import-untyped]

    kind = FloatTensorType([None, features.shape[1]])
    model = convert_lightgbm(booster, initial_types=[("features", kind)], zipmap=False, target_opset=15)
    del model.graph.output[0]                                  # the name of the class, whose shape the converter states wrongly
    path.write_bytes(model.SerializeToString())
    served = FeatureTrees("trees", path.read_bytes())
    worst = float(np.abs(np.exp(served.log_prob(np.asarray(features, dtype=np.float32))) - booster.predict(features)).max())
    if worst > TOLERANCE:
        raise ValueError(f"LightGBM and ONNX Runtime differ by {worst:.2g}, more than {TOLERANCE:g}")
    return worst
