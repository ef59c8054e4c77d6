"""Write EDF+C as a stream: header first, records as blocks come, record count last.

Source: Kemp and Olivan 2003; https://www.edfplus.info/specs/edfplus.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.edf_identity import write_long_date
from ml.recording import Annotation

PHYSICAL_LIMIT_UV: Final = 3276.7
"""With 16 bits a step of 0.1 µV: finer than any amplifier's noise, wider than any EEG."""
_DIGITAL_LIMIT: Final = 32767
_TIMEKEEPING_BYTES: Final = 16
_TAL_STEP_BYTES: Final = 2


class EdfWriter:
    """Write signals of one rate in microvolts, block by block, as EDF+C.

    Parameters
    ----------
    path
        File to be written; an existing one is replaced.
    labels
        Of the signals, at most 16 ASCII characters each.
    sfreq_hz
        A whole number of samples per second; a data record lasts one second.
    start_time
        Local clock of the recorder, without a zone; None writes the date that EDF+ sets for an unknown one.
    patient, recording
        Local identifications of EDF+; anonymous by default.
    annotations
        Onsets in seconds from the start; each is stored in the record in which it begins. Known before writing,
        as their number decides the size of a record.
    limit_uv
        Physical range; values beyond are clipped.

    Raises
    ------
    ValueError
        If the rate, a label or an annotation cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], labels: Sequence[str], sfreq_hz: float, start_time: datetime | None = None, *,
        patient: str = "X X X X", recording: str | None = None, annotations: Iterable[Annotation] = (),
        limit_uv: float = PHYSICAL_LIMIT_UV, transducer: str = "", prefilter: str = "",
    ) -> None:
        if sfreq_hz != int(sfreq_hz) or sfreq_hz < 1:
            raise ValueError(f"{sfreq_hz} Hz is not a whole number of samples in a record of 1 s")
        self._per_record = int(sfreq_hz)
        self._n_signals = len(labels)
        self._limit_uv = limit_uv
        self._lists = _lists_by_record(annotations)
        longest = max((len(text) for text in self._lists.values()), default=0)
        self._tal_bytes = -(-(_TIMEKEEPING_BYTES + longest) // _TAL_STEP_BYTES) * _TAL_STEP_BYTES
        self._pending = np.empty((self._n_signals, 0), np.float32)
        self._n_records = 0
        header = _header(labels, self._per_record, self._tal_bytes, start_time, patient, recording, limit_uv, transducer, prefilter)
        self._file = Path(path).open("wb")  # noqa: SIM115 - closed by close()
        self._file.write(header)

    def append(self, eeg_uv: ArrayLike) -> None:
        """Add a block of shape ``(signals, samples)`` in microvolts; missing values are written as 0."""
        block = np.asarray(eeg_uv, np.float32)
        if block.ndim != 2 or block.shape[0] != self._n_signals:
            raise ValueError(f"a block of shape {block.shape} does not fit {self._n_signals} signals")
        joined = np.concatenate([self._pending, block], axis=1) if self._pending.shape[1] else block
        whole = joined.shape[1] // self._per_record
        self._write_records(joined[:, : whole * self._per_record], whole)
        self._pending = joined[:, whole * self._per_record :].copy()

    def close(self) -> None:
        """Fill the last record with zeros, write the number of records and close the file."""
        if self._file.closed:
            return
        if rest := self._pending.shape[1]:
            self._write_records(np.pad(self._pending, ((0, 0), (0, self._per_record - rest))), 1)
        self._file.seek(236)
        self._file.write(_cell(str(self._n_records), 8))
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _write_records(self, uv: NDArray[np.float32], count: int) -> None:
        if not count:
            return
        scaled = np.nan_to_num(uv, posinf=self._limit_uv, neginf=-self._limit_uv) * (_DIGITAL_LIMIT / self._limit_uv)
        digits = np.clip(np.rint(scaled), -_DIGITAL_LIMIT, _DIGITAL_LIMIT).astype("<i2")
        by_record = digits.reshape(self._n_signals, count, self._per_record).transpose(1, 0, 2).reshape(count, -1)
        tals = np.frombuffer(b"".join(self._tal(self._n_records + i) for i in range(count)), "<i2").reshape(count, -1)
        self._file.write(np.concatenate([by_record, tals], axis=1).tobytes())
        self._n_records += count

    def _tal(self, record: int) -> bytes:
        return (b"+%d\x14\x14\x00" % record + self._lists.get(record, b"")).ljust(self._tal_bytes, b"\x00")


def _lists_by_record(annotations: Iterable[Annotation]) -> dict[int, bytes]:
    lists: dict[int, bytes] = {}
    for annotation in annotations:
        if not annotation.onset_s >= 0:
            raise ValueError(f"an annotation at {annotation.onset_s} s begins before the recording")
        record = int(annotation.onset_s)
        lists[record] = lists.get(record, b"") + _annotation_list(annotation)
    return lists


def _annotation_list(annotation: Annotation) -> bytes:
    text = "".join(character if character.isprintable() else " " for character in annotation.text).encode()
    duration = b"" if annotation.duration_s is None else b"\x15" + _decimal(annotation.duration_s)
    return b"+" + _decimal(annotation.onset_s) + duration + b"\x14" + text + b"\x14\x00"


def _decimal(value: float) -> bytes:
    return (f"{value:.6f}".rstrip("0").rstrip(".") or "0").encode()


def _cell(text: str, width: int) -> bytes:
    raw = text.encode("ascii", errors="strict")
    if len(raw) > width:
        raise ValueError(f"“{text}” is longer than the {width} characters of its field")
    return raw.ljust(width)


def _header(
    labels: Sequence[str], per_record: int, tal_bytes: int, start_time: datetime | None, patient: str,
    recording: str | None, limit_uv: float, transducer: str, prefilter: str,
) -> bytes:
    n = len(labels) + 1
    day = start_time.date() if start_time else date(1985, 1, 1)
    clock = start_time.strftime("%H.%M.%S") if start_time else "00.00.00"
    stated = recording or f"Startdate {write_long_date(day) if start_time else 'X'} X X X"
    fixed = (
        _cell("0", 8), _cell(patient, 80), _cell(stated, 80), _cell(f"{day.day:02d}.{day.month:02d}.{day.year % 100:02d}", 8),
        _cell(clock, 8), _cell(str(256 * (n + 1)), 8), _cell("EDF+C", 44), _cell("-1", 8), _cell("1", 8), _cell(str(n), 4))
    limit = f"{limit_uv:.8g}"
    columns = (
        ([*labels, "EDF Annotations"], 16), ([transducer] * (n - 1) + [""], 80), (["uV"] * (n - 1) + [""], 8),
        (["-" + limit] * (n - 1) + ["-1"], 8), ([limit] * (n - 1) + ["1"], 8),
        ([str(-_DIGITAL_LIMIT)] * (n - 1) + ["-32768"], 8), ([str(_DIGITAL_LIMIT)] * n, 8), ([prefilter] * (n - 1) + [""], 80),
        ([str(per_record)] * (n - 1) + [str(tal_bytes // 2)], 8), ([""] * n, 32))
    return b"".join(fixed) + b"".join(_cell(value, width) for values, width in columns for value in values)
