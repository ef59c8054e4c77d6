"""Nonlinear measures against antropy and processes whose answer is known."""

import antropy
import numpy as np
import pytest

from ml.features import nonlinear
from tests.recordings import eeg

ROWS = eeg(10, n=6)
DOUBLE = ROWS.astype(float)


def test_sample_and_approximate_entropy_are_those_of_antropy():
    sample, approximate = nonlinear.entropies(ROWS[:, ::2])
    slow = [np.ascontiguousarray(row[::2]) for row in DOUBLE]
    assert sample == pytest.approx([antropy.sample_entropy(row) for row in slow], rel=1e-4)
    assert approximate == pytest.approx([antropy.app_entropy(row) for row in slow], rel=1e-4)


@pytest.mark.parametrize("ours, theirs", [
    (nonlinear.permutation_entropy, lambda row: antropy.perm_entropy(row, normalize=True)),
    (nonlinear.higuchi, antropy.higuchi_fd), (nonlinear.petrosian, antropy.petrosian_fd), (nonlinear.katz, antropy.katz_fd),
    (nonlinear.dfa, antropy.detrended_fluctuation),
], ids=["permutation entropy", "Higuchi", "Petrosian", "Katz", "DFA"])
def test_it_is_that_of_antropy(ours, theirs):
    assert ours(ROWS) == pytest.approx([float(theirs(row)) for row in DOUBLE], rel=2e-4)


def test_white_noise_has_no_memory_and_its_sum_has():
    noise = np.random.default_rng(0).normal(size=(4, 20_000))
    assert nonlinear.hurst(noise) == pytest.approx(0.5, abs=0.03)
    assert nonlinear.dfa(noise) == pytest.approx(0.5, abs=0.06)
    assert nonlinear.hurst(np.cumsum(noise, axis=1)) == pytest.approx(1.0, abs=0.05)
    assert nonlinear.higuchi(noise) == pytest.approx(2.0, abs=0.02)


def test_the_logistic_map_diverges_by_ln_2_per_step():
    x = np.empty(1500)
    x[0] = 0.37
    for i in range(1499):
        x[i + 1] = 4.0 * x[i] * (1.0 - x[i])
    got = nonlinear.lyapunov(x[None].astype(np.float32), dimension=2, lag=1, theiler=10, follow=5)
    assert got == pytest.approx(np.log(2.0), abs=0.12)


def test_a_rhythm_does_not_diverge_as_noise_does():
    rhythm = 30.0 * np.sin(2 * np.pi * 2.03 * np.arange(2000) / 200.0) + 0.3 * ROWS[0]
    names = [feature.name for feature in nonlinear.FEATURES]
    both = nonlinear.compute(np.stack([rhythm, ROWS[0]])[None].astype(np.float32), 200.0)[0]
    for name in ("lyapunov_exponent", "sample_entropy", "higuchi_dimension"):
        assert both[0, names.index(name)] < both[1, names.index(name)], name
