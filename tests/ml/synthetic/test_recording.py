"""Generated recordings: what is in the file agrees with its diary."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from ml.byte_source import FileBytes
from ml.open_recording import open_recording
from ml.synthetic import demo, recording


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[recording.DiaryEvent, ...]]:
    path = tmp_path_factory.mktemp("synthetic") / "twenty_minutes.edf"
    return path, recording.write_edf(path, hours=1 / 3, seed=4, patterns={"grda": 6.0, "lpd": 3.0})


def test_a_recording_has_its_length_channels_and_mark(written: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    with FileBytes(written[0]) as source:
        opened = open_recording(source)
        assert opened.info.duration_s == 1200
        assert len(opened.info.signals) == 20
        assert {signal.sfreq_hz for signal in opened.info.signals} == {200.0}
        assert "SYNTHETIC" in opened.annotations()[0].text


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.edf", "b.edf"):
        recording.write_edf(tmp_path / name, hours=2 / 60, seed=8)
    assert (tmp_path / "a.edf").read_bytes() == (tmp_path / "b.edf").read_bytes()


def test_every_wanted_pattern_is_in_the_diary_and_none_overlap(written: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    events = written[1]
    assert {event.pattern for event in events} == {"grda", "lpd"}
    assert all(first.stop_s + 30 < second.start_s for first, second in itertools.pairwise(events))
    assert all(0 <= event.start_s < event.stop_s <= 1200 for event in events)


def test_the_signal_is_stronger_where_the_diary_says_so(written: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    path, events = written
    event = max(events, key=lambda item: item.snr_db)
    with FileBytes(path) as source:
        opened = open_recording(source)
        def spread(start_s: float, stop_s: float) -> float:
            first, second = opened.read(start_s, stop_s, [0, 1])
            return float(np.std(first - second))
        during = spread(event.start_s + 5, event.stop_s - 5)
        assert during > 1.1 * spread(event.start_s - 15, event.start_s - 5)


def test_the_background_runs_on_over_the_borders_of_blocks(written: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    with FileBytes(written[0]) as source:
        samples = open_recording(source).read(0, 1200, [3])[0]
    steps = np.abs(np.diff(samples))
    borders = np.arange(60 * 200, 1200 * 200, 60 * 200) - 1
    assert np.median(steps[borders]) < 4 * np.median(steps)


def test_the_demo_is_three_different_synthetic_studies() -> None:
    studies = demo.demo_recordings()
    assert len({study.seed for study in studies}) == 3
    assert all(10 <= study.hours * 60 <= 20 and "Synthetic" in study.title for study in studies)
