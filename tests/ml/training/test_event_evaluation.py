"""Events on whole recordings: counted by hand, once with tolerance and once without, generated once and kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("timescoring", reason="extra train absent")

from ml.analysis import Event, Spans
from ml.classes import PATTERNS
from ml.ensemble import WEIGHTS, Ensemble
from ml.events import EventRule
from ml.synthetic import recording
from ml.synthetic.recording import DiaryEvent
from ml.training import event_scoring, event_thresholds, long_recordings, whole_seizures
from ml.training.event_scoring import Judged


def true(pattern: str, start_s: float, stop_s: float) -> DiaryEvent:
    return DiaryEvent(pattern, start_s, stop_s, 0, 0.0, 10.0)     # type: ignore[arg-type]


def found(pattern: str, start_s: float, stop_s: float) -> Event:
    return Event(pattern, start_s, stop_s, 0.9, 0.8)               # type: ignore[arg-type]


def judged(events: list[DiaryEvent], hits: list[Event], *, hours: float = 2.0) -> Judged:
    return Judged(tuple(events), tuple(hits), tuple(hit.start_s + 40 for hit in hits), hours * 3600)


def test_a_found_seizure_a_missed_one_and_a_false_alarm_are_counted() -> None:
    item = judged([true("seizure", 1000, 1060), true("seizure", 3000, 3060)], [found("seizure", 1010, 1050), found("seizure", 5000, 5030)])
    row = event_scoring.score([item])["patterns"]["seizure"]["without_tolerance"]
    assert (row["true_events"], row["found"], row["false_alarms"]) == (2, 1, 1)
    assert (row["sensitivity"], row["precision"], row["f1"]) == (0.5, 0.5, 0.5)
    assert (row["false_alarms_per_hour"], row["false_alarms_per_day"]) == (0.5, 12.0)


def test_the_tolerance_forgives_an_alarm_forty_seconds_after_the_end() -> None:
    item = judged([true("gpd", 1000, 1100)], [found("gpd", 1140, 1160)])
    rows = event_scoring.score([item])["patterns"]["gpd"]
    assert (rows["with_tolerance"]["found"], rows["with_tolerance"]["false_alarms"]) == (1, 0)
    assert (rows["without_tolerance"]["found"], rows["without_tolerance"]["false_alarms"]) == (0, 1)


def test_a_pattern_under_another_name_is_missed_and_false() -> None:
    rows = event_scoring.score([judged([true("lpd", 1000, 1100)], [found("gpd", 1000, 1100)])])["patterns"]
    assert rows["lpd"]["without_tolerance"]["found"] == 0
    assert rows["gpd"]["without_tolerance"]["false_alarms"] == 1
    assert [rows["all"]["without_tolerance"][key] for key in ("true_events", "found", "false_alarms", "f1")] == [1, 0, 1, 0.0]


def test_recordings_are_summed_and_hours_too() -> None:
    made = event_scoring.score([judged([true("grda", 100, 200)], [found("grda", 110, 190)]), judged([], [found("grda", 50, 80)])])
    row = made["patterns"]["grda"]["without_tolerance"]
    assert (made["hours"], made["recordings"], row["true_events"], row["found"], row["false_alarms"]) == (4.0, 2, 1, 1, 1)
    assert made["scorer"].startswith("timescoring 0.")


def test_no_false_alarm_in_a_day_leaves_room_for_nearly_four() -> None:
    low, high = event_scoring.rate_interval(0, 24.0)
    assert (low, 24 * high) == (0.0, pytest.approx(3.689, abs=0.001))      # -ln(0.025), exact


def test_naming_an_event_waits_for_its_length_and_for_what_windows_read_ahead() -> None:
    starts = np.arange(0, 300, 5.0)
    prob = np.full((len(starts), 6), 0.02, dtype=np.float32)
    inside = (starts >= 100) & (starts < 200)
    prob[inside, 0], prob[~inside, 5] = 0.9, 0.9
    spans = Spans(starts, np.ones(len(starts), dtype=np.float32), prob, np.ones(len(starts), dtype=bool), 5.0)
    item = event_scoring.judge(spans, EventRule(onset=(0.6,) * 5, offset=(0.4,) * 5), [true("seizure", 98.0, 205.0)], length_s=310)
    assert [event.pattern for event in item.found] == ["seizure"]
    late = event_scoring.latency([item], "seizure")
    assert late["start_error_s"]["median"] == pytest.approx(2.0)            # both spans that hold 100-105 s must agree for 0.6
    assert item.alarm_s == (105.0 + 30.0,)                                  # 10 s are over in the cell from 105 s; its last window ends 30 s later
    assert late["delay_s"]["median"] == pytest.approx(37.0)


def test_a_night_is_generated_once_and_analysed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_recordings, "KINDS", {"asleep": long_recordings.KINDS["asleep"]})
    ensemble, key = Ensemble.load(threads=1), long_recordings.identity(WEIGHTS)
    first = long_recordings.assess(ensemble, hours=5 / 60, folder=tmp_path, key=key)
    monkeypatch.setattr(recording, "write_edf", None)
    monkeypatch.setattr(long_recordings.pipeline, "analyse", None)
    assert long_recordings.assess(ensemble, hours=5 / 60, folder=tmp_path, key=key) == first
    assert first["kinds"]["asleep"]["patterns"]["all"]["without_tolerance"]["true_events"] >= 1
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".edf", ".json", ".npz"]


def test_another_card_keeps_probabilities_and_another_network_does_not(tmp_path: Path) -> None:
    before = long_recordings.identity(WEIGHTS)
    shutil.copy(WEIGHTS / "manifest.json", tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["files"]["model_card.json"] = "0" * 64
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert long_recordings.identity(tmp_path) == before
    manifest["temperature"] += 0.01
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert long_recordings.identity(tmp_path) != before


def test_a_recording_of_a_seizure_holds_one_and_says_when_it_was_found() -> None:
    made = whole_seizures.assess(Ensemble.load(threads=1), n=2)
    assert (made["n"], len(made["recordings"]), made["length_s"]) == (2, 2, 540)
    for row in made["recordings"]:
        assert 20 <= row["start_s"] < row["stop_s"] <= 540
        assert ("delay_s" in row) == row["found"]
    assert made["found"] == sum(row["found"] for row in made["recordings"])


def test_what_is_falsely_found_where_nothing_happens_raises_the_threshold() -> None:
    def assessed(prob: float, diary: tuple[DiaryEvent, ...]) -> event_thresholds.Assessed:
        starts = np.arange(0, 3600, 5.0)
        table = np.full((len(starts), 6), 0.01, dtype=np.float32)
        table[:, 5] = 0.95
        table[100:130, 2], table[100:130, 5] = prob, 0.96 - prob                        # 500 to 650 s
        spans = Spans(starts, np.ones(len(starts), dtype=np.float32), table, np.ones(len(starts), dtype=bool), 5.0)
        return event_thresholds.Assessed(spans, diary, 1.0)

    with_event, quiet = assessed(0.75, (true("gpd", 500, 650),)), assessed(0.62, ())
    row = PATTERNS.index("gpd")
    assert event_thresholds.fit([with_event]).onset[row] == 0.5
    strict = event_thresholds.fit([with_event, quiet])
    assert 0.62 < strict.onset[row] <= 0.75
    assert event_thresholds.report([with_event], strict)["gpd"]["found"] == 1
    assert event_thresholds.report([quiet], strict)["gpd"]["false_events_per_24_h"] == 0
