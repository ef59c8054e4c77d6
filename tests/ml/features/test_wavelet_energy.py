"""Wavelet energies: nothing is lost, and a rhythm falls into its level."""

import numpy as np
import pytest
import pywt

from ml.features import wavelet_energy
from tests.recordings import eeg

NAMES = [feature.name for feature in wavelet_energy.FEATURES]


def _shares(x):
    return wavelet_energy.compute(np.asarray(x, dtype=np.float32).reshape(1, -1, 2048), 200.0)[0]


def test_shares_add_up_and_equal_those_of_single_transforms():
    x = eeg(10.24, n=3)
    got = _shares(x)
    assert got[:, :-1].sum(axis=1) == pytest.approx(1.0)
    for row, channel in zip(got, x.astype(float), strict=True):
        energy = [np.sum(part**2) for part in pywt.wavedec(channel, "db4", mode="periodization", level=6)]
        assert row[:-1] == pytest.approx(np.array(energy) / np.sum(channel**2), rel=1e-3)   # an orthogonal transform keeps the energy


@pytest.mark.parametrize("hertz, name", [(1.0, "wavelet_approximation"), (2.2, "wavelet_detail_6"), (9.0, "wavelet_detail_4"), (18.0, "wavelet_detail_3")])
def test_a_rhythm_falls_into_its_level(hertz, name):
    sine = np.sin(2 * np.pi * hertz * np.arange(2048) / 200.0)
    assert NAMES[_shares(sine)[0, :-1].argmax()] == name


def test_entropy_is_low_for_a_rhythm_and_one_where_every_level_holds_the_same():
    assert _shares(np.sin(2 * np.pi * 9.0 * np.arange(2048) / 200.0))[0, -1] < 0.4
    parts = [np.full(length, length**-0.5) for length in (32, 32, 64, 128, 256, 512, 1024)]
    assert _shares(pywt.waverec(parts, "db4", mode="periodization"))[0, -1] == pytest.approx(1.0, abs=1e-3)
