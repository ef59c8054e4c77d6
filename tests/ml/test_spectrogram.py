"""Multitaper power against SciPy's periodograms and against hand calculation."""

import numpy as np
import pytest
from scipy import signal

from ml import filters, pipeline, spectrogram
from ml.byte_source import FileBytes
from ml.channels import ELECTRODES, REGIONS
from ml.montage import CHAINS
from ml.open_recording import open_recording
from tests.recordings import eeg, loudness_ensemble


def test_power_equals_the_mean_periodogram_of_scipy_over_the_tapers():
    x = eeg(4, n=4)
    tapers = signal.windows.dpss(800, 2.0, 3)
    wanted = np.mean([signal.periodogram(x, 200.0, taper, detrend="constant")[1] for taper in tapers], axis=0)
    assert spectrogram.multitaper(x) == pytest.approx(wanted[:, 2:81], rel=1e-3)


def test_the_power_of_white_noise_is_its_variance_over_the_band():
    noise = np.random.default_rng(0).normal(scale=10.0, size=(4000, 800)).astype(np.float32)
    assert spectrogram.multitaper(noise).mean() == pytest.approx(100.0 / 100.0, rel=0.01)


def test_a_rhythm_stands_at_its_frequency():
    x = (50.0 * np.sin(2 * np.pi * 3.0 * np.arange(800) / 200.0)).astype(np.float32)
    assert spectrogram.FREQS_HZ[spectrogram.multitaper(x).argmax()] == pytest.approx(3.0, abs=0.25)


def test_a_region_is_the_mean_power_of_its_usable_pairs():
    pairs = np.zeros((18, 800), dtype=np.float32)
    pairs[0] = eeg(4, n=1)[0]
    usable = np.ones((18, 1), dtype=bool)
    start = np.array([0])
    quarter = spectrogram.regional_db(pairs, start, usable)[0]
    usable[1:4] = False
    assert spectrogram.regional_db(pairs, start, usable)[0] - quarter == pytest.approx(10 * np.log10(4), abs=1e-3)


def test_a_region_without_a_usable_pair_is_empty():
    usable = np.ones((18, 2), dtype=bool)
    usable[4:8, 1] = False
    got = spectrogram.regional_db(np.ones((18, 1200), dtype=np.float32), np.array([0, 400]), usable)
    assert np.isnan(got[1, :, 1]).all()
    assert np.isfinite(got[[0, 2, 3]]).all()


def test_columns_lie_two_seconds_apart_and_within_the_recording():
    assert spectrogram.column_times(10.0).tolist() == [2.0, 4.0, 6.0, 8.0]
    assert spectrogram.n_columns(3.9) == 0


def test_it_is_the_published_spectrogram_of_the_icu_recording(shared_data):
    pd = pytest.importorskip("pandas")
    folder = shared_data / "icu_continuous"
    name = "subject01_2014APR12_142608"
    with FileBytes(folder / f"{name}_run_0000s_0380s.edf") as source:
        ours = pipeline.analyse(open_recording(source, name=name), loudness_ensemble(10.0)).spectrogram
    theirs = pd.read_parquet(folder / f"{name}_spectrogram.parquet").iloc[: len(ours.times_s)]
    columns = [column for column in theirs.columns if column.startswith("RP_")]
    freqs = [float(column.removeprefix("RP_")) for column in columns]
    wanted = 10.0 * np.log10(theirs[columns].to_numpy())
    got = np.array([np.interp(freqs, ours.freqs_hz, column) for column in ours.power_db[ours.regions.index("RP")].T])
    similar = [np.corrcoef(got[2:-2].ravel(), wanted[2 + lag : len(got) - 2 + lag].ravel())[0, 1] for lag in (-1, 0, 1)]
    assert similar[1] > 0.98
    assert similar[1] == max(similar)


def test_the_hms_layout_has_its_bins_and_the_scale_of_chronux():
    pairs = np.random.default_rng(0).normal(scale=10.0, size=(18, 60_000))
    image = spectrogram.hms_regional(pairs)
    assert image.freqs_hz[[0, 1, -1]].round(2).tolist() == [0.59, 0.78, 19.92]
    assert (image.freqs_hz == spectrogram.HMS_FREQS_HZ).all()
    assert image.power_uv2_hz.shape == (4, 100, 149)
    assert image.power_uv2_hz.mean() == pytest.approx(100.0 / 200.0, rel=0.02)   # both sides of the spectrum: variance over the rate


@pytest.mark.parametrize("eeg_file, spectrogram_file, filtered, from_row, regions", [
    ("hms/test_eegs/3911565283.parquet", "hms/test_spectrograms/853520.parquet", True, 138, ("LL", "RL", "LP", "RP")),
    ("iiic10/K_Sample11_eeg.parquet", "iiic10/K_Sample11_spectrogram.parquet", False, 148, ("LL", "RL", "LP", "RP")),
    ("iiic10/O_Sample15_eeg.parquet", "iiic10/O_Sample15_spectrogram.parquet", False, 148, ("LL", "RL", "LP", "RP")),
])
def test_it_reproduces_the_spectrograms_of_the_competition(shared_data, eeg_file, spectrogram_file, filtered, from_row, regions):
    pd = pytest.importorskip("pandas")
    raw = pd.read_parquet(shared_data / eeg_file)[list(ELECTRODES)].to_numpy(dtype=np.float64).T
    image = spectrogram.hms_regional(CHAINS @ (filters.clean(raw, mains_hz=None) if filtered else raw))
    theirs = pd.read_parquet(shared_data / spectrogram_file)
    for region in regions:
        columns = [name for name in theirs.columns if name.startswith(f"{region}_")]
        wanted = 10.0 * np.log10(theirs[columns].to_numpy()[from_row : from_row + len(image.times_s)])
        got = image.db[list(REGIONS).index(region)].T
        assert np.corrcoef(got.ravel(), wanted.ravel())[0, 1] > 0.9995, region
        assert got - wanted == pytest.approx(0.0, abs=2.0)
        assert abs(np.median(got - wanted)) < 0.05
