"""Reading samples by seconds: on the clock, in microvolts, the same however it is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.byte_source import HeadBytes
from ml.edf import EdfRecording
from ml.errors import RecordingError
from ml.recording import Annotation, Span
from tests.ml.edf_bytes import Edf, timekeeping


def opened(edf: Edf, **changes: bool) -> EdfRecording:
    raw = edf.build()
    return EdfRecording(HeadBytes(raw, len(raw)), **changes)


def expected_uv(edf: Edf, signal: int) -> np.ndarray:
    return edf.samples()[signal].reshape(-1) * 0.1


def test_samples_are_microvolts_of_the_asked_signals_in_the_asked_order() -> None:
    edf = Edf()
    second, first = opened(edf).read(0.0, 3.0, [1, 0])
    np.testing.assert_allclose(first, expected_uv(edf, 0), atol=1e-3)
    np.testing.assert_allclose(second, expected_uv(edf, 1), atol=1e-3)


def test_mixed_rates_are_each_read_at_their_own() -> None:
    edf = Edf(per_record=[10, 4])
    fast, slow = opened(edf).read(0.5, 2.5, [0, 1])
    np.testing.assert_allclose(fast, expected_uv(edf, 0)[5:25], atol=1e-3)
    np.testing.assert_allclose(slow, expected_uv(edf, 1)[2:10], atol=1e-3)


def test_before_the_start_and_beyond_the_end_nothing_was_recorded() -> None:
    (uv,) = opened(Edf()).read(-1.0, 4.0, [0])
    assert len(uv) == 50
    assert np.isnan(uv[:10]).all()
    assert np.isnan(uv[40:]).all()
    assert np.isfinite(uv[10:40]).all()


@given(start_s=st.floats(-2, 7), length_s=st.floats(0, 6), cut_s=st.floats(0, 6))
@settings(max_examples=200, deadline=None)
def test_overlapping_requests_agree_sample_for_sample(start_s: float, length_s: float, cut_s: float) -> None:
    edf = Edf(per_record=[10, 7], tals=timekeeping([0, 1, "4.3"]))
    stop_s = start_s + length_s
    middle_s = min(start_s + cut_s, stop_s)
    recording = opened(edf)
    whole = recording.read(start_s, stop_s, [0, 1])
    parts = zip(recording.read(start_s, middle_s, [0, 1]), recording.read(middle_s, stop_s, [0, 1]), strict=True)
    for one, pieces in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, np.concatenate(pieces))


def test_a_gap_never_shifts_the_clock() -> None:
    edf = Edf(tals=timekeeping([0, 1, 5]), fields={"reserved": "EDF+D"})
    recording = opened(edf)
    (uv,) = recording.read(0.0, 6.0, [0])
    assert recording.info.duration_s == 6.0
    assert recording.info.gaps == (Span(2.0, 5.0),)
    assert np.isnan(uv[20:50]).all()
    np.testing.assert_allclose(uv[50:], expected_uv(edf, 0)[20:], atol=1e-3)


def test_gaps_are_said() -> None:
    recording = opened(Edf(tals=timekeeping([0, 1, 5]), fields={"reserved": "EDF+D"}))
    assert "1 gap, 3.0 s in all" in recording.info.findings[0]


def test_record_times_are_believed_where_the_header_wrongly_says_continuous() -> None:
    recording = opened(Edf(tals=timekeeping([0, 1, 5])))
    assert recording.info.gaps == (Span(2.0, 5.0),)
    assert "calls the recording continuous" in " ".join(recording.info.findings)


def test_jitter_of_record_times_below_a_sample_is_no_gap() -> None:
    recording = opened(Edf(tals=timekeeping([0, "1.0004", "1.9996"]), fields={"reserved": "EDF+D"}))
    assert recording.info.gaps == ()
    assert recording.info.findings == ()


@pytest.mark.parametrize(("onsets", "words"), [([0, "0.5", 2], "overlap"), ([5, 1, 2], "overlap"), ([0, "x", 2], "states no time")])
def test_records_that_cannot_be_placed_are_refused(onsets: list[object], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        opened(Edf(tals=timekeeping(onsets), fields={"reserved": "EDF+D"}))


def test_a_start_between_seconds_is_kept() -> None:
    recording = opened(Edf(tals=timekeeping(["0.25", "1.25", "2.25"], {0: b"+0.75\x14Blink\x14\x00"})))
    assert recording.info.start_time == datetime(2024, 3, 2, 10, 11, 12, 250_000)
    assert recording.annotations() == (Annotation(0.5, None, "Blink"),)
    assert np.isfinite(recording.read(0.0, 3.0, [0])[0]).all()


def test_a_signal_without_scale_is_never_read() -> None:
    recording = opened(Edf(signal_fields={0: {"pmax": "-3276.8"}}))
    none, good = recording.read(0.0, 3.0, [0, 1])
    assert np.isnan(none).all()
    assert len(none) == 30
    assert np.isfinite(good).all()


def test_large_records_are_read_without_loading_them_whole() -> None:
    edf = Edf(per_record=[600_000, 600], n_records=2, fields={"record_s": "100"})
    raw = edf.build()
    sizes: list[int] = []

    class Counting(HeadBytes):
        def read_at(self, offset: int, size: int) -> bytes:
            sizes.append(size)
            return super().read_at(offset, size)

    recording = EdfRecording(Counting(raw, len(raw)))
    sizes.clear()
    uv = recording.read(99.0, 101.0, [0, 1])
    assert sum(sizes) < 30_000
    np.testing.assert_allclose(uv[0], expected_uv(edf, 0)[594_000:606_000], atol=1e-3)
    np.testing.assert_allclose(uv[1], expected_uv(edf, 1)[594:606], atol=1e-3)


def test_24_bit_samples_have_their_sign() -> None:
    values = np.array([-8388608, -1, 0, 1, 8388607, 70000], np.int32)
    edf = Edf(labels=["Cz"], per_record=6, n_records=1, fields={"version": b"\xffBIOSEMI"},
              signal_fields={0: {"pmin": "-8388608", "pmax": "8388607", "dmin": "-8388608", "dmax": "8388607"}})
    raw = edf.header() + b"".join(int(v).to_bytes(3, "little", signed=True) for v in values)
    recording = EdfRecording(HeadBytes(raw, len(raw)))
    assert recording.info.format == "BDF"
    np.testing.assert_array_equal(recording.read(0, 1, [0])[0], values.astype(np.float32))


def test_a_file_with_annotations_only_opens_and_says_so() -> None:
    edf = Edf(labels=[], n_records=1, tals=[b"+0\x14\x14\x00+30\x1530\x14Sleep stage 2\x14\x00"], fields={"record_s": "0"})
    recording = opened(edf)
    assert recording.info.signals == ()
    assert "annotations only" in recording.info.findings[0]
    assert recording.annotations() == (Annotation(30.0, 30.0, "Sleep stage 2"),)


def test_what_has_not_arrived_reads_as_not_recorded() -> None:
    raw = Edf().build()
    recording = EdfRecording(HeadBytes(raw[:-40], len(raw)), whole=False)
    (uv,) = recording.read(0.0, 3.0, [0])
    assert np.isfinite(uv[:20]).all()
    assert np.isnan(uv[20:]).all()


@pytest.mark.parametrize("onsets", [["99999999999", "99999999999999", "999999999999999"], [0, 1, 9_999_999]])
def test_record_times_beyond_a_month_are_refused(onsets: list[object]) -> None:
    with pytest.raises(RecordingError, match="days are read"):
        opened(Edf(tals=timekeeping(onsets), fields={"reserved": "EDF+D"}))


def test_times_that_drift_against_the_samples_are_said() -> None:
    onsets = [f"{i * 1.05:.3f}" for i in range(30)]
    recording = opened(Edf(n_records=30, tals=timekeeping(onsets), fields={"reserved": "EDF+D"}))
    assert recording.info.gaps == ()
    assert "drift by 1.4 s" in recording.info.findings[0] or "drift by 1.5 s" in recording.info.findings[0]


@pytest.mark.parametrize("damage", [lambda raw: raw[:2000] + raw[2003:], lambda raw: raw[:2000] + b"xxx" + raw[2000:]])
def test_a_file_that_lost_or_gained_bytes_within_is_refused(damage: Callable[[bytes], bytes]) -> None:
    raw = damage(Edf(n_records=20, tals=timekeeping(range(20))).build())
    with pytest.raises(RecordingError, match="bytes were lost or added"):
        EdfRecording(HeadBytes(raw, len(raw)))


def test_a_file_that_was_merely_cut_short_is_read() -> None:
    raw = Edf(n_records=20, tals=timekeeping(range(20))).build()[:-250]
    assert EdfRecording(HeadBytes(raw, len(raw))).info.duration_s == 17.0


def test_a_file_never_closed_with_reserved_space_at_its_end_is_read() -> None:
    edf = Edf(n_records=20, tals=timekeeping(range(20)), fields={"n_records": "-1"})
    raw = edf.build() + bytes(100) * 5
    assert EdfRecording(HeadBytes(raw, len(raw))).info.duration_s == 25.0
