"""What a reader writes to go somewhere, and what is refused in a sentence."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.services import moments
from tests import builders

NIGHT = datetime(2026, 3, 2, 22, 15)


@pytest.mark.parametrize(("words", "at_s"), [
    ("22:15:00", 0.0), ("22:16:40", 100.0), ("0:15", 7200.0), ("day 2 00:15:30", 7230.0), ("d2 0:15", 7200.0), ("2026-03-03 00:15:00", 7200.0),
    ("90", 90.0), ("90.5 s", 90.5), ("+90", 1090.0), ("-90", 910.0), ("−1:30", 910.0), ("+0:00:10", 1010.0), (" 22:15:08.5 ", 8.5),
])
def test_a_night_is_found_by_clock_seconds_and_steps(words: str, at_s: float) -> None:
    assert moments.moment(words, start=NIGHT, duration_s=8 * 3600.0, here_s=1000.0) == pytest.approx(at_s)


@pytest.mark.parametrize("words", ["", "noon", "14:75", "22:15:61", "25:00", "day 0 22:15", "+", "--5", "2026-02-31 10:00", "1e3", "+1:90", "NaN"])
def test_what_is_no_time_is_refused_with_what_to_write(words: str) -> None:
    with pytest.raises(Invalid, match=r"is not a time; write 14:26:08, day 2 14:26:08, 90 \(seconds from the start\), or \+90 and -1:30"):
        moments.moment(words, start=NIGHT, duration_s=8 * 3600.0)


@pytest.mark.parametrize("words", ["12:00", "day 3 00:00", "99999", "-1", "+40000", "2026-03-02 22:00"])
def test_what_lies_outside_is_refused_with_the_ends_of_the_recording(words: str) -> None:
    with pytest.raises(Invalid, match=f"“\\{words}” is not within this recording, which goes from 22:15:00 to day 2 06:15:00." if words[0] in "+-"
                       else f"“{words}” is not within this recording, which goes from 22:15:00 to day 2 06:15:00."):
        moments.moment(words, start=NIGHT, duration_s=8 * 3600.0)


def test_a_clock_time_that_comes_twice_needs_its_day() -> None:
    day = {"start": NIGHT, "duration_s": 30 * 3600.0}
    with pytest.raises(Invalid, match=r"23:00 comes 2 times in this recording: write day 1 23:00 or day 2 23:00\."):
        moments.moment("23:00", **day)      # type: ignore[arg-type]
    assert moments.moment("day 2 23:00", **day) - moments.moment("day 1 23:00", **day) == 86400.0      # type: ignore[arg-type]
    assert moments.moment("12:00", **day) == 13.75 * 3600.0      # type: ignore[arg-type]


def test_without_a_clock_times_count_from_the_start() -> None:
    assert moments.moment("26:00:00", start=None, duration_s=30 * 3600.0) == 26 * 3600.0
    assert moments.moment("day 2 2:00", start=None, duration_s=30 * 3600.0) == 26 * 3600.0
    with pytest.raises(Invalid, match="from 0:00:00 to 30:00:00"):
        moments.moment("31:00", start=None, duration_s=30 * 3600.0)


def test_a_start_within_a_second_is_found_by_the_second_that_the_clock_shows() -> None:
    assert moments.moment("22:15:00", start=NIGHT.replace(microsecond=400_000), duration_s=60.0) == 0.0


def test_bob_finds_no_moment_of_alices_recording(session: Session) -> None:
    study_id = builders.study(session, alice := builders.actor(session, "alice"))
    assert moments.find(session, alice, study_id, "+5", here_s=10.0) == 15.0
    with pytest.raises(NotFound):
        moments.find(session, builders.actor(session, "bob"), study_id, "+5")
