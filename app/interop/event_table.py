"""Events as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final, Protocol

COLUMNS: Final = ("pattern", "start_s", "stop_s", "clock", "max_prob", "mean_prob", "decision", "reviewed_by")
ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell (OWASP, CSV injection)."""


class Event(Protocol):
    """What a row is made of; seconds count from the start of the recording."""

    @property
    def pattern(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def stop_s(self) -> float: ...
    @property
    def clock(self) -> str: ...
    @property
    def max_prob(self) -> float: ...
    @property
    def mean_prob(self) -> float: ...
    @property
    def decision(self) -> str: ...
    @property
    def reviewed_by(self) -> str: ...


def to_csv(events: Iterable[Event]) -> str:
    """One line for each event, times in seconds with milliseconds; a header line names the columns."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for event in events:
        numbers = (f"{event.start_s:.3f}", f"{event.stop_s:.3f}")
        probabilities = (f"{event.max_prob:.4f}", f"{event.mean_prob:.4f}")
        writer.writerow([safe(event.pattern), *numbers, safe(event.clock), *probabilities, safe(event.decision), safe(event.reviewed_by)])
    return out.getvalue()


def safe(text: str) -> str:
    """``text`` with an apostrophe in front where a spreadsheet would otherwise run it."""
    return f"'{text}" if text.startswith(ACTIVE) else text
