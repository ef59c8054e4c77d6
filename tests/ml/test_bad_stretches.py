"""What the viewer marks as bad: the right traces, the right seconds, the same on every page."""

import json

import numpy as np
import pytest

from ml import electrode_seconds, page, quality_report
from ml.channels import CHAIN_PAIRS, ELECTRODES, map_to_1020
from tests.recordings import ArrayRecording, eeg


def flat(**options) -> ArrayRecording:
    x = eeg(100, seed=2)
    x[4, 2400:9600] = 7.0      # F7, 12 to 48 s
    return ArrayRecording(x, **options)


def bad(source: ArrayRecording, start_s: float, duration_s: float = 20.0, **options):
    return page.render(source, map_to_1020(source.info.signals), start_s=start_s, duration_s=duration_s, **options).bad


def test_every_trace_of_a_flat_electrode_is_marked_with_its_reason():
    assert set(bad(flat(), 5.0)) == {(0, 12.0, 25.0, "F7 flat", False), (1, 12.0, 25.0, "F7 flat", False)}
    assert bad(flat(), 5.0, montage="referential") == ((4, 12.0, 25.0, "F7 flat", False),)
    assert bad(flat(), 60.0) == ()


def test_a_second_is_marked_alike_on_every_page_and_as_in_the_quality_report():
    source = flat(gaps=[(30.0, 34.0)])
    report = quality_report.inspect(source)
    wanted = {at for at in range(100) if report.seconds.states[4, at] == electrode_seconds.STATES.index("flat")}
    for start_s in (5.0, 11.0, 20.0, 29.0):
        seconds = {at for _, a, b, _, _ in bad(source, start_s, montage="referential") for at in range(round(a), round(b))}
        assert seconds == {at for at in wanted if start_s <= at < start_s + 20.0}, start_s


def test_what_was_judged_is_kept_and_travels_in_the_page():
    source, kept = flat(), {}
    made = page.render(source, map_to_1020(source.info.signals), start_s=10.0, duration_s=10.0, kept=kept)
    assert ("bad", 10.0) in kept
    head = made.to_bytes()
    about = json.loads(head[64 : 64 + int.from_bytes(head[40:44], "little")])
    assert about["bad"] == [[0, 12.0, 20.0, "F7 flat", False], [1, 12.0, 20.0, "F7 flat", False]]


def test_muscle_and_movement_inform_and_name_both_electrodes_of_a_trace():
    x = eeg(60, seed=2)
    x[[0, 4], 4000:5000] += 14.0 * np.random.default_rng(1).normal(size=(2, 1000))      # Fp1 and F7, 20 to 25 s
    x[7, 6000:6200] += 700.0                                                           # O1, 30 to 31 s
    source = ArrayRecording(x)
    found = set(bad(source, 15.0))
    assert (0, 20.0, 25.0, "F7, Fp1 muscle", True) in found
    assert (1, 20.0, 25.0, "F7 muscle", True) in found
    assert {(stretch[1], stretch[2], stretch[4]) for stretch in found if "O1 movement" in stretch[3]} == {(29.0, 32.0, True)}


def test_a_trace_is_marked_at_its_label_where_it_is_bad_for_three_tenths_of_the_page():
    def poor(start_s: float) -> tuple[str, ...]:
        source = flat()
        return page.render(source, map_to_1020(source.info.signals), start_s=start_s, duration_s=10.0, montage="referential").poor

    assert [name for name, why in zip(ELECTRODES, poor(5.0), strict=True) if why] == ["F7"]
    assert poor(5.0)[4] == "F7 flat"
    assert set(poor(4.0)) == {""}


def test_a_clipped_trace_is_marked_at_its_label():
    source = ArrayRecording(eeg(60))
    source.uv[5, 4000:5000] = 3276.7
    made = page.render(source, map_to_1020(source.info.signals), start_s=20.0, duration_s=10.0)
    assert [name for name, why in zip(made.names, made.poor, strict=True) if why == "clipped"] == ["F7-T3", "T3-T5"]


@pytest.mark.parametrize("names", [[f"{a}-{b}" for a, b in CHAIN_PAIRS], ["E1", "E2", "E3"]])
def test_pairs_and_unknown_signals_are_no_trouble(names):
    source = ArrayRecording(eeg(30, n=len(names)), names=names)
    assert isinstance(bad(source, 0.0), tuple)
