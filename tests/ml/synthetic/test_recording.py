"""Generated recordings: what is in the file agrees with its diary."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ml.byte_source import FileBytes
from ml.channels import ELECTRODES
from ml.open_recording import open_recording
from ml.synthetic import background, demo, recording, variants
from ml.synthetic.forward import bipolar_matrix
from ml.synthetic.noise import Timeline


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


def test_a_sleeper_has_spindles_at_noon_and_one_awake_blinks_at_night(tmp_path: Path) -> None:
    band = {}
    for name, asleep in (("awake", False), ("asleep", True)):
        path = tmp_path / f"{name}.edf"
        recording.write_edf(path, hours=10 / 60, seed=21, patterns={}, healthy=True, asleep=asleep)
        with FileBytes(path) as source:
            central = open_recording(source).read(0, 600, [ELECTRODES.index("Cz")])[0]
        hz, power = signal.welch(central, 200, nperseg=400)
        band[name] = power[(hz >= 12) & (hz <= 15)].sum() / power[(hz >= 16) & (hz <= 25)].sum()
    assert band["asleep"] > 1.5 * band["awake"]


EVENTFUL = {"seizure": 14.0, "lpd": 12.0, "lrda": 12.0}


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[recording.DiaryEvent, ...]]:
    path = tmp_path_factory.mktemp("synthetic") / "eventful.edf"
    return path, recording.write_edf(path, hours=1.0, seed=5, patterns=EVENTFUL, healthy=True)


def test_the_diary_states_rate_side_and_modifiers_of_every_event(eventful: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    _, events = eventful
    assert all(event.side in (-1, 1) and 0.3 < event.frequency_hz < 13 for event in events)
    assert all(event.modifiers for event in events if event.pattern == "seizure")
    assert len({name for event in events for name in event.modifiers}) > 4


def test_only_seizures_evolve(eventful: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    for event in eventful[1]:
        assert event.evolution_hz == 0 or event.pattern == "seizure"
        assert "evolving" not in event.modifiers or (event.pattern == "seizure" and event.evolution_hz > 0.2)


def test_a_fifth_of_the_seizures_are_patterns_that_become_faster() -> None:
    line = Timeline(12_000, 200.0, -30.0)
    styles = [recording._style(np.random.default_rng([seed, 1]), "seizure", 1.5, line)[0] for seed in range(60)]
    special = [style for style in styles if style is not None]
    assert 0.05 < len(special) / len(styles) < 0.4
    assert all(style.change is not None and np.ptp(style.change.rate_hz) >= 0.99 for style in special)


def test_the_rate_in_the_diary_is_that_of_the_signal(eventful: tuple[Path, tuple[recording.DiaryEvent, ...]]) -> None:
    path, events = eventful
    errors = []
    for event in (event for event in events if event.pattern == "lrda" and "fluctuating" not in event.modifiers):
        with FileBytes(path) as source:
            uv = open_recording(source).read(event.start_s + 4, event.stop_s - 4, list(range(19)))
        hz, power = signal.welch(bipolar_matrix() @ uv, 200, nperseg=1600)
        row = power[:, (hz > 0.5) & (hz < 4)].sum(axis=1).argmax()
        inside = (hz >= 0.6) & (hz <= 4)
        errors.append(abs(hz[inside][np.argmax(power[row, inside] * hz[inside])] - event.frequency_hz))
    assert len(errors) >= 3
    assert np.median(errors) < 0.3


def test_sleep_goes_through_its_stages_in_turns_of_ninety_minutes() -> None:
    patient = background.draw_patient(np.random.default_rng(0), healthy=True)
    stages = [recording._state(patient, Timeline(12_000, 200.0, minute * 60.0), True) for minute in range(180)]
    assert stages[:90] == stages[90:]
    assert [variants.STATES[stage][0] for stage in sorted(set(stages))] == [variants.midtemporal_theta, variants.vertex_waves, variants.slow_wave_sleep]
    assert recording._state(patient, Timeline(12_000, 200.0, 0.0), False) == 0


def test_hum_of_the_wanted_frequency_runs_through_the_recording_and_adds_nothing_else(tmp_path: Path) -> None:
    read = {}
    for name, mains_hz in (("calm", None), ("humming", 60.0)):
        recording.write_edf(tmp_path / f"{name}.edf", hours=2 / 60, seed=9, mains_hz=mains_hz)
        with FileBytes(tmp_path / f"{name}.edf") as source:
            read[name] = open_recording(source).read(0, 120, [ELECTRODES.index("T3")])[0]
    hum = read["humming"] - read["calm"]
    spectrum = np.abs(np.fft.rfft(hum)) ** 2
    assert spectrum[60 * 120] > 0.99 * spectrum.sum()                # one line over the border of the blocks
