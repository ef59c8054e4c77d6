"""Annotations as CSV (RFC 4180), safe to open in a spreadsheet, and as Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from app.interop.event_table import safe


@dataclass(frozen=True, slots=True)
class AnnotationLine:
    """What a row is made of; seconds count from the start of the recording."""

    source: str                          # "file" or "reader"
    start_s: float
    stop_s: float | None                 # None: an instant
    clock: str
    label: str = ""                      # the class; empty where the comment says it all
    channel: str = ""                    # empty: all
    comment: str = ""
    author: str = ""                     # these five of readers' only
    changed_by: str = ""                 # who made the version that holds
    changed_at: str = ""                 # ISO, UTC
    version: int | None = None
    id: str = ""


COLUMNS: Final = ("source", "start_s", "stop_s", "clock", "label", "channel", "comment", "author", "changed_by", "changed_at", "version", "id")


def to_csv(lines: Sequence[AnnotationLine]) -> str:
    """One line for each annotation, times in seconds with milliseconds; a header line names the columns."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in astuple(line)] for line in lines)
    return out.getvalue()


def to_parquet(lines: Sequence[AnnotationLine]) -> bytes:
    """The same columns; what is empty in CSV for want of a value is null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"start_s": pa.float64(), "stop_s": pa.float64(), "version": pa.int32()}
    columns = {name: pa.array([getattr(line, name) for line in lines], kinds.get(name, pa.string())) for name in COLUMNS}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def _cell(value: str | float | int | None) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else safe(str(value))
