"""Label spans tile every stretch; windows are NaN where nothing was recorded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import windows
from ml.recording import Span
from ml.windows import Stretch


def starts_s(length_s: float, step_s: float, start_s: float = 0.0) -> list[float]:
    stretch = Stretch.of(Span(start_s, start_s + length_s))
    return stretch.start_s(windows.span_starts(stretch, step_s)).tolist()


def test_fifty_seconds_have_a_span_at_twenty_with_full_context():
    stretch = Stretch.of(Span(0.0, 50.0))
    starts = windows.span_starts(stretch, 10.0)
    assert starts_s(50.0, 10.0) == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert windows.context_shares(stretch, starts).tolist() == pytest.approx([0.6, 0.8, 1.0, 0.8, 0.6])


def test_ten_seconds_are_exactly_one_span_and_less_is_none():
    assert starts_s(10.0, 2.0) == [0.0]
    assert starts_s(9.99, 2.0) == []


def test_the_last_span_ends_with_the_stretch():
    assert starts_s(34.5, 10.0) == [0.0, 10.0, 20.0, 24.5]


@given(
    st.floats(0.0, 1e5), st.floats(10.0, 400.0), st.floats(0.3, 10.0),
)
def test_spans_tile_a_stretch_wherever_it_lies(start_s, length_s, step_s):
    found = np.array(starts_s(length_s, step_s, start_s))
    stop_s = start_s + length_s
    assert found[0] == pytest.approx(start_s, abs=0.003)
    assert found[-1] + 10.0 == pytest.approx(stop_s, abs=0.003)
    assert found.min() >= start_s
    assert (found + 10.0).max() <= stop_s + 1e-6
    assert (np.diff(found) > 0).all()
    assert (np.diff(found) <= step_s + 0.003).all()


@given(st.integers(0, 10**7), st.integers(2000, 10**5))
def test_a_stretch_of_whole_samples_keeps_its_length_wherever_it_lies(first, length):
    stretch = Stretch.of(Span(first / 256.0, first / 256.0 + length / 200.0))
    assert stretch.stop - stretch.first == length


@pytest.mark.parametrize("step_s", [0.0, -1.0, 10.5])
def test_a_step_that_leaves_moments_out_is_refused(step_s):
    with pytest.raises(ValueError, match="10"):
        windows.span_starts(Stretch.of(Span(0.0, 60.0)), step_s)


def test_each_window_has_its_span_in_the_middle():
    values = np.arange(40_000, dtype=np.float32)[None]
    starts = np.array([4000, 4400, 30_000])
    (batch,) = windows.cut(values, 0, starts)
    assert batch.shape == (3, 1, 10_000)
    assert batch[:, 0, 4000].tolist() == starts.tolist()


def test_batches_are_never_larger_than_thirty_two():
    values = np.zeros((2, 60_000), dtype=np.float32)
    sizes = [len(batch) for batch in windows.cut(values, 0, np.arange(4000, 54_000, 400))]
    assert max(sizes) == 32
    assert sum(sizes) == 125
