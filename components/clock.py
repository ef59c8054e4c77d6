"""Times and durations in words.

The recorder's clock has no zone; our own events are UTC and shown in the zone of the clinic.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def duration(seconds: float) -> str:
    """``"24 h 5 min"``, ``"3 min 20 s"``, ``"50 s"``, ``"2.5 s"``."""
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{whole} s"


def minutes(seconds: float) -> str:
    """Minutes for a column of numbers: ``"12.5"``, and ``"< 0.1"`` rather than a zero that is none."""
    value = seconds / 60
    return "< 0.1" if 0 < value < 0.05 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def recorder_time(start: datetime | None, offset_s: float = 0.0) -> str:
    """Time of day on the recorder's own clock, or the offset from the start where the file states no clock."""
    if start is None:
        whole = int(offset_s)
        return f"+{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    seconds = start.hour * 3600 + start.minute * 60 + start.second + start.microsecond / 1e6 + offset_s
    days, whole = divmod(int(seconds), 86400)
    text = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{text} (+{days} d)" if days else text


def exact_time(start: datetime | None, offset_s: float) -> str:
    """``recorder_time`` to the millisecond."""
    shift_ms = start.microsecond // 1000 if start else 0
    whole, rest_ms = divmod(round(offset_s * 1000) + shift_ms, 1000)
    text, _, days = recorder_time(start.replace(microsecond=0) if start else None, float(whole)).partition(" ")
    return " ".join(filter(None, (f"{text}.{rest_ms:03d}", days)))


def length(seconds: float) -> str:
    """Of a recording; a dash for one of another maker that is not converted yet."""
    return duration(seconds) if seconds else "–"


def recorder_start(start: datetime | None, *, is_known: bool = True) -> str:
    """Nothing is known of a recording of another maker before it is converted."""
    return start.strftime("%Y-%m-%d %H:%M:%S") if start else "not stated in the file" if is_known else "known once converted"


def moment(at: datetime | None, zone: str = "UTC", *, seconds: bool = False) -> str:
    """One of our own events in the zone of the clinic."""
    form = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    return at.astimezone(ZoneInfo(zone)).strftime(form) if at else ""


def day(value: date | None) -> str:
    return value.isoformat() if value else "unknown"

