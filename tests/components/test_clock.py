"""components/clock.py: the recorder's clock has no zone, ours is shown in the clinic's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components import clock

EVENING = datetime(2026, 11, 21, 23, 59, 30)


@pytest.mark.parametrize(("seconds", "words"), [
    (2.5, "2.5 s"), (50, "50 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (86_399.6, "24 h"), (0, "0 s"),
])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert clock.duration(seconds) == words


def test_a_recording_that_passes_midnight_says_so() -> None:
    assert clock.recorder_time(EVENING, 45.0) == "00:00:15 (+1 d)"


def test_without_a_clock_times_count_from_the_start() -> None:
    assert clock.recorder_time(None, 3723.9) == "+01:02:03"


def test_our_own_events_are_shown_in_the_zone_of_the_clinic() -> None:
    assert clock.moment(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "Europe/Warsaw") == "2026-07-01 14:00"


def test_a_little_is_not_shown_as_nothing() -> None:
    assert clock.minutes(1.0) == "< 0.1"
