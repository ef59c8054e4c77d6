"""Resampling: the right values, the same for any request, and never across a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ml.recording import Annotation, RecordingInfo, Signal
from ml.resample import ratio, read_at_rate


@dataclass
class Samples:
    """A recording of given samples, one rate per signal."""

    rates: Sequence[float]
    data: Sequence[NDArray[np.float32]]

    @property
    def info(self) -> RecordingInfo:
        signals = tuple(Signal(f"S{i}", rate) for i, rate in enumerate(self.rates))
        return RecordingInfo("test", signals, len(self.data[0]) / self.rates[0])

    def annotations(self) -> tuple[Annotation, ...]:
        return ()

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        return [self._cut(self.data[i], round(start_s * self.rates[i]), round(stop_s * self.rates[i])) for i in signals]

    @staticmethod
    def _cut(row: NDArray[np.float32], first: int, stop: int) -> NDArray[np.float32]:
        out = np.full(stop - first, np.nan, np.float32)
        low, high = max(0, first), min(len(row), stop)
        if low < high:
            out[low - first : high - first] = row[low:high]
        return out


def noise(rate_hz: float, length_s: float, seed: int = 0) -> Samples:
    return Samples([rate_hz], [np.random.default_rng(seed).normal(0, 50, round(rate_hz * length_s)).astype(np.float32)])


@pytest.mark.parametrize("rate", [100, 128, 160, 250, 256, 500, 512, 1000, 2000])
def test_the_whole_equals_scipys_polyphase(rate: int) -> None:
    source = noise(rate, 20)
    common = gcd(rate, 200)
    expected = resample_poly(source.data[0].astype(float), 200 // common, rate // common)
    ours = read_at_rate(source, [0], 0.0, 20.0, 200.0)[0]
    np.testing.assert_allclose(ours[50:-50], expected[50:-50], atol=1e-3)


@pytest.mark.parametrize("rate", [100.0, 256.0, 499.5, 500.0])
@pytest.mark.parametrize("hertz", [0.5, 3.0, 12.0, 30.0])
def test_a_sine_keeps_its_amplitude_and_phase(rate: float, hertz: float) -> None:
    source = Samples([rate], [np.sin(2 * np.pi * hertz * np.arange(round(20 * rate)) / rate).astype(np.float32) * 100])
    ours = read_at_rate(source, [0], 5.0, 15.0, 200.0)[0]
    np.testing.assert_allclose(ours, 100 * np.sin(2 * np.pi * hertz * np.arange(1000, 3000) / 200), atol=0.6)


def test_what_lies_above_half_the_new_rate_is_removed() -> None:
    source = Samples([1000.0], [np.sin(2 * np.pi * 170 * np.arange(20_000) / 1000).astype(np.float32) * 100])
    assert np.abs(read_at_rate(source, [0], 2.0, 18.0, 200.0)).max() < 0.1


@given(rate=st.sampled_from([100.0, 160.0, 250.0, 256.0, 512.0, 199.95]), start_s=st.floats(-1, 12), length_s=st.floats(0, 12),
       gap=st.integers(0, 1500))
@settings(max_examples=200, deadline=None)
def test_overlapping_requests_agree_sample_for_sample(rate: float, start_s: float, length_s: float, gap: int) -> None:
    source = noise(rate, 10)
    source.data[0][gap : gap + 37] = np.nan
    whole = read_at_rate(source, [0], -2.0, 30.0, 200.0)[0]
    part = read_at_rate(source, [0], start_s, start_s + length_s, 200.0)[0]
    first = round(start_s * 200) + 400
    np.testing.assert_array_equal(part, whole[first : first + len(part)])


def test_a_gap_stays_and_is_never_reached_over() -> None:
    source = noise(250.0, 10)
    joined = read_at_rate(source, [0], 0.0, 10.0, 200.0)[0]
    source.data[0][1000:1250] = np.nan
    source.data[0][1250:] += 10_000
    apart = read_at_rate(source, [0], 0.0, 10.0, 200.0)[0]
    assert np.flatnonzero(np.isnan(apart)).tolist() == list(range(800, 1000))
    np.testing.assert_array_equal(apart[:780], joined[:780])
    assert np.abs(apart[780:800]).max() < 500
    assert apart[1000:].min() > 9_000


def test_mixed_rates_come_out_on_one_clock() -> None:
    seconds = [np.arange(n) / rate for n, rate in ((2560, 256.0), (1000, 100.0), (2000, 200.0))]
    source = Samples([256.0, 100.0, 200.0], [np.sin(2 * np.pi * 5 * s).astype(np.float32) for s in seconds])
    ours = read_at_rate(source, [0, 1, 2], 2.0, 8.0, 200.0)
    assert ours.shape == (3, 1200)
    assert np.abs(ours - ours[2]).max() < 0.01


def test_the_same_rate_passes_untouched_and_outside_is_not_recorded() -> None:
    source = noise(200.0, 5)
    ours = read_at_rate(source, [0], -1.0, 6.0, 200.0)[0]
    np.testing.assert_array_equal(ours[200:1200], source.data[0])
    assert np.isnan(ours[:200]).all()
    assert np.isnan(ours[1200:]).all()


def test_ratios_are_exact() -> None:
    assert ratio(256.0, 200.0) == (25, 32)
    assert ratio(100.0, 200.0) == (2, 1)
    assert ratio(199.95, 200.0) == (4000, 3999)


@pytest.mark.parametrize("rate", [199.951171875, 499.999, 99_999.999, 173.61, 1000 / 3, 2.0001, 200.0005])
def test_odd_rates_need_no_large_filter_and_keep_the_clock(rate: float) -> None:
    up, down = ratio(rate, 200.0)
    assert max(up, down) <= 200_000
    assert abs(up / down * rate / 200.0 - 1.0) * 86_400 < 0.25


def test_a_trend_is_held_and_not_filtered() -> None:
    source = Samples([0.5], [np.array([36.5, 36.6, np.nan, 36.8], np.float32)])
    ours = read_at_rate(source, [0], 1.0, 9.0, 200.0)[0]
    np.testing.assert_array_equal(ours[:200], np.float32(36.5))
    np.testing.assert_array_equal(ours[200:600], np.float32(36.6))
    assert np.isnan(ours[600:1000]).all()
    np.testing.assert_array_equal(ours[1000:1400], np.float32(36.8))
    assert np.isnan(ours[1400:]).all()
