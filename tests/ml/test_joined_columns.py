"""Joining columns keeps what must not vanish."""

import numpy as np
import pytest

from ml import joined_columns

X = np.array([[1.0, 5.0, np.nan, np.nan, np.nan, np.nan, -7.0, 2.0]])


@pytest.mark.parametrize("how, wanted", [
    ("highest", [5.0, np.nan, 2.0]), ("lowest", [1.0, np.nan, -7.0]), ("median", [3.0, np.nan, -2.5]), ("strongest", [5.0, np.nan, -7.0])])
def test_what_is_known_of_a_group_stands_for_it(how, wanted):
    assert joined_columns.join(X, 3, how)[0] == pytest.approx(wanted, nan_ok=True)


def test_one_second_of_a_day_survives_whatever_the_width():
    day = np.zeros(43_200)
    day[20_001] = 30.0
    for n in (2, 7, 40, 1000):
        assert joined_columns.join(day, n).max() == 30.0


def test_single_columns_stay_as_they_are():
    assert joined_columns.join(X, 1) == pytest.approx(X, nan_ok=True)
