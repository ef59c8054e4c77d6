"""The fixed scale of the HMS winners."""

import numpy as np
import pytest

from ml.scaling import fixed_scale, remove_baseline


def test_the_scale_is_fixed_and_clips_what_is_no_eeg():
    got = fixed_scale(np.array([-5000.0, -64.0, 0.0, 32.0, 1024.0, np.inf, np.nan]))
    assert got.tolist() == [-32.0, -2.0, 0.0, 1.0, 32.0, 32.0, 0.0]


def test_a_loud_second_does_not_shrink_the_rest_of_the_window():
    quiet = np.random.default_rng(0).normal(size=2000) * 20.0
    loud = quiet.copy()
    loud[:200] *= 100.0
    assert np.array_equal(fixed_scale(loud)[200:], fixed_scale(quiet)[200:])


def test_the_robust_baseline_is_not_moved_by_a_pop():
    x = np.full((2, 1000), 7.0)
    x[0, :100] = 3000.0
    x[1, 5] = np.nan
    assert remove_baseline(x, robust=True)[0, 100:] == pytest.approx(0.0)
    assert remove_baseline(x)[0, 100:] == pytest.approx(7.0 - x[0].mean())
    assert remove_baseline(x)[1, 6:] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.filterwarnings("error")
def test_a_window_without_values_stays_empty(robust):
    assert np.isnan(remove_baseline(np.full((1, 50), np.nan), robust=robust)).all()
