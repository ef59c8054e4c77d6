"""Build EDF and BDF files byte by byte, right or wrong on purpose; knows nothing of the code under test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

ANNOTATIONS = "EDF Annotations"
SIGNAL_FIELDS = (("label", 16), ("transducer", 80), ("unit", 8), ("pmin", 8), ("pmax", 8), ("dmin", 8), ("dmax", 8),
                 ("prefilter", 80), ("samples", 8), ("reserved", 32))
FIXED_FIELDS = (("version", 8), ("patient", 80), ("recording", 80), ("date", 8), ("time", 8), ("header_bytes", 8),
                ("reserved", 44), ("n_records", 8), ("record_s", 8), ("n_signals", 4))


@dataclass
class Edf:
    """A file of ``len(data)`` signals with 16-bit samples; every header field can be overwritten by name."""

    labels: Sequence[str] = ("Fp1", "F3")
    data: Sequence[NDArray[np.int16]] | None = None   # one array per signal, whole records
    per_record: Sequence[int] | int = 10
    n_records: int = 3
    tals: Sequence[bytes] | None = None
    tal_bytes: int = 60
    fields: dict[str, str | bytes] = field(default_factory=dict)
    signal_fields: dict[int, dict[str, str | bytes]] = field(default_factory=dict)

    def samples(self) -> list[NDArray[np.int16]]:
        sizes = [self.per_record] * len(self.labels) if isinstance(self.per_record, int) else self.per_record
        if self.data is not None:
            return [np.asarray(row, "<i2").reshape(self.n_records, -1) for row in self.data]
        rng = np.random.default_rng(1)
        return [rng.integers(-3000, 3000, (self.n_records, size), dtype=np.int16) for size in sizes]

    def header(self) -> bytes:
        samples = self.samples()
        rows = [{"label": label, "unit": "uV", "pmin": "-3276.8", "pmax": "3276.7", "dmin": "-32768", "dmax": "32767",
                 "samples": str(block.shape[1])} for label, block in zip(self.labels, samples, strict=True)]
        if self.tals is not None:
            rows.append({"label": ANNOTATIONS, "pmin": "-1", "pmax": "1", "dmin": "-32768", "dmax": "32767",
                         "samples": str(self.tal_bytes // 2)})
        for index, changes in self.signal_fields.items():
            rows[index] = {**rows[index], **changes}
        plain = {"version": "0", "patient": "X X X X", "recording": "Startdate 02-MAR-2024 X X X", "date": "02.03.24",
                 "time": "10.11.12", "header_bytes": str(256 * (len(rows) + 1)), "reserved": "EDF+C" if self.tals else "",
                 "n_records": str(self.n_records), "record_s": "1", "n_signals": str(len(rows)), **self.fields}
        fixed = b"".join(cell(plain[name], width) for name, width in FIXED_FIELDS)
        return fixed + b"".join(cell(row.get(name, ""), width) for name, width in SIGNAL_FIELDS for row in rows)

    def records(self) -> bytes:
        samples = self.samples()
        parts = []
        for record in range(self.n_records):
            parts += [block[record].astype("<i2").tobytes() for block in samples]
            if self.tals is not None:
                parts.append(self.tals[record].ljust(self.tal_bytes, b"\x00"))
        return b"".join(parts)

    def build(self) -> bytes:
        return self.header() + self.records()


def cell(value: str | bytes, width: int) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode("latin-1")
    return raw[:width].ljust(width)


def timekeeping(onsets_s: Sequence[float | str], texts: dict[int, bytes] | None = None) -> list[bytes]:
    """Lists that state the time of each record, with further lists where asked."""
    return [f"+{onset}\x14\x14\x00".encode() + (texts or {}).get(index, b"") for index, onset in enumerate(onsets_s)]
