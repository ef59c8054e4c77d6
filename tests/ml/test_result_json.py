"""Small print of the JSON; the contract itself stands in tests/conformance."""

from dataclasses import replace

import pytest

from ml import pipeline, result_json
from ml.recording import RecordingInfo, Signal
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


def test_the_rate_is_the_one_that_most_signals_share():
    info = RecordingInfo("EDF", (Signal("a", 256.0), Signal("b", 256.0), Signal("SpO2", 1.0)), 10.0)
    assert result_json.main_rate_hz(info) == 256.0
    assert result_json.main_rate_hz(replace(info, signals=())) is None


def test_an_applied_prior_is_named():
    result = pipeline.analyse(ArrayRecording(eeg(60)), loudness_ensemble(10.0), prior="iiic_votes")
    windows = result_json.to_json(result)["windows"]
    assert windows["prior"] == "iiic_votes"
    assert "iiic_votes" in windows["prior_note"]


@pytest.mark.parametrize("key", ["name", "bad_share", "reasons", "interpolated"])
def test_quality_tells_every_electrode(key):
    channels = result_json.to_json(pipeline.analyse(ArrayRecording(eeg(60)), loudness_ensemble(10.0)))["quality"]["channels"]
    assert len([channel[key] for channel in channels]) == 19
