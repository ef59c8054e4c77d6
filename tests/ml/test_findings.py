"""Sentences about what the analysis could not see."""

import pytest

from ml import pipeline
from ml.channels import ELECTRODES
from ml.findings import listed
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


def told(uv, **options) -> str:
    return " / ".join(pipeline.analyse(ArrayRecording(uv, **options), loudness_ensemble(10.0)).findings)


def test_a_sound_recording_has_nothing_to_tell():
    assert told(eeg(120)) == ""


@pytest.mark.parametrize("names, text", [((), ""), (("Fz",), "Fz"), (("Fz", "Cz"), "Fz and Cz"), (("T5", "Fz", "Cz"), "T5, Fz and Cz")])
def test_names_are_listed_as_people_do(names, text):
    assert listed(names) == text


def test_a_flat_electrode_is_named_with_its_share():
    x = eeg(100)
    x[2, : 50 * 200] = 0.0
    assert "C3 is flat (50% of the seconds)" in told(x)


def test_no_side_is_claimed_beside_an_absent_electrode():
    x = eeg(100)[1:]
    assert "the side of a pattern beside is not claimed" in told(x, names=ELECTRODES[1:])


def test_a_recording_shorter_than_the_context_says_so():
    assert "The recording (49.5 s) is shorter than the 50 s" in told(eeg(49.5))


def test_a_recording_shorter_than_a_span_names_both_lengths():
    sentence = told(eeg(5))
    assert "5.0 s" in sentence
    assert "10 s" in sentence


def test_short_pieces_between_gaps_are_counted():
    assert "8.0 s in stretches shorter than 10 s" in told(eeg(150), gaps=[(60.0, 62.0), (70.0, 72.0)])


def test_spans_with_too_many_bad_electrodes_are_counted():
    x = eeg(100)
    x[:6, 40 * 200 : 50 * 200] = 0.0
    assert "1 of 10 spans were not assessed" in told(x)


def test_a_rate_that_cannot_hold_the_band_is_told():
    assert "hold nothing above 32 Hz" in told(eeg(100, sfreq_hz=64.0), sfreq_hz=64.0)
