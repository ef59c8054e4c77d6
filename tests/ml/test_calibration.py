"""Calibration against SciPy's softmax, and priors only by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from ml import calibration


@given(arrays(np.float32, (7, 6), elements=st.floats(-500, 500, width=32)), st.floats(0.2, 5.0))
def test_probabilities_are_a_softmax_whose_rows_sum_to_one(logits, temperature):
    bias = np.array([0.0, 0.1, -0.2, 0.0, 0.3, -0.6])
    got = calibration.apply(logits, temperature, bias)
    assert np.allclose(got, softmax((logits.astype(float) + bias) / temperature, axis=1), atol=1e-6)
    assert np.allclose(got.sum(axis=1), 1.0, atol=1e-5)


def test_a_named_prior_follows_bayes():
    logits = np.log([[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]])
    weights = np.array(calibration.PRIORS["iiic_votes"])
    wanted = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1]) * weights
    assert calibration.apply(logits, 1.0, np.zeros(6), "iiic_votes")[0] == pytest.approx(wanted / wanted.sum(), abs=1e-6)


def test_the_balanced_prior_changes_nothing():
    logits = np.random.default_rng(0).normal(size=(4, 6))
    plain = calibration.apply(logits, 1.3, np.zeros(6))
    assert np.array_equal(plain, calibration.apply(logits, 1.3, np.zeros(6), "balanced"))


def test_the_vote_prior_is_that_of_the_published_votes(shared_data):
    pd = pytest.importorskip("pandas")
    votes = pd.read_parquet(shared_data / "iiic_votes.parquet")
    names = [f"{name}_vote" for name in ("seizure", "lpd", "gpd", "lrda", "grda", "other")]
    counts = votes[names].to_numpy(float)
    many = counts[counts.sum(axis=1) >= 10]
    shares = (many / many.sum(axis=1, keepdims=True)).mean(axis=0)
    assert np.allclose(shares, calibration.PRIORS["iiic_votes"], atol=1e-4)


@pytest.mark.parametrize("logits, temperature, prior", [
    ([[np.nan] * 6], 1.0, None), ([[0.0] * 5], 1.0, None), ([[0.0] * 6], 0.0, None), ([[0.0] * 6], 1.0, "natural"),
])
def test_what_would_be_a_lie_is_refused(logits, temperature, prior):
    with pytest.raises(ValueError):
        calibration.apply(logits, temperature, np.zeros(np.shape(logits)[1]), prior)
