"""Limits of doubt: silence where it pays, windows recorded worse as in serving, and a manifest that carries the limits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="extra train absent")

from ml import calibration
from ml.ensemble import WEIGHTS, Ensemble
from ml.training import conformal, doubt, metrics
from ml.training.stack import poor_share
from tests.recordings import loudness_ensemble


def half_known(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Votes and probabilities that are right as often as they say."""
    rng = np.random.default_rng(2)
    prob = rng.dirichlet(np.full(6, 0.5), n)
    drawn = (rng.random((n, 1)) > prob.cumsum(axis=1)).sum(axis=1).clip(0, 5)
    return np.eye(6)[drawn], prob


def test_the_model_keeps_silent_as_seldom_as_its_aim_allows() -> None:
    votes, prob = half_known(4000)
    limit = conformal.unsure_below(votes, prob)
    top, right = prob.max(axis=1), metrics.majority_hit(votes, prob)
    assert right.mean() < conformal.ACCURACY
    assert right[top >= limit].mean() >= conformal.ACCURACY
    wider = np.sort(top[top < limit])[-400:]                       # the next 400 windows would break the aim
    assert right[top >= wider.min()].mean() < conformal.ACCURACY


def test_a_model_that_is_never_right_is_never_sure() -> None:
    votes = np.eye(6)[np.zeros(50, dtype=int)]
    prob = np.full((50, 6), 0.1)
    prob[:, 3] = 0.5
    assert conformal.unsure_below(votes, prob) == 1.0


def test_a_window_is_spoiled_as_serving_would_see_it() -> None:
    rng = np.random.default_rng(0)
    window = rng.normal(0, 12, (18, 10_000)).astype(np.float32)
    made, shares = zip(*(doubt.spoil(window, rng) for _ in range(40)), strict=True)
    absent = np.array([share > 0.4 for share in shares])
    assert 0.2 < absent.mean() < 0.8
    assert [round(float(poor_share(uv[None])[0]), 3) for uv in made] == pytest.approx(np.where(absent, 0.4, 0.0).tolist(), abs=1e-3)
    assert all(np.abs(uv[:, doubt.CENTER]).min(axis=1).max() > 0 for uv in made)
    assert all(1 / 19 - 1e-9 <= share <= 4 / 19 + 0.4 + 1e-9 for share in shares)


def test_limits_are_fitted_on_some_patients_and_judged_on_others() -> None:
    ensemble = loudness_ensemble()
    fitting, judging = (doubt.judge(ensemble, n=30, seed=seed) for seed in (1, 2))
    assert fitting.logits.shape == (1, 30, 6)
    assert not np.array_equal(fitting.votes, judging.votes)
    block = doubt.fit(ensemble, fitting)
    found = doubt.report(ensemble, block, judging)
    assert json.loads(json.dumps(block)) == block
    assert found["windows"] == 30
    assert 0 <= found["sure"] <= 1
    assert np.allclose(judging.prob(ensemble), calibration.apply(judging.logits[0], 1.0, np.zeros(6)))


def test_the_manifest_carries_the_limits_and_the_networks_stay(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    doubt.write(copied, {"conformal": {"alpha": 0.1, "limit": [0.8] * 6}, "unsure_below": 0.45})
    made, shipped = Ensemble.load(copied), Ensemble.load()
    assert made.unsure_below == 0.45
    assert made.conformal is not None
    assert made.sha256 != shipped.sha256
    assert np.array_equal(made.weights, shipped.weights)
