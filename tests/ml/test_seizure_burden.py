"""Seizure burden, against figures worked out by hand and against counting second by second."""

from __future__ import annotations

import numpy as np
import pytest

from ml.seizure_burden import HOUR_S, burden, busiest, common, joined, without

ALL = [(0.0, 7200.0)]


def test_ten_minutes_at_a_stretch_meet_the_criterion_and_a_second_less_does_not() -> None:
    assert burden([(100.0, 700.0)], ALL, duration_s=7200.0).meets_stretch
    assert not burden([(100.0, 699.0)], ALL, duration_s=7200.0).meets_stretch


def test_twelve_minutes_in_any_hour_meet_the_criterion() -> None:
    six = [(float(start), start + 120.0) for start in range(600, 4200, 600)]      # 6 x 2 min, the first at 10:00, the last ends at 62:00
    found = burden(six, ALL, duration_s=7200.0)
    assert (found.meets_hour, found.meets_stretch) == (True, False)
    assert (found.hour.start_s, found.hour.stop_s, found.hour.seizure_s) == (120.0, 3720.0, 720.0)
    assert found.hour.share == pytest.approx(0.2)


def test_a_second_less_than_twelve_minutes_does_not() -> None:
    assert not burden([(0.0, 360.0), (3000.0, 3359.0)], ALL, duration_s=7200.0).meets_hour


def test_twelve_minutes_spread_over_more_than_an_hour_do_not() -> None:
    found = burden([(0.0, 360.0), (3600.0, 3960.0)], ALL, duration_s=7200.0)
    assert not found.meets_hour
    assert found.hour.seizure_s == pytest.approx(360.0)


def test_little_assessed_time_does_not_meet_an_hourly_criterion() -> None:
    found = burden([(0.0, 240.0)], [(0.0, 600.0)], duration_s=7200.0)      # 40 % of what was assessed, 4 min of the hour
    assert found.total.share == pytest.approx(0.4)
    assert not found.meets_hour


def test_seizures_that_overlap_or_touch_count_once_and_gaps_not_at_all() -> None:
    found = burden([(10.0, 40.0), (30.0, 60.0), (60.0, 70.0)], [(0.0, 50.0), (65.0, 100.0)], duration_s=100.0)
    assert found.seizures == ((10.0, 50.0), (65.0, 70.0))
    assert (found.total.seizure_s, found.total.assessed_s, found.longest_s) == (45.0, 85.0, 40.0)


def test_the_rolling_share_is_that_of_the_last_five_minutes() -> None:
    found = burden([(600.0, 750.0)], ALL, duration_s=7200.0)
    at = dict(zip(found.rolling_at_s.tolist(), found.rolling_share.tolist(), strict=True))
    assert at[600.0] == 0.0
    assert at[630.0] == pytest.approx(0.1)
    assert at[750.0] == at[900.0] == pytest.approx(0.5)
    assert at[1050.0] == pytest.approx(0.0, abs=1e-9)
    assert found.peak == pytest.approx(0.5)
    assert found.band_s() == (400.0, 160.0, 0.0)      # at least 10 % from 630 to 1020, at least 50 % from 750 to 900


def test_five_minutes_of_which_less_than_half_was_assessed_give_no_figure() -> None:
    found = burden([(0.0, 100.0)], [(0.0, 100.0), (400.0, 600.0)], duration_s=600.0)
    at = dict(zip(found.rolling_at_s.tolist(), found.rolling_share.tolist(), strict=True))
    assert np.isnan(at[100.0])
    assert np.isnan(at[540.0])
    assert at[550.0] == pytest.approx(0.0)


def test_without_seizures_or_assessed_time_there_is_nothing() -> None:
    for found in (burden([], ALL, duration_s=7200.0), burden([(0.0, 900.0)], [], duration_s=7200.0)):
        assert (found.total.seizure_s, found.longest, found.meets_hour, found.meets_stretch) == (0.0, None, False, False)
    assert burden([], [], duration_s=7200.0).peak is None


@pytest.mark.parametrize("seed", range(8))
def test_the_busiest_hour_is_that_of_counting_every_second(seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 14_000, size=25)
    seizures = joined((float(start), float(start + length)) for start, length in zip(starts, rng.integers(10, 300, size=25), strict=True))
    second = np.zeros(15_000)
    for start_s, stop_s in seizures:
        second[int(start_s) : int(stop_s)] = 1.0
    sums = np.convolve(second, np.ones(int(HOUR_S)), mode="valid")
    found = busiest(seizures, [(0.0, 15_000.0)], 15_000.0)
    assert found.seizure_s == pytest.approx(sums.max())
    assert found.start_s == pytest.approx(float(np.argmax(sums)))


def test_common_and_rest_of_two_lists_make_the_first() -> None:
    first, second = [(0.0, 10.0), (20.0, 30.0)], [(5.0, 8.0), (25.0, 40.0)]
    assert common(first, second) == [(5.0, 8.0), (25.0, 30.0)]
    assert without(first, second) == [(0.0, 5.0), (8.0, 10.0), (20.0, 25.0)]
