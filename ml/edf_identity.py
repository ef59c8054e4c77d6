"""Who and when in an EDF header: the patient, recording and start fields, decoded leniently and never logged.

Sources: Kemp et al. 1992 (EDF), Kemp and Olivan 2003 (EDF+, subfields of the patient and recording fields),
https://www.edfplus.info/specs/edfplus.html
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Final

from ml.recording import PatientField, RecordingField

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DATE: Final = re.compile(r"([0-9]{2})[./:-]([0-9]{2})[./:-]([0-9]{2})")
_LONG_DATE: Final = re.compile(r"([0-9]{2})-([A-Za-z]{3})-([0-9]{4})")
_NOBODY: Final = frozenset(("", "0", "X", "ANONYMOUS", "ANONYMIZED", "ANONYMISED", "ANON", "UNKNOWN", "NO_NAME", "NONAME"))
_CLIPPING_YEAR: Final = 85
"""EDF: two-digit years 85..99 mean 1985..1999, 00..84 mean 2000..2084."""


def decode(raw: bytes) -> tuple[str, bool]:
    """Decode one header field.

    Returns
    -------
    tuple
        The text without padding and control characters, and whether it was plain ASCII as EDF asks. A field that is
        not ASCII is read as UTF-8 (which the field's length may have cut inside a character), else as Latin-1.
    """
    text = _utf8(raw)
    if text is None:
        text = raw.decode("latin-1")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.strip(), all(32 <= byte < 127 for byte in raw.rstrip(b"\x00"))


def _utf8(raw: bytes) -> str | None:
    for cut in range(4):
        try:
            return raw[: len(raw) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return None


def patient(raw: str) -> PatientField:
    """Split the local patient identification ``code sex birthdate name``; a free text counts as a name."""
    parts = raw.split()
    structured = len(parts) >= 4 and parts[1] in ("F", "M", "X") and _is_long_date_or_x(parts[2])
    if not structured:
        somebody = any(part.upper() not in _NOBODY for part in parts)
        return PatientField(raw=raw, name=raw if somebody else None)
    return PatientField(
        raw=raw,
        code=_known(parts[0]),
        name=_known(parts[3]),
        sex="F" if parts[1] == "F" else "M" if parts[1] == "M" else None,
        birth_date=long_date(parts[2]),
    )


def recorded(raw: str) -> RecordingField:
    """Split the EDF+ recording field ``Startdate date code technician equipment``; the free text of a plain EDF says nothing."""
    parts = raw.split()
    if len(parts) < 5 or parts[0] != "Startdate":
        return RecordingField()
    return RecordingField(start_date=long_date(parts[1]), admin_code=_known(parts[2]), technician=_known(parts[3]),
                          equipment=_known(parts[4]))


def start(date_field: str, time_field: str, recording: str) -> tuple[datetime | None, str | None]:
    """Local start time of a recording, or None with a finding that says why the clock is unknown."""
    day, finding = _start_date(date_field, recording)
    clock = _clock(time_field)
    if clock is None:
        return None, "The start time in the header is impossible: the time of day is unknown and times count from the start."
    return (datetime.combine(day, clock), finding) if day else (None, finding)


def _start_date(date_field: str, recording: str) -> tuple[date | None, str | None]:
    short, stated = _short_date(date_field), _stated_start(recording)
    if date_field[6:].lower() == "yy":   # EDF+ from 2085 on: the year stands in the recording field alone
        short = long_date(stated)
    if short is None:
        return None, "The start date in the header is impossible: the time of day is unknown and times count from the start."
    if stated == "X" and short == date(1985, 1, 1):
        return None, "The start date was removed from the header: times count from the start of the recording."
    full = long_date(stated)
    if full is None:
        return short, None
    if (full.day, full.month, full.year % 100) != (short.day, short.month, short.year % 100):
        return short, "The header states two different start dates: the one of its first block is shown."
    return full, None


def _stated_start(recording: str) -> str:
    parts = recording.split()
    return parts[1] if len(parts) > 1 and parts[0] == "Startdate" else ""


def _short_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    day, month, year = (int(group) for group in match.groups())
    try:
        return date(1900 + year if year >= _CLIPPING_YEAR else 2000 + year, month, day)
    except ValueError:
        return None


def long_date(text: str) -> date | None:
    """Read ``dd-MMM-yyyy`` with English months, whatever the locale; None if it is no date."""
    match = _LONG_DATE.fullmatch(text)
    if not match or match[2].upper() not in _MONTHS or not 1850 <= int(match[3]) < 2200:   # births and recordings
        return None
    try:
        return date(int(match[3]), _MONTHS.index(match[2].upper()) + 1, int(match[1]))
    except ValueError:
        return None


def write_long_date(day: date) -> str:
    """Write ``dd-MMM-yyyy`` as EDF+ asks."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"


def _clock(text: str) -> time | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    try:
        return time(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _is_long_date_or_x(text: str) -> bool:
    return text == "X" or long_date(text) is not None


def _known(text: str) -> str | None:
    """An EDF+ subfield, or None where it is anonymised (``X``, or a word to that effect)."""
    return None if text.upper() in _NOBODY else text.replace("_", " ")
