"""Live windows: the last 10 s stand where the networks look, the past before them, nothing after."""

from __future__ import annotations

import numpy as np
import pytest

from ml import windows
from ml.live_windows import trailing


def ramp(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.float32)[None].repeat(18, axis=0)


def test_the_label_is_the_last_ten_seconds_and_the_future_is_absent() -> None:
    window = trailing(ramp(20_000), np.array([12_345]))[0]
    assert window.shape == (18, 10_000)
    assert window[0, 4000:6000].tolist() == list(range(10_345, 12_345))
    assert window[0, :4000].tolist() == list(range(6_345, 10_345))
    assert np.isnan(window[:, 6000:]).all()


def test_a_recording_that_has_just_begun_has_little_past() -> None:
    window = trailing(ramp(2_500), np.array([2_500]))[0]
    assert np.isnan(window[:, :3500]).all()
    assert window[0, 3500] == 0
    assert window[0, 5999] == 2_499


def test_it_is_the_last_window_of_a_recording_that_ends_there() -> None:
    values = np.full((18, windows.BEFORE + 8_000 + windows.BEFORE), np.nan, dtype=np.float32)
    values[:, windows.BEFORE : windows.BEFORE + 8_000] = ramp(8_000)
    stretch = windows.Stretch(0, 8_000, windows.Span(0.0, 40.0))
    last = next(windows.cut(values, -windows.BEFORE, windows.span_starts(stretch, 5.0)[-1:]))
    assert np.array_equal(trailing(ramp(8_000), np.array([8_000])), last, equal_nan=True)


@pytest.mark.parametrize("stop", [1_999, 2_501])
def test_a_label_outside_what_was_recorded_is_refused(stop: int) -> None:
    with pytest.raises(ValueError, match=r"there are samples 0 .. 2500"):
        trailing(ramp(2_500), np.array([stop]))
