"""Parts of one recording on one clock: gaps stay gaps, overlaps keep the earlier file, nothing is joined that does not belong together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from ml.errors import RecordingError
from ml.joined import join, join_parts
from ml.recording import Annotation, PatientField, Span
from tests.recordings import ArrayRecording

START = datetime(2026, 5, 4, 22, 0, 0)


class Part(ArrayRecording):
    """A part of 20 s whose value says which part it is."""

    def __init__(self, value: float, after_s: float, *, patient: str | None = None, **options: object) -> None:
        super().__init__(np.full((2, 4000), value), names=("Fp1", "F3"), **options)  # type: ignore[arg-type]
        self.info = replace(self.info, start_time=START + timedelta(seconds=after_s), patient=PatientField(name=patient))

    def annotations(self) -> tuple[Annotation, ...]:
        return (Annotation(1.0, None, f"note of {self.uv[0, -1]:g}"),)


def value_at(recording: object, at_s: float) -> float:
    return float(recording.read(at_s, at_s + 0.005, [0])[0][0])  # type: ignore[attr-defined]


def test_parts_in_any_order_lie_on_one_clock() -> None:
    joined = join([Part(2.0, 20.0), Part(1.0, 0.0)])
    assert (joined.info.start_time, joined.info.duration_s, joined.info.gaps) == (START, 40.0, ())
    assert [value_at(joined, at_s) for at_s in (0.0, 19.99, 20.0, 39.99)] == [1.0, 1.0, 2.0, 2.0]
    assert [note.onset_s for note in joined.annotations()] == [1.0, 21.0]


def test_a_pause_between_two_parts_is_a_gap_and_never_shifts_the_clock() -> None:
    joined = join([Part(1.0, 0.0), Part(2.0, 25.0)])
    assert joined.info.gaps == (Span(20.0, 25.0),)
    assert np.isnan(value_at(joined, 22.0))
    assert value_at(joined, 25.0) == 2.0
    assert any("1 gap, 5.00 s" in finding for finding in joined.info.findings)


def test_where_parts_overlap_the_earlier_file_is_used_and_said_so() -> None:
    joined = join([Part(1.0, 0.0), Part(2.0, 15.0)])
    assert joined.info.duration_s == 35.0
    assert [value_at(joined, at_s) for at_s in (15.0, 19.99, 20.0)] == [1.0, 1.0, 2.0]
    assert any("overlaps the one before it by 5.00 s" in finding for finding in joined.info.findings)


def test_it_can_be_asked_where_the_parts_lie() -> None:
    spans = join_parts([Part(2.0, 15.0), Part(1.0, 0.0), Part(3.0, 40.0)]).part_spans
    assert spans == (Span(0.0, 20.0), Span(15.0, 35.0), Span(40.0, 60.0))


def test_a_gap_within_the_earlier_file_is_filled_by_the_later_one() -> None:
    joined = join([Part(1.0, 0.0, gaps=[(16.0, 18.0)]), Part(2.0, 15.0)])
    assert joined.info.gaps == ()
    assert value_at(joined, 17.0) == 2.0


def test_a_stretch_over_a_joint_is_the_same_as_its_halves() -> None:
    joined = join([Part(1.0, 0.0), Part(2.0, 20.0025)])
    whole = joined.read(18.0, 23.0, [1, 0])
    halves = [np.concatenate(pair) for pair in zip(joined.read(18.0, 20.0, [1, 0]), joined.read(20.0, 23.0, [1, 0]), strict=True)]
    np.testing.assert_array_equal(whole, halves)
    assert not np.isnan(whole).any()


@pytest.mark.parametrize(("other", "words"), [
    (ArrayRecording(np.zeros((2, 100)), names=("Fp1", "C3")), "same channels"),
    (Part(2.0, 20.0, patient="Doe"), "different patients"),
])
def test_what_does_not_belong_together_is_not_joined(other: ArrayRecording, words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        join([Part(1.0, 0.0, patient="Roe"), other])


def test_a_part_without_a_clock_cannot_be_placed() -> None:
    part = Part(2.0, 20.0)
    part.info = replace(part.info, start_time=None)
    with pytest.raises(RecordingError, match="Part 2 states no start time"):
        join([Part(1.0, 0.0), part])
