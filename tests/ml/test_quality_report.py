"""The quality report: every second in its place, the same verdicts as the analysis, nothing of the patient."""

import json

import numpy as np
import pytest

from ml import pipeline, quality_report
from ml.electrode_seconds import NOT_RECORDED, STATES
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


def damaged(**options) -> ArrayRecording:
    x = eeg(125, seed=2)
    x[4, 40 * 200 : 60 * 200] = 7.0
    return ArrayRecording(x, **options)


def test_a_flat_stretch_stands_at_its_seconds():
    report = quality_report.inspect(damaged())
    assert np.flatnonzero(report.seconds.states[4] == STATES.index("flat")).tolist() == list(range(40, 60))
    assert report.seconds.states.shape == (19, 125)
    assert (report.seconds.windows()["n_bad"][4:6] == 1).all()
    assert report.seconds.windows()["artifact_share"][4] == pytest.approx(1 / 19, abs=0.02)


def test_gaps_stay_on_the_clock_and_count_for_nothing():
    report = quality_report.inspect(damaged(gaps=[(70.0, 95.0)]))
    assert np.flatnonzero(~report.seconds.recorded).tolist() == list(range(70, 95))
    windows = report.seconds.windows()
    assert windows["assessable"].tolist() == [True] * 7 + [False] * 2 + [True] * 4
    assert np.isnan(windows["snr_db"][7:9]).all()


def test_the_verdicts_are_those_of_the_analysis_whatever_the_blocks():
    source = damaged()
    analysed = pipeline.analyse(source, loudness_ensemble(10.0)).quality
    for block_s in (60.0, 600.0):
        found = quality_report.inspect(source, block_s=block_s).quality
        assert [(c.name, c.bad_share, c.reasons, c.snr_db) for c in found.channels] == [
            (c.name, c.bad_share, c.reasons, c.snr_db) for c in analysed.channels]


def test_too_many_bad_electrodes_make_a_window_not_assessable():
    x = eeg(60)
    x[:5, 20 * 200 : 30 * 200] = 0.0
    windows = quality_report.inspect(ArrayRecording(x)).seconds.windows()
    assert windows["assessable"].tolist() == [True, True, False, True, True, True]


def test_the_json_is_plain_finite_and_nameless():
    words = quality_report.to_json(quality_report.inspect(damaged(gaps=[(70.0, 95.0)])))
    assert json.loads(json.dumps(words, allow_nan=False)) == words
    assert words["recording"]["identity_in_file"] is False
    assert len(words["windows"]["snr_db"]) == 13
    assert words["signals"][4]["read_as"] == "F7"


def test_a_recording_without_named_electrodes_is_told_and_not_measured():
    report = quality_report.inspect(ArrayRecording(eeg(30, n=3), names=("E1", "E2", "E3")))
    assert (report.seconds.states == NOT_RECORDED).all()
    assert report.quality.channels == ()
    assert any("No signal is named after an electrode" in finding for finding in report.findings)


def test_a_file_of_annotations_only_has_an_empty_report():
    words = quality_report.to_json(quality_report.inspect(ArrayRecording(np.zeros((0, 0)), names=())))
    assert words["windows"]["start_s"] == words["windows"]["snr_db"] == words["signals"] == []
