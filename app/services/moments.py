"""The moment that a reader means: a clock time of the recording, seconds from its start, or a step from where the reader is."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Invalid
from app.services import studies

EXAMPLES: Final = "14:26:08, day 2 14:26:08, 90 (seconds from the start), or +90 and -1:30 (from here)"
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?) ?s?")
_CLOCK: Final = re.compile(r"(?:(?:day ?|d ?)(?P<day>\d{1,3}),? +|(?P<date>\d{4}-\d\d-\d\d)[T ]+)?(?P<clock>\d+:\d\d(?::\d\d(?:\.\d+)?)?)")


def find(session: Session, who: Actor, study_id: UUID, words: str, *, here_s: float = 0.0) -> float:
    """Seconds from the start of a recording, within it.

    Parameters
    ----------
    words
        As in ``EXAMPLES``. Days count from 1, the calendar day on which the recording began; a date does as well. In a recording
        without a clock, times count from its start.
    here_s
        Where steps (``+90``) are counted from.

    Raises
    ------
    Invalid
        If the words are no time, or no time of this recording, or a clock time that comes more than once in it.
    """
    study = studies.find(session, who, study_id)
    return moment(words, start=study.start_local, duration_s=study.duration_s, here_s=here_s)


def moment(words: str, *, start: datetime | None, duration_s: float, here_s: float = 0.0) -> float:
    """The same of a recording that begins at ``start``, its local clock, or at an unknown time."""
    said = words.strip().replace("−", "-").lower()
    if said[:1] in ("+", "-"):
        return _within(here_s + (-1.0 if said[0] == "-" else 1.0) * _length_s(said[1:].strip(), words), words, start, duration_s)
    if seconds := _SECONDS.fullmatch(said):
        return _within(float(seconds[1]), words, start, duration_s)
    clock = _CLOCK.fullmatch(said)
    if clock is None:
        raise _no_time(words)
    return _at_clock(clock, words, start, duration_s)


def _length_s(said: str, words: str) -> float:
    """Of "90", "90 s", "1:30" (minutes and seconds) or "1:00:00"."""
    if seconds := _SECONDS.fullmatch(said):
        return float(seconds[1])
    if not re.fullmatch(r"\d+(:[0-5]\d){1,2}(\.\d+)?", said):
        raise _no_time(words)
    total = 0.0
    for part in said.split(":"):
        total = total * 60.0 + float(part)
    return total


def _at_clock(said: re.Match[str], words: str, start: datetime | None, duration_s: float) -> float:
    hours, minutes, *rest = said["clock"].split(":")
    clock_s = int(hours) * 3600 + int(minutes) * 60 + float(rest[0] if rest else 0)
    day, on = said["day"], said["date"]
    if int(minutes) > 59 or (rest and float(rest[0]) >= 60) or ((start or day) and clock_s >= 86400) or (on and not start) or day == "0":
        raise _no_time(words)
    if start is None:
        return _within(clock_s + 86400.0 * (int(day) - 1 if day else 0), words, start, duration_s)
    first_s = clock_s - (start - datetime.combine(start, time())).total_seconds()       # on the day of the start, before it if negative
    if day or on:
        return _within(first_s + 86400.0 * (int(day) - 1 if day else _days(on, start, words)), words, start, duration_s)
    times = [(number, at_s) for number in range(int(duration_s // 86400) + 2) if -1.0 < (at_s := first_s + 86400.0 * number) < duration_s + 1.0]
    if len(times) > 1:
        days = " or ".join(f"day {number + 1} {said['clock']}" for number, _ in times)
        raise Invalid(f"{said['clock']} comes {len(times)} times in this recording: write {days}.")
    return _within(times[0][1] if times else -1.0, words, start, duration_s)


def _days(on: str, start: datetime, words: str) -> int:
    try:
        return (date.fromisoformat(on) - start.date()).days
    except ValueError as error:
        raise _no_time(words) from error


def _within(at_s: float, words: str, start: datetime | None, duration_s: float) -> float:
    if -1.0 < at_s < duration_s + 1.0:       # a clock shows whole seconds
        return min(max(at_s, 0.0), duration_s)
    raise Invalid(f"“{words.strip()}” is not within this recording, which goes from {_clock(0.0, start)} to {_clock(duration_s, start)}.")


def _clock(at_s: float, start: datetime | None) -> str:
    if start is None:
        return f"{int(at_s) // 3600}:{int(at_s) // 60 % 60:02d}:{int(at_s) % 60:02d}"
    at = start + timedelta(seconds=at_s)
    days = (at.date() - start.date()).days
    return f"day {days + 1} {at:%H:%M:%S}" if days else f"{at:%H:%M:%S}"


def _no_time(words: str) -> Invalid:
    return Invalid(f"“{words.strip()}” is not a time; write {EXAMPLES}.")
