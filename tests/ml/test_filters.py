"""Filters against SciPy's direct form, MNE and what a filter must do to a sine."""

import mne
import numpy as np
import pytest
from scipy import signal

from ml import filters
from tests.recordings import eeg

RATE = filters.ANALYSIS_HZ


def sine(hz: float, seconds: float = 60.0, uv: float = 50.0) -> np.ndarray:
    return uv * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)[None]


def test_the_band_pass_equals_two_filtfilt_runs_of_the_direct_form():
    x = eeg(60).astype(np.float64)
    high = signal.butter(2, 0.5, "highpass", fs=RATE)
    low = signal.butter(4, 40.0, "lowpass", fs=RATE)
    wanted = signal.filtfilt(*low, signal.filtfilt(*high, x, padlen=2000), padlen=2000)
    got = filters.zero_phase(x, filters.band_pass(0.5, 40.0, RATE, 2, 4), RATE)
    middle = slice(2000, -2000)
    assert np.abs(got - wanted)[:, middle].max() < 1e-6 * np.abs(wanted).max()


@pytest.mark.parametrize("low, high, order", [(0.5, None, 2), (None, 40.0, 4)])
def test_each_side_of_the_band_equals_mne(low, high, order):
    x = eeg(60).astype(np.float64)
    iir = {"order": order, "ftype": "butter", "output": "sos"}
    wanted = mne.filter.filter_data(x, RATE, low, high, method="iir", iir_params=iir, phase="zero", verbose="error")
    got = filters.zero_phase(x, filters.band_pass(low, high, RATE, order, order), RATE)
    middle = slice(4000, -4000)
    assert np.abs(got - wanted)[:, middle].max() < 1e-6 * np.abs(wanted).max()


@pytest.mark.parametrize("hz", [1.0, 3.0, 10.0, 20.0])
def test_a_wave_in_the_band_keeps_its_place_in_time(hz):
    x = sine(hz)
    got = filters.clean(x, mains_hz=60.0)
    inside = slice(2000, -2000)
    lag = np.correlate(got[0, inside], x[0, inside], "full").argmax() - (got[0, inside].size - 1)
    assert lag == 0
    assert got[0, inside].std() == pytest.approx(x[0, inside].std(), rel=0.07)


def test_the_corners_are_six_decibels_down():
    for corner in filters.BAND_HZ:
        got = filters.clean(sine(corner, 120), mains_hz=None)[0, 4000:-4000]
        assert got.std() / sine(corner, 120).std() == pytest.approx(0.5, rel=0.01)


def test_the_wide_band_keeps_what_the_band_of_the_networks_drops():
    wide = filters.clean(sine(45.0), mains_hz=None, band_hz=filters.WIDE_BAND_HZ)[0, 2000:-2000]
    assert wide.std() > 2.0 * filters.clean(sine(45.0), mains_hz=None)[0, 2000:-2000].std()
    assert filters.clean(sine(50.0), mains_hz=None, band_hz=filters.WIDE_BAND_HZ)[0, 2000:-2000].std() == pytest.approx(50 / 2**0.5 / 2, rel=0.01)


@pytest.mark.parametrize("line", [50.0, 60.0])
def test_the_notch_removes_the_line_and_spares_the_alpha_rhythm(line):
    hum, alpha = sine(line, uv=1000.0), sine(10.0)
    got = filters.clean(hum + alpha, mains_hz=line)[0, 2000:-2000]
    assert np.abs(got - filters.clean(alpha, mains_hz=None)[0, 2000:-2000]).max() < 0.5


def test_notches_sit_on_the_harmonics_below_nyquist():
    _frequencies, response = signal.sosfreqz(filters.notch(50.0, 512.0), [50, 100, 150, 200, 75, 180], fs=512.0)
    assert (np.abs(response[:4]) < 1e-6).all()
    assert (np.abs(response[4:]) > 0.95).all()


def test_an_offset_of_a_third_of_a_volt_leaves_no_trace():
    x = eeg(60)
    shifted = filters.clean(x.astype(np.float64) + 300_000.0, mains_hz=None)
    assert np.abs(shifted - filters.clean(x, mains_hz=None)).max() < 1e-2


def test_a_constant_is_removed_by_a_high_pass_and_kept_without_one():
    constant = np.full((1, 2000), 4321.0)
    assert np.abs(filters.zero_phase(constant, filters.band_pass(0.5, 40, RATE, 2, 4), RATE)).max() < 1e-6
    assert filters.zero_phase(constant, filters.band_pass(None, 40, RATE, 2, 4), RATE) == pytest.approx(4321.0)


def test_after_its_settling_time_a_filter_has_forgotten_where_the_piece_began():
    x = eeg(200, seed=3) + 8000.0
    whole, piece = filters.clean(x, mains_hz=50.0), filters.clean(x[:, 10_000:], mains_hz=50.0)
    settled = int(filters.SETTLING_S * RATE)
    assert np.abs(whole[:, 10_000 + settled :] - piece[:, settled:]).max() < 1e-4


def test_missing_samples_are_bridged_and_stay_missing():
    x = eeg(30)
    x[2, 1000:1050] = np.nan
    x[5] = np.inf
    got = filters.clean(x, mains_hz=None)
    assert np.isnan(got[2, 1000:1050]).all()
    assert np.isfinite(got[2, 1050:]).all()
    assert np.isnan(got[5]).all()
    assert np.isfinite(got[6]).all()


@pytest.mark.parametrize("line, other", [(50.0, 60.0), (60.0, 50.0)])
def test_hum_is_found_at_its_own_frequency(line, other):
    pieces = [eeg(10, seed=seed) + sine(line, 10, uv=5.0) for seed in range(4)]
    assert filters.detect_mains(pieces, RATE) == line


def test_no_hum_is_found_in_plain_eeg_nor_in_nothing():
    assert filters.detect_mains([eeg(10, seed=seed) for seed in range(8)], RATE) is None
    assert filters.detect_mains([], RATE) is None


def test_a_corner_beyond_nyquist_leaves_that_side_open():
    assert filters.band_pass(None, 100.0, 200.0, 1, 1).shape == (0, 6)
