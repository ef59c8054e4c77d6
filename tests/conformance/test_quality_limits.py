"""Each limit by which an electrode is bad or marked, from both of its sides; interpolation of real EEG against MNE."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest
from numpy.typing import NDArray

from ml import filters, quality
from ml.channels import ELECTRODES
from ml.interpolation import POSITIONS, filling
from ml.open_files import open_files
from ml.quality_measures import Sums
from tests.recordings import eeg

RATE = 200
C3 = ELECTRODES.index("C3")


def judged(x: NDArray[np.floating]) -> quality.Verdict:
    raw = np.asarray(x, dtype=np.float32)
    return quality.judge(raw, filters.clean(raw, mains_hz=60.0))


def shares(x: NDArray[np.floating]) -> dict[str, float]:
    """Share of the seconds for which C3 is bad, by reason."""
    return dict(zip(quality.REASONS, judged(x).reasons[:, C3].mean(axis=-1).tolist(), strict=True))


def noise(uv: float, seconds: int = 20, low_hz: float = 0.5, high_hz: float = 40.0) -> NDArray[np.float64]:
    """Noise of a band and a standard deviation."""
    spectrum = np.fft.rfft(np.random.default_rng(7).normal(size=seconds * RATE))
    freqs = np.fft.rfftfreq(seconds * RATE, 1 / RATE)
    x = np.fft.irfft(np.where((freqs >= low_hz) & (freqs < high_hz), spectrum, 0.0))
    return np.asarray(uv * x / x.std())


@pytest.mark.parametrize(("sd_uv", "is_flat"), [(0.1, True), (0.4, True), (0.8, False), (1.5, False)])
def test_flat_is_below_half_a_microvolt(sd_uv: float, is_flat: bool) -> None:
    x = eeg(20)
    x[C3] = np.random.default_rng(0).normal(size=4000) * sd_uv
    assert (shares(x)["flat"] > 0.95) == is_flat


@pytest.mark.parametrize(("samples", "is_clipped"), [(3, False), (4, False), (5, True), (60, True)])
def test_clipped_is_two_percent_of_a_second_on_plateaus_of_five_samples(samples: int, is_clipped: bool) -> None:
    x = eeg(20)
    for second in range(20):
        x[C3, second * RATE + 50 : second * RATE + 50 + samples] = 3000.0
    assert (shares(x)["clipped"] > 0.95) == is_clipped


@pytest.mark.parametrize(("share", "is_alone"), [(0.15, True), (0.85, False)])
def test_alone_is_a_correlation_below_four_tenths_with_every_other(share: float, is_alone: bool) -> None:
    common = noise(20.0)
    x = np.tile(common, (19, 1)) + 0.3 * eeg(20)
    x[C3] = share * common + (1.0 - share**2) ** 0.5 * np.roll(noise(20.0), 1777)
    assert (shares(x)["uncorrelated"] > 0.5) == is_alone


@pytest.mark.parametrize(("factor", "is_noisy"), [(5.0, False), (30.0, True)])
def test_deviating_is_ten_times_the_median_electrode(factor: float, is_noisy: bool) -> None:
    x = eeg(20)
    x[C3] *= factor
    assert (shares(x)["noisy"] > 0.9) == is_noisy


@pytest.mark.parametrize(("uv", "is_muscle"), [(5.0, False), (12.0, True)])
def test_muscle_is_eight_microvolts_at_45_to_95_hertz(uv: float, is_muscle: bool) -> None:
    x = eeg(20).astype(np.float64)
    x[C3] += noise(uv, low_hz=45.0, high_hz=95.0)
    assert (judged(x).measures.muscle[C3].mean() > 0.9) == is_muscle


@pytest.mark.parametrize(("step_uv", "is_movement"), [(150.0, False), (500.0, True)])
def test_movement_is_a_step_of_300_microvolts_between_seconds(step_uv: float, is_movement: bool) -> None:
    x = eeg(20)
    x[C3, 10 * RATE :] += step_uv
    assert np.flatnonzero(judged(x).measures.movement[C3]).tolist() == ([9, 10] if is_movement else [])


@pytest.mark.parametrize(("distance_uv2", "are_bridged"), [(2.0, True), (9.0, True), (30.0, False)])
def test_bridged_is_an_electrical_distance_below_sixteen(distance_uv2: float, are_bridged: bool) -> None:
    x = eeg(60).astype(np.float64) * 4.0
    x[C3] = x[0] + noise(distance_uv2**0.5, 60)
    verdict = judged(x)
    sums = Sums.over(19)
    sums.add(verdict.measures, verdict.bad)
    assert list(sums.bridges()) == ([(0, C3)] if are_bridged else [])


@pytest.mark.parametrize("direction", np.eye(3).tolist())
def test_a_uniform_field_is_recovered_at_any_four_absent_electrodes(direction: list[float]) -> None:
    field = POSITIONS / np.linalg.norm(POSITIONS, axis=1, keepdims=True) @ np.array(direction)
    for draw in range(20):
        absent = tuple(sorted(np.random.default_rng(draw).choice(19, 4, replace=False).tolist()))
        assert filling(absent) @ field == pytest.approx(field, abs=0.02)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_absent_electrodes_of_real_eeg_are_those_of_mne_within_one_percent(shared_data: Path, count: int) -> None:
    with open_files([shared_data / "iiic50" / "GPD_sample1.edf"]) as recording:
        x = filters.clean(np.array(recording.read(0, 50, range(19))), mains_hz=60.0).astype(np.float64)
    known = mne.channels.get_builtin_montages()
    montage = mne.channels.make_standard_montage("colin27_1020" if "colin27_1020" in known else "standard_1020")
    for draw in range(8):
        absent = sorted(np.random.default_rng(draw).choice(19, count, replace=False).tolist())
        raw = mne.io.RawArray(x * 1e-6, mne.create_info(list(ELECTRODES), 200.0, "eeg"), verbose="error").set_montage(montage)
        raw.info["bads"] = [ELECTRODES[index] for index in absent]
        wanted = raw.interpolate_bads(method={"eeg": "spline"}, verbose="error").get_data()[absent] * 1e6
        error = (filling(tuple(absent)) @ x)[absent] - wanted
        assert np.sqrt(np.mean(error**2) / np.mean(wanted**2)) < 0.01, absent
