"""Filters of real EEG, at real rates, against SciPy's direct form and MNE: the same design to 1e-6; hum found wherever it can be."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from ml import filters
from ml.causal_filter import CausalFilter
from ml.channels import map_to_1020
from ml.network_input import choose_input
from ml.open_files import open_files
from ml.pipeline import find_mains
from ml.windows import Stretch
from tests.recordings import ArrayRecording, eeg

RATES = (100.0, 128.0, 200.0, 256.0, 500.0, 512.0)


@pytest.fixture(scope="module")
def at_500_hz(shared_data: Path) -> NDArray[np.float64]:
    with open_files([shared_data / "eegmat_normal" / "Subject00_2.edf"]) as recording:
        return np.array(recording.read(0.0, 60.0, range(4)), dtype=np.float64)


def design(rate: float, line: float) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """0.5-50 Hz with notches of 2 Hz at the line and its harmonics, as numerators and denominators."""
    notches = [signal.iirnotch(hz, hz / 2.0, fs=rate) for hz in np.arange(line, rate / 2.0 - 2.0, line)]
    return [signal.butter(2, 0.5, "highpass", fs=rate), signal.butter(4, 50.0, "lowpass", fs=rate), *notches]


def test_the_whole_cleaning_is_that_of_scipy(at_500_hz: NDArray[np.float64]) -> None:
    wanted = at_500_hz
    for numerator, denominator in design(500.0, 50.0):
        wanted = signal.filtfilt(numerator, denominator, wanted, padlen=5000)
    sections = np.concatenate([filters.band_pass(0.5, 50.0, 500.0, 2, 4), filters.notch(50.0, 500.0)])
    got = filters.zero_phase(at_500_hz, sections, 500.0)
    assert np.abs(got - wanted)[:, 5000:-5000].max() < 1e-6 * np.abs(wanted).max()
    assert filters.clean(at_500_hz, mains_hz=50.0, sfreq_hz=500.0, band_hz=(0.5, 50.0)) == pytest.approx(got, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("phase", ["zero", "forward"])
@pytest.mark.parametrize(("low", "high", "order"), [(0.5, None, 2), (None, 50.0, 4)])
def test_each_side_is_that_of_mne(at_500_hz: NDArray[np.float64], phase: str, low: float | None, high: float | None, order: int) -> None:
    iir = {"order": order, "ftype": "butter", "output": "sos"}
    wanted = mne.filter.filter_data(at_500_hz, 500.0, low, high, method="iir", iir_params=iir, phase=phase, verbose="error")
    sections = filters.band_pass(low, high, 500.0, order, order)
    got = filters.zero_phase(at_500_hz, sections, 500.0) if phase == "zero" else CausalFilter.at_rest(sections, 4).run(at_500_hz)[0]
    assert np.abs(got - wanted)[:, 10_000:-10_000].max() < 1e-6 * np.abs(wanted).max()


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 120.0])
@pytest.mark.parametrize("line", [50.0, 60.0])
def test_each_notch_is_two_hertz_wide_at_three_decibels(rate: float, line: float) -> None:
    for harmonic in np.arange(line, rate / 2.0 - 2.0, line):
        gain = np.abs(signal.sosfreqz(filters.notch(line, rate), [harmonic - 1, harmonic, harmonic + 1, harmonic - 8], fs=rate)[1])
        assert gain == pytest.approx([0.5**0.5, 0.0, 0.5**0.5, 1.0], abs=0.06)      # the bilinear transform bends what lies near the Nyquist frequency


def mains_of(uv: NDArray[np.floating], rate: float) -> float | None:
    recording = ArrayRecording(uv, sfreq_hz=rate)
    chosen = choose_input(map_to_1020(recording.info.signals))
    return find_mains(recording, chosen, [Stretch.of(span) for span in recording.info.stretches])


def humming(rate: float, line: float, uv: float, channels: int = 19) -> NDArray[np.float64]:
    """EEG with amplifier noise of 1 µV and, in the first channels, a hum with its second and third harmonic."""
    x = eeg(30, seed=2, sfreq_hz=rate) + np.random.default_rng(1).normal(size=(19, round(30 * rate)))
    times = np.arange(x.shape[1]) / rate
    tones = [share * np.sin(2 * np.pi * line * order * times) for order, share in ((1, 1.0), (2, 0.3), (3, 0.3)) if line * order < rate / 2]
    x[:channels] += uv * np.sum(tones, axis=0)
    return x


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 120.0])
@pytest.mark.parametrize("line", [50.0, 60.0])
@pytest.mark.parametrize(("uv", "channels"), [(2.0, 19), (20.0, 19), (20.0, 2)])
def test_hum_is_found_at_every_rate_that_holds_it(rate: float, line: float, uv: float, channels: int) -> None:
    assert mains_of(humming(rate, line, uv, channels), rate) == line


@pytest.mark.parametrize("rate", RATES)
def test_no_hum_is_found_where_none_is(rate: float) -> None:
    assert mains_of(humming(rate, 50.0, 0.0), rate) is None


@pytest.mark.parametrize(("name", "line"), [
    ("iiic50/Other_sample1.edf", 60.0), ("eegmmidb/S001R01.edf", 60.0), ("eegmat_normal/Subject01_2.edf", None),
    ("formats/mne/NihonKohden/MB0400FU.EDF", 50.0), ("icu_continuous/subject01_2014APR12_142608_run_0000s_0380s.edf", None),
])
def test_the_mains_of_real_recordings_is_that_of_their_country(shared_data: Path, name: str, line: float | None) -> None:
    with open_files([shared_data / name]) as recording:
        chosen = choose_input(map_to_1020(recording.info.signals))
        assert find_mains(recording, chosen, [Stretch.of(span) for span in recording.info.stretches]) == line
