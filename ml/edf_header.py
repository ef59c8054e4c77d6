"""The header of EDF, EDF+, BDF and BDF+: a strict gate in plain Python, before any sample is read.

Sources: Kemp et al. 1992 (EDF), Kemp and Olivan 2003 (EDF+), https://www.edfplus.info/specs,
https://www.biosemi.com/faq/file_format.htm (BDF).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import isfinite
from typing import Final

from ml import edf_identity
from ml.byte_source import ByteSource
from ml.errors import RecordingError
from ml.recording import PatientField, RecordingField, Signal

FIXED_BYTES: Final = 256
"""Bytes of the first block of a header, and of the header of each signal."""
MAX_SIGNALS: Final = 512
MAX_SAMPLES_PER_RECORD: Final = 1_000_000
MAX_RECORD_S: Final = 86_400
MAX_SFREQ_HZ: Final = 100_000
"""Above the fastest clinical amplifier; a header that states more is not one of an EEG."""
MAX_DURATION_S: Final = 31 * 86_400
"""Longest recording that is opened: a month. Guards everything that counts by time."""
MAX_LIMIT_UV: Final = 1e12
"""A megavolt: physical limits beyond are no calibration."""
UV_PER_UNIT: Final[dict[str, float]] = {"v": 1e6, "mv": 1e3, "uv": 1.0, "nv": 1e-3}
ANNOTATION_LABELS: Final = ("EDF Annotations", "BDF Annotations")

SIGNAL_FIELDS: Final = (
    ("label", 16), ("transducer", 80), ("unit", 8), ("physical_min", 8), ("physical_max", 8),
    ("digital_min", 8), ("digital_max", 8), ("prefilter", 80), ("samples", 8), ("reserved", 32),
)
"""Fields of the headers of signals and their widths, each for all signals one after the other."""
_ALTERED_SAMPLE_BYTES: Final = 256 << 10
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,8}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_REPEATABLE: Final = re.compile(r"[0-9.,+\-eExX ]*")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """One signal and where its samples lie within a data record."""

    signal: Signal
    offset_bytes: int                # from the start of a data record
    samples_per_record: int
    gain: float = 0.0                # microvolts (or the signal's own unit) per digital step
    offset: float = 0.0              # value at digital zero


@dataclass(frozen=True, slots=True)
class AnnotationSlot:
    """Where the annotation lists lie within a data record."""

    offset_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """A header that passed the gate, with the number of whole data records that are really there."""

    format: str
    sample_bytes: int                # 2 (EDF) or 3 (BDF)
    header_bytes: int
    record_bytes: int
    n_records: int
    record_s: Fraction
    signals: tuple[EdfSignal, ...]
    slots: tuple[AnnotationSlot, ...]
    start_time: datetime | None
    patient: PatientField = field(repr=False)
    recorded: RecordingField = field(repr=False)
    findings: tuple[str, ...]
    size_fits: bool = True           # whether the size of the file is the one that its header promises

    @property
    def equipment(self) -> str:
        return self.recorded.equipment or ""

    @property
    def duration_s(self) -> float:
        return float(self.n_records * self.record_s)


def read_header(source: ByteSource) -> EdfHeader:
    """Read and judge a header.

    Parameters
    ----------
    source
        The file, or its first bytes with the total size known.

    Raises
    ------
    RecordingError
        If the header cannot be laid out, or no whole data record is there.
    """
    fixed = source.read_at(0, FIXED_BYTES)
    if len(fixed) < FIXED_BYTES:
        raise RecordingError(
            f"The file ends after {len(fixed)} bytes, inside the header of {FIXED_BYTES} bytes: it was cut short; "
            "copy it again from the recorder.", code="header_truncated")
    findings: list[str] = []
    n_signals = _n_signals(fixed)
    rows = _signal_rows(source, fixed, n_signals, findings)
    record_s = _record_s(fixed)
    sample_bytes = 3 if fixed[0] == 0xFF else 2
    signals, slots, record_bytes = _layout(rows, record_s, sample_bytes, findings)
    if record_s == 0 and signals:
        raise RecordingError(
            "The header states data records of 0 seconds, so the sampling rate is undefined; export the recording again.",
            code="record_duration")
    n_found = len(findings)
    n_records = _n_records(source, fixed, FIXED_BYTES * (n_signals + 1), record_bytes, findings)
    size_fits = len(findings) == n_found
    if n_records * record_s > MAX_DURATION_S:
        raise RecordingError(
            f"The header states {float(n_records * record_s) / 86_400:.0f} days of recording; at most "
            f"{MAX_DURATION_S // 86_400} days are read. Export a shorter part.", code="too_long")
    start_time, patient, recorded = _identity(fixed, findings)
    return EdfHeader(
        format=_format(fixed), sample_bytes=sample_bytes, header_bytes=FIXED_BYTES * (n_signals + 1),
        record_bytes=record_bytes, n_records=n_records, record_s=record_s, signals=signals, slots=slots,
        start_time=start_time, patient=patient, recorded=recorded, findings=tuple(findings),
        size_fits=size_fits)


def header_bytes_needed(fixed: bytes) -> int:
    """Bytes of the whole header, from its first block."""
    return FIXED_BYTES * (_n_signals(fixed) + 1)


def uv_per_unit(unit: str) -> float | None:
    """Microvolts per physical unit, or None if the unit is not one of voltage."""
    return UV_PER_UNIT.get(unit.replace("\u00b5", "u").replace("\u03bc", "u").lower())


def _text(fixed: bytes, start: int, stop: int) -> str:
    return edf_identity.decode(fixed[start:stop])[0]


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _shown(text: str) -> str:
    """A field as it may be repeated in a refusal: a damaged header could have anything there, a name included."""
    return f"“{text}”" if _REPEATABLE.fullmatch(text) else "unreadable text"


def _number(text: str) -> float | None:
    """A finite number as EDF writes it; a decimal comma is understood."""
    plain = text.replace(",", ".", 1)
    if not _NUMBER.fullmatch(plain):
        return None
    value = float(plain)
    return value if isfinite(value) else None


def _n_signals(fixed: bytes) -> int:
    text = _text(fixed, 252, 256)
    count = _integer(text)
    if count is None:
        raise RecordingError(
            f"The header states {_shown(text)} as the number of signals, which is not a number: it cannot be laid out. "
            "Export the recording again.", code="signal_count")
    if not 1 <= count <= MAX_SIGNALS:
        raise RecordingError(
            f"The header states {count} signals; from 1 to {MAX_SIGNALS} can be read. Export fewer signals.",
            code="signal_count")
    return count


def _record_s(fixed: bytes) -> Fraction:
    text = _text(fixed, 244, 252)
    value = _number(text)
    if value is None or not 0 <= value <= MAX_RECORD_S:
        raise RecordingError(
            f"The header states {_shown(text)} as the length of a data record in seconds; it must be a number from 0 to "
            f"{MAX_RECORD_S}. Export the recording again.", code="record_duration")
    return Fraction(text.replace(",", ".", 1)) if abs(value) > 1e-9 else Fraction(0)


def _signal_rows(source: ByteSource, fixed: bytes, count: int, findings: list[str]) -> list[dict[str, str]]:
    expected = FIXED_BYTES * (count + 1)
    stated = _text(fixed, 184, 192)
    if _integer(stated) != expected:
        raise RecordingError(
            f"The header states a length of {_shown(stated)} bytes, but {count} signals need {expected}: it is damaged. "
            "Export the recording again.", code="header_size")
    if source.size < expected:
        raise RecordingError(
            f"The file has {source.size} bytes, less than its header of {expected} bytes: it was cut short; "
            "copy it again from the recorder.", code="header_truncated")
    raw = source.read_at(FIXED_BYTES, expected - FIXED_BYTES)
    if len(raw) < expected - FIXED_BYTES:
        raise RecordingError(
            f"The header of {count} signals is {expected} bytes long and has not arrived whole; send the file first.",
            code="header_incomplete")
    columns = list(_columns(raw, count))
    if any(not is_ascii for name, values in columns if name == "label" for _, is_ascii in values):
        findings.append("Some signal labels hold characters outside ASCII; they are shown as far as they can be read.")
    return [{"number": str(index + 1)} | {name: values[index][0] for name, values in columns} for index in range(count)]


def _columns(raw: bytes, count: int) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    position = 0
    for name, width in SIGNAL_FIELDS:
        cells = [raw[position + i * width : position + (i + 1) * width] for i in range(count)]
        yield name, [edf_identity.decode(cell) for cell in cells]
        position += width * count


def _layout(
    rows: list[dict[str, str]], record_s: Fraction, sample_bytes: int, findings: list[str],
) -> tuple[tuple[EdfSignal, ...], tuple[AnnotationSlot, ...], int]:
    signals: list[EdfSignal] = []
    slots: list[AnnotationSlot] = []
    offset = 0
    for row in rows:
        samples = _samples_per_record(row)
        if row["label"] in ANNOTATION_LABELS:
            slots.append(AnnotationSlot(offset, samples * sample_bytes))
        else:
            signals.append(_signal(row, offset, samples, record_s, sample_bytes, findings))
        offset += samples * sample_bytes
    if signals and not any(signal.signal.calibrated for signal in signals):
        raise RecordingError(
            "No signal of the file has a usable physical and digital range, so no voltage can be told; "
            "export the recording again.", code="uncalibrated")
    if signals and all(s.gain < 0 for s in signals if s.signal.calibrated):
        findings.append("All signals are stored with inverted polarity (physical minimum above maximum); the sign was applied.")
    elif inverted := [s.signal.label for s in signals if s.gain < 0]:
        findings.append(f"Stored with inverted polarity, the sign was applied: {', '.join(inverted)}.")
    return tuple(signals), tuple(slots), offset


def _samples_per_record(row: dict[str, str]) -> int:
    samples = _integer(row["samples"])
    if samples is None or not 1 <= samples <= MAX_SAMPLES_PER_RECORD:
        raise RecordingError(
            f"Signal {row['number']} states {_shown(row['samples'])} samples per data record; it must be a number from 1 to "
            f"{MAX_SAMPLES_PER_RECORD:,}. Export the recording with shorter data records.", code="samples_per_record")
    return samples


def _signal(
    row: dict[str, str], offset: int, samples: int, record_s: Fraction, sample_bytes: int, findings: list[str],
) -> EdfSignal:
    sfreq_hz = float(samples / record_s) if record_s else 0.0
    if sfreq_hz > MAX_SFREQ_HZ:
        raise RecordingError(
            f"Signal {row['number']} states {sfreq_hz:.4g} samples per second; at most {MAX_SFREQ_HZ:,} are read. "
            "Export the recording again.", code="sampling_rate")
    gain, zero, problem = _calibration(row, 8 * sample_bytes)
    if problem:
        findings.append(f"{row['label'] or 'A signal without name'} has no usable scale ({problem}): it is excluded.")
    signal = Signal(
        label=row["label"], sfreq_hz=sfreq_hz, unit=row["unit"], transducer=row["transducer"],
        prefilter=row["prefilter"], calibrated=problem is None)
    return EdfSignal(signal, offset, samples, gain, zero)


def _calibration(row: dict[str, str], bits: int) -> tuple[float, float, str | None]:
    """Gain and value at digital zero, or what makes them unusable; a gain is never invented."""
    low, high = _number(row["physical_min"]), _number(row["physical_max"])
    first, last = _integer(row["digital_min"]), _integer(row["digital_max"])
    if low is None or high is None or first is None or last is None:
        return 0.0, 0.0, "a limit is not a number"
    if low == high:
        return 0.0, 0.0, "physical minimum equals maximum"
    if first >= last:
        return 0.0, 0.0, "digital minimum is not below the maximum"
    if first < -(1 << (bits - 1)) or last >= 1 << (bits - 1):
        return 0.0, 0.0, f"digital limits beyond {bits} bits"
    scale = uv_per_unit(row["unit"]) or 1.0
    if max(abs(low), abs(high)) * scale > MAX_LIMIT_UV:
        return 0.0, 0.0, "physical limits beyond a megavolt"
    gain = (high - low) / (last - first) * scale
    if gain == 0.0:
        return 0.0, 0.0, "physical limits too close together"
    return gain, low * scale - first * gain, None


def _n_records(source: ByteSource, fixed: bytes, header_bytes: int, record_bytes: int, findings: list[str]) -> int:
    text = _text(fixed, 236, 244)
    stated = _integer(text)
    if stated is None or stated < -1:
        raise RecordingError(
            f"The header states {_shown(text)} as the number of data records, which is not a count; export the recording again.",
            code="record_count")
    data_bytes = source.size - header_bytes
    present, rest = divmod(data_bytes, record_bytes)
    _refuse_altered(source, header_bytes)
    if present == 0:
        raise RecordingError(
            f"The file holds no whole data record although its header states {stated}: there is nothing to read. "
            "Copy it again from the recorder.", code="no_data")
    usable = present if stated in (-1, 0) else min(present, stated)
    finding = _record_finding(stated, present, rest, record_bytes)
    if finding:
        findings.append(finding)
    return usable


def _record_finding(stated: int, present: int, rest: int, record_bytes: int) -> str | None:
    if stated in (-1, 0):
        return f"The recorder never closed the file (it states {stated} data records): the {present} whole ones were read."
    if present < stated:
        part = "" if not rest else " and an incomplete one, which was left out"
        return (f"The file was cut short: {present} of the {stated} data records that its header promises are there{part}; "
                f"{stated - present} are missing.")
    extra = (present - stated) * record_bytes + rest
    return f"After the last data record follow {extra} bytes that belong to none; they were left out." if extra else None


def _refuse_altered(source: ByteSource, header_bytes: int) -> None:
    """Refuse a file whose bytes were changed as if it were text.

    In the samples of an EEG a line feed byte is preceded by a carriage return once in about 256 times; where this holds
    for every one, they were put there by a transfer in text mode, and each moved all later bytes by one.
    """
    data = source.read_at(header_bytes, _ALTERED_SAMPLE_BYTES)
    feeds = data.count(b"\n")
    if feeds >= 16 and data.count(b"\r\n") == feeds:
        raise RecordingError(
            "The file was altered in transfer: every line feed byte became carriage return and line feed, as when a "
            "recording is sent as text. Transfer it again in binary mode.", code="altered_in_transfer")
    if len(data) >= 1024 and data.count(b"\xef\xbf\xbd") * 3 > len(data) // 10:
        raise RecordingError(
            "The file was altered in transfer: its bytes were replaced as if they were text. Transfer it again in binary "
            "mode.", code="altered_in_transfer")


def _identity(fixed: bytes, findings: list[str]) -> tuple[datetime | None, PatientField, RecordingField]:
    (patient_text, patient_ascii), (recording, recording_ascii) = (
        edf_identity.decode(fixed[8:88]), edf_identity.decode(fixed[88:168]))
    patient = edf_identity.patient(patient_text)
    if not (patient_ascii and recording_ascii):
        findings.append("The patient or recording field holds characters outside ASCII, which EDF does not allow; they do "
                        "not affect the signals.")
    if patient.name or patient.birth_date:
        findings.append("The header states the identity of a patient; it is shown only to those who may see it.")
    start_time, finding = edf_identity.start(_text(fixed, 168, 176), _text(fixed, 176, 184), recording)
    if finding:
        findings.append(finding)
    return start_time, patient, edf_identity.recorded(recording)


def _format(fixed: bytes) -> str:
    family = "BDF" if fixed[0] == 0xFF else "EDF"
    reserved = _text(fixed, 192, 236)
    for suffix in ("+C", "+D"):
        if reserved.startswith(("EDF" + suffix, "BDF" + suffix)):
            return family + suffix
    return family
