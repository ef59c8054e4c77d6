"""The live filter against SciPy and MNE, and against itself in pieces."""

import mne
import numpy as np
from scipy import signal

from ml.causal_filter import CausalFilter
from ml.filters import band_pass, notch
from tests.recordings import eeg

RATE = 200.0
BOTH = np.concatenate([band_pass(0.5, 50.0, RATE, 2, 4), notch(60.0, RATE)])


def test_it_equals_scipy_started_at_the_first_value():
    x = eeg(30).astype(np.float64) + 4000.0
    start = signal.sosfilt_zi(BOTH)[:, None, :] * x[None, :, :1]
    wanted, _ = signal.sosfilt(BOTH, x, axis=-1, zi=start)
    got, _ = CausalFilter.for_band(19, mains_hz=60.0).run(x)
    assert np.abs(got - wanted).max() < 1e-6 * np.abs(wanted).max()


def test_it_equals_mne_run_forward():
    x = eeg(60).astype(np.float64)
    iir = {"order": 4, "ftype": "butter", "output": "sos"}
    wanted = mne.filter.filter_data(x, RATE, None, 50.0, method="iir", iir_params=iir, phase="forward", verbose="error")
    got, _ = CausalFilter.at_rest(band_pass(None, 50.0, RATE, 2, 4), 19).run(x)
    assert np.abs(got - wanted)[:, 4000:-4000].max() < 1e-6 * np.abs(wanted).max()


def test_any_chunks_give_the_same_bits_as_the_whole():
    x = eeg(20).astype(np.float64)
    x[3, :700] = np.nan
    x[4, 1500:1600] = np.nan
    whole, _ = CausalFilter.for_band(19, mains_hz=50.0).run(x)
    state, parts = CausalFilter.for_band(19, mains_hz=50.0), []
    for piece in np.split(x, [1, 1, 40, 699, 701, 1550, 3000], axis=1):
        part, state = state.run(piece)
        parts.append(part)
    assert np.array_equal(np.concatenate(parts, axis=1), whole, equal_nan=True)


def test_the_state_that_was_passed_in_is_not_changed():
    state = CausalFilter.for_band(19)
    first, _ = state.run(eeg(2))
    assert np.array_equal(state.run(eeg(2))[0], first)


def test_a_gap_stays_empty_and_is_followed_by_no_jump():
    x = np.full((1, 4000), 5000.0)
    x[0, 1000:2000] = np.nan
    got, _ = CausalFilter.for_band(1).run(x)
    assert np.isnan(got[0, 1000:2000]).all()
    assert np.nanmax(np.abs(got)) < 1e-6


def test_nothing_depends_on_the_future():
    x = eeg(10).astype(np.float64)
    changed = x.copy()
    changed[:, 1000:] *= 9.0
    before, after = (CausalFilter.for_band(19).run(values)[0][:, :1000] for values in (x, changed))
    assert np.array_equal(before, after)
