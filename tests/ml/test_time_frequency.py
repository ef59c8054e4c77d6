"""Time-frequency images against SciPy, MNE and hand calculation."""

import numpy as np
import pytest
from scipy import signal

from ml import time_frequency
from tests.recordings import eeg

RATE = 200.0
DAY = np.arange(2000) / RATE


def test_the_stft_is_that_of_scipy():
    x = eeg(10, n=3)
    freqs, times, wanted = signal.spectrogram(x, RATE, "hamming", 400, 300, 512, detrend="constant")
    got = time_frequency.stft(x, RATE, window_s=2.0, step_s=0.5, window="hamming", n_fft=512, band_hz=(0.0, 100.0))
    assert got.power_uv2_hz == pytest.approx(wanted, rel=2e-3, abs=1e-6)
    assert (got.freqs_hz == pytest.approx(freqs))
    assert (got.times_s == pytest.approx(times))


def test_multitaper_power_is_that_of_mne():
    mne = pytest.importorskip("mne")
    x = eeg(4, n=3).astype(float)
    wanted, freqs = mne.time_frequency.psd_array_multitaper(
        x - x.mean(axis=1, keepdims=True), RATE, 1.0, 40.0, bandwidth=2.0, adaptive=False, low_bias=True, normalization="full", verbose="error")
    count = int((signal.windows.dpss(800, 4.0, 8, return_ratios=True)[1] > 0.9).sum())   # MNE weights them by these ratios
    got = time_frequency.multitaper(x, RATE, half_bandwidth=4.0, n_tapers=count, band_hz=(1.0, 40.0))
    assert np.allclose(got.freqs_hz, freqs)
    assert np.median(np.abs(got.power_uv2_hz[..., 0] / wanted - 1.0)) < 0.02


def test_morlet_power_is_proportional_to_that_of_mne():
    mne = pytest.importorskip("mne")
    x, freqs = eeg(10, n=2).astype(float), np.array([2.0, 5.0, 10.0, 20.0])
    wanted = mne.time_frequency.tfr_array_morlet(x[None], RATE, freqs, n_cycles=6.0, output="power", zero_mean=False, verbose="error")[0]
    got = time_frequency.morlet(x, RATE, freqs, cycles=6.0, step_s=1 / RATE)
    for row in range(len(freqs)):
        inside = np.isfinite(got.power_uv2_hz[0, row])
        assert np.corrcoef(got.power_uv2_hz[0, row, inside], wanted[0, row, inside])[0, 1] > 0.999


def test_morlet_power_is_proportional_to_that_of_pywavelets():
    pywt = pytest.importorskip("pywt")
    x, freqs = eeg(10, n=1)[0].astype(float), np.array([2.0, 5.0, 10.0, 20.0])
    bandwidth = 2.0 * (6.0 / (2.0 * np.pi)) ** 2      # exp(-t²/B) of six cycles; PyWavelets samples it in steps, so the agreement is coarser
    waves, at_hz = pywt.cwt(x, RATE / freqs, f"cmor{bandwidth:.6f}-1.0", sampling_period=1 / RATE, precision=14)
    got = time_frequency.morlet(x, RATE, freqs, cycles=6.0, step_s=1 / RATE).power_uv2_hz
    assert at_hz == pytest.approx(freqs, rel=1e-3)
    for row in range(len(freqs)):
        inside = np.isfinite(got[row])
        assert np.corrcoef(got[row, inside], np.abs(waves[row, inside]) ** 2)[0, 1] > 0.995


def test_white_noise_has_the_same_density_in_every_image():
    noise = np.random.default_rng(1).normal(scale=10.0, size=(20, 12_000))
    by_wavelet = time_frequency.morlet(noise, RATE, np.array([5.0, 10.0, 20.0, 40.0]))
    assert np.nanmean(by_wavelet.power_uv2_hz, axis=(0, 2)) == pytest.approx([1.0] * 4, rel=0.05)
    for image in (time_frequency.stft(noise, RATE), time_frequency.multitaper(noise, RATE)):
        assert image.power_uv2_hz.mean() == pytest.approx(1.0, rel=0.02)


def test_band_power_is_the_variance_of_the_rhythm_in_it():
    x = np.sqrt(2.0) * (30.0 * np.sin(2 * np.pi * 2.0 * DAY) + 10.0 * np.sin(2 * np.pi * 10.0 * DAY))
    image = time_frequency.stft(x, RATE, window_s=2.0, band_hz=(0.0, 100.0))
    assert time_frequency.band_powers(image)[:, 3] == pytest.approx([900.0, 0.0, 100.0, 0.0, 0.0], abs=3.0)


def test_a_column_that_touches_a_gap_is_empty_and_no_other():
    x = eeg(10, n=2)
    x[1, 1000:1100] = np.nan
    image = time_frequency.multitaper(x, RATE)
    assert np.isfinite(image.power_uv2_hz[0]).all()
    assert np.isnan(image.power_uv2_hz[1]).all(axis=0).tolist() == [False, True, True, False]


def test_a_tone_lights_the_mel_band_of_its_frequency():
    image = time_frequency.log_mel(np.sin(2 * np.pi * 10.0 * np.arange(10_000) / RATE), RATE)
    assert image.shape == (128, 257)
    centers = np.linspace(0.53, 40.0, 130)[1:-1]   # below 40 Hz the mel scale is straight to 1.5 Hz
    assert centers[image[:, 128].argmax()] == pytest.approx(10.0, abs=1.5)
    assert image.max() - image.min() <= 100.0 + 1e-3
