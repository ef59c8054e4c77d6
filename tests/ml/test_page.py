"""Viewer pages: the same moment has the same sample on every page, and nothing is drawn that was not recorded."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from ml.channels import ELECTRODES, map_to_1020
from ml.montage import CHAINS
from ml.page import HFF_HZ, LFF_HZ, NOTCH_HZ, NOTHING, render
from tests.recordings import ArrayRecording, eeg

NAMES = (*ELECTRODES, "ECG EKG")


def recording(seconds: float = 120.0, **options) -> ArrayRecording:
    sfreq_hz = options.get("sfreq_hz", 200.0)
    return ArrayRecording(eeg(seconds, n=20, sfreq_hz=sfreq_hz) + 900.0, names=NAMES, **options)


def shown(source: ArrayRecording, start_s: float = 0.0, duration_s: float = 10.0, **options):
    return render(source, map_to_1020(source.info.signals), start_s=start_s, duration_s=duration_s, **options)


LONG = recording(120.0, gaps=[(63.0, 66.5)])


@given(
    st.integers(0, 22_000), st.integers(200, 6000), st.integers(-3000, 3000), st.sampled_from(LFF_HZ), st.sampled_from(HFF_HZ),
    st.sampled_from(NOTCH_HZ), st.sampled_from(["longitudinal", "average", "transverse", "referential", "as recorded"]),
)
@settings(max_examples=30, deadline=None)
def test_overlapping_pages_agree_sample_for_sample(first, length, shift, lff_hz, hff_hz, notch_hz, montage):
    options = {"lff_hz": lff_hz, "hff_hz": hff_hz, "notch_hz": notch_hz, "montage": montage}
    second = max(0, first + shift)
    a = shown(LONG, first / 200, length / 200, **options).values
    b = shown(LONG, second / 200, length / 200, **options).values
    low, high = max(first, second), min(first, second) + length
    if low < high:
        assert np.array_equal(a[:, low - first : high - first], b[:, low - second : high - second])


def test_pages_at_the_files_own_rate_agree_too():
    source = recording(60.0, sfreq_hz=250.0)
    a, b = shown(source, 7.0, 10.0).values, shown(source, 13.0, 10.0).values
    assert a.shape == (19, 2500)
    assert np.array_equal(a[:, 6 * 250 :], b[:, : 4 * 250])


def test_the_filter_is_a_first_order_butterworth_run_in_both_directions():
    source = recording(200.0)
    page = shown(source, 100.0, 10.0, lff_hz=1.0, hff_hz=70.0)
    high, low = signal.butter(1, 1.0, "highpass", fs=200), signal.butter(1, 70.0, "lowpass", fs=200)
    pairs = CHAINS @ source.uv[:19].astype(float)
    wanted = signal.filtfilt(*low, signal.filtfilt(*high, pairs))[:, 20_000:22_000]
    assert np.abs(page.values[:18] * 0.1 - wanted).max() <= 0.0501


def test_without_filters_a_referential_trace_is_the_recorded_signal():
    page = shown(recording(), 20.0, 10.0, montage="referential", lff_hz=None, hff_hz=None)
    assert np.abs(page.values[:19] * 1.0 - recording().uv[:19, 4000:6000]).max() <= 0.501
    assert page.uv_per_bit[0] == 1.0


def test_the_common_average_leaves_bad_electrodes_out():
    source = recording()
    source.uv[5] = 20_000.0 * np.sin(np.arange(source.uv.shape[1]) / 30.0)
    source.uv[6] = 0.0
    page = shown(source, 30.0, 10.0, montage="average")
    good = [row for row in range(19) if row not in (5, 6)]
    assert np.abs(page.values[good].mean(axis=0)).max() <= 1.0
    assert np.abs(page.values[good] * 0.1).max() < 300.0


def test_a_gap_is_empty_and_stays_on_the_clock():
    page = shown(LONG, 60.0, 10.0)
    empty = (page.values == NOTHING).all(axis=0)
    assert empty.tolist() == [600 <= index < 1300 for index in range(2000)]
    assert page.gaps == ((63.0, 66.5),)


def test_beyond_the_recording_nothing_was_recorded():
    page = shown(recording(25.0), 20.0, 10.0)
    assert page.values.shape == (19, 2000)
    assert (page.values[:, 1000:] == NOTHING).all()
    assert (page.values[:, :1000] != NOTHING).all()


def test_an_absent_electrode_is_listed_and_never_drawn():
    names = tuple(name for name in NAMES if name not in ("Cz", "Pz"))
    page = shown(ArrayRecording(eeg(30, n=18), names=names))
    assert page.missing == ("Cz", "Pz")
    assert len(page.names) == 17
    assert not [name for name in page.names if "z" in name and name != "ECG EKG"]


def test_an_electrode_without_values_empties_only_its_own_traces():
    source = recording()
    source.uv[2] = np.nan
    page = shown(source, 20.0)
    empty = [name for name, row in zip(page.names, page.values, strict=True) if (row == NOTHING).all()]
    assert empty == ["F3-C3", "C3-P3"]


def test_clipping_is_marked_on_every_trace_that_uses_the_electrode():
    source = recording()
    source.uv[5, 5000:5200] = 3276.7
    marked = {(trace, round(a, 3), round(b, 3)) for trace, a, b in shown(source, 20.0).clipped}
    assert marked == {(1, 25.0, 26.0), (2, 25.0, 26.0)}


def test_the_ecg_has_its_own_filter_and_scale():
    source = recording()
    gentle, strong = shown(source, 50.0, lff_hz=0.1), shown(source, 50.0, lff_hz=5.0, hff_hz=15.0)
    assert np.array_equal(gentle.values[-1], strong.values[-1])
    assert gentle.kinds[-1] == "ecg"
    assert gentle.uv_per_bit[-1] == 1.0


def test_the_filter_of_the_ecg_is_the_one_that_the_status_names():
    source = recording(200.0)
    high, low = signal.butter(1, 0.5, "highpass", fs=200), signal.butter(1, 40.0, "lowpass", fs=200)
    wanted = signal.filtfilt(*low, signal.filtfilt(*high, source.uv[19].astype(float)))[20_000:22_000]
    for options in ({}, {"montage": "as recorded"}, {"lff_hz": None, "hff_hz": None}):
        page = shown(source, 100.0, 10.0, **options)
        assert np.abs(page.values[-1] - wanted).max() <= 0.501
        assert "ECG 0.5-40 Hz" in page.status


def test_a_signal_that_a_person_called_ecg_has_the_filter_of_the_ecg():
    source = recording(60.0)
    named = ArrayRecording(source.uv, names=(*ELECTRODES, "X9"))
    page = render(named, map_to_1020(named.info.signals, {"X9": "ECG"}), start_s=20.0, duration_s=10.0)
    assert np.array_equal(page.values[-1], shown(source, 20.0).values[-1])
    assert "ECG" not in render(named, map_to_1020(named.info.signals), start_s=20.0, duration_s=10.0).status


def test_a_denoised_page_agrees_with_its_neighbors_and_says_so():
    a, b = shown(LONG, 22.0, denoised=True), shown(LONG, 25.0, denoised=True)
    assert np.array_equal(a.values[:, 600:], b.values[:, :1400])
    assert "softens spikes" in a.banner
    assert a.status.endswith("wavelet denoised")
    plain = shown(LONG, 22.0)
    assert plain.banner == ""
    assert np.array_equal(plain.values[-1], a.values[-1])
    assert np.diff(a.values[:18]).std() < np.diff(plain.values[:18]).std()


def test_what_was_denoised_never_comes_back_as_raw_from_what_is_kept():
    kept = {}
    raw = shown(LONG, 30.0, kept=kept).values
    shown(LONG, 30.0, kept=kept, denoised=True)
    assert np.array_equal(shown(LONG, 30.0, kept=kept).values, raw)


def test_many_samples_per_pixel_become_their_extremes():
    full, small = shown(LONG, 20.0, 30.0), shown(LONG, 20.0, 30.0, max_px=600)
    bins = full.values.reshape(19, 600, 10)
    assert small.decimated
    assert small.sfreq_hz == 20.0
    assert np.array_equal(small.values[:, 0::2], bins.min(axis=2))
    assert np.array_equal(small.values[:, 1::2], bins.max(axis=2))


def test_a_bin_is_empty_only_if_all_of_it_is():
    small = shown(LONG, 60.0, 10.0, max_px=160)
    pairs = small.values.reshape(19, -1, 2)
    empty = (pairs == NOTHING).all(axis=2).all(axis=0)
    assert 0 < empty.sum() <= 54
    assert ((pairs == NOTHING).any(axis=2) == (pairs == NOTHING).all(axis=2)).all()


def test_a_file_of_annotations_only_gives_an_empty_page():
    page = shown(ArrayRecording(np.zeros((0, 4000)), names=(), sfreq_hz=200.0), 0.0, 10.0, max_px=500)
    assert page.values.shape == (0, 1000)
    assert len(page.to_bytes()) % 4 == 0


def test_two_samples_per_pixel_are_left_alone():
    assert not shown(LONG, 0.0, 10.0, max_px=1000).decimated


def test_the_status_names_everything_that_was_done():
    assert shown(LONG, lff_hz=1.0, hff_hz=70.0).status == (
        "longitudinal bipolar | LFF 1 Hz | HFF 70 Hz | notch off | ECG 0.5-40 Hz | zero-phase Butterworth"
    )
    assert "HFF off (sampled at 200 Hz)" in shown(LONG, hff_hz=100.0).status
    assert "notch 50 Hz" in shown(LONG, notch_hz=50.0).status


def test_the_notch_takes_the_hum_out():
    source = recording()
    hum = 500.0 * np.sin(2 * np.pi * 50.0 * np.arange(source.uv.shape[1]) / 200.0)
    source.uv[0] += hum
    quiet = shown(source, 30.0, notch_hz=50.0).values[0].astype(int)
    assert np.abs(quiet - shown(recording(), 30.0, notch_hz=50.0).values[0]).max() < 20


def test_the_bytes_are_those_of_the_format():
    page = shown(LONG, 60.0, 10.0, max_px=500)
    data = page.to_bytes()
    head = struct.unpack("<4sHHIHHffddI", data[:44])
    assert head[:6] == (b"HMSP", 1, 19, page.values.shape[1], 1, 0)
    assert head[6:10] == pytest.approx((50.0, 0.1, 60.0, 10.0))
    about = json.loads(data[64 : 64 + head[10]])
    assert set(about) >= {"names", "kinds", "scale", "gaps", "clipped", "bad", "missing", "status"}
    assert head[10] % 4 == 0
    assert len(about["scale"]) == 19
    assert np.array_equal(np.frombuffer(data[64 + head[10] :], "<i2").reshape(19, -1), page.values)


@pytest.mark.parametrize("wrong", [
    {"montage": "mine"}, {"lff_hz": 2.0}, {"hff_hz": 71.0}, {"notch_hz": 55.0}, {"duration_s": 0.0}, {"duration_s": 1e4},
])
def test_choices_that_are_not_offered_are_refused(wrong):
    with pytest.raises(ValueError):
        shown(LONG, **wrong)


def test_a_recording_of_pairs_is_shown_as_recorded_and_says_so():
    names = ("FP1-F7", "F7-T3", "T3-T5")
    page = shown(ArrayRecording(eeg(30, n=3), names=names), montage="average")
    assert page.names == names
    assert page.kinds == ("eeg",) * 3
    assert page.status.startswith("as recorded |")


def test_signals_of_different_rates_share_one_page(shared_data):
    from ml.byte_source import FileBytes
    from ml.open_recording import open_recording

    with FileBytes(shared_data / "malformed" / "mixed_fs_100_200.edf") as source:
        opened = open_recording(source, name="mixed")
        layout = map_to_1020(opened.info.signals)
        a = render(opened, layout, start_s=3.0, duration_s=10.0)
        b = render(opened, layout, start_s=8.0, duration_s=10.0)
    assert a.sfreq_hz == 200.0
    assert np.array_equal(a.values[:, 1000:], b.values[:, :1000])
