"""The event table reads back equal and never runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from app.interop import event_table
from app.interop.event_table import EventLine

LINE = EventLine("lpd", 12.3456, 60.0, "10:00:12", 0.91, 0.5, "accepted", "alice")


def test_the_table_reads_back_with_names_milliseconds_and_decisions() -> None:
    row = next(csv.DictReader(io.StringIO(event_table.to_csv([LINE]))))
    assert row == {"pattern": "lpd", "start_s": "12.346", "stop_s": "60.000", "clock": "10:00:12", "max_prob": "0.9100",
                   "mean_prob": "0.5000", "decision": "accepted", "reviewed_by": "alice"}


@pytest.mark.parametrize("hostile", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(hostile: str) -> None:
    row = next(csv.DictReader(io.StringIO(event_table.to_csv([replace(LINE, reviewed_by=hostile)]), newline="")))
    assert row["reviewed_by"] == "'" + hostile
