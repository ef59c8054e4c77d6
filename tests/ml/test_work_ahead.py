"""Values computed ahead: in order, a bounded number of them, and errors when they are due."""

import threading
import time

import pytest

from ml.work_ahead import work_ahead


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_values_come_in_order_whichever_is_ready_first(threads):
    def slow_at_first(number: int) -> int:
        time.sleep(0.02 / (number + 1))
        return number * number

    assert list(work_ahead(slow_at_first, range(12), threads=threads)) == [number * number for number in range(12)]


def test_no_more_is_begun_than_is_asked_for():
    begun: list[int] = []
    values = work_ahead(begun.append, range(100), threads=2)
    next(values)
    time.sleep(0.05)
    assert begun == [0, 1, 2]


def test_values_are_computed_at_the_same_time():
    both = threading.Barrier(2, timeout=10)
    assert len(list(work_ahead(lambda _: both.wait(), range(4), threads=2))) == 4


def test_an_error_comes_at_its_place_and_ends_the_work():
    values = work_ahead(lambda number: 1 // (number - 1), range(50), threads=2)
    assert next(values) == -1
    with pytest.raises(ZeroDivisionError):
        next(values)
    assert list(values) == []


def test_a_caller_that_stops_early_leaves_no_thread_behind():
    before = threading.active_count()
    values = work_ahead(lambda number: number, range(1000), threads=2)
    next(values)
    values.close()
    assert threading.active_count() == before
