"""Agreement, against worked examples and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.agreement import NOT_READ, UNSURE, compare, kappa, reading_of, windows_of
from ml.analysis import Spans


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def classes(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def two_by_two(both: int, first: int, second: int, neither: int) -> NDArray[np.int64]:
    counts = np.zeros((6, 6), dtype=np.int64)
    counts[0, 0], counts[0, 5], counts[5, 0], counts[5, 5] = both, first, second, neither
    return counts


def test_kappa_of_the_textbook_example() -> None:
    """20 and 15 of 50 alike, 5 and 10 apart: kappa 0.40 (Cohen's kappa, worked by hand: po 0.70, pe 0.50)."""
    assert kappa(two_by_two(20, 5, 10, 15)) == pytest.approx(0.4)


def test_kappa_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    first, second = rng().integers(0, 6, 400), rng().integers(0, 6, 400)
    second[:250] = first[:250]
    assert compare(first, second, rng()).kappa.value == pytest.approx(metrics.cohen_kappa_score(first, second))


def test_full_agreement_on_one_class_alone_has_no_kappa() -> None:
    found = compare(np.full(60, 5), np.full(60, 5), rng())
    assert (found.kappa.value, found.same.value, found.pabak) == (None, 1.0, 1.0)


def test_prevalence_does_not_move_the_adjusted_kappa() -> None:
    rare, even = two_by_two(1, 5, 5, 89), two_by_two(45, 5, 5, 45)
    first = [compare(*(np.repeat(np.arange(36), counts.ravel()) // 6, np.repeat(np.arange(36), counts.ravel()) % 6), rng()) for counts in (rare, even)]
    assert first[0].pabak == first[1].pabak == pytest.approx((6 * 0.9 - 1) / 5)
    assert (first[0].kappa.value or 0) < (first[1].kappa.value or 0)


def test_windows_that_one_did_not_read_or_was_unsure_of_do_not_count() -> None:
    found = compare(classes(0, 0, UNSURE, NOT_READ, 5), classes(0, NOT_READ, 1, 1, UNSURE), rng())
    assert (found.n, found.n_unsure, found.counts[0, 0], found.counts.sum()) == (1, 2, 1, 1)


def test_agreement_on_a_class_is_twice_both_over_each() -> None:
    found = compare(classes(*[0] * 30, *[5] * 30), classes(*[0] * 20, *[5] * 40), rng()).classes[0]
    assert (found.n_first, found.n_second, found.n_both) == (30, 20, 20)
    assert found.specific.value == pytest.approx(0.8)
    assert found.specific.low is not None
    assert found.specific.low < 0.8 <= (found.specific.high or 0)


def test_less_than_five_minutes_give_no_interval() -> None:
    found = compare(classes(*[0, 5] * 12), classes(*[0, 0] * 12), rng())
    assert (found.kappa.value, found.kappa.low) == (0.0, None)


def test_blocks_widen_the_interval_that_independent_windows_would_have() -> None:
    first = np.repeat(rng().integers(0, 6, 60), 12)
    second = np.where(np.repeat(rng().random(60) < 0.7, 12), first, 5)
    found = compare(first, second, rng()).same
    assert found.low is not None
    independent = 2 * 1.96 * np.sqrt((found.value or 0) * (1 - (found.value or 0)) / len(first))
    assert (found.high or 0) - found.low > independent


def test_a_window_has_the_class_of_its_greater_part() -> None:
    starts = np.array([0.0, 10.0, 20.0, 30.0])
    assert reading_of([(4.0, 25.0, 1), (25.0, 29.0, 2)], starts).tolist() == [1, 1, 1, NOT_READ]
    assert reading_of([(6.0, 14.0, 1)], starts, rest=5).tolist() == [5, 5, 5, 5]


def test_a_later_label_holds_where_two_overlap() -> None:
    assert reading_of([(0.0, 20.0, 1), (10.0, 20.0, UNSURE)], np.array([0.0, 10.0])).tolist() == [1, UNSURE]


def test_compared_windows_are_assessed_and_do_not_overlap() -> None:
    starts = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 42.0, 47.0])
    assessed = np.array([True, True, False, True, True, True, True])
    spans = Spans(starts, np.ones(7, dtype=np.float32), np.full((7, 6), 1 / 6, dtype=np.float32), assessed, 5.0)
    assert starts[windows_of(spans)].tolist() == [0.0, 15.0, 42.0]
