"""Frequency, side and extent of patterns that were put in, and of real ones beside the experts' values."""

import numpy as np
import pytest

from ml.channels import REGIONS
from ml.features import pattern
from ml.features.feature import LEFT, RIGHT
from tests.benchmarks import pattern_facts
from tests.recordings import eeg

RATE = 200.0
TIMES = np.arange(2000) / RATE


def _discharges(hertz, channels, amplitude_uv=80.0, seed=0):
    x = eeg(10, seed=seed, n=18) * 0.5
    train = sum(np.exp(-(((TIMES - at) / 0.04) ** 2)) - 0.6 * np.exp(-(((TIMES - at - 0.12) / 0.08) ** 2)) for at in np.arange(0.4, 10.0, 1.0 / hertz))
    x[list(channels)] += (amplitude_uv * train).astype(np.float32)
    return x


@pytest.mark.parametrize("hertz", [0.5, 1.0, 1.5, 2.0])
def test_the_frequency_of_discharges_is_that_of_their_intervals(hertz):
    facts = pattern.periodic(_discharges(hertz, range(18)), RATE)
    assert facts.frequency_hz == pytest.approx(hertz, abs=0.03)
    assert facts.clarity > 0.9
    assert facts.extent == 1.0


def test_discharges_are_found_when_they_occur():
    got = pattern.discharge_times(_discharges(1.0, LEFT), RATE)
    assert got == pytest.approx(np.arange(0.4, 10.0, 1.0), abs=0.08)


@pytest.mark.parametrize("side, sign", [(LEFT, -1.0), (RIGHT, 1.0)])
def test_discharges_of_one_side_are_lateral_and_no_wider_than_it(side, sign):
    facts = pattern.periodic(_discharges(1.0, side), RATE)
    assert facts.laterality * sign > 0.8
    assert facts.extent == pytest.approx(8 / 18, abs=0.06)


def test_one_loud_electrode_does_not_decide():
    x = _discharges(1.0, range(18))
    x[0] *= 20.0
    assert pattern.periodic(x, RATE).extent > 0.9


@pytest.mark.parametrize("hertz", [0.75, 1.25, 2.0, 3.0])
def test_the_frequency_of_a_rhythm_is_its_peak(hertz):
    x = eeg(10, n=18) * 0.5
    x[list(REGIONS["RP"])] += (60.0 * np.sin(2 * np.pi * hertz * TIMES)).astype(np.float32)
    x[list(REGIONS["RL"])] += (60.0 * np.sin(2 * np.pi * hertz * TIMES)).astype(np.float32)
    facts = pattern.rhythmic(x, RATE)
    assert facts.frequency_hz == pytest.approx(hertz, abs=0.3)      # five tapers: the peak is flat over 0.3 Hz either way
    assert facts.laterality > 0.4 or hertz < 1.0
    assert facts.extent == pytest.approx(8 / 18, abs=0.06)


def test_a_lost_pair_takes_no_part():
    x, lost = _discharges(1.0, range(18)), np.zeros(18, dtype=bool)
    lost[list(RIGHT)] = True
    x[list(RIGHT)] *= 50.0
    assert pattern.periodic(x, RATE, lost).laterality == -1.0
    assert np.isnan(pattern.periodic(x, RATE, np.ones(18, dtype=bool)).frequency_hz)


def test_real_patterns_have_the_experts_frequency_and_side(shared_data):
    found = pattern_facts.figures(shared_data / "grond", draws=50)
    for name, figure in found["frequency"].items():
        assert figure["spearman"] >= figure["published"], name         # of the authors' own programs
        assert figure["mean_error_hz"] < 0.25, name
    for name in ("side_of_lpd", "lpd_against_gpd", "lrda_against_grda"):
        assert found[name]["auc"] >= found[name]["published"], name
    correct, asked = found["side_of_lrda_correct"]
    assert correct == asked
    assert found["rate_of_their_discharge_times"]["spearman"] > 0.8
