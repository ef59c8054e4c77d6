"""The header gate: what is refused, what is read with a finding, what is ordinary."""

from __future__ import annotations

from datetime import datetime

import pytest

from ml.byte_source import HeadBytes
from ml.edf_header import EdfHeader, read_header
from ml.errors import RecordingError
from tests.ml.edf_bytes import Edf


def header_of(raw: bytes) -> EdfHeader:
    return read_header(HeadBytes(raw, len(raw)))


def findings_of(edf: Edf) -> str:
    return " ".join(header_of(edf.build()).findings)


def test_an_ordinary_header_has_no_finding() -> None:
    header = header_of(Edf().build())
    assert header.findings == ()
    assert (header.format, header.n_records, header.duration_s) == ("EDF", 3, 3.0)
    assert header.start_time == datetime(2024, 3, 2, 10, 11, 12)


@pytest.mark.parametrize("fields", [
    {"n_signals": "2x"}, {"n_signals": "0"}, {"n_signals": "-1"}, {"n_signals": "999"}, {"n_signals": "²"},
    {"header_bytes": "512"}, {"header_bytes": "nan"}, {"record_s": "0"}, {"record_s": "inf"}, {"record_s": "-1"},
    {"record_s": "1_0"}, {"record_s": "1e300"}, {"record_s": "1e-8"}, {"n_records": "many"}, {"n_records": "-2"},
    {"n_records": "1e3"},
])
def test_a_header_that_cannot_be_laid_out_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(RecordingError) as refusal:
        header_of(Edf(fields=dict(fields)).build())
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.code != "recording_refused"


@pytest.mark.parametrize("samples", ["0", "-1", "99999999", "ten", ""])
def test_a_count_of_samples_beyond_the_limits_is_refused(samples: str) -> None:
    with pytest.raises(RecordingError, match="samples per data record"):
        header_of(Edf(signal_fields={0: {"samples": samples}}).build())


@pytest.mark.parametrize("changes", [
    {"pmin": "5", "pmax": "5"}, {"dmin": "7", "dmax": "7"}, {"dmin": "9", "dmax": "-9"}, {"pmin": "nan"}, {"pmax": "inf"},
    {"dmax": "40000"}, {"pmax": "1e300"}, {"pmin": ""},
])
def test_a_signal_without_a_usable_range_is_excluded_and_said(changes: dict[str, str]) -> None:
    header = header_of(Edf(signal_fields={0: dict(changes)}).build())
    assert [signal.signal.calibrated for signal in header.signals] == [False, True]
    assert "Fp1 has no usable scale" in header.findings[0]


def test_a_file_without_any_usable_range_is_refused() -> None:
    with pytest.raises(RecordingError, match="no voltage"):
        header_of(Edf(labels=["Fp1"], signal_fields={0: {"pmax": "-3276.8"}}).build())


def test_a_decimal_comma_is_understood() -> None:
    header = header_of(Edf(signal_fields={0: {"pmin": "-3276,8", "pmax": "3276,7"}}).build())
    assert header.signals[0].gain == pytest.approx(0.1)


@pytest.mark.parametrize(("unit", "uv"), [(b"uV", 1), (b"\xb5V", 1), ("µV".encode(), 1), ("μV".encode(), 1), (b"mV", 1e3),
                                          (b"V", 1e6), (b"nV", 1e-3), (b"UV", 1)])
def test_units_of_voltage_are_brought_to_microvolts(unit: bytes, uv: float) -> None:
    header = header_of(Edf(signal_fields={0: {"unit": unit}}).build())
    assert header.signals[0].gain == pytest.approx(0.1 * uv)


def test_records_that_are_missing_or_cut_are_said() -> None:
    raw = Edf().build()
    cut = header_of(raw[:-5])
    assert cut.n_records == 2
    assert "2 of the 3 data records" in cut.findings[0]
    assert "an incomplete one" in cut.findings[0]


def test_a_file_that_was_never_closed_is_read_by_its_size() -> None:
    header = header_of(Edf(fields={"n_records": "-1"}).build())
    assert header.n_records == 3
    assert "never closed" in header.findings[0]


def test_bytes_after_the_last_record_are_left_out_and_said() -> None:
    header = header_of(Edf().build() + b"x")
    assert header.n_records == 3
    assert "1 bytes" in header.findings[0]


def test_a_header_without_records_is_refused() -> None:
    with pytest.raises(RecordingError, match="no whole data record"):
        header_of(Edf().header())


def test_a_file_sent_as_text_is_refused_as_altered() -> None:
    edf = Edf(per_record=20_000, n_records=2)
    with pytest.raises(RecordingError, match="altered in transfer"):
        header_of(edf.header() + edf.records().replace(b"\n", b"\r\n"))


def test_a_file_sent_as_text_is_refused_though_cut_to_whole_records() -> None:
    edf = Edf(per_record=20_000, n_records=3)
    raw = edf.header() + edf.records().replace(b"\n", b"\r\n")
    with pytest.raises(RecordingError, match="altered in transfer"):
        header_of(raw[: len(edf.header()) + 80_000 * 3])


def test_a_file_re_encoded_as_utf8_is_refused_as_altered() -> None:
    edf = Edf(per_record=2000)
    with pytest.raises(RecordingError, match="altered in transfer"):
        header_of(edf.header() + edf.records().decode("utf-8", errors="replace").encode())


@pytest.mark.parametrize("date", ["99.99.99", "31.02.24", "aa.bb.cc", ""])
def test_an_impossible_date_leaves_the_clock_unknown(date: str) -> None:
    header = header_of(Edf(fields={"date": date}).build())
    assert header.start_time is None
    assert "date" in header.findings[0]


def test_two_digit_years_turn_at_1985() -> None:
    old = Edf(fields={"date": "02.03.85", "recording": ""})
    new = Edf(fields={"date": "02.03.84", "recording": ""})
    years = [header_of(edf.build()).start_time for edf in (old, new)]
    assert [start.year for start in years if start] == [1985, 2084]


def test_the_four_digit_year_of_edf_plus_is_believed() -> None:
    far = Edf(fields={"date": "13.03.yy", "recording": "Startdate 13-MAR-2091 X X X"})
    near = Edf(fields={"date": "13.03.59", "recording": "Startdate 13-MAR-2059 X X X"})
    assert header_of(far.build()).start_time == datetime(2091, 3, 13, 10, 11, 12)
    assert header_of(near.build()).start_time == datetime(2059, 3, 13, 10, 11, 12)


def test_the_patient_field_is_split_and_flagged() -> None:
    header = header_of(Edf(fields={"patient": "MCH-0234567 F 02-MAY-1951 Haagse_Harry"}).build())
    assert (header.patient.code, header.patient.sex, header.patient.name) == ("MCH-0234567", "F", "Haagse Harry")
    assert str(header.patient.birth_date) == "1951-05-02"
    assert "identity of a patient" in header.findings[0]


def test_no_finding_and_no_refusal_repeats_an_identity() -> None:
    header = header_of(Edf(fields={"patient": "1 F 02-MAY-1951 Haagse_Harry", "recording": "by Dr Jansen"}).build())
    assert not any(word in " ".join(header.findings) for word in ("Haagse", "Harry", "1951", "Jansen"))
    assert "Harry" not in repr(header)
    assert header.equipment == ""


def test_a_refusal_repeats_nothing_but_numbers_of_a_damaged_header() -> None:
    with pytest.raises(RecordingError, match="unreadable text") as refusal:
        header_of(Edf(fields={"n_records": "Haagse_H"}).build())
    assert "Haagse" not in refusal.value.sentence


def test_words_for_nobody_are_nobody() -> None:
    for patient in ("X X X No_Name", "Anonymous", "0 X X Unknown"):
        assert header_of(Edf(fields={"patient": patient}).build()).patient.name is None


def test_a_free_text_patient_field_counts_as_a_name() -> None:
    assert header_of(Edf(fields={"patient": "Harry Haagse, 1951"}).build()).patient.names_somebody
    assert not header_of(Edf(fields={"patient": "X X X X"}).build()).patient.names_somebody
    assert not header_of(Edf(fields={"patient": ""}).build()).patient.names_somebody


def test_text_cut_inside_a_character_is_read_as_far_as_it_goes() -> None:
    raw = ("X M X " + "田" * 30).encode()[:80]
    header = header_of(Edf(fields={"patient": raw}).build())
    assert header.patient.raw.startswith("X M X 田田")
    assert "outside ASCII" in header.findings[0]


def test_inverted_polarity_is_applied_and_said() -> None:
    flipped = {"pmin": "3276.7", "pmax": "-3276.8"}
    header = header_of(Edf(signal_fields={0: dict(flipped), 1: dict(flipped)}).build())
    assert header.signals[0].gain == pytest.approx(-0.1)
    assert "inverted polarity" in header.findings[0]


def test_a_recording_of_more_than_a_month_is_refused() -> None:
    with pytest.raises(RecordingError, match="days of recording"):
        header_of(Edf(n_records=40, fields={"record_s": "86400"}).build())
