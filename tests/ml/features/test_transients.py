"""Transients that were put in, and spindles beside YASA's."""

import numpy as np
import pytest
import yasa

from ml.features import transients
from tests.recordings import eeg

RATE = 200.0
NAMES = [feature.name for feature in transients.FEATURES]


def _with_triangles(base_s, heights, seconds=10.0):
    x = eeg(seconds, n=1)[0] * 0.2
    half = round(base_s * RATE / 2.0)
    triangle = 1.0 - np.abs(np.arange(-half, half + 1)) / (half + 1.0)
    for number, height in enumerate(heights):
        at = 200 + number * 300
        x[at - half : at + half + 1] += height * triangle
    return x


def _values(x):
    return dict(zip(NAMES, transients.compute(np.asarray(x, dtype=np.float32)[None, None], RATE)[0, 0], strict=True))


def test_spikes_and_sharp_waves_are_told_by_their_duration():
    spikes = _values(_with_triangles(0.05, [80.0, -90.0, 100.0, 80.0]))
    sharp = _values(_with_triangles(0.15, [80.0, -90.0, 100.0]))
    assert (spikes["spikes"], spikes["sharp_waves"]) == (24.0, 0.0)
    assert (sharp["spikes"], sharp["sharp_waves"]) == (0.0, 18.0)


def test_what_stays_below_twenty_microvolts_is_none():
    assert _values(_with_triangles(0.05, [15.0, -15.0]) * 0.8)["spikes"] == 0.0


def test_suppression_needs_half_a_second_and_bursts_lie_between():
    x = np.full(2000, 40.0)
    x[200:700] = 1.0
    x[900:1400] = -3.0
    x[1500:1599] = 0.0
    values = _values(x)
    assert values["suppression_ratio"] == pytest.approx(0.5)
    assert values["bursts"] == 18.0


def test_suppressed_samples_are_whole_stretches():
    x = np.full((2, 1000), 40.0)
    x[0, 100:200] = 0.0
    x[1, 100:199] = 0.0
    assert np.flatnonzero(transients.suppressed(x, RATE)[0]).tolist() == list(range(100, 200))
    assert not transients.suppressed(x, RATE)[1].any()


def test_a_spindle_is_counted_and_a_continuous_rhythm_is_not():
    times = np.arange(2000) / RATE
    burst = 30.0 * np.sin(2 * np.pi * 13.5 * times) * np.exp(-(((times - 5.0) / 0.45) ** 2))
    assert _values(eeg(10, n=1)[0] * 0.4 + burst)["spindles"] == 6.0
    assert _values(30.0 * np.sin(2 * np.pi * 13.5 * times))["spindles"] == 0.0


def test_spindles_of_sleep_are_where_yasa_finds_them(shared_data):
    x = np.loadtxt(shared_data / "yasa" / "data_N2_spindles_15sec_200Hz.txt")
    found = yasa.spindles_detect(x, 200.0).summary()
    ours = transients.spindle_mask(x[None], 200.0)[0]
    assert transients.spindle_counts(x[None], 200.0)[0] == len(found)
    assert all(ours[round(200 * start) : round(200 * end)].mean() > 0.5 for start, end in zip(found.Start, found.End, strict=True))
