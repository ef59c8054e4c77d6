"""The header of GDF 1.x and 2.x, read strictly.

Source: Schlögl, GDF - A General Dataformat for Biosignals, arXiv:cs/0608052 (versions 1.25 and 2.x); physical dimensions are coded
after ISO/IEEE 11073-10101.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import isfinite
from typing import Any, Final

import numpy as np

from ml.byte_source import ByteSource
from ml.edf_header import MAX_DURATION_S, MAX_LIMIT_UV, MAX_SFREQ_HZ, MAX_SIGNALS, uv_per_unit
from ml.errors import RecordingError
from ml.foreign.record_blocks import Column
from ml.recording import PatientField, Signal

_FIXED_BYTES: Final = 256
_MAX_TAGS_BYTES: Final = 1 << 20
_KINDS: Final = {1: "<i1", 2: "<u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<i8", 8: "<u8", 16: "<f4", 17: "<f8", 279: "i3", 535: "u3"}
_VOLT: Final = 4256
_PREFIXES: Final = {0: "", 18: "m", 19: "u", 20: "n"}
_DAYS_BEFORE_YEAR_1: Final = 367
"""GDF counts days from the year 0, as MATLAB does; this is 1 January of the year 1."""
_VARIABLE_1: Final = np.dtype([("label", "S16"), ("transducer", "S80"), ("unit", "S8"), ("pmin", "<f8"), ("pmax", "<f8"), ("dmin", "<i8"),
                               ("dmax", "<i8"), ("prefilter", "S80"), ("samples", "<u4"), ("type", "<u4"), ("reserved", "V32")])
_VARIABLE_2: Final = np.dtype([("label", "S16"), ("transducer", "S80"), ("unit", "S6"), ("unit_code", "<u2"), ("pmin", "<f8"),
                               ("pmax", "<f8"), ("dmin", "<f8"), ("dmax", "<f8"), ("obsolete", "V68"), ("lowpass", "<f4"),
                               ("highpass", "<f4"), ("notch", "<f4"), ("samples", "<u4"), ("type", "<u4"), ("place", "V32")])


@dataclass(frozen=True, slots=True)
class GdfHeader:
    """A header that passed, with the number of whole records that are really there."""

    version: float
    header_bytes: int
    record_bytes: int
    n_records: int
    columns: tuple[Column, ...]
    signals: tuple[Signal, ...]
    labels: tuple[str, ...]          # also of signals without samples: events count these
    duration_s: float
    start_time: datetime | None
    patient: PatientField = field(repr=False)
    equipment: str
    event_texts: tuple[str, ...]     # the file's own words for event codes, from code 0 on
    findings: tuple[str, ...]


def read_header(source: ByteSource) -> GdfHeader:
    """Read and judge a header.

    Raises
    ------
    RecordingError
        If it cannot be laid out, or no whole record is there.
    """
    fixed = source.read_at(0, _FIXED_BYTES)
    if len(fixed) < _FIXED_BYTES:
        raise RecordingError(f"The file ends after {len(fixed)} bytes, inside its header: it was cut short; copy it again.",
                             code="header_truncated")
    version = _version(fixed)
    old = version < 1.9
    header_bytes = struct.unpack_from("<q", fixed, 184)[0] if old else 256 * struct.unpack_from("<H", fixed, 184)[0]
    n_signals = struct.unpack_from("<I" if old else "<H", fixed, 252)[0]
    _refuse_layout(n_signals, header_bytes, source.size)
    rows = np.frombuffer(source.read_at(_FIXED_BYTES, _FIXED_BYTES * n_signals), np.uint8)
    stated, record_s = struct.unpack_from("<q", fixed, 236)[0], _record_s(fixed, version)
    findings: list[str] = []
    fields = _fields(rows, n_signals, _VARIABLE_1 if old else _VARIABLE_2)
    columns, signals, record_bytes = _signals(fields, record_s, findings)
    n_records = _n_records(stated, source.size - header_bytes, record_bytes, findings)
    duration_s = float(n_records * record_s)
    if duration_s > MAX_DURATION_S:
        raise RecordingError(f"The header states {duration_s / 86_400:.0f} days of recording; at most {MAX_DURATION_S // 86_400} days are "
                             "read. Export a shorter part.", code="too_long")
    tags = {} if old else _tags(source, _FIXED_BYTES * (n_signals + 1), header_bytes)
    return GdfHeader(
        version, header_bytes, record_bytes, n_records, columns, signals, tuple(_text(row["label"]) for row in fields), duration_s,
        _start(fixed, old), _patient(fixed, old),
        " ".join(filter(None, _words(tags.get(3, b""))))[:80], tuple(_words(tags.get(1, b""))), tuple(findings))


def _version(fixed: bytes) -> float:
    try:
        return float(fixed[4:8].decode("ascii"))
    except ValueError:
        raise RecordingError("The file begins like a GDF recording but states no version of it; export the recording again.",
                             code="foreign_unreadable") from None


def _record_s(fixed: bytes, version: float) -> Fraction:
    """Two whole numbers up to version 2.20, one floating-point number from 2.21 on, as BioSig 2.5 reads and writes them."""
    if version > 2.205:
        length = float(struct.unpack_from("<d", fixed, 244)[0])
        record_s = Fraction(length) if 1e-9 < length <= MAX_DURATION_S else Fraction(0)
    else:
        numerator, denominator = struct.unpack_from("<II", fixed, 244)
        record_s = Fraction(numerator, denominator) if denominator else Fraction(0)
    if not record_s:
        raise RecordingError("The header states no possible length of its data records, so the sampling rate is undefined; export the "
                             "recording again.", code="record_duration")
    return record_s


def _refuse_layout(n_signals: int, header_bytes: int, size: int) -> None:
    if not 1 <= n_signals <= MAX_SIGNALS:
        raise RecordingError(f"The header states {n_signals} signals; from 1 to {MAX_SIGNALS} can be read. Export fewer signals.",
                             code="signal_count")
    if not _FIXED_BYTES * (n_signals + 1) <= header_bytes <= size:
        raise RecordingError(f"The header states a length of {header_bytes} bytes, which {n_signals} signals in a file of {size} bytes "
                             "cannot have: it is damaged. Copy the file again.", code="header_size")


def _fields(raw: Any, count: int, layout: np.dtype[Any]) -> list[dict[str, Any]]:
    """The variable header goes field by field, each for all signals."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    at = 0
    for name in layout.names or ():
        width = layout[name].itemsize
        for row, value in zip(rows, raw[at : at + count * width].view(layout[name]), strict=True):
            row[name] = value
        at += count * width
    return rows


def _signals(rows: list[dict[str, Any]], record_s: Fraction, findings: list[str]) -> tuple[tuple[Column, ...], tuple[Signal, ...], int]:
    columns, signals, empty, at = [], [], 0, 0
    for number, row in enumerate(rows, 1):
        samples, kind = int(row["samples"]), _KINDS.get(int(row["type"]))
        if kind is None:
            raise RecordingError(f"Signal {number} is stored as number type {int(row['type'])}, which is not read; export the recording "
                                 "as EDF+.", code="sample_type")
        sfreq_hz = float(samples / record_s)
        if sfreq_hz > MAX_SFREQ_HZ:
            raise RecordingError(f"Signal {number} states {sfreq_hz:.4g} samples per second; at most {MAX_SFREQ_HZ:,} are read. Export "
                                 "the recording again.", code="sampling_rate")
        if samples:
            unit = _unit(row)
            label, gain, offset = _text(row["label"]), *_calibration(row, uv_per_unit(unit) or 1.0)
            if not gain:
                findings.append(f"{label or 'A signal without name'} has no usable scale: it is excluded.")
            columns.append(Column(sfreq_hz, samples, at, kind, gain or np.nan, offset))
            signals.append(Signal(label, sfreq_hz, unit, _text(row["transducer"]), _prefilter(row), calibrated=gain != 0.0))
        empty += not samples
        at += samples * int(kind[-1])
    if empty:
        findings.append(f"{empty} signals without regular samples were left out.")
    if not any(signal.calibrated for signal in signals):
        raise RecordingError("No signal of the file has a usable physical and digital range, so no voltage can be told; export the "
                             "recording again.", code="uncalibrated")
    return tuple(columns), tuple(signals), at


def _unit(row: dict[str, Any]) -> str:
    code = int(row.get("unit_code", 0))
    if code & ~31 == _VOLT and code & 31 in _PREFIXES:
        return f"{_PREFIXES[code & 31]}V"
    return "" if code else _text(row["unit"])


def _calibration(row: dict[str, Any], scale: float) -> tuple[float, float]:
    """Gain and value at digital zero; a gain of 0 means that there is none."""
    low, high, first, last = (float(row[name]) for name in ("pmin", "pmax", "dmin", "dmax"))
    if not all(map(isfinite, (low, high, first, last))) or first >= last or low == high or max(abs(low), abs(high)) * scale > MAX_LIMIT_UV:
        return 0.0, 0.0
    gain = (high - low) / (last - first) * scale
    offset = low * scale - first * gain
    return (gain, offset) if isfinite(offset) else (0.0, 0.0)


def _prefilter(row: dict[str, Any]) -> str:
    if "prefilter" in row:
        return _text(row["prefilter"])
    named = {"HP": float(row["highpass"]), "LP": float(row["lowpass"]), "N": float(row["notch"])}
    return " ".join(f"{name}:{value:g}Hz" for name, value in named.items() if isfinite(value) and 0 < value < MAX_SFREQ_HZ)


def _n_records(stated: int, data_bytes: int, record_bytes: int, findings: list[str]) -> int:
    present = data_bytes // record_bytes
    if present < 1 or stated < -1:
        raise RecordingError(f"The file holds no whole data record although its header states {stated}: there is nothing to read. Copy it "
                             "again.", code="no_data")
    if stated in (-1, 0):
        findings.append(f"The recorder never closed the file (it states {stated} data records): the {present} whole ones were read.")
        return present
    if present < stated:
        findings.append(f"The file was cut short: {present} of the {stated} data records that its header promises are there; "
                        f"{stated - present} are missing.")
    return min(stated, present)


def _start(fixed: bytes, old: bool) -> datetime | None:
    if not old:
        return _moment(struct.unpack_from("<Q", fixed, 168)[0])
    text = _text(fixed[168:184]).ljust(16, "0")
    try:
        return datetime.strptime(text[:14] + text[14:16].replace(" ", "0"), "%Y%m%d%H%M%S%f")
    except ValueError:
        return None


def _moment(days: int) -> datetime | None:
    """Days and 2^-32 days; the step of 20 us is rounded to a tenth of a millisecond."""
    tenths_ms = round(Fraction(days * 864_000_000, 1 << 32))
    try:
        moment = datetime(1, 1, 1) + timedelta(microseconds=100 * tenths_ms) - timedelta(days=_DAYS_BEFORE_YEAR_1)
    except OverflowError:
        return None
    return moment if 1850 < moment.year < 2200 else None


def _patient(fixed: bytes, old: bool) -> PatientField:
    words = _text(fixed[8:88] if old else fixed[8:74]).split()
    words = [("" if word.upper() == "X" else word.replace("_", " ")) for word in words]
    born = None if old else _moment(struct.unpack_from("<Q", fixed, 176)[0])
    names: dict[int, Any] = {1: "M", 2: "F"}
    return PatientField(
        code=(words[0] if words else "") or None, name=" ".join(words[1:] if old else words[1:2]).strip() or None,
        sex=None if old else names.get(fixed[87] & 3), birth_date=date(born.year, born.month, born.day) if born else None)


def _tags(source: ByteSource, start: int, stop: int) -> dict[int, bytes]:
    """The optional third header: tag, 24 bits of length, value."""
    raw, found, at = source.read_at(start, min(stop - start, _MAX_TAGS_BYTES)), {}, 0
    while at + 4 <= len(raw) and raw[at]:
        length = int.from_bytes(raw[at + 1 : at + 4], "little")
        found[raw[at]] = raw[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def _words(raw: bytes) -> list[str]:
    """Texts that end with a zero byte each."""
    return [_text(part) for part in raw.split(b"\0")[:256]]


def _text(raw: bytes | np.bytes_) -> str:
    plain = bytes(raw).split(b"\0")[0]
    try:
        text = plain.decode("utf-8")
    except UnicodeDecodeError:
        text = plain.decode("latin-1")
    return "".join(c for c in text if c.isprintable()).strip()
