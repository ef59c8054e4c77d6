"""The report on realism: it finds differences where there are some, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="extra train absent")

from ml.synthetic import windows
from ml.training import marginals, realism


def sines(rng: np.random.Generator, n: int, rate_hz: float, height_uv: float) -> np.ndarray:
    """Windows (n, 18, 2000) of one rhythm over weak noise."""
    seconds = np.arange(2000) / 200
    waves = height_uv * np.sin(2 * np.pi * rate_hz * seconds + rng.uniform(0, 6, (n, 1, 1)))
    return np.asarray(waves * rng.uniform(0.8, 1.2, (n, 18, 1)) + rng.normal(0, 0.05 * height_uv, (n, 18, 2000)))


def test_amplitude_and_dominant_frequency_are_those_of_the_signal() -> None:
    measured = marginals.measure(sines(np.random.default_rng(0), 3, 1.5, 20.0))
    assert measured["dominant_hz"] == pytest.approx(1.5, abs=0.26)
    assert 10 ** (measured["amplitude_db"] / 20) == pytest.approx(20 / np.sqrt(2), rel=0.1)
    assert (measured["regularity"] > 0.8).all()


def test_a_dead_hemisphere_is_asymmetric() -> None:
    window = np.random.default_rng(1).normal(0, 10, (1, 18, 2000))
    window[:, marginals.RIGHT] *= 0.1
    assert marginals.measure(window)["asymmetry"][0] == pytest.approx(0.9 / 1.1, abs=0.03)


def test_two_samples_of_one_kind_cannot_be_told_apart_and_two_kinds_can() -> None:
    rng = np.random.default_rng(2)
    first, again, other = (marginals.table(marginals.measure(sines(rng, 40, 1.5, height))) for height in (20, 20, 40))
    assert realism.discriminate(first, again, repeats=1)["logistic"] < 0.75
    assert realism.discriminate(first, other, repeats=1)["logistic"] > 0.95


def test_generated_committees_are_as_unsure_as_real_ones() -> None:
    made = windows.generate(np.random.default_rng(21), 720, sfreq_hz=50.0)
    figures = realism.committee_figures(np.random.default_rng(0), made.votes)
    assert figures["mean_vote_entropy"] == pytest.approx(0.694, abs=0.08)           # IIIC-IRR, ten or more votes
    assert figures["half_committee_accuracy"] == pytest.approx(0.78, abs=0.05)


def test_classes_are_matched_before_windows_are_compared() -> None:
    real, made = np.repeat([1, 2], [10, 20]), np.repeat([0, 1, 2], [50, 40, 40])
    rows = realism.matched_rows(np.random.default_rng(0), real, made)
    assert np.bincount(made[rows], minlength=3).tolist() == [0, 20, 40]
