"""Connectivity against SciPy and constructed relations."""

import numpy as np
import pytest
from scipy import signal

from ml.features import connectivity
from ml.features.feature import LEFT, RIGHT
from tests.recordings import eeg

RATE = 200.0
NAMES = [feature.name for feature in connectivity.FEATURES]


def _independent():
    return np.concatenate([eeg(10, seed=seed, n=1) for seed in range(18)])[None]


def test_coherence_is_that_of_scipy():
    x = eeg(10, n=18)[None]
    freqs, wanted = signal.coherence(x[0, 0], x[0, 3], RATE, "hann", 400)
    for table, band in zip(connectivity.coherence(x, RATE), connectivity.COHERENCE_BANDS, strict=True):
        low, high = connectivity.BANDS_HZ[band]
        assert table[0, 0, 3] == pytest.approx(wanted[(freqs >= low) & (freqs < high)].mean(), rel=1e-3), band


def test_phases_that_keep_their_distance_are_locked():
    times = np.arange(2000) / RATE
    x = np.stack([np.sin(2 * np.pi * 10.0 * times), np.sin(2 * np.pi * 10.0 * times + 1.0), np.sin(2 * np.pi * 9.0 * times)])
    table = connectivity.phase_locking(x[None].astype(np.float32), RATE, 8.0, 13.0)[0]
    assert table[0, 1] == pytest.approx(1.0, abs=1e-3)
    assert table[0, 2] < 0.05


def test_a_delayed_copy_correlates_fully_within_the_lag():
    source = eeg(11, n=1)[0]
    near, far = source[20:2020], source[40:2040]
    table = connectivity.correlation(np.stack([source[:2000], near, far])[None], RATE)[0]
    assert table[0, 1] > 0.99
    assert table[0, 2] < 0.95


def test_each_group_holds_its_own_channels():
    x = _independent()
    x[0, list(LEFT)] = x[0, LEFT[0]]
    values = dict(zip(NAMES, connectivity.compute(x, RATE)[0], strict=True))
    for name in ("plv_alpha_left", "coherence_theta_LL", "coherence_theta_LP", "correlation_left"):
        assert values[name] == pytest.approx(1.0, abs=1e-3), name
    for name in ("plv_alpha_right", "plv_alpha_between", "coherence_beta_RL", "correlation_between"):
        assert values[name] < 0.6, name


def test_mirror_channels_make_the_value_between_the_sides():
    x = _independent()
    x[0, list(RIGHT)] = x[0, list(LEFT)]
    values = dict(zip(NAMES, connectivity.compute(x, RATE)[0], strict=True))
    assert values["coherence_delta_between"] == pytest.approx(1.0, abs=1e-3)
    assert values["coherence_beta_left"] < 0.6


def test_a_lost_channel_takes_no_part():
    x = _independent()
    lost = np.zeros((1, 18), dtype=bool)
    lost[0, 0] = True
    x[0, list(LEFT[1:])] = x[0, LEFT[1]]
    assert connectivity.compute(x, RATE, lost)[0, NAMES.index("correlation_left")] == pytest.approx(1.0, abs=1e-3)
