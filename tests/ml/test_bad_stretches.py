"""What the viewer marks as bad: the right traces, the right seconds, the same on every page."""

import json

import pytest

from ml import electrode_seconds, page, quality_report
from ml.channels import CHAIN_PAIRS, map_to_1020
from tests.recordings import ArrayRecording, eeg


def flat(**options) -> ArrayRecording:
    x = eeg(100, seed=2)
    x[4, 2400:9600] = 7.0      # F7, 12 to 48 s
    return ArrayRecording(x, **options)


def bad(source: ArrayRecording, start_s: float, duration_s: float = 20.0, **options):
    return page.render(source, map_to_1020(source.info.signals), start_s=start_s, duration_s=duration_s, **options).bad


def test_every_trace_of_a_flat_electrode_is_marked_with_its_reason():
    assert set(bad(flat(), 5.0)) == {(0, 12.0, 25.0, "F7 flat"), (1, 12.0, 25.0, "F7 flat")}
    assert bad(flat(), 5.0, montage="referential") == ((4, 12.0, 25.0, "F7 flat"),)
    assert bad(flat(), 60.0) == ()


def test_a_second_is_marked_alike_on_every_page_and_as_in_the_quality_report():
    source = flat(gaps=[(30.0, 34.0)])
    report = quality_report.inspect(source)
    wanted = {at for at in range(100) if report.seconds.states[4, at] == electrode_seconds.STATES.index("flat")}
    for start_s in (5.0, 11.0, 20.0, 29.0):
        seconds = {at for _, a, b, _ in bad(source, start_s, montage="referential") for at in range(round(a), round(b))}
        assert seconds == {at for at in wanted if start_s <= at < start_s + 20.0}, start_s


def test_what_was_judged_is_kept_and_travels_in_the_page():
    source, kept = flat(), {}
    made = page.render(source, map_to_1020(source.info.signals), start_s=10.0, duration_s=10.0, kept=kept)
    assert ("bad", 10.0) in kept
    head = made.to_bytes()
    about = json.loads(head[64 : 64 + int.from_bytes(head[40:44], "little")])
    assert about["bad"] == [[0, 12.0, 20.0, "F7 flat"], [1, 12.0, 20.0, "F7 flat"]]


@pytest.mark.parametrize("names", [[f"{a}-{b}" for a, b in CHAIN_PAIRS], ["E1", "E2", "E3"]])
def test_pairs_and_unknown_signals_are_no_trouble(names):
    source = ArrayRecording(eeg(30, n=len(names)), names=names)
    assert isinstance(bad(source, 0.0), tuple)
