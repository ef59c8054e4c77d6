"""HMS-style Parquet: one column per electrode, 200 Hz and microvolts by convention, NaN where nothing was recorded.

The format states neither rate nor unit; both are the convention of the HMS competition (2024). Only pyarrow reads it; the
metadata that pandas leaves in such files is not looked at.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.channel_names import parse_label
from ml.errors import RecordingError
from ml.recording import Annotation, RecordingInfo, Signal, Span

SFREQ_HZ: Final = 200.0
MAX_COLUMNS: Final = 512
MAX_ROWS: Final = int(6 * 3600 * SFREQ_HZ)
"""Six hours: the file is held in memory, 20 channels of float32 are then 350 MB. Longer recordings come as EDF+."""
MAX_VALUES: Final = 30 * MAX_ROWS
MAX_ROW_GROUPS: Final = 10_000
MAX_FOOTER_BYTES: Final = 16 << 20
_SPECTROGRAM_REGIONS: Final = ("LL_", "RL_", "LP_", "RP_")


class ParquetRecording:
    """A recording of the HMS layout, read wholly when it is opened."""

    def __init__(self, source: ByteSource) -> None:
        _check_frame(source)
        try:
            file = pq.ParquetFile(_Bytes(source), thrift_string_size_limit=MAX_FOOTER_BYTES,
                                  thrift_container_size_limit=MAX_FOOTER_BYTES)
            columns, ignored = _columns(file)
            self._uv, infinite = _read(file, columns)
        except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            raise RecordingError(
                "The Parquet file is damaged and cannot be read; save it again or export the recording as EDF+.",
                code="parquet_damaged") from error
        self._info = _info(columns, ignored, self._uv, infinite)

    @property
    def info(self) -> RecordingInfo:
        """Channels, gaps and findings."""
        return self._info

    def annotations(self) -> tuple[Annotation, ...]:
        """None: the format holds no annotations."""
        return ()

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        first, stop = round(start_s * SFREQ_HZ), round(stop_s * SFREQ_HZ)
        low, high = max(0, first), max(0, min(self._uv.shape[1], stop))
        result = []
        for index in signals:
            uv = np.full(max(0, stop - first), np.nan, np.float32)
            if low < high:
                uv[low - first : high - first] = self._uv[index, low:high]
            result.append(uv)
        return result


class _Bytes(io.RawIOBase):
    """A byte source as the file object that pyarrow asks for."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._source.read_at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _check_frame(source: ByteSource) -> None:
    """Refuse a file without its footer, or with one that is larger than any real one, before pyarrow sees it."""
    tail = source.read_at(max(0, source.size - 8), 8)
    if source.size < 12 or tail[4:] != b"PAR1":
        raise RecordingError(
            "The Parquet file ends without its footer: it was cut short and nothing of it can be read with certainty; "
            "copy it again.", code="parquet_truncated")
    footer_bytes = int.from_bytes(tail[:4], "little")
    if footer_bytes > min(MAX_FOOTER_BYTES, source.size - 12):
        raise RecordingError(
            f"The Parquet file states a footer of {footer_bytes:,} bytes; at most {min(MAX_FOOTER_BYTES, source.size - 12):,} "
            "are possible. Save it again.", code="parquet_damaged")


def _columns(file: pq.ParquetFile) -> tuple[list[str], list[str]]:
    """Names of the signal columns and of those left out, or a refusal of what is no EEG."""
    meta, schema = file.metadata, file.schema_arrow
    names = list(schema.names)
    if meta.num_columns > MAX_COLUMNS or meta.num_row_groups > MAX_ROW_GROUPS:
        raise RecordingError(
            f"The Parquet file has {meta.num_columns} columns in {meta.num_row_groups} row groups; at most {MAX_COLUMNS} and "
            f"{MAX_ROW_GROUPS} are read. Export the recording as EDF+.", code="parquet_too_large")
    _refuse_spectrogram(names)
    chosen = [name for name in names if _is_signal(name)]
    if not any(parse_label(name).electrode for name in chosen):
        raise RecordingError(
            "No column of the Parquet file is named after an EEG electrode (Fp1, F3, … O2), so it is not an EEG in the layout "
            "of HMS; export the recording as EDF+.", code="parquet_columns")
    for name in chosen:
        if names.count(name) > 1 or not _is_number(schema.field(name).type):
            raise RecordingError(
                f"Column {name} of the Parquet file is not stored once and as numbers; save the signals as float32 microvolts.",
                code="parquet_type")
    if meta.num_rows * len(chosen) > MAX_VALUES or not 0 < meta.num_rows <= MAX_ROWS:
        raise RecordingError(_rows_sentence(meta.num_rows, len(chosen)), code="no_data" if not meta.num_rows else "parquet_too_large")
    return chosen, [name for name in names if name not in chosen and not name.startswith("__index")]


def _rows_sentence(rows: int, columns: int) -> str:
    if rows <= 0:
        return "The Parquet file has columns but no rows: there is nothing to read. Save it again with its samples."
    return (f"The Parquet file has {rows:,} samples of {columns} channels; at most {MAX_ROWS:,} (6 h at 200 Hz), and "
            f"{MAX_VALUES:,} in all channels together, are read. Export the recording as EDF+.")


def _refuse_spectrogram(names: list[str]) -> None:
    if sum(name.startswith(_SPECTROGRAM_REGIONS) for name in names) > len(names) // 2:
        raise RecordingError(
            "This is a spectrogram of the HMS competition (columns such as LL_0.59), not an EEG; upload the EEG file instead.",
            code="spectrogram")


def _is_signal(name: str) -> bool:
    meaning = parse_label(name)
    return meaning.electrode is not None or meaning.kind in ("ecg", "eog", "emg")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _read(file: pq.ParquetFile, columns: list[str]) -> tuple[NDArray[np.float32], list[int]]:
    """Signals of shape ``(columns, rows)`` with NaN for what is missing or infinite, and the number of infinite values."""
    groups = [file.metadata.row_group(index).num_rows for index in range(file.metadata.num_row_groups)]
    if min(groups) < 0 or sum(groups) != file.metadata.num_rows:
        raise ValueError("the row groups do not add up to the stated rows")
    uv = np.full((len(columns), file.metadata.num_rows), np.nan, np.float32)
    infinite = [0] * len(columns)
    row = 0
    for group in range(file.metadata.num_row_groups):
        table = file.read_row_group(group, columns=columns, use_threads=False)
        for index, name in enumerate(columns):
            values = table.column(name).to_numpy().astype(np.float32)
            bad = np.isinf(values)
            infinite[index] += int(bad.sum())
            values[bad] = np.nan
            uv[index, row : row + len(values)] = values
        row += table.num_rows
    return uv, infinite


def _info(columns: list[str], ignored: list[str], uv: NDArray[np.float32], infinite: list[int]) -> RecordingInfo:
    recorded = np.array([bool(np.isfinite(row).any()) for row in uv])
    if not recorded.any():
        raise RecordingError("No channel of the Parquet file holds a number: there is nothing to read.", code="no_data")
    electrodes = recorded & np.array([parse_label(name).electrode is not None for name in columns])
    empty = np.ones(uv.shape[1], bool)
    for index in np.flatnonzero(electrodes if electrodes.any() else recorded):   # row by row: no copy of a long recording
        empty &= np.isnan(uv[index])
    gaps = _gaps(empty)
    findings = [*_value_findings(columns, uv, infinite, recorded, empty), *_gap_findings(gaps)]
    if ignored:
        findings.append(f"Columns that are no known channel were left out: {', '.join(ignored[:10])}"
                        f"{' …' if len(ignored) > 10 else ''}.")
    return RecordingInfo(
        format="HMS Parquet", duration_s=uv.shape[1] / SFREQ_HZ, gaps=gaps, findings=tuple(findings),
        signals=tuple(Signal(label=name, sfreq_hz=SFREQ_HZ, calibrated=bool(there))
                      for name, there in zip(columns, recorded, strict=True)))


def _gaps(empty: NDArray[np.bool_]) -> tuple[Span, ...]:
    """Stretches of at least one sample in which no electrode has a value, whatever the ECG has.

    Even one missing sample is a gap: joining over it would shift the clock, and a filter would spread it.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(np.int8)))
    return tuple(Span(float(a) / SFREQ_HZ, float(b) / SFREQ_HZ) for a, b in edges.reshape(-1, 2))


def _value_findings(
    columns: list[str], uv: NDArray[np.float32], infinite: list[int], recorded: NDArray[np.bool_],
    empty: NDArray[np.bool_],
) -> list[str]:
    findings = []
    for name, row, n_infinite, there in zip(columns, uv, infinite, recorded, strict=True):
        what = "infinite values" if n_infinite else "no values"
        if not there:
            findings.append(f"{name} has {'only ' if n_infinite else ''}{what}: the channel is excluded.")
        elif (missing := int((np.isnan(row) & ~empty).sum())) > 0:
            findings.append(f"{name} has {what if n_infinite else 'no values'} for {missing / SFREQ_HZ:.2f} s outside of gaps.")
    return findings


def _gap_findings(gaps: tuple[Span, ...]) -> list[str]:
    if not gaps:
        return []
    total_s = sum(gap.length_s for gap in gaps)
    return [f"The recording has {len(gaps)} gap{'s' if len(gaps) > 1 else ''}, {total_s:.2f} s in all; nothing was recorded "
            "there and times stay on the clock."]
