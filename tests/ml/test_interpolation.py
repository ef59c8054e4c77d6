"""Spherical splines against MNE, and pairs restored by closing the loop."""

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.channels import CHAIN_PAIRS, ELECTRODES
from ml.interpolation import closing, filling
from ml.montage import CHAINS
from tests.recordings import eeg


@pytest.fixture(scope="module")
def montage():
    names = set(mne.channels.get_builtin_montages())
    return mne.channels.make_standard_montage("colin27_1020" if "colin27_1020" in names else "standard_1020")


@pytest.mark.parametrize("bad", [("C3",), ("Fp1",), ("T5", "Fz", "Cz", "Pz"), ("O1", "O2"), ("F7", "T3")])
def test_interpolation_agrees_with_mne_within_one_percent(bad, montage):
    x = eeg(20, seed=5).astype(np.float64)
    info = mne.create_info(list(ELECTRODES), 200.0, "eeg", verbose="error")
    raw = mne.io.RawArray(x.copy() * 1e-6, info, verbose="error").set_montage(montage)
    raw.info["bads"] = list(bad)
    wanted = raw.interpolate_bads(method={"eeg": "spline"}, verbose="error").get_data() * 1e6
    rows = tuple(sorted(ELECTRODES.index(name) for name in bad))
    got = filling(rows) @ x
    error = np.sqrt(np.mean((got - wanted)[list(rows)] ** 2) / np.mean(wanted[list(rows)] ** 2))
    assert error < 0.01


@given(st.sets(st.integers(0, 18), max_size=8))
@settings(max_examples=40, deadline=None)
def test_an_estimate_holds_for_any_reference_and_uses_no_bad_electrode(bad):
    matrix = filling(tuple(sorted(bad)))
    assert np.allclose(matrix.sum(axis=1), 1.0, atol=1e-6)
    assert not matrix[:, sorted(bad)].any()


def test_a_head_without_bad_electrodes_is_left_as_it_is():
    assert np.array_equal(filling(()), np.eye(19))


@given(st.sampled_from(range(16)))
def test_one_bad_pair_of_a_side_follows_from_the_others(bad):
    pairs = CHAINS @ np.random.default_rng(bad).normal(size=(19, 20))
    spoiled = pairs.copy()
    spoiled[bad] = 1e6
    assert np.allclose(closing((bad,)) @ spoiled, pairs)


def test_a_pair_that_cannot_be_told_becomes_nothing():
    midline = CHAIN_PAIRS.index(("Fz", "Cz"))
    matrix = closing((0, 2, midline))
    assert not matrix[[0, 2, midline]].any()
    assert np.array_equal(matrix[1], np.eye(18)[1])
