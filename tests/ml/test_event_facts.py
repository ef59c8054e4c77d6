"""Frequency, side and extent of events in generated recordings."""

import numpy as np
import pytest

from ml import event_facts
from ml.analysis import Event
from ml.channels import CHAIN_PAIRS, map_to_1020
from ml.features.feature import LEFT, RIGHT
from ml.network_input import choose_input
from tests.recordings import ArrayRecording, eeg

NAMES = [f"{first}-{second}" for first, second in CHAIN_PAIRS]


def _recording(channels, hertz, *, seconds=200, waveform=None, gaps=()):
    uv, times = eeg(seconds, n=18) * 0.5, np.arange(seconds * 200) / 200.0
    phase = (times * hertz) % 1.0 / hertz
    uv[list(channels)] += (80.0 * np.exp(-(((phase - 0.2) / 0.04) ** 2)) if waveform is None else waveform(times)).astype(np.float32)
    return ArrayRecording(uv, names=NAMES, gaps=gaps)


def _describe(source, *events):
    return event_facts.describe(source, choose_input(map_to_1020(source.info.signals)), events)


@pytest.mark.parametrize("stop_s", [50.0, 190.0])
def test_discharges_of_the_left_at_one_per_second(stop_s):
    found = _describe(_recording(LEFT, 1.0), Event("lpd", 20.0, stop_s, 0.9, 0.8))[0]
    assert found.frequency_hz == pytest.approx(1.0, abs=0.05)
    assert found.laterality < -0.7
    assert found.extent == pytest.approx(8 / 18, abs=0.06)
    assert (found.start_s, found.stop_s, found.max_prob) == (20.0, stop_s, 0.9)


def test_a_rhythm_of_both_sides():
    wave = lambda times: 60.0 * np.sin(2 * np.pi * 2.0 * times)   # noqa: E731
    found = _describe(_recording((*LEFT, *RIGHT), 2.0, waveform=wave), Event("grda", 30.0, 40.0, 0.9, 0.8))[0]
    assert found.frequency_hz == pytest.approx(2.0, abs=0.3)
    assert abs(found.laterality) < 0.2
    assert found.extent > 0.8


def test_a_seizure_gets_no_single_figure():
    seizure = Event("seizure", 20.0, 50.0, 0.9, 0.8)
    assert _describe(_recording(LEFT, 1.0), seizure) == (seizure,)


def test_facts_keep_to_their_side_of_a_gap():
    source = _recording(RIGHT, 1.0, gaps=[(60.0, 90.0)])
    before, after = _describe(source, Event("lpd", 50.0, 60.0, 0.9, 0.8), Event("lpd", 90.0, 120.0, 0.9, 0.8))
    assert before.frequency_hz == pytest.approx(1.0, abs=0.06)
    assert after.laterality > 0.7
