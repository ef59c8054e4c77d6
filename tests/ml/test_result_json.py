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


def test_uncertainty_stands_beside_every_window_and_not_where_none_was_assessed():
    recording = eeg(60)
    recording[:12, :5000] = 0.0                                      # too many flat electrodes until second 25
    found = result_json.to_json(pipeline.analyse(ArrayRecording(recording), loudness_ensemble(5.0)))["windows"]
    doubt = found["uncertainty"]
    assert not all(found["assessed"])
    assert [nats is not None for nats in doubt["total_nats"]] == found["assessed"]
    assert all(nats == 0 for nats in doubt["epistemic_nats"] if nats is not None)      # one network agrees with itself
    assert doubt["cannot_rule_out"] is None
    assert (doubt["members"], doubt["member_weights"]) == (["loudness"], [1.0])
