"""A small GDF recording, version 1.25 or 2.x, written by hand after Schlögl, arXiv:cs/0608052."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = {"int8": 1, "uint8": 2, "int16": 3, "uint16": 4, "int32": 5, "float32": 16, "float64": 17}
UNIT_CODES = {"V": 4256, "mV": 4274, "uV": 4275, "nV": 4276, "": 512}


@dataclass
class Gdf:
    """Signals of one physical range each; ``digits`` are in steps, records hold one ``record_s`` of each signal."""

    digits: Sequence[NDArray[Any]]
    labels: Sequence[str]
    version: str = "2.20"
    per_record: Sequence[int] = (100,)
    record_s: tuple[int, int] = (1, 2)                  # a fraction
    unit: str = "uV"
    physical: tuple[float, float] = (-3276.8, 3276.7)
    digital: tuple[float, float] = (-32768, 32767)
    start: datetime = datetime(2026, 5, 4, 10, 11, 12, 250_000)
    patient: str = "4711 Rosa_Ito"
    events: Sequence[tuple[int, int, int, int]] = ()    # position from 0, code, channel from 1 (0: all), length
    event_rate: float = 200.0
    mode: int = 3
    event_texts: Sequence[str] = ()
    stated_records: int | None = None
    fields: Mapping[str, bytes] = field(default_factory=dict)

    def build(self) -> bytes:
        n = len(self.digits)
        sizes = list(self.per_record) * (n if len(self.per_record) == 1 else 1)
        n_records = len(self.digits[0]) // sizes[0]
        records = b"".join(np.ascontiguousarray(row[r * size : (r + 1) * size]).tobytes()
                           for r in range(n_records) for row, size in zip(self.digits, sizes, strict=True))
        old = self.version.startswith("1")
        tags = b"" if old or not self.event_texts else _tag(1, b"\0".join(text.encode() for text in self.event_texts) + b"\0\0")
        header_bytes = 256 * (n + 1) + len(tags)
        fixed = (self._fixed_1 if old else self._fixed_2)(n, header_bytes, self.stated_records or n_records)
        assert len(fixed) == 256
        variable = self._variable_1(sizes) if old else self._variable_2(sizes)
        assert len(variable) == 256 * n
        return fixed + variable + tags + records + self._table(old)

    def _fixed_1(self, n: int, header_bytes: int, n_records: int) -> bytes:
        text = self.start.strftime("%Y%m%d%H%M%S") + f"{self.start.microsecond // 10_000:02d}"
        return (b"GDF 1.25" + self.patient.encode().ljust(160) + text.encode() + struct.pack("<q24s20sq2II", header_bytes, b"", b"",
                n_records, *self.record_s, n))

    def _fixed_2(self, n: int, header_bytes: int, n_records: int) -> bytes:
        moment = self.start - datetime(1, 1, 1)
        days = round(((moment.days + 367) + (moment.seconds + moment.microseconds / 1e6) / 86_400) * 2**32)
        born = (datetime(1950, 1, 1) - datetime(1, 1, 1)).days + 367 << 32
        return (f"GDF {self.version}".encode() + self.patient.encode().ljust(66) + bytes(13) + b"\x02" + bytes(80)
                + struct.pack("<QQH6s8s6s6s24sq", days, born, header_bytes // 256, b"", b"", b"", b"", b"", n_records)
                + (struct.pack("<2I", *self.record_s) if self.version <= "2.20" else struct.pack("<d", self.record_s[0] / self.record_s[1]))
                + struct.pack("<HH", n, 0))

    def _variable_1(self, sizes: Sequence[int]) -> bytes:
        n, limits = len(sizes), (*self.physical, *map(int, self.digital))
        return (self._names() + bytes(80 * n) + self.unit.encode().ljust(8) * n
                + b"".join(struct.pack("<d" if i < 2 else "<q", limit) * n for i, limit in enumerate(limits))
                + b"HP:0.5Hz LP:70Hz".ljust(80) * n + self._storage(sizes) + bytes(32 * n))

    def _variable_2(self, sizes: Sequence[int]) -> bytes:
        n = len(sizes)
        return (self._names() + bytes(80 * n) + bytes(6 * n) + struct.pack("<H", UNIT_CODES[self.unit]) * n
                + b"".join(struct.pack("<d", limit) * n for limit in (*self.physical, *self.digital)) + bytes(68 * n)
                + b"".join(struct.pack("<f", value) * n for value in (70.0, 0.5, 50.0)) + self._storage(sizes) + bytes(32 * n))

    def _names(self) -> bytes:
        return b"".join(label.encode().ljust(16, b"\0") for label in self.labels)

    def _storage(self, sizes: Sequence[int]) -> bytes:
        return np.array([*sizes, *(TYPES[row.dtype.name] for row in self.digits)], "<u4").tobytes()

    def _table(self, old: bool) -> bytes:
        count, rate = len(self.events), self.event_rate
        head = (struct.pack("<B", self.mode) + (int(rate).to_bytes(3, "little") + struct.pack("<I", count) if old else
                count.to_bytes(3, "little") + struct.pack("<f", rate)))
        at, code, channel, length = np.array(self.events, np.int64).reshape(-1, 4).T
        table = head + (at + 1).astype("<u4").tobytes() + code.astype("<u2").tobytes()
        return table + (channel.astype("<u2").tobytes() + length.astype("<u4").tobytes() if self.mode & 2 else b"")


def _tag(number: int, value: bytes) -> bytes:
    """The third header, filled up to whole blocks of 256 bytes."""
    raw = bytes([number]) + len(value).to_bytes(3, "little") + value
    return raw.ljust(-(-(len(raw) + 1) // 256) * 256, b"\0")
