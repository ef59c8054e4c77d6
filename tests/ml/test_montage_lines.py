"""An own montage line by line: what is told of each, and changes without typing."""

from __future__ import annotations

import pytest

from ml import montage_lines
from ml.montage_lines import added, begun, moved, read, removed
from ml.own_montage import parse

TEXT = "Fp1-F7\nF7-T3\n\nT3-(M1+M2)\nC3-avg\nCz\nEMG\nnonsense\n"


def test_every_line_says_what_it_means_on_a_recording_of_the_10_20_system() -> None:
    lines, mistakes = read(TEXT)
    told = [(line.number, line.written, line.formula, line.lacking) for line in lines]
    assert told == [
        (1, "Fp1-F7", "Fp1 − F7", ()), (2, "F7-T3", "F7 − T3", ()), (3, "", "", ()), (4, "T3-(M1+M2)", "T3 − 0.5 M1 − 0.5 M2", ("M1", "M2")),
        (5, "C3-avg", "C3 − average of the sound electrodes", ()), (6, "Cz", "Cz as recorded", ()), (7, "EMG", "every EMG signal", ("EMG",)), (8, "nonsense", "", ()),
    ]
    assert lines[-1].mistake == mistakes[0].sentence


def test_a_text_that_is_too_long_is_told_and_not_listed() -> None:
    lines, mistakes = read("Fp1-F7\n" * 10_000)
    assert lines == []
    assert len(mistakes) == 1


def test_a_line_moves_and_stops_at_the_ends() -> None:
    assert moved("a\nb\nc\n", 3, -1) == "a\nc\nb"
    assert moved("a\nb\nc", 1, 1) == "b\na\nc"
    assert moved("a\nb\nc", 1, -1) == moved("a\nb\nc", 3, 1) == moved("a\nb\nc", 9, 1) == "a\nb\nc"


def test_a_line_is_removed() -> None:
    assert removed("a\n\nb\n", 2) == "a\nb\n"
    assert removed("a\nb", 7) == "a\nb"


def test_lines_and_groups_are_added_at_the_end() -> None:
    text = added(begun(added(added("", "Fp1-F7"), "F7-T3")), "Cz")
    assert text == "Fp1-F7\nF7-T3\n\nCz\n"
    assert [trace.group for trace in parse(text)[0]] == [0, 0, 1]
    assert added("Cz", "Pz") == "Cz\nPz\n"
    assert begun("  ") == ""


def test_a_group_that_begins_is_seen_before_its_first_line() -> None:
    assert [line.written for line in read(begun("Cz"))[0]] == ["Cz", ""]


@pytest.mark.parametrize("name", montage_lines.USUAL)
def test_the_usual_recording_has_all_that_it_names(name: str) -> None:
    assert read(name)[0][0].lacking == ()
