"""What wavelet denoising does to noise, to slow waves and, as it says itself, to spikes."""

import numpy as np
import pytest
import pywt

from ml.wavelet_denoising import BANNER, SHIFTS, WAVELET, denoise, levels_at

RATE, N = 200, 6000
T = np.arange(N) / RATE


def noise(uv: float, seed: int = 0) -> np.ndarray:
    return uv * np.random.default_rng(seed).normal(size=(1, N))


def spikes(uv: float, width_s: float) -> np.ndarray:
    return uv * np.exp(-0.5 * (((T + 0.5) % 1.0 - 0.5) / width_s) ** 2)[None]


def test_it_removes_white_noise_and_leaves_slow_waves():
    delta = 60.0 * np.sin(2 * np.pi * 2.0 * T)[None]
    error = denoise(delta + noise(8.0)) - delta
    assert error.std() < 0.4 * 8.0
    assert np.abs(denoise(delta) - delta).max() < 0.5


def test_it_softens_small_fast_spikes_most_and_says_so():
    kept = [denoise(spikes(uv, width) + noise(8.0))[0, :: RATE].mean() / uv for uv, width in ((150.0, 0.03), (150.0, 0.008), (40.0, 0.008))]
    assert kept[0] > 0.88
    assert kept[0] > kept[1] > kept[2]
    assert kept[2] < 0.75
    assert "softens spikes" in BANNER


def test_one_shift_is_the_soft_threshold_of_pywavelets(monkeypatch):
    x = spikes(80.0, 0.02) + noise(5.0)
    monkeypatch.setattr("ml.wavelet_denoising.SHIFTS", 1)
    coefficients = pywt.wavedec(x[0], WAVELET, level=4)
    limit = np.median(np.abs(coefficients[-1])) / 0.6745 * np.sqrt(2 * np.log(N))
    wanted = pywt.waverec([coefficients[0], *(pywt.threshold(c, limit, "soft") for c in coefficients[1:])], WAVELET)
    assert denoise(x)[0] == pytest.approx(wanted[:N], abs=1e-4)
    assert SHIFTS == 8


def test_strength_zero_changes_nothing_and_gaps_stay_gaps():
    x = noise(10.0)
    x[0, 100:140] = np.nan
    assert np.array_equal(denoise(x, strength=0.0), x.astype(np.float32), equal_nan=True)
    assert np.flatnonzero(np.isnan(denoise(x)[0])).tolist() == list(range(100, 140))


@pytest.mark.parametrize(("sfreq_hz", "levels"), [(100.0, 3), (200.0, 4), (250.0, 4), (256.0, 4), (400.0, 5), (512.0, 5), (1024.0, 6), (10.0, 0)])
def test_at_every_rate_what_is_slower_than_six_hertz_is_left_alone(sfreq_hz, levels):
    assert levels_at(sfreq_hz) == levels
    assert levels == 0 or sfreq_hz / 2 ** (levels + 1) >= 6.25
