"""Annotation lists as EDF+ defines them, and as files really hold them."""

from __future__ import annotations

import numpy as np
import pytest

from ml.byte_source import HeadBytes
from ml.edf_header import read_header
from ml.recording import Annotation
from ml.tal import MAX_TEXT_BYTES, parse, read_annotations, record_onsets_s
from tests.ml.edf_bytes import Edf, timekeeping


def onsets_of(edf: Edf) -> list[float]:
    raw = edf.build()
    source = HeadBytes(raw, len(raw))
    return record_onsets_s(source, read_header(source)).tolist()


def test_edfplus_2_2_2_a_list_has_onset_duration_and_texts() -> None:
    raw = b"+180\x14Lights off\x14Close door\x14\x00+993.2\x150.5\x14Apnea\x14\x00\x00\x00"
    assert parse(raw) == [Annotation(180.0, None, "Lights off"), Annotation(180.0, None, "Close door"),
                          Annotation(993.2, 0.5, "Apnea")]


def test_edfplus_2_2_4_the_list_that_keeps_time_is_no_annotation() -> None:
    assert parse(b"+567\x14\x14\x00+567.5\x14Beep\x14\x00", 567.0) == [Annotation(0.5, None, "Beep")]


def test_a_list_of_nihon_kohden_without_its_zero_byte_is_read() -> None:
    assert parse(b"+0.000000\x14\x14+0.000000\x14REC START\x14\x00") == [Annotation(0.0, None, "REC START")]


@pytest.mark.parametrize("raw", [b"nan\x14x\x14\x00", b"+\x14x\x14\x00", b"+1e5\x14x\x14\x00", b"5\x14x\x14\x00", b"\xff\xff", b"",
                                 b"+" + b"9" * 400 + b"\x14x\x14\x00"])
def test_what_does_not_follow_the_form_is_passed_over(raw: bytes) -> None:
    assert parse(raw) == []


def test_texts_are_utf8_else_latin1_without_control_characters() -> None:
    raw = "+1\x14仰卧\x14\x00".encode() + b"+2\x14M\xfcde\x14\x00+3\x14a\x07b\r\nc\x14\x00"
    assert [annotation.text for annotation in parse(raw)] == ["仰卧", "Müde", "a b  c"]


def test_an_overlong_text_is_cut() -> None:
    (annotation,) = parse(b"+1\x14" + b"x" * 10_000 + b"\x14\x00")
    assert len(annotation.text) == MAX_TEXT_BYTES


def test_record_times_are_read_all_at_once() -> None:
    assert onsets_of(Edf(tals=timekeeping(["0.25", "1.25", "7"]))) == [0.25, 1.25, 7.0]


@pytest.mark.parametrize("bad", [b"1\x14\x14\x00", b"+\x14\x14", b"+1.2.3\x14\x14", b"+nan\x14\x14", b"+1_0\x14\x14", b"", b"+99",
                                 b"+1-2\x14\x14"])
def test_a_record_that_states_no_time_is_nan(bad: bytes) -> None:
    onsets = onsets_of(Edf(n_records=2, tals=[b"+0\x14\x14\x00", bad]))
    assert onsets[0] == 0.0
    assert np.isnan(onsets[1])


def test_annotations_of_all_records_and_lists_come_in_order_of_onset() -> None:
    texts = {0: b"+2.5\x14late\x14\x00", 2: b"+0.5\x151\x14early\x14\x00"}
    raw = Edf(tals=timekeeping([0, 1, 2], texts)).build()
    source = HeadBytes(raw, len(raw))
    found = read_annotations(source, read_header(source), 0.0)
    assert found == (Annotation(0.5, 1.0, "early"), Annotation(2.5, None, "late"))


def test_annotations_are_found_whether_records_are_small_or_large() -> None:
    tals = timekeeping(range(3), {1: b"+1.5\x14here\x14\x00"})
    found = []
    for per_record in (10, 20_000):
        raw = Edf(per_record=per_record, tals=tals).build()
        source = HeadBytes(raw, len(raw))
        found.append(read_annotations(source, read_header(source), 0.0))
    assert found[0] == found[1] == (Annotation(1.5, None, "here"),)
