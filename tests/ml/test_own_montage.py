"""Montages of readers: what a line means, which mistake it is told, and that the algebra is that of the built-in montages."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ml import own_montage, page
from ml.channels import CHAIN_PAIRS, ELECTRODES, map_to_1020
from ml.montage import MONTAGES, Derivation, MontageName, derive
from ml.montage_copies import text_of
from ml.own_montage import MAX_CHARACTERS, MAX_TRACES, OwnMontage, parse
from ml.recording import Signal
from tests.recordings import ArrayRecording

HEAD = (*ELECTRODES, "A1", "A2", "ECG")


def own(text: str) -> OwnMontage:
    traces, mistakes = parse(text)
    assert mistakes == ()
    return OwnMontage("mine", traces)


def shown(text: str, *labels: str, left_out: tuple[str, ...] = ()) -> Derivation:
    signals = [Signal(label, 200.0) for label in labels or HEAD]
    return derive(own(text), map_to_1020(signals), signals, left_out=left_out)


def weights(derivation: Derivation, trace: str) -> dict[str, float]:
    """Weights of one trace by electrode, on the recording ``HEAD``."""
    row = derivation.weights[derivation.names.index(trace)]
    return {HEAD[index]: weight for index, weight in zip(derivation.inputs, row.tolist(), strict=True) if weight}


def sentence(text: str) -> str:
    _, mistakes = parse(text)
    assert len(mistakes) == 1
    return mistakes[0].sentence


# What a line means

@pytest.mark.parametrize(("line", "name", "expected"), [
    ("Fp1-F7", "Fp1-F7", {"Fp1": 1.0, "F7": -1.0}), ("fp1 – f7", "Fp1-F7", {"Fp1": 1.0, "F7": -1.0}), ("T7-P7,", "T3-T5", {"T3": 1.0, "T5": -1.0}),
    ("Cz", "Cz", {"Cz": 1.0}), ("Cz-REF", "Cz", {"Cz": 1.0}), ("T3-(A1+A2)", "T3-(A1+A2)", {"T3": 1.0, "A1": -0.5, "A2": -0.5}),
    ("T3-(A1+A2)/2", "T3-(A1+A2)", {"T3": 1.0, "A1": -0.5, "A2": -0.5}), ("Ｆｐ１－F7", "Fp1-F7", {"Fp1": 1.0, "F7": -1.0}),
    ("Fz-((Fp1+Fp2)+F3+F4+Cz)", "Fz-((Fp1+Fp2)+F3+F4+Cz)", {"Fz": 1.0, "Fp1": -0.125, "Fp2": -0.125, "F3": -0.25, "F4": -0.25, "Cz": -0.25}),
    ("С3-С4", "C3-C4", {"C3": 1.0, "C4": -1.0}),       # Cyrillic letters that look like Latin ones
])
def test_a_line_is_a_weighted_sum_of_electrodes(line: str, name: str, expected: dict[str, float]) -> None:
    assert weights(shown(line), name) == expected


def test_every_row_against_something_sums_to_zero() -> None:
    text = "\n".join(text_of(montage) for montage in ("longitudinal", "transverse", "circumferential"))
    for montage in ("longitudinal", "transverse", "circumferential", "laplacian", "linked ears", "cz"):
        derivation = shown(text_of(montage))
        eeg = [row for row, kind in enumerate(derivation.kinds) if kind == "eeg"]
        np.testing.assert_allclose(derivation.weights[eeg].sum(axis=1), 0.0, atol=1e-15)
    assert parse(text)[1]                                 # the same lines twice are told


def test_order_and_groups_are_as_written() -> None:
    derivation = shown("\nO2-T6\nO1-T5\n\n\nCz\nECG\n")
    assert derivation.names == ("O2-T6", "O1-T5", "Cz", "ECG")
    assert derivation.groups == (0, 0, 1, 1)


def test_an_electrode_that_is_not_there_is_named_and_its_line_left_out() -> None:
    derivation = shown("Fp1-F7\nT3-(M1+M2)\nFC1-C3\nC3-avg\nEMG")
    assert derivation.names == ("Fp1-F7", "C3-avg")
    assert derivation.missing == ("M1", "M2", "FC1", "EMG")


def test_a_recording_of_pairs_serves_plain_differences_in_both_directions() -> None:
    derivation = shown("Fp1-F7\nF7-Fp1\nC3-avg\nCz", *(f"{a}-{b}" for a, b in CHAIN_PAIRS))
    assert derivation.names == ("Fp1-F7", "F7-Fp1")
    assert derivation.weights.tolist() == [[1.0], [-1.0]]
    assert derivation.missing == ("C3", "Cz")


def test_a_montage_of_which_nothing_is_there_falls_back_to_as_recorded() -> None:
    derivation = shown("FC1-FC2")
    assert derivation.montage == "as recorded"
    assert derivation.missing == ("FC1", "FC2")


def test_all_signals_of_a_sensor_are_shown() -> None:
    assert shown("ECG\nEOG", "Fp1", "ECG1", "EKG2", "LOC").names == ("ECG1", "EKG2", "LOC")


# Copies of built-in montages

def recording() -> ArrayRecording:
    uv = np.random.default_rng(4).normal(scale=30.0, size=(len(HEAD), 6000)).astype(np.float32)
    uv[2] = 0.0                                            # C3 is flat
    uv[7] *= 60.0                                          # and O1 far too large
    return ArrayRecording(uv, names=HEAD)


def drawn(montage: MontageName | OwnMontage, *, marks: tuple[str, ...] = (), right_first: bool = False) -> page.Page:
    source = recording()
    return page.render(source, map_to_1020(source.info.signals), start_s=5.0, duration_s=12.0, montage=montage, right_first=right_first,
                       marks=dict.fromkeys(marks, "bob"))


@pytest.mark.parametrize("right_first", [False, True])
@pytest.mark.parametrize("montage", [montage for montage in MONTAGES if montage != "as recorded"])
def test_an_own_copy_equals_the_built_in_sample_for_sample(montage: MontageName, right_first: bool) -> None:
    copied, built_in = drawn(own(text_of(montage, right_first=right_first))), drawn(montage, right_first=right_first)
    np.testing.assert_array_equal(copied.values, built_in.values)
    assert copied.missing == built_in.missing == ()
    assert copied.status.startswith("mine | LFF")


def test_a_copy_of_as_recorded_holds_the_electrodes_and_the_ecg() -> None:
    assert drawn(own(text_of("as recorded"))).names == (*ELECTRODES, "ECG")


def test_the_copy_of_the_double_banana_keeps_its_chains() -> None:
    groups = shown(text_of("longitudinal")).groups
    assert groups == (0,) * 4 + (1,) * 4 + (2,) * 4 + (3,) * 4 + (4,) * 2 + (5,)


# The common average

def test_one_trace_against_the_average_has_that_of_all_electrodes() -> None:
    alone, all_of_them = drawn(own("Pz-avg")), drawn("average")
    np.testing.assert_array_equal(alone.values[0], all_of_them.values[all_of_them.names.index("Pz")])


def test_flat_and_far_too_large_electrodes_do_not_count_in_the_average() -> None:
    source, made = recording(), drawn(own("Pz-avg\nPz"), marks=())
    sound = [index for index, name in enumerate(ELECTRODES) if name not in ("C3", "O1")]
    raw = page.render(source, map_to_1020(source.info.signals), start_s=5.0, duration_s=12.0, montage="referential")
    mean = (raw.values[sound] * 0.1).mean(axis=0)
    np.testing.assert_allclose(made.values[0] * 0.1, made.values[1] * 0.1 - mean, atol=0.15)


@pytest.mark.parametrize("montage", ["average", "mine"])
def test_an_electrode_that_is_marked_as_bad_does_not_count_in_the_average(montage: MontageName) -> None:
    asked = own("Pz-avg\nF7-avg") if montage == "mine" else montage
    without, marked = drawn(asked), drawn(asked, marks=("F7",))
    raw = drawn("referential")
    row, sound = without.names.index("Pz-avg" if montage == "mine" else "Pz"), [i for i, name in enumerate(ELECTRODES) if name not in ("C3", "O1", "F7")]
    expected = raw.values[ELECTRODES.index("Pz")] - raw.values[sound].mean(axis=0)
    np.testing.assert_allclose(marked.values[row], expected, atol=1.0)
    assert not np.array_equal(marked.values[row], without.values[row])
    assert "marked bad for looking: F7" in marked.status
    assert marked.names == without.names                  # it is shown all the same


def test_marks_leave_every_other_montage_as_it_is() -> None:
    for montage in ("longitudinal", "referential", "laplacian", "as recorded"):
        np.testing.assert_array_equal(drawn(montage).values, drawn(montage, marks=("F7", "Pz")).values)


def test_where_all_are_marked_all_count() -> None:
    np.testing.assert_array_equal(drawn("average").values, drawn("average", marks=ELECTRODES).values)


def test_a_page_names_the_electrodes_of_its_traces_their_own_first() -> None:
    made = drawn(own("F7-Fp1\nFz-((Fp1+Fp2)+F3+F4+Cz)\nC3-avg\nECG"))
    assert made.electrodes[0] == ("F7", "Fp1")
    assert made.electrodes[1][0] == "Fz"
    assert made.electrodes[2:] == (("C3",), ())


def test_kept_blocks_of_one_montage_are_not_taken_for_another_of_the_same_name() -> None:
    source, kept = recording(), dict[object, object]()
    pages = [page.render(source, map_to_1020(source.info.signals), start_s=0.0, duration_s=10.0, montage=own(text), kept=kept)  # type: ignore[arg-type]
             for text in ("Fp1-F7", "Fp1-F3")]
    assert not np.array_equal(pages[0].values, pages[1].values)


# Mistakes

@pytest.mark.parametrize(("text", "part"), [
    ("Fq1-F7", "Line 1: “Fq1” is no electrode of the 10-20 or 10-10 system."), ("Fp1-F7\nFp1 F7", "Line 2: After Fp1 a minus"), ("Fp1-", "Line 1: After Fp1 a minus"),
    ("-F7", "An electrode is missing"), ("Fp1--F7", "An electrode is missing"), ("T3-(M1+M2", "The parenthesis does not close"), ("T3-(M1+)", "An electrode is missing"),
    ("T3-M1+M2", "put several electrodes in parentheses"), ("T3-()", "An electrode is missing"), ("T3-T7", "T3 stands in it twice"), ("T3-(M1+M1)", "M1 stands in it twice"),
    ("Fp1-F7\n\nFP1-F7", "Line 3: Fp1-F7 stands in line 1 already."), ("avg", "avg is no electrode"), ("T3-(avg+M1)", "avg is no electrode"), ("ECG-Fp1", "ECG is no electrode"),
    ("(M1+M2)-T3", "should begin with one electrode"), ("T3-((((M1))))", "3 deep"), ("T3-(M1+M2)/3", "not understood"), ("", "has no line"), ("\n \n", "has no line"),
    ("Фыва-F7", "“Фыва” is no electrode"), ("电极-F7", "“电极” is no electrode"), ("\u202eFp1\x00-F7", "is no electrode"), ("Fp1-F7, F7-T3", "one derivation to a line"),
])
def test_a_mistake_is_told_in_a_sentence_with_its_line(text: str, part: str) -> None:
    assert part in sentence(text)
    assert sentence(text).isprintable()


def test_the_other_lines_of_a_text_with_mistakes_are_read() -> None:
    traces, mistakes = parse("Fp1-F7\nnonsense\nF7-T3\nT3=T5")
    assert [trace.name for trace in traces] == ["Fp1-F7", "F7-T3"]
    assert [mistake.line for mistake in mistakes] == [2, 4]


def test_ten_thousand_lines_are_refused_in_one_sentence() -> None:
    assert sentence("Fp1-F7\n" * 10_000) == f"The text has 70,000 characters; a montage may have {MAX_CHARACTERS:,}. Shorten it."


def test_more_traces_than_fit_are_told() -> None:
    names = ELECTRODES[:12]
    traces, mistakes = parse("\n".join(f"{a}-{b}" for a in names for b in names if a != b))
    assert len(traces) == MAX_TRACES
    assert mistakes[0].line == MAX_TRACES + 1


def test_one_very_long_line_is_refused() -> None:
    assert "24 electrodes" in sentence("Fp1-(" + "F7+" * 900 + "F7)")
    assert "should begin with one electrode" in sentence("(" * 90)


def test_any_text_is_read_or_told_and_never_fails() -> None:
    rng = random.Random(7)
    letters = ["Fp1", "F7", "Cz", "avg", "ECG", "-", "−", "+", "(", ")", "/2", " ", "\n", "\r\n", "\t", "é", "電", "\u2028", "\ud7ff", "1", "\x00", "𝔽", "﷽"]
    for _ in range(3000):
        text = "".join(rng.choices(letters, k=rng.randrange(40)))
        traces, mistakes = parse(text)
        assert all(mistake.sentence.isprintable() and len(mistake.sentence) < 300 for mistake in mistakes)
        again, none = own_montage.parse("\n".join(trace.name for trace in traces)) if traces else ((), ())
        assert ([trace.weights for trace in again], none) == ([trace.weights for trace in traces], ())
