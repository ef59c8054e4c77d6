"""Events as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = ("pattern", "start_s", "stop_s", "clock", "max_prob", "mean_prob", "decision", "reviewed_by")
ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """What a row is made of; seconds count from the start of the recording."""

    pattern: str
    start_s: float
    stop_s: float
    clock: str
    max_prob: float | None               # None where the model assessed nothing
    mean_prob: float | None
    decision: str
    reviewed_by: str


def to_csv(events: Iterable[EventLine]) -> str:
    """One line for each event, times in seconds with milliseconds; a header line names the columns."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for event in events:
        numbers = (f"{event.start_s:.3f}", f"{event.stop_s:.3f}")
        probabilities = ("" if prob is None else f"{prob:.4f}" for prob in (event.max_prob, event.mean_prob))
        writer.writerow([safe(event.pattern), *numbers, safe(event.clock), *probabilities, safe(event.decision), safe(event.reviewed_by)])
    return out.getvalue()


def safe(text: str) -> str:
    """``text`` with an apostrophe in front where a spreadsheet would otherwise run it."""
    return f"'{text}" if text.startswith(ACTIVE) else text
