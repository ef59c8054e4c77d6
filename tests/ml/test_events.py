"""Events: hysteresis, durations, gaps."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import events
from ml.analysis import Spans
from ml.classes import CLASSES
from ml.events import EventRule


def spans(prob: list[float], *, step_s: float = 10.0, pattern: str = "seizure", start_s=None, assessed=None) -> Spans:
    table = np.zeros((len(prob), 6), dtype=np.float32)
    table[:, CLASSES.index(pattern)] = prob
    table[:, CLASSES.index("other" if pattern != "other" else "grda")] += 1.0 - np.array(prob, dtype=np.float32)
    starts = np.arange(len(prob)) * step_s if start_s is None else np.array(start_s, dtype=float)
    sure = np.ones(len(prob), dtype=bool) if assessed is None else np.array(assessed)
    return Spans(starts, np.ones(len(prob), dtype=np.float32), table, sure, step_s)


def found(prob: list[float], rule: EventRule | None = None, **options) -> list[tuple[float, float]]:
    rule = rule or replace(EventRule(), merge_gap_s=0.0)
    return [(event.start_s, event.stop_s) for event in events.find(spans(prob, **options), rule)]


def test_an_event_lasts_while_the_probability_stays_above_the_offset():
    assert found([0.1, 0.35, 0.8, 0.4, 0.1]) == [(10.0, 40.0)]


def test_a_weak_window_does_not_split_a_seizure():
    assert found([0.8, 0.9, 0.2, 0.9, 0.8], EventRule()) == [(0.0, 50.0)]
    assert found([0.8, 0.9, 0.35, 0.9, 0.8]) == [(0.0, 50.0)]


def test_what_never_reaches_the_onset_is_no_event():
    assert found([0.45] * 20) == []


def test_acns_2021_seizure_needs_ten_seconds():
    with pytest.raises(ValueError, match="10"):
        EventRule(min_duration_s=(5.0, 10.0, 10.0, 10.0, 10.0))


def test_an_event_shorter_than_its_minimum_is_dropped():
    rule = EventRule(min_duration_s=(30.0,) * 5, merge_gap_s=0.0)
    assert found([0.1, 0.9, 0.9, 0.1], rule) == []
    assert found([0.1, 0.9, 0.9, 0.9, 0.1], rule) == [(10.0, 40.0)]


def test_a_gap_ends_an_event_even_within_the_merge_gap():
    assert found([0.9, 0.9], EventRule(), start_s=[0.0, 12.0]) == [(0.0, 10.0), (12.0, 22.0)]


@pytest.mark.parametrize("step_s, middle", [(10.0, (100.0, 110.0)), (2.0, (24.0, 26.0))])
def test_a_span_that_was_not_assessed_ends_an_event(step_s, middle):
    assessed = [index != 10 for index in range(20)]
    ends = found([0.9] * 20, EventRule(), step_s=step_s, assessed=assessed)
    assert [ends[0][1], ends[1][0]] == list(middle)


def test_other_is_never_an_event():
    assert found([1.0] * 10, pattern="other") == []


def test_overlapping_spans_are_averaged():
    line = events.timeline(spans([0.0, 1.0], step_s=5.0))
    assert line.edges_s.tolist() == [0.0, 5.0, 10.0, 15.0]
    assert line.prob[:, 0] == pytest.approx([0.0, 0.5, 1.0])


def test_two_patterns_may_overlap_and_come_in_order():
    table = np.tile(np.array([0.45, 0.45, 0, 0, 0, 0.1], dtype=np.float32), (6, 1))
    both = Spans(np.arange(6) * 10.0, np.ones(6, dtype=np.float32), table, np.ones(6, dtype=bool), 10.0)
    rule = EventRule(onset=(0.4,) * 5)
    assert [event.pattern for event in events.find(both, rule)] == ["seizure", "lpd"]


def test_mean_and_maximum_are_those_of_the_timeline():
    (event,) = events.find(spans([0.4, 0.8, 0.6]), EventRule())
    assert event.max_prob == pytest.approx(0.8)
    assert event.mean_prob == pytest.approx(0.6)


def test_no_spans_have_no_events():
    assert found([]) == []


probabilities = st.lists(st.floats(0.0, 1.0, width=32), min_size=1, max_size=60)


@given(probabilities, st.sampled_from([1.0, 2.0, 5.0, 10.0]))
def test_events_of_a_pattern_are_apart_long_enough_and_above_the_offset(prob, step_s):
    rule = EventRule()
    table = spans(prob, step_s=step_s)
    line = events.timeline(table)
    previous = -np.inf
    for event in events.find(table, rule):
        cells = (line.edges_s[:-1] >= event.start_s) & (line.edges_s[1:] <= event.stop_s)
        assert event.start_s > previous
        assert event.stop_s - event.start_s >= 10.0
        assert line.prob[cells, 0].max() >= rule.onset[0]
        assert event.max_prob <= 1.0
        previous = event.stop_s + rule.merge_gap_s


@given(probabilities)
def test_a_lower_onset_never_loses_an_event(prob):
    strict, lax = EventRule(), EventRule(onset=(0.4,) * 5)
    kept = found(prob, lax)
    assert all(any(a <= start and stop <= b for a, b in kept) for start, stop in found(prob, strict))


@given(probabilities, st.integers(0, 59))
def test_the_timeline_is_finite_exactly_where_something_was_assessed(prob, skipped):
    assessed = [index != skipped for index in range(len(prob))]
    line = events.timeline(spans(prob, assessed=assessed))
    assert np.isfinite(line.prob[:, 0]).sum() == sum(assessed)


def test_a_rule_survives_json():
    rule = EventRule(onset=(0.6, 0.5, 0.55, 0.45, 0.5), offset=(0.4,) * 5, merge_gap_s=4.0)
    assert EventRule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


@pytest.mark.parametrize("wrong", [{"onset": (0.2,) * 5}, {"offset": (0.0,) * 5}, {"onset": (0.5,) * 4}, {"merge_gap_s": -1.0}])
def test_a_rule_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        replace(EventRule(), **wrong)
