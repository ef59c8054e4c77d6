"""Two cursors, spectrum, map and pattern on signals whose answer is known; on a real recording with gaps they agree with the file."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from scipy import interpolate, signal

from ml import measuring, page, scalp_map, selection_pattern, selection_spectrum
from ml.byte_source import FileBytes
from ml.channels import CHAIN_PAIRS, ELECTRODES, map_to_1020
from ml.interpolation import POSITIONS, REGULARIZATION
from ml.measuring import CannotMeasure, Seen
from ml.open_recording import open_recording
from tests.recordings import ArrayRecording, eeg

RATE = 200.0
RAW = Seen("referential")
C3 = ELECTRODES.index("C3")


def sine(hertz: float = 7.0, amplitude_uv: float = 50.0, seconds: float = 60.0, rate_hz: float = RATE) -> NDArray[np.float64]:
    return np.asarray(amplitude_uv * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz))


def recording(uv: NDArray[np.floating], gaps: list[tuple[float, float]] | None = None) -> ArrayRecording:
    return ArrayRecording(uv, gaps=gaps or [])


def waves(**options: float) -> ArrayRecording:
    """7 Hz and 50 µV at C3, 10 Hz and 20 µV elsewhere."""
    uv = np.tile(sine(10.0, 20.0, **options), (19, 1))
    uv[C3] = sine(**options)
    return recording(uv)


def between(source: ArrayRecording, first_s: float, second_s: float, channel: str = "C3", seen: Seen = RAW) -> measuring.TwoCursors:
    return measuring.between(source, map_to_1020(source.info.signals), (first_s, second_s), channel, seen)


def spectrum(source: ArrayRecording, first_s: float, second_s: float, channel: str = "C3", seen: Seen = RAW) -> selection_spectrum.SelectionSpectrum:
    return selection_spectrum.of(measuring.read(source, map_to_1020(source.info.signals), first_s, second_s, seen), channel)


# Two cursors

def test_two_cursors_tell_time_frequency_and_potential_of_a_known_wave() -> None:
    found = between(waves(), 10.0, 10.5)
    assert found.at_s == (10.0, 10.5)
    assert found.delta_s == pytest.approx(0.5)
    assert found.hertz == pytest.approx(2.0)
    assert found.uv == pytest.approx((0.0, 50.0 * np.sin(2 * np.pi * 7.0 * 0.5)), abs=1e-3)
    assert found.peak_to_peak_uv == pytest.approx(100.0, rel=0.002)


def test_cursors_stand_on_samples_and_keep_their_numbers_when_they_cross() -> None:
    found = between(waves(), 12.0363, 12.001)
    assert found.at_s == pytest.approx((12.035, 12.0))
    assert found.delta_s == pytest.approx(0.035)
    assert found.delta_uv == pytest.approx(-50.0 * np.sin(2 * np.pi * 7.0 * 0.035), abs=1e-3)


def test_one_moment_has_no_frequency() -> None:
    found = between(waves(), 3.0, 3.0)
    assert (found.delta_s, found.hertz, found.peak_to_peak_uv) == (0.0, None, 0.0)


def test_values_are_neither_rounded_nor_cut_off_as_on_the_page() -> None:
    uv = np.zeros((19, 4000))
    uv[C3] = 4000.0 * np.sin(np.arange(4000) / 50.0) + 0.037                    # beyond the 3276.7 µV of a page with its LFF
    found = between(recording(uv), 5.0, 6.0)
    assert found.uv == pytest.approx((uv[C3, 1000], uv[C3, 1200]), abs=1e-3)
    assert found.peak_to_peak_uv == pytest.approx(np.ptp(uv[C3, 1000:1201]), abs=1e-3)


@pytest.mark.parametrize("montage", ["longitudinal", "average", "laplacian"])
def test_values_are_those_of_the_page_before_it_is_reduced(montage: str) -> None:
    source = recording(eeg(60.0))
    layout, seen = map_to_1020(source.info.signals), Seen(montage, 1.0, 70.0, 50.0)      # type: ignore[arg-type]
    traces = measuring.read(source, layout, 20.0, 29.995, seen)
    shown = page.render(source, layout, start_s=20.0, duration_s=10.0, montage=seen.montage, lff_hz=1.0, hff_hz=70.0, notch_hz=50.0)
    reduced = page.render(source, layout, start_s=20.0, duration_s=10.0, montage=seen.montage, lff_hz=1.0, hff_hz=70.0, notch_hz=50.0, max_px=300)
    assert traces.names == shown.names
    assert np.abs(traces.uv - shown.values * 0.1).max() <= 0.0501
    assert (shown.rate_hz, reduced.rate_hz, reduced.decimated) == (RATE, RATE, True)


def test_filters_of_the_page_hold_for_the_cursors() -> None:
    found = between(waves(), 20.0 + 1 / 28, 20.0 + 3 / 28, seen=Seen("referential", 5.0))
    assert found.delta_uv == pytest.approx(-100.0 / (1 + (5 / 7) ** 2), rel=0.02)      # twice through a first-order LFF
    assert found.status.startswith("recorded reference | LFF 5 Hz")


def test_what_was_not_recorded_has_no_value() -> None:
    source = recording(eeg(60.0), gaps=[(20.0, 23.0)])
    found = between(source, 19.0, 21.0)
    assert found.uv[0] is not None
    assert (found.uv[1], found.delta_uv) == (None, None)
    assert found.unrecorded_s == pytest.approx(1.005)
    assert between(source, 21.0, 22.0).peak_to_peak_uv is None
    assert between(source, 19.0, 70.0).uv[1] is None


def test_clipping_between_the_cursors_is_told() -> None:
    source = recording(eeg(60.0))
    source.uv[C3, 2000:2100] = 3276.7
    assert between(source, 9.0, 12.0).clipped_s == pytest.approx(0.5, abs=0.01)
    assert between(source, 12.0, 14.0).clipped_s == 0.0


def test_cursors_far_apart_tell_their_own_values_only() -> None:
    found = between(recording(eeg(400.0)), 1.0, 390.0)
    assert found.uv[0] is not None
    assert found.uv[1] is not None
    assert (found.delta_s, found.peak_to_peak_uv) == (389.0, None)


def test_a_trace_that_is_not_there_is_refused() -> None:
    with pytest.raises(CannotMeasure, match="There is no trace Xy in this montage"):
        between(waves(), 1.0, 2.0, "Xy")


# Spectrum

def test_the_peak_of_a_wave_is_its_frequency() -> None:
    found = spectrum(waves(), 10.0, 14.0)
    assert found.of_channel.peak_hz == pytest.approx(7.0, abs=1e-3)
    assert found.of_mean.peak_hz == pytest.approx(10.0, abs=1e-3)
    assert (found.length_s, found.resolution_hz, found.n_in_mean) == (4.0, 0.25, 19)
    shares = {band.name: band.share for band in found.of_channel.bands}
    assert shares == pytest.approx({"delta": 0.0, "theta": 1.0, "alpha": 0.0, "beta": 0.0}, abs=1e-3)


@pytest.mark.parametrize("length_s", [1.0, 1.7, 2.35, 9.1])
def test_between_its_bins_the_peak_is_off_by_less_than_a_tenth_of_one(length_s: float) -> None:
    found = spectrum(waves(), 10.0, 10.0 + length_s)
    assert found.of_channel.peak_hz == pytest.approx(7.0, abs=0.1 / length_s)


def test_the_spectrum_agrees_with_scipy() -> None:
    source = recording(eeg(60.0))
    found = spectrum(source, 10.0, 14.3)
    freqs, power = signal.periodogram(source.uv[C3, 2000:2860].astype(float), RATE, "hann", detrend="constant", scaling="density")
    shown = freqs <= 45.0
    np.testing.assert_allclose(found.freqs_hz, freqs[shown])
    np.testing.assert_allclose(found.of_channel.power_uv2_hz, power[shown], rtol=1e-4, atol=1e-7)
    inside = [power[(freqs >= band.low_hz) & (freqs < band.high_hz)].sum() for band in found.of_channel.bands]
    np.testing.assert_allclose([band.share for band in found.of_channel.bands], np.array(inside) / sum(inside), rtol=1e-4)


def test_the_mean_counts_only_traces_of_eeg_that_were_recorded() -> None:
    source = recording(np.tile(sine(), (19, 1)))
    source.uv[3, 2100:2200] = np.nan
    found = spectrum(source, 10.0, 14.0)
    assert found.n_in_mean == 18
    np.testing.assert_allclose(found.of_mean.power_uv2_hz, found.of_channel.power_uv2_hz, rtol=1e-5)


def test_a_drift_that_does_not_fit_twice_is_no_peak() -> None:
    source = recording(np.tile(sine(0.5, seconds=20.0), (19, 1)))
    assert spectrum(source, 0.0, 2.0).of_channel.peak_hz is None
    assert spectrum(source, 0.0, 8.0).of_channel.peak_hz == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("first_s", "second_s", "words"), [
    (10.0, 10.9, "lasts 0.90 s; a spectrum needs 1 s at least"), (19.0, 24.0, "was not recorded between the cursors"), (0.0, 301.0, "up to 300 s"),
])
def test_a_spectrum_is_refused_in_a_sentence(first_s: float, second_s: float, words: str) -> None:
    with pytest.raises(CannotMeasure, match=words):
        spectrum(recording(eeg(400.0), gaps=[(20.0, 23.0)]), first_s, second_s)


# Amplitude map

def test_the_map_agrees_with_mne_everywhere_on_the_head() -> None:
    """Points of the map as further electrodes, marked bad, which MNE interpolates from the 19 by its own spherical splines."""
    uv = np.random.default_rng(7).normal(0.0, 30.0, 19)
    inside, directions = scalp_map.directions()
    chosen = np.flatnonzero(np.hypot(*scalp_map.places(directions).T) <= 1.0)[::23]
    names = [*ELECTRODES, *(f"X{k}" for k in range(len(chosen)))]
    places = np.concatenate([POSITIONS, directions[chosen]])
    info = mne.create_info(names, 200.0, "eeg", verbose="error")
    values = np.concatenate([uv - uv.mean(), np.zeros(len(chosen))])
    raw = mne.io.RawArray(np.tile(values[:, None] * 1e-6, (1, 5)), info, verbose="error")
    raw.set_montage(mne.channels.make_dig_montage(dict(zip(names, 0.09 * places / np.linalg.norm(places, axis=1, keepdims=True), strict=True)), coord_frame="head"))
    raw.info["bads"] = names[19:]
    wanted = raw.interpolate_bads(method={"eeg": "spline"}, origin=(0.0, 0.0, 0.0), verbose="error").get_data()[19:, 0] * 1e6
    got = scalp_map.field(tuple(range(19)), uv - uv.mean(), regularization=REGULARIZATION).ravel()[inside][chosen]
    assert len(chosen) > 100
    assert np.abs(got - wanted).max() < 0.001 * np.ptp(wanted)


def test_the_map_shows_at_each_electrode_what_was_measured_there() -> None:
    uv = np.random.default_rng(3).normal(0.0, 30.0, 19)
    steps = np.linspace(-scalp_map.REACH, scalp_map.REACH, scalp_map.SIDE)
    made = interpolate.RegularGridInterpolator((steps, steps), np.nan_to_num(scalp_map.field(tuple(range(19)), uv))[::-1], method="cubic")
    np.testing.assert_allclose(made(scalp_map.places()[:, ::-1]), uv, atol=0.02 * np.ptp(uv))


def test_left_is_left_and_the_nose_is_up() -> None:
    uv = np.zeros((19, 12_000)) + eeg(60.0) * 0.2
    for name, amplitude_uv in (("Fp1", 40.0), ("F7", 30.0), ("F3", 30.0), ("Fz", 20.0), ("Fp2", 20.0)):
        uv[ELECTRODES.index(name)] += sine(2.0, amplitude_uv)
    source = recording(uv)
    found = scalp_map.at(source, map_to_1020(source.info.signals), 30.125, RAW)
    row, column = np.unravel_index(np.nanargmax(found.field_uv), found.field_uv.shape)
    assert row < scalp_map.SIDE / 4
    assert column < scalp_map.SIDE / 2
    assert max(found.uv, key=found.uv.__getitem__) == "Fp1"


def test_the_map_is_against_the_mean_of_sound_electrodes_and_marks_the_bad_one() -> None:
    uv = eeg(60.0)
    uv[ELECTRODES.index("T5")] = 0.0
    source = recording(uv + 300.0)
    found = scalp_map.at(source, map_to_1020(source.info.signals), 30.0, Seen("longitudinal", 1.0, 70.0))
    assert list(found.bad) == ["T5"]
    assert "flat" in found.bad["T5"]
    assert len(found.uv) == 18
    assert sum(found.uv.values()) == pytest.approx(0.0, abs=1e-6)
    largest = max(abs(value) for value in found.uv.values())
    assert largest <= found.limit_uv <= 1.5 * largest


def test_without_enough_electrodes_or_in_a_gap_there_is_no_map() -> None:
    few = ArrayRecording(eeg(30.0, n=14), names=ELECTRODES[:14])
    pairs = ArrayRecording(eeg(30.0, n=18), names=[f"{first}-{second}" for first, second in CHAIN_PAIRS])
    gap = recording(eeg(60.0), gaps=[(20.0, 23.0)])
    for source, at_s, words in ((few, 10.0, "14 of the 19"), (pairs, 10.0, "0 of the 19"), (gap, 21.0, "Nothing was recorded at this moment")):
        with pytest.raises(CannotMeasure, match=words):
            scalp_map.at(source, map_to_1020(source.info.signals), at_s, RAW)


# Pattern

def discharges(hertz: float, seconds: float = 60.0) -> ArrayRecording:
    times = np.arange(round(seconds * RATE)) / RATE
    uv = eeg(seconds, seed=4) * 0.4
    train = sum(np.exp(-(((times - at) / 0.04) ** 2)) for at in np.arange(0.4, seconds, 1.0 / hertz))
    for name, amplitude_uv in (("P3", 150.0), ("C3", 120.0), ("T5", 80.0), ("Pz", 70.0), ("T3", 60.0), ("Cz", 60.0), ("F3", 60.0), ("O1", 50.0)):
        uv[ELECTRODES.index(name)] += amplitude_uv * train
    return recording(uv)


def pattern(source: ArrayRecording, start_s: float, stop_s: float) -> selection_pattern.SelectionPattern:
    return selection_pattern.find(source, map_to_1020(source.info.signals), start_s, stop_s)


@pytest.mark.parametrize("hertz", [0.75, 1.0, 2.0])
def test_periodic_discharges_are_counted_and_their_frequency_told(hertz: float) -> None:
    found = pattern(discharges(hertz), 20.0, 30.0)
    assert found.is_periodic
    assert found.discharges.frequency_hz == pytest.approx(hertz, abs=0.04)
    assert len(found.discharges_s) == pytest.approx(10.0 * hertz, abs=1)
    phase = (np.array(found.discharges_s) - 0.4) * hertz
    assert np.abs(phase - np.round(phase)).max() < 0.1 * hertz


def test_a_rhythm_is_told_with_its_cycles() -> None:
    uv = eeg(60.0, seed=2) * 0.3
    uv += sine(2.0, 80.0) * np.linspace(-1.0, 1.0, 19)[:, None]
    found = pattern(recording(uv), 20.0, 30.0)
    assert found.is_rhythmic
    assert found.rhythm.frequency_hz == pytest.approx(2.0, abs=0.3)
    assert found.cycles == pytest.approx(20.0, abs=3.0)


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_neither(seed: int) -> None:
    found = pattern(recording(eeg(60.0, seed=seed)), 20.0, 30.0)
    assert not found.is_periodic
    assert not found.is_rhythmic


@pytest.mark.parametrize(("start_s", "stop_s", "words"), [
    (10.0, 12.0, "needs 3 s at least"), (0.0, 61.0, "at most 60 s"), (95.0, 105.0, "was not recorded"),
])
def test_a_pattern_is_refused_in_a_sentence(start_s: float, stop_s: float, words: str) -> None:
    with pytest.raises(CannotMeasure, match=words):
        pattern(recording(eeg(120.0), gaps=[(100.0, 101.0)]), start_s, stop_s)


# A real recording with gaps

def test_on_a_real_recording_with_gaps_values_are_those_of_the_file(shared_data: Path) -> None:
    folder = shared_data / "icu_continuous"
    table = pq.read_table(next(folder.glob("*eeg_nan_gaps.parquet")), columns=["Fp1", "F7"])
    fp1, f7 = (table[name].to_numpy() for name in ("Fp1", "F7"))
    with FileBytes(next(folder.glob("*EDFplusD_gaps.edf"))) as content:
        source = open_recording(content)
        layout = map_to_1020(source.info.signals)
        for first_s, second_s in ((370.0, 379.5), (379.9, 381.0), (500.0, 510.25)):
            found = measuring.between(source, layout, (first_s, second_s), "Fp1-F7", Seen())
            for at_s, value in zip(found.at_s, found.uv, strict=True):
                wanted = fp1[round(at_s * RATE)] - f7[round(at_s * RATE)]
                assert value is None if np.isnan(wanted) else value == pytest.approx(wanted, abs=0.2)
        gap = source.info.gaps[0]
        assert measuring.between(source, layout, (gap.start_s - 1.0, gap.start_s + 0.5), "Fp1-F7", Seen()).uv[1] is None
        with pytest.raises(CannotMeasure):
            scalp_map.at(source, layout, gap.start_s + 0.5, RAW)
        with pytest.raises(CannotMeasure):
            selection_pattern.find(source, layout, gap.start_s - 5.0, gap.start_s + 1.0)
