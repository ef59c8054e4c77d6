"""Sentences for people, references for bugs."""

from __future__ import annotations

import logging
import re

import pytest

from app.errors import NotFound, code_of, sentence_of, status_of
from ml.errors import RecordingError


def test_a_known_error_is_told_by_its_sentence() -> None:
    error = NotFound("There is no such study.")
    assert (sentence_of(error), status_of(error), code_of(error)) == ("There is no such study.", 404, "not_found")


def test_a_refused_recording_is_told_by_its_sentence() -> None:
    error = RecordingError("The header ends after 12 bytes.", code="header_truncated")
    assert (sentence_of(error), status_of(error), code_of(error)) == ("The header ends after 12 bytes.", 422, "header_truncated")


def test_a_bug_is_told_by_a_reference_and_logged_under_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        sentence = sentence_of(KeyError("Rosa Ito"))
    reference = re.fullmatch(r"Something went wrong, reference (\w{4})\.", sentence)
    assert reference
    assert reference[1] in caplog.messages[0]
