"""Trends of signals whose answer is known."""

import numpy as np
import pytest
from scipy import signal

from ml import pipeline, trends
from ml.channels import CHAIN_PAIRS
from tests.recordings import ArrayRecording, eeg, loudness_ensemble

RATE = 200.0
NAMES = [f"{first}-{second}" for first, second in CHAIN_PAIRS]


def _sine(hertz, seconds, peak_to_peak_uv):
    return peak_to_peak_uv / 2.0 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def _of(uv, **more):
    """Trends as an analysis makes them; ``uv`` of 18 rows are the pairs."""
    names = {"names": NAMES} if len(uv) == len(NAMES) else {}
    return pipeline.analyse(ArrayRecording(uv, **names), loudness_ensemble(10.0), **more).trends


@pytest.mark.parametrize("hertz, gain", [(5.477, 1.0), (10.0, 10 ** (12 * np.log10(10.0 / 5.477) / 20)), (1.0, 0.0), (20.0, 0.0)])
def test_the_aeeg_rises_by_twelve_decibels_per_decade_within_its_band(hertz, gain):
    middle = trends.amplitude_envelope(_sine(hertz, 30, 50.0))[200:400]
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
    assert _of(uv).alpha_delta == pytest.approx(0.25, rel=0.05)


def test_a_rhythm_is_a_line_in_the_rhythmicity_spectrogram_and_noise_is_not():
    found = _of(eeg(60, n=18) + _sine(6.0, 60, 60.0).astype(np.float32))
    at_rhythm = np.abs(found.freqs_hz - 6.0) < 0.3
    assert found.rhythmicity_db[:, at_rhythm].mean() > 10.0
    assert found.rhythmicity_db[:, found.freqs_hz > 13.0].mean() < 3.0


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0, 3.0])
def test_no_power_law_is_a_rhythm(slope):
    freqs = np.arange(0.5, 40.01, 0.1)
    assert trends.rhythmicity(np.tile(freqs[:, None] ** -slope, 3), freqs)[freqs > 1.0] == pytest.approx(0.0, abs=0.3)


def test_a_column_that_touches_a_gap_is_empty_and_no_other():
    found = pipeline.analyse(ArrayRecording(eeg(120), gaps=[(31.0, 45.0)]), loudness_ensemble(10.0)).trends
    for values in (found.aeeg_uv, found.alpha_delta, found.suppression, found.rhythmicity_db, found.asymmetry_index, found.band_uv2):
        lost = np.isnan(values).reshape(-1, 12)
        assert lost.all(axis=0).tolist() == lost.any(axis=0).tolist() == [i in (3, 4) for i in range(12)]


def test_trends_do_not_depend_on_where_the_blocks_were_cut():
    uv = eeg(300, seed=3)
    whole, pieces = _of(uv), _of(uv, block_s=73.0)
    assert pieces.aeeg_uv == pytest.approx(whole.aeeg_uv, rel=1e-2)
    assert pieces.rhythmicity_db == pytest.approx(whole.rhythmicity_db, abs=1e-2)
    assert pieces.suppression == pytest.approx(whole.suppression, abs=0.01)


def test_suppression_is_that_of_the_last_minute():
    uv = eeg(120, n=18)
    uv[:, 12_000:] *= 0.05
    found = _of(uv).suppression[0]
    assert found[5] < 0.2
    assert np.diff(found[5:]).min() > 0.0
    assert found[11] > 0.9


def test_less_than_a_column_has_no_trends():
    assert _of(eeg(9.0)).suppression.shape == (2, 0)


def test_band_power_is_the_variance_of_a_rhythm_in_its_band():
    uv = eeg(60, n=18) * 0.02 + (_sine(10.0, 60, 40.0) + _sine(2.0, 60, 80.0)).astype(np.float32)
    found = _of(uv).band_uv2[:, :, 1:-1]
    assert found[:, 0] == pytest.approx(40.0**2 / 2.0, rel=0.05)
    assert found[:, 2] == pytest.approx(20.0**2 / 2.0, rel=0.05)
    assert found[:, [1, 3, 4]].max() < 10.0


def test_a_pair_with_a_bad_electrode_takes_no_part():
    pairs, usable = np.zeros((18, 2000), dtype=np.float32), np.ones((18, 1), dtype=bool)
    pairs[list(trends.RIGHT)] = pairs[list(trends.LEFT)] = _sine(6.0, 10, 40.0)
    pairs[0] *= 100.0
    usable[0] = False
    assert trends.of_pairs(pairs, np.array([0]), usable).asymmetry_index == pytest.approx(0.0, abs=1e-6)


def test_the_envelope_is_that_of_filters_run_in_both_directions():
    """Same design by SciPy: FIR of the published slope, rectifier, Butterworth of fifth order forward and backward."""
    x = eeg(120, n=2)
    freqs = np.array([0.0, 1.5, *np.linspace(2.0, 15.0, 27), 16.0, RATE / 2])
    gains = np.where((freqs >= 2.0) & (freqs <= 15.0), (freqs / np.sqrt(30.0)) ** 0.6, 0.0)
    shaped = signal.oaconvolve(x, signal.firwin2(1601, freqs, gains, fs=RATE)[None], mode="same", axes=-1)
    smoother = signal.butter(5, 1.0 / np.pi, fs=RATE, output="sos")
    wanted = np.pi * signal.sosfiltfilt(smoother, np.abs(shaped))[:, ::10]
    assert trends.amplitude_envelope(x)[:, 200:-200] == pytest.approx(wanted[:, 200:-200], rel=0.02)
