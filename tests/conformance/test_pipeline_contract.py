"""The JSON of an analysis, clause by clause: others read it without this program."""

import json
import math

import pytest

from ml import pipeline, result_json
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


@pytest.fixture(scope="module")
def document() -> dict:
    x = eeg(300, seed=2)
    x[:, 100 * 200 : 160 * 200] *= 6.0
    source = ArrayRecording(x, gaps=[(200.0, 207.5)])
    result = pipeline.analyse(source, loudness_ensemble(), recording_sha256="ab" * 32)
    return json.loads(json.dumps(result_json.to_json(result), allow_nan=False))


def test_the_keys_are_exactly_those_of_the_contract(document):
    assert list(document) == ["recording", "classes", "windows", "events", "quality", "versions", "elapsed_s"]
    assert set(document["recording"]) == {
        "sha256", "format", "channels", "sfreq_hz", "duration_s", "start_time", "gaps", "findings",
    }
    promised = {"length_s", "label_length_s", "step_s", "label_start_s", "context", "prob", "assessed"}
    assert promised | {"prior", "prior_note", "uncertainty"} == set(document["windows"])
    assert set(document["events"][0]) == {"pattern", "start_s", "stop_s", "max_prob", "mean_prob"}
    assert set(document["versions"]) == {"pipeline", "model", "model_sha256"}


def test_classes_come_in_the_order_of_the_competition(document):
    assert document["classes"] == ["seizure", "lpd", "gpd", "lrda", "grda", "other"]


def test_the_clock_includes_gaps_and_has_no_zone(document):
    recording = document["recording"]
    assert (recording["duration_s"], recording["gaps"]) == (300.0, [[200.0, 207.5]])
    assert recording["start_time"] == "2024-03-01T08:30:00"
    assert (recording["format"], recording["sfreq_hz"], len(recording["channels"])) == ("EDF+D", 200.0, 19)


def test_windows_state_their_lengths(document):
    windows = document["windows"]
    assert (windows["length_s"], windows["label_length_s"], windows["step_s"]) == (50.0, 10.0, 2.0)


def test_every_list_of_the_windows_has_one_entry_per_span(document):
    windows = document["windows"]
    assert len({len(windows[key]) for key in ("label_start_s", "context", "prob", "assessed")}) == 1
    assert all(isinstance(value, bool) for value in windows["assessed"])


def test_each_probability_row_is_finite_and_sums_to_one(document):
    for row in document["windows"]["prob"]:
        assert len(row) == 6
        assert all(math.isfinite(value) and 0.0 <= value <= 1.0 for value in row)
        assert sum(row) == pytest.approx(1.0, abs=1e-5)


def test_the_prior_is_named(document):
    assert document["windows"]["prior"] == "balanced"
    assert "calibrated" in document["windows"]["prior_note"]


def test_spans_lie_within_stretches_and_leave_no_moment_out(document):
    starts = document["windows"]["label_start_s"]
    assert starts[0] == 0.0
    assert starts[-1] == 290.0
    assert 190.0 in starts
    assert 207.5 in starts
    assert not [start for start in starts if 190.0 < start < 207.5]


def test_events_are_patterns_within_the_recording(document):
    for event in document["events"]:
        assert event["pattern"] in document["classes"][:5]
        assert 0.0 <= event["start_s"] < event["stop_s"] <= 300.0
        assert 0.0 < event["mean_prob"] <= event["max_prob"] <= 1.0


def test_what_cannot_be_assessed_has_empty_windows_and_a_finding():
    source = ArrayRecording(eeg(60)[:5], names=("Fp1", "Fp2", "C3", "C4", "O1"))
    document = result_json.to_json(pipeline.analyse(source, loudness_ensemble()))
    assert document["windows"]["prob"] == []
    assert document["windows"]["assessed"] == []
    assert document["recording"]["findings"]
    json.dumps(document, allow_nan=False)


def test_an_unknown_start_time_is_null():
    source = ArrayRecording(eeg(60))
    object.__setattr__(source.info, "start_time", None)
    assert result_json.to_json(pipeline.analyse(source, loudness_ensemble()))["recording"]["start_time"] is None
