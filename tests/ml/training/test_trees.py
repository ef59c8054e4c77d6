"""Boosted trees: features that do not care for sides, and ONNX that says what LightGBM says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="extra train absent")
pytest.importorskip("onnxmltools", reason="extra train absent")

from ml.backends.feature_trees import FeatureTrees, assemble
from ml.training import trees
from tests.ml.training.sides import MIRROR


def waves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows whose class is their frequency and side, and votes for it."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, n)
    seconds = np.arange(10_000) / 200
    x = rng.normal(0, 5, (n, 18, 10_000)) + 30 * np.sin(2 * np.pi * (1 + 4 * label[:, None, None]) * seconds)
    return x.astype(np.float32), np.eye(6, dtype=np.float32)[label]


def test_features_are_the_same_when_sides_are_exchanged() -> None:
    x, _ = waves(4)
    x[:, :4] *= 3
    assert np.allclose(assemble(x), assemble(x[:, list(MIRROR)]), rtol=1e-4, atol=1e-4)


def test_only_the_labelled_ten_seconds_are_read() -> None:
    x, _ = waves(2)
    changed = x.copy()
    changed[..., :4000] = 0
    changed[..., 6000:] = 0
    assert np.array_equal(assemble(x), assemble(changed))


def test_trees_learn_and_onnx_agrees_with_lightgbm_also_where_features_are_missing(tmp_path: Path) -> None:
    x, votes = waves(160)
    features = assemble(x)
    features[::5, 3] = np.nan
    booster = trees.fit(features[:120], votes[:120], rounds=20)
    assert trees.to_onnx(booster, tmp_path / "trees.onnx", features) < 1e-4
    served = FeatureTrees("trees", (tmp_path / "trees.onnx").read_bytes())
    logits = served.logits(x[120:])
    assert logits.shape == (40, 6)
    assert (logits.argmax(axis=1) == votes[120:].argmax(axis=1)).mean() > 0.95


def test_soft_votes_become_soft_probabilities() -> None:
    features = np.zeros((400, 4), dtype=np.float32)
    votes = np.tile([0.7, 0.3, 0, 0, 0, 0], (400, 1))
    booster = trees.fit(features, votes, rounds=60)
    assert booster.predict(features[:1])[0, :2] == pytest.approx([0.7, 0.3], abs=0.02)


def test_what_trees_add_is_judged_on_patients_of_their_own() -> None:
    rng = np.random.default_rng(0)

    class Knowing:                                             # trees whose answers are the truth with little noise
        def log_prob(self, features: np.ndarray) -> np.ndarray:
            return features

    def made(n: int) -> trees.Table:
        truth = rng.normal(0, 1.5, (n, 6))
        votes = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
        noisy = [(truth + rng.normal(0, sd, (n, 6))).astype(np.float32) for sd in (1.5, 0.2)]
        return trees.Table(noisy[1], votes.astype(np.float32), np.arange(n) // 3, noisy[0][None])

    found = trees.gain(Knowing(), made(300), made(300))
    assert found["with"]["kl"] < found["without"]["kl"]
    assert found["gain_kl_95"][0] > 0
    assert found["weights"][1] > found["weights"][0]
    assert found["joining"]["use"] in {"pool", "meta-learner", "doubt-weighted", "Bayesian average", "equal mean"}


def test_generated_tables_depend_on_the_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "CHUNK", 3)
    first, second = trees.table(5, 6), trees.table(5, 6)
    assert np.array_equal(first.features, second.features, equal_nan=True)
    assert first.patient.tolist() == [0, 0, 0, 3, 3, 3]
    assert first.logits.shape == (0, 6, 6)


def test_onnx_agrees_also_where_features_differ_by_the_last_bit(tmp_path: Path) -> None:
    step = np.spacing(np.float32(1000))
    features = (np.float32(1000) + step * (np.arange(400) // 4)).astype(np.float32)[:, None]
    votes = np.eye(6, dtype=np.float32)[(np.arange(400) // 40) % 6]
    booster = trees.fit(features, votes, rounds=30)
    assert len(np.unique(booster.predict(features)[:, 0].round(4))) > 2
    assert trees.to_onnx(booster, tmp_path / "close.onnx", features) < 1e-5
