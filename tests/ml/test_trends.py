"""Trends of signals whose answer is known."""

import numpy as np
import pytest

from ml import trends
from ml.channels import CHAIN_PAIRS
from tests.recordings import ArrayRecording, eeg

RATE = 200.0
NAMES = [f"{first}-{second}" for first, second in CHAIN_PAIRS]


def _sine(hertz, seconds, peak_to_peak_uv):
    return peak_to_peak_uv / 2.0 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def _pairs(seconds, *, seed=0):
    """A recording of pairs as they are: noise of 20 µV, so that no pair counts as flat."""
    return ArrayRecording(eeg(seconds, seed=seed, n=18), names=NAMES)


@pytest.mark.parametrize("hertz, gain", [(5.477, 1.0), (10.0, 10 ** (12 * np.log10(10.0 / 5.477) / 20)), (1.0, 0.0), (20.0, 0.0)])
def test_the_aeeg_rises_by_twelve_decibels_per_decade_within_its_band(hertz, gain):
    middle = trends.amplitude_envelope(_sine(hertz, 30, 50.0))[2000:4000]
    assert middle == pytest.approx(50.0 * gain, abs=1.0)


def test_suppression_needs_half_a_second_within_five_microvolts():
    x = np.full(2000, 50.0)
    x[100:199] = 4.0      # 0.495 s
    x[400:500] = -4.9
    x[800:900] = 5.1
    assert np.flatnonzero(trends.suppressed(x)).tolist() == list(range(400, 500))


def test_power_on_one_side_only_is_the_whole_asymmetry():
    power = np.ones((18, 4, 3))
    power[list(trends.LEFT)] = 0.0
    assert trends.relative_asymmetry(power) == pytest.approx(1.0)
    power[list(trends.LEFT)] = 3.0
    assert trends.relative_asymmetry(power) == pytest.approx(-0.5)


def test_the_alpha_delta_ratio_is_that_of_the_two_rhythms():
    uv = eeg(60, n=18) * 0.02 + (_sine(10.0, 60, 40.0) + _sine(2.0, 60, 80.0)).astype(np.float32)
    assert trends.of_recording(ArrayRecording(uv, names=NAMES)).alpha_delta == pytest.approx(0.25, rel=0.05)


def test_a_rhythm_is_a_line_in_the_rhythmicity_spectrogram_and_noise_is_not():
    found = trends.of_recording(ArrayRecording(eeg(60, n=18) + _sine(6.0, 60, 60.0).astype(np.float32), names=NAMES))
    at_rhythm = np.abs(found.freqs_hz - 6.0) < 0.2
    assert found.rhythmicity_db[:, at_rhythm].mean() > 10.0
    assert found.rhythmicity_db[:, found.freqs_hz > 13.0].mean() < 2.0


def test_a_column_that_touches_a_gap_is_empty_and_no_other():
    found = trends.of_recording(ArrayRecording(eeg(120), gaps=[(31.0, 45.0)]))
    for values in (found.aeeg_uv, found.alpha_delta, found.suppression, found.rhythmicity_db, found.asymmetry_index):
        lost = np.isnan(values).reshape(-1, 12)
        assert lost.all(axis=0).tolist() == lost.any(axis=0).tolist() == [i in (3, 4) for i in range(12)]


def test_trends_do_not_depend_on_where_the_blocks_were_cut(monkeypatch):
    source = ArrayRecording(eeg(300, seed=3))
    whole = trends.of_recording(source)
    monkeypatch.setattr(trends, "BLOCK_COLUMNS", 7)
    pieces = trends.of_recording(source)
    assert pieces.aeeg_uv == pytest.approx(whole.aeeg_uv, rel=1e-2)
    assert pieces.rhythmicity_db == pytest.approx(whole.rhythmicity_db, abs=1e-2)
    assert pieces.suppression == pytest.approx(whole.suppression, abs=0.01)


def test_suppression_is_that_of_the_last_minute():
    uv = eeg(120, n=18)
    uv[:, 12_000:] *= 0.05
    found = trends.of_recording(ArrayRecording(uv, names=NAMES)).suppression[0]
    assert found[5] < 0.2
    assert np.diff(found[5:]).min() > 0.0
    assert found[11] > 0.9
