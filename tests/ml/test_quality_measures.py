"""Figures of quality on signals whose noise, hum, muscle and bridges are known."""

import mne
import numpy as np
import pytest

from ml import filters, pipeline, quality
from ml.channels import ELECTRODES
from ml.quality_measures import Measures, Sums, line_noise
from tests.recordings import ArrayRecording, eeg, loudness_ensemble

RATE = 200


def measured(x: np.ndarray, mains_hz: float | None = None) -> Measures:
    return quality.judge(x.astype(np.float32), filters.clean(x, mains_hz=mains_hz)).measures


def band(low: float, high: float | None, n: int, uv: float, seed: int = 0) -> np.ndarray:
    noise = filters.zero_phase(np.random.default_rng(seed).normal(size=(1, n)), filters.band_pass(low, high, 200.0, 4, 4), 200.0)[0]
    return uv * noise / noise.std()


@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_line_noise_is_the_rms_of_the_hum(hz):
    hum = 100.0 * np.sqrt(2.0) * np.sin(2 * np.pi * hz * np.arange(10 * RATE) / RATE + 0.3)
    assert line_noise(hum.astype(np.float32).reshape(1, 10, RATE) + 4000.0, 200.0) == pytest.approx(100.0, rel=1e-3)


def test_the_signal_to_noise_ratio_is_that_of_the_variances():
    n = 60 * RATE
    x = band(2.0, 20.0, n, 30.0) + 4.0 * np.random.default_rng(1).normal(size=(19, n))
    noise_in_band = 16.0 * 39.5 / 100.0
    assert np.median(measured(x).snr_db) == pytest.approx(10 * np.log10(900.0 / noise_in_band), abs=1.0)


def test_muscle_is_marked_where_it_is_and_hum_is_not_muscle():
    x = eeg(30)
    x[7, 2000:3000] += band(30.0, None, 1000, 30.0)
    x[8] += 500.0 * np.sin(2 * np.pi * 60.0 * np.arange(x.shape[1]) / RATE)
    muscle = measured(x, 60.0).muscle
    assert muscle[7, 10:15].all()
    assert muscle.sum() <= 7


def test_a_step_of_the_baseline_is_movement_and_a_discharge_is_not():
    x = eeg(30)
    x[3, 2900:] += 800.0
    x[4, 2900:2950] += 800.0
    movement = measured(x).movement
    assert np.flatnonzero(movement[3]).tolist() == [13, 14, 15]
    assert not movement[4].any()


def test_bridged_electrodes_are_told_as_mne_tells_them():
    x = eeg(60, seed=2)
    x[8] = x[0] + 0.5 * np.random.default_rng(1).normal(size=x.shape[1])
    sums = Sums.over(19)
    sums.add(measured(x), np.zeros((19, 60), dtype=bool))
    assert list(sums.bridges()) == [(0, 8)]
    raw = mne.io.RawArray(x * 1e-6, mne.create_info(list(ELECTRODES), 200.0, "eeg"), verbose="error")
    assert mne.preprocessing.compute_bridged_electrodes(raw, verbose="error")[0] == [(0, 8)]


def test_a_common_reference_noise_bridges_nobody():
    x = eeg(30) + 300.0 * np.sin(2 * np.pi * 5.0 * np.arange(30 * RATE) / RATE)
    assert measured(x).alike.mean() == 0.0


def test_an_electrode_without_values_has_no_figures():
    x = eeg(10)
    x[2] = np.nan
    got = measured(x)
    assert np.isnan(got.rms_uv[2]).all()
    assert np.isnan(got.snr_db[2]).all()
    assert not got.muscle[2].any()


def test_the_quality_of_an_analysis_carries_the_figures():
    x = eeg(120, seed=2)
    x[8] = x[0]
    x[7] += band(30.0, None, x.shape[1], 30.0)
    found = pipeline.analyse(ArrayRecording(x), loudness_ensemble(10.0)).quality
    assert found.bridged == (("Fp1", "Fz"),)
    assert found.channels[7].muscle_share > 0.95
    assert found.channels[7].artifact_share >= found.channels[7].muscle_share
    assert found.channels[7].bad_share > 0.95
    assert found.channels[7].snr_db is None             # no second of it is sound
