"""Spectra and what is read from them, against SciPy, YASA and constructed signals."""

import numpy as np
import pytest
import yasa
from scipy import signal

from ml.features import spectrum
from tests.recordings import eeg

RATE = 200.0
X = eeg(10, n=18)[None]
NAMES = [feature.name for feature in spectrum.FEATURES]


def _value(x, name, **options):
    return spectrum.compute(np.asarray(x, dtype=np.float32).reshape(1, 1, -1), RATE, **options)[0, 0, NAMES.index(name)]


def _colored(exponent, n=200_000):
    freqs = np.fft.rfftfreq(n)
    shape = np.where(freqs > 0, np.maximum(freqs, 1e-9) ** (exponent / 2.0), 0.0)
    return np.fft.irfft(np.fft.rfft(np.random.default_rng(0).normal(size=n)) * shape)


def test_the_density_is_that_of_scipy():
    freqs, density = spectrum.welch(X, RATE)
    wanted_freqs, wanted = signal.welch(X, RATE, "hann", 800)
    assert freqs == pytest.approx(wanted_freqs)
    assert density[..., 1:160] == pytest.approx(wanted[..., 1:160], rel=1e-3)


def test_the_multitaper_density_has_the_power_of_the_signal():
    freqs, density = spectrum.multitaper(X, RATE)
    assert density.sum(axis=-1) * freqs[1] == pytest.approx(X.var(axis=-1), rel=0.05)


def test_band_shares_are_those_of_yasa():
    freqs, density = spectrum.welch(X, RATE)
    bands = [(low, high, name) for name, (low, high) in spectrum.BANDS.items()]
    wanted = yasa.bandpower_from_psd(density[0].astype(float), freqs, bands=bands, relative=True)
    got = spectrum.compute(X, RATE)[0]
    for name in ("delta", "theta", "alpha", "beta"):
        assert got[:, NAMES.index(f"{name}_share")] == pytest.approx(wanted[name].to_numpy(), abs=0.05), name


@pytest.mark.parametrize("hertz, band", [(2.0, "delta"), (6.0, "theta"), (10.0, "alpha"), (20.0, "beta"), (35.0, "gamma")])
def test_a_rhythm_is_found_in_its_band_and_at_its_frequency(hertz, band):
    x = 40.0 * np.sin(2 * np.pi * hertz * np.arange(2000) / RATE)
    assert _value(x, f"{band}_power") == pytest.approx(800.0, rel=0.02)
    assert _value(x, "spectral_centroid") == pytest.approx(hertz, abs=0.05)
    assert hertz > 25.0 or _value(x, "peak_frequency") == pytest.approx(hertz, abs=0.01)
    assert _value(x, "spectral_entropy") < 0.3


@pytest.mark.parametrize("exponent", [0.0, -1.0, -2.0])
def test_the_slope_is_the_exponent_of_colored_noise(exponent):
    assert _value(_colored(exponent), "spectral_slope") == pytest.approx(exponent, abs=0.06)


def test_edges_hold_half_and_most_of_the_power():
    noise = _colored(0.0)
    assert _value(noise, "median_frequency") == pytest.approx(20.25, abs=0.8)
    assert _value(noise, "edge_frequency") == pytest.approx(38.0, abs=0.8)
    assert _value(noise, "spectral_entropy") > 0.99


def test_a_narrow_peak_is_sharper_than_noise():
    noise = _colored(-1.0, 2000) * 30.0
    rhythm = noise + 40.0 * np.sin(2 * np.pi * 9.0 * np.arange(2000) / RATE)
    assert _value(rhythm, "peak_sharpness") > _value(noise, "peak_sharpness") + 6.0
