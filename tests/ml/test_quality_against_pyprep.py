"""Our judgment of electrodes beside PyPREP's (Bigdely-Shamlo 2015 as PyPREP 0.9 implements it), constructed and real.

PyPREP judges a recording as a whole with z-scores; ours is second by second. So its measures are compared second by second
where it has them, and its verdicts where a fault lasts.
"""

import mne
import numpy as np
import pytest
from pyprep.find_noisy_channels import NoisyChannels
from scipy.stats import spearmanr

from ml import filters, quality
from ml.channels import ELECTRODES
from tests.recordings import eeg

RATE = 200.0


def prep(x: np.ndarray) -> NoisyChannels:
    raw = mne.io.RawArray(x * 1e-6, mne.create_info(list(ELECTRODES), RATE, "eeg"), verbose="error")
    found = NoisyChannels(raw, random_state=1, ransac=False)
    found.find_all_bads()
    return found


def read(path) -> np.ndarray:
    from ml.byte_source import FileBytes
    from ml.channels import map_to_1020
    from ml.open_recording import open_recording
    from ml.resample import read_at_rate

    with FileBytes(path) as source:
        recording = open_recording(source, name=path.name)
        electrodes = map_to_1020(recording.info.signals).electrodes
        return read_at_rate(recording, [electrodes[name] for name in ELECTRODES], 0.0, 50.0, RATE).astype(np.float64)


def shares(x: np.ndarray) -> dict[str, float]:
    verdict = quality.judge(x.astype(np.float32), filters.clean(x, mains_hz=None))
    return dict(zip(ELECTRODES, verdict.bad.mean(axis=1).tolist(), strict=True))


def lonely(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    noise = filters.zero_phase(rng.normal(size=(1, x.shape[1])), filters.band_pass(1.0, 30.0, RATE, 2, 4), RATE)[0]
    return 30.0 * noise / noise.std()


@pytest.mark.parametrize("fault, make", [
    ("flat", lambda rng, x: np.full(x.shape[1], 3.0)),
    ("amplitude", lambda rng, x: 15.0 * x[5]),
    ("noise", lambda rng, x: x[5] + 150.0 * rng.normal(size=x.shape[1])),
    ("alone", lonely),
])
def test_a_lasting_fault_is_told_by_both(fault, make):
    x = eeg(60, seed=4).astype(np.float64)
    x[5] = make(np.random.default_rng(0), x)
    assert ELECTRODES[5] in prep(x).get_bads(), fault
    found = shares(x)
    assert found.pop(ELECTRODES[5]) > 0.9, fault
    assert max(found.values()) < 0.05, fault


@pytest.mark.parametrize("name", ["eegmmidb/S001R01.edf", "iiic50/GPD_sample1.edf", "iiic50/SZ_sample1.edf"])
def test_the_best_correlation_of_every_second_agrees(shared_data, name):
    x = read(shared_data / name)
    found = prep(x)
    wanted = found._extra_info["bad_by_correlation"]["max_correlations"]
    pieces = (found.EEGFiltered[:, : wanted.shape[1] * 200] * 1e6).astype(np.float32).reshape(19, -1, 200)
    got = np.abs(quality.correlations(pieces)).max(axis=-1).T
    assert spearmanr(got.ravel(), wanted.ravel()).statistic > 0.98
    assert np.mean((got < quality.CORRELATION) == (wanted < quality.CORRELATION)) > 0.97


@pytest.mark.parametrize("name", ["eegmmidb/S001R01.edf", "iiic50/GPD_sample1.edf", "iiic50/SZ_sample1.edf"])
def test_noise_levels_rank_the_electrodes_alike(shared_data, name):
    x = read(shared_data / name)
    wanted = np.median(prep(x)._extra_info["bad_by_hf_noise"]["noise_levels"], axis=0)
    measures = quality.judge(x.astype(np.float32), filters.clean(x, mains_hz=60.0)).measures
    beyond = np.hypot(measures.noise_uv, measures.hum_uv)      # PyPREP counts hum as noise
    assert spearmanr(np.median(beyond / measures.rms_uv, axis=1), wanted).statistic > 0.8


@pytest.mark.parametrize("name, bad", [("flat_channels_C3_Cz.edf", {"C3", "Cz"}), ("saturated_T3.edf", {"T3"})])
def test_damaged_recordings_are_told_by_both(shared_data, name, bad):
    x = read(shared_data / "malformed" / name)
    assert bad <= set(prep(x).get_bads())
    assert bad <= {electrode for electrode, share in shares(x).items() if share > 0.9}
