"""The fixed scale of the HMS winners."""

import numpy as np
import pytest

from ml.scaling import remove_baseline, robust


def test_what_is_no_eeg_is_clipped_and_what_is_missing_stays_so():
    got = robust(np.array([-5000.0, -64.0, 0.0, 32.0, 1024.0, np.nan]))
    assert got[:-1].tolist() == [-1024.0, -64.0, 0.0, 32.0, 1024.0]
    assert np.isnan(got[-1])


def test_a_loud_second_does_not_shrink_the_rest_of_the_window():
    quiet = np.random.default_rng(0).normal(size=2000) * 20.0
    loud = quiet.copy()
    loud[:200] *= 100.0
    assert robust(loud)[200:] == pytest.approx(robust(quiet)[200:], abs=0.5)
    assert np.abs(robust(loud)).max() <= 1024.0


def test_the_robust_baseline_is_not_moved_by_a_pop():
    x = np.full((2, 1000), 7.0)
    x[0, :100] = 3000.0
    x[1, 5] = np.nan
    assert remove_baseline(x, robust=True)[0, 100:] == pytest.approx(0.0)
    assert remove_baseline(x)[0, 100:] == pytest.approx(7.0 - x[0].mean())
    assert remove_baseline(x)[1, 6:] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("by_median", [True, False])
@pytest.mark.filterwarnings("error")
def test_a_window_without_values_stays_empty(by_median):
    assert np.isnan(remove_baseline(np.full((1, 50), np.nan), robust=by_median)).all()
