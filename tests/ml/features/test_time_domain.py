"""The time domain against SciPy and antropy."""

import antropy
import numpy as np
import pytest
from scipy import stats

from ml.features import time_domain
from tests.recordings import eeg

X = eeg(10, n=18)[None]
NAMES = [feature.name for feature in time_domain.FEATURES]


def _feature(name, x=X):
    return time_domain.compute(x, 200.0)[0, :, NAMES.index(name)]


def test_moments_are_those_of_scipy():
    assert _feature("mean") == pytest.approx(X[0].mean(axis=1), abs=1e-5)
    assert _feature("sd") == pytest.approx(X[0].std(axis=1), rel=1e-4)
    assert _feature("skewness") == pytest.approx(stats.skew(X[0].astype(float), axis=1), abs=1e-4)
    assert _feature("kurtosis") == pytest.approx(stats.kurtosis(X[0].astype(float), axis=1), abs=1e-3)


def test_hjorth_parameters_and_zero_crossings_are_those_of_antropy():
    mobility, complexity = antropy.hjorth_params(X[0].astype(float), axis=1)
    assert _feature("hjorth_mobility") == pytest.approx(200.0 * mobility, rel=1e-3)
    assert _feature("hjorth_complexity") == pytest.approx(complexity, rel=1e-3)
    centered = X[0] - X[0].mean(axis=1, keepdims=True)
    assert _feature("zero_crossings") == pytest.approx(antropy.num_zerocross(centered, axis=1) / 10.0)


def test_a_sine_has_the_values_of_the_textbook():
    sine = (50.0 * np.sin(2 * np.pi * 5.0 * (np.arange(2000) + 0.5) / 200.0)).astype(np.float32)[None, None]
    assert _feature("sd", sine) == pytest.approx(50.0 / np.sqrt(2.0), rel=1e-4)
    assert _feature("line_length", sine) == pytest.approx(4 * 50.0 * 5.0, rel=0.02)     # four amplitudes per cycle
    assert _feature("hjorth_mobility", sine) == pytest.approx(2 * np.pi * 5.0, rel=0.01)
    assert _feature("kurtosis", sine) == pytest.approx(-1.5, abs=0.01)


def test_a_flat_channel_has_no_shape():
    flat = np.full((1, 1, 2000), 3.0, dtype=np.float32)
    assert np.isnan(_feature("skewness", flat)).all()
    assert _feature("line_length", flat) == [0.0]
