"""Neuroscan CNT: continuous recordings of Scan 3 and 4, 16 or 32 bits.

Not by MNE: its reader turns the recorder's local clock into that of the machine, moves every event by a sample, and guesses.
Sources: the structures SETUP, ELECTLOC, TEEG and EVENT of Neuroscan, as published at http://paulbourke.net/dataformats/eeg/; that the
companion block tells 32 bits, as FieldTrip and EEGLAB read it.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

import numpy as np

from ml.byte_source import ByteSource
from ml.edf_header import MAX_DURATION_S, MAX_LIMIT_UV, MAX_SIGNALS
from ml.errors import RecordingError
from ml.foreign.record_blocks import BlockRecording, Column, RecordBlocks
from ml.recording import Annotation, PatientField, RecordingInfo, Signal
from ml.tal import MAX_ANNOTATIONS

_SETUP_BYTES: Final = 900
_ELECTRODE_BYTES: Final = 75
_EVENTS: Final = {1: struct.Struct("<HBBI"), 2: struct.Struct("<HBBIhhfBBB"), 3: struct.Struct("<HBBIhhfBBB")}
_WIDE_FLAG_AT: Final = 52
_STEPS_PER_UNIT: Final = 204.8
"""A calibration of 1 and a sensitivity of 1 mean 1/204.8 microvolts per digital step."""


class NeuroscanRecording(BlockRecording):
    """A CNT file as a ``RecordingSource``.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """

    def __init__(self, source: ByteSource) -> None:
        setup = source.read_at(0, _SETUP_BYTES)
        if len(setup) < _SETUP_BYTES:
            raise RecordingError(f"The file ends after {len(setup)} bytes, inside its header: it was cut short; copy it again.",
                                 code="header_truncated")
        n_signals, rate = struct.unpack_from("<H", setup, 370)[0], struct.unpack_from("<H", setup, 376)[0]
        _refuse(n_signals, rate, source.size)
        data = _layout(source, setup, n_signals)
        electrodes = source.read_at(_SETUP_BYTES, n_signals * _ELECTRODE_BYTES)
        columns, signals, findings = _signals(setup, electrodes, float(rate), data)
        blocks = RecordBlocks(source, first_byte=data.first_byte, n_records=data.n_samples // data.per_block,
                              record_bytes=data.per_block * n_signals * data.width, columns=columns)
        start_time, doubt = _start(setup)
        info = RecordingInfo(
            format="Neuroscan CNT", signals=signals, duration_s=data.n_samples / rate, start_time=start_time, patient=_patient(setup),
            equipment=f"Neuroscan {_text(setup[:12])}", findings=(*data.findings, *findings, *doubt))
        if info.duration_s > MAX_DURATION_S:
            raise RecordingError(f"The file holds {info.duration_s / 86_400:.0f} days of recording; at most {MAX_DURATION_S // 86_400} days "
                                 "are read. Export a shorter part.", code="too_long")
        super().__init__(info, _events(source, data, n_signals, float(rate)), blocks)


@dataclass(frozen=True, slots=True)
class _Layout:
    first_byte: int
    stop_byte: int                   # where the event table begins
    width: int                       # bytes of a sample
    per_block: int                   # samples of one signal that follow one another
    n_samples: int
    findings: tuple[str, ...] = ()


def _refuse(n_signals: int, rate: int, size: int) -> None:
    if not 1 <= n_signals <= MAX_SIGNALS:
        raise RecordingError(f"The file states {n_signals} signals; from 1 to {MAX_SIGNALS} can be read. Export fewer signals.",
                             code="signal_count")
    if not rate:
        raise RecordingError("The file states a sampling rate of 0 Hz; export it again.", code="sampling_rate")
    if size <= _SETUP_BYTES + n_signals * _ELECTRODE_BYTES:
        raise RecordingError(f"The file ends after {size} bytes, inside its header: it was cut short; copy it again.",
                             code="header_truncated")


def _layout(source: ByteSource, setup: bytes, n_signals: int) -> _Layout:
    stated, stop, chunk = (struct.unpack_from(form, setup, at)[0] for form, at in (("<I", 864), ("<I", 886), ("<i", 894)))
    first = _SETUP_BYTES + n_signals * _ELECTRODE_BYTES
    if not first < stop <= source.size:
        raise RecordingError(f"The file states that its samples end at byte {stop:,}, but it has {source.size:,} bytes: it was cut short, or "
                             "is too long for this format. Copy it again, or export the recording as EDF+.", code="no_data")
    fitting = [width for width in (2, 4) if stated * n_signals * width == stop - first]
    width = fitting[0] if fitting else _stated_width(source, setup)
    per_block = chunk // width if chunk > 1 else 1
    if chunk > 1 and (chunk % width or per_block * width * n_signals > stop - first):
        raise RecordingError(f"The file states blocks of {chunk} bytes for each signal, which do not fit its samples; export the recording "
                             "as EDF+.", code="header_size")
    n_samples = (stop - first) // (per_block * n_signals * width) * per_block
    if n_samples < 1:
        raise RecordingError("The file holds no whole sample of every signal: there is nothing to read. Copy it again.", code="no_data")
    doubt = () if fitting else (f"The header states {stated:,} samples, but there is room for {n_samples:,}: these were read.",)
    return _Layout(first, stop, width, per_block, n_samples, doubt)


def _stated_width(source: ByteSource, setup: bytes) -> int:
    """Bytes of a sample as the block behind the events tells."""
    companion = struct.unpack_from("<I", setup, 12)[0]
    flag = source.read_at(companion + _WIDE_FLAG_AT, 1) if companion else b""
    if flag not in (b"\0", b"\1"):
        raise RecordingError("The file does not tell whether its samples have 16 or 32 bits, and nothing is guessed; export the recording as "
                             "EDF+.", code="sample_type")
    return 4 if flag == b"\1" else 2


def _signals(
    setup: bytes, electrodes: bytes, rate: float, data: _Layout,
) -> tuple[tuple[Column, ...], tuple[Signal, ...], tuple[str, ...]]:
    columns, signals, bad = [], [], []
    prefilter = _prefilter(setup)
    for number, at in enumerate(range(0, len(electrodes), _ELECTRODE_BYTES)):
        label = _text(electrodes[at : at + 10])
        baseline, (sensitivity, calibration) = struct.unpack_from("<h", electrodes, at + 47)[0], (
            struct.unpack_from("<f", electrodes, at + place)[0] for place in (59, 71))
        gain = sensitivity * calibration / _STEPS_PER_UNIT
        good = isfinite(gain) and 0 < abs(gain) * (1 << (8 * data.width - 1)) <= MAX_LIMIT_UV
        columns.append(Column(rate, data.per_block, number * data.per_block * data.width, f"<i{data.width}",
                              gain if good else np.nan, -baseline * gain if good else np.nan))
        signals.append(Signal(label, rate, "uV", prefilter=prefilter, calibrated=good))
        bad += [label] if electrodes[at + 14] == 1 else []
    if not any(signal.calibrated for signal in signals):
        raise RecordingError("No signal of the file has a usable calibration, so no voltage can be told; export the recording again.",
                             code="uncalibrated")
    unscaled = ", ".join(signal.label for signal in signals if not signal.calibrated)
    found = (bad and f"The file marks as bad: {', '.join(bad)}.", unscaled and f"Without a usable scale and excluded: {unscaled}.")
    return tuple(columns), tuple(signals), tuple(sentence for sentence in found if sentence)


def _prefilter(setup: bytes) -> str:
    named = {"HP": (setup[439], struct.unpack_from("<f", setup, 869)[0]), "LP": (setup[438], struct.unpack_from("<f", setup, 875)[0])}
    return " ".join(f"{name}:{value:g}Hz" for name, (on, value) in named.items() if on and isfinite(value) and 0 < value < 1e5)


def _start(setup: bytes) -> tuple[datetime | None, tuple[str, ...]]:
    """The recorder's local clock; its date is written in the order of its country and does not say which."""
    day, clock = _text(setup[225:235]), _text(setup[235:247])
    readings = {}
    for order in ("%m/%d/%y", "%d/%m/%y", "%m/%d/%Y", "%d/%m/%Y"):
        with suppress(ValueError):
            readings[order] = datetime.strptime(f"{day} {clock}", f"{order} %H:%M:%S")
    if not readings:
        return None, ()
    start = next(iter(readings.values()))
    doubtful = len(set(readings.values())) > 1
    return start, ((f"The date of the recording, {day}, was read as month/day/year; the file does not say which it is.",) if doubtful else ())


def _patient(setup: bytes) -> PatientField:
    sexes: dict[int, Any] = {ord("M"): "M", ord("F"): "F"}
    return PatientField(code=_text(setup[21:41]) or None, name=_text(setup[121:141]) or None, sex=sexes.get(setup[143]))


def _events(source: ByteSource, data: _Layout, n_signals: int, rate: float) -> tuple[Annotation, ...]:
    head = source.read_at(data.stop_byte, 9)
    form = _EVENTS.get(head[0]) if len(head) == 9 else None
    if form is None:
        return ()
    size = min(struct.unpack_from("<I", head, 1)[0], MAX_ANNOTATIONS * form.size)
    raw = source.read_at(data.stop_byte + 9, size)
    found = []
    for stimulus, key, pad, offset, *_ in form.iter_unpack(raw[: len(raw) // form.size * form.size]):
        # types 1 and 2 count bytes of the file, type 3 samples
        sample = offset if head[0] == 3 else (offset - data.first_byte) / (n_signals * data.width)
        if 0 <= sample <= data.n_samples:
            found.append(Annotation(sample / rate, None, _event_text(stimulus, key, pad)))
    return tuple(sorted(found, key=lambda note: note.onset_s))


def _event_text(stimulus: int, key: int, pad: int) -> str:
    parts = (stimulus and f"stimulus {stimulus}", pad & 15 and f"response {pad & 15}", pad >> 4 == 0xC and "rejected from here",
             pad >> 4 == 0xD and "accepted from here", key and f"key {key}")
    return ", ".join(part for part in parts if part) or "event"


def _text(raw: bytes) -> str:
    return "".join(c for c in raw.split(b"\0")[0].decode("latin-1") if c.isprintable()).strip()
