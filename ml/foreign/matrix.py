"""A plain matrix in a MATLAB or HDF5 file that states its own rate, unit and channel names; without them it is refused.

Understood names, in any case: ``data``, ``eeg`` or ``signals`` (channels × samples or the reverse); ``fs``, ``sfreq``, ``srate``,
``sfreq_hz``, ``sampling_rate``; ``unit``, ``units``; ``channels``, ``channel_names``, ``ch_names``, ``labels``; and, if known,
``start_time`` (ISO 8601, the recorder's local clock). They are variables, datasets or HDF5 attributes of the root or of ``data``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from ml.edf_header import MAX_DURATION_S, MAX_SFREQ_HZ, MAX_SIGNALS, uv_per_unit
from ml.errors import RecordingError
from ml.foreign.finding import Maker
from ml.recording import Annotation, RecordingInfo, Signal, Span

_DATA: Final = ("data", "eeg", "signals")
_RATE: Final = ("fs", "sfreq", "srate", "sfreq_hz", "sampling_rate")
_UNIT: Final = ("unit", "units")
_NAMES: Final = ("channels", "channel_names", "ch_names", "labels")
_MAX_TEXTS: Final = 10_000
_SCAN: Final = 1 << 18


class MatrixRecording:
    """A matrix as a ``RecordingSource``. HDF5 is read in parts; MATLAB 5 cannot be and is held in memory."""

    def __init__(self, path: Path, maker: Maker) -> None:
        try:
            fields = _hdf5_fields(path) if maker == "HDF5" else _matlab_fields(path)
            self._describe(fields, maker)
            self._find_gaps()
        except RecordingError:
            raise
        except MemoryError:
            raise RecordingError("The matrix needs more memory than may be used; save it as HDF5, which is read in parts.",
                                 code="too_large") from None
        except Exception as error:       # scipy and h5py fail in every way there is
            raise RecordingError(f"The file is damaged or of a variant that is not read ({type(error).__name__}); export the recording as "
                                 "EDF+.", code="foreign_unreadable") from error

    def _describe(self, fields: Mapping[str, Any], maker: Maker) -> None:
        names, rate, unit = _names(fields), _rate(fields), _unit(fields)
        self._data = _one(fields, _DATA, "the samples")
        shape = tuple(self._data.shape)
        if len(shape) != 2 or len(names) not in shape:
            raise RecordingError(f"The matrix has the shape {shape}, which does not fit its {len(names)} channel names; save it as "
                                 "channels × samples.", code="matrix_shape")
        self._by_rows = shape[0] == len(names)
        self._count = shape[1] if self._by_rows else shape[0]
        self._scale = uv_per_unit(unit) or 1.0
        self._rate = rate
        duration_s = self._count / rate
        if not 0 < duration_s <= MAX_DURATION_S:
            raise RecordingError(f"The matrix holds {self._count} samples; there is nothing to read, or more than "
                                 f"{MAX_DURATION_S // 86_400} days.", code="too_long")
        signals = tuple(Signal(name, rate, unit) for name in names)
        self._info = RecordingInfo(format=f"{maker} matrix", signals=signals, duration_s=duration_s, start_time=_start(fields))

    @property
    def info(self) -> RecordingInfo:
        """What the file states."""
        return self._info

    def annotations(self) -> tuple[Annotation, ...]:
        """None: such files state none."""
        return ()

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        first, stop = round(start_s * self._rate), round(stop_s * self._rate)
        uv = np.full((len(signals), max(0, stop - first)), np.nan, np.float32)
        low, high = max(0, first), min(self._count, stop)
        if low < high and signals:
            part = self._data[:, low:high] if self._by_rows else self._data[low:high, :].T
            with np.errstate(over="ignore"):      # beyond float32: infinite, which is no value to the copy
                uv[:, low - first : high - first] = np.asarray(part, np.float64)[list(signals)] * self._scale
        return list(uv)

    def _find_gaps(self) -> None:
        """Stretches in which no channel has a value."""
        edges = [np.zeros(0, np.int64)]
        before = False
        for first in range(0, self._count, _SCAN):
            stop = min(first + _SCAN, self._count)
            part = self._data[:, first:stop] if self._by_rows else self._data[first:stop, :].T
            empty = np.asarray(np.isnan(np.asarray(part, np.float64)).all(axis=0))
            edges.append(first + np.flatnonzero(np.diff(np.concatenate([[before], empty]).astype(np.int8))))
            before = bool(empty[stop - first - 1])
        found = np.concatenate([*edges, [self._count] if before else np.zeros(0, np.int64)]).reshape(-1, 2) / self._rate
        gaps = tuple(Span(float(a), float(b)) for a, b in found)
        info, total_s = self._info, sum(gap.length_s for gap in gaps)
        finding = (f"The recording has {len(gaps)} gap{'s' if len(gaps) > 1 else ''}, {total_s:.2f} s in all; nothing was recorded there "
                   "and times stay on the clock.",) if gaps else ()
        self._info = RecordingInfo(format=info.format, signals=info.signals, duration_s=info.duration_s, start_time=info.start_time,
                                   gaps=gaps, findings=finding)


def _hdf5_fields(path: Path) -> dict[str, Any]:
    file = h5py.File(path, "r")
    found: dict[str, Any] = {key.lower(): _attribute(value) for key, value in file.attrs.items()}
    for key in file:
        if isinstance(file.get(key, getlink=True), h5py.ExternalLink):
            raise RecordingError("The HDF5 file points to another file; save all data in one file.", code="companion_elsewhere")
        item = file[key]
        if isinstance(item, h5py.Dataset):
            found[key.lower()] = _dataset(item, file, is_data=key.lower() in _DATA)
            if key.lower() in _DATA:
                found = {name.lower(): _attribute(value) for name, value in item.attrs.items()} | found
    return found


def _dataset(item: h5py.Dataset, file: h5py.File, *, is_data: bool) -> Any:
    if item.external or item.is_virtual:
        raise RecordingError("The HDF5 file points to another file; save all data in one file.", code="companion_elsewhere")
    if is_data:
        return item
    if item.size is None or item.size > _MAX_TEXTS:
        return None
    if item.dtype.kind == "O" and h5py.check_ref_dtype(item.dtype):      # a MATLAB cell array
        return [_characters(file[reference][()]) for reference in np.ravel(item[()])]
    is_text = item.attrs.get("MATLAB_class", b"") in (b"char", "char")
    return _characters(item[()]) if is_text else _attribute(item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()])


def _characters(codes: Any) -> str:
    return "".join(map(chr, np.ravel(np.transpose(codes)).tolist()))


def _attribute(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _matlab_fields(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    found = loadmat(str(path), simplify_cells=True, verify_compressed_data_integrity=True)
    return {key.lower(): value for key, value in found.items() if not key.startswith("__")}


def _one(fields: Mapping[str, Any], names: Sequence[str], what: str) -> Any:
    found = next((fields[name] for name in names if fields.get(name) is not None), None)
    if found is None:
        raise RecordingError(f"The file does not state {what} ({' or '.join(names)}), and nothing is guessed; save it with data, fs, unit "
                             "and channels.", code="matrix_not_described")
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [_text_of(entry) for entry in np.ravel(np.asarray(value, dtype=object))[:_MAX_TEXTS]]


def _text_of(entry: Any) -> str:
    return "".join(c for c in str(_attribute(entry)) if c.isprintable()).strip()


def _names(fields: Mapping[str, Any]) -> list[str]:
    names = _texts(_one(fields, _NAMES, "the channel names"))
    if len(names) == 1 and ("," in names[0] or ";" in names[0]):
        names = [name.strip() for name in names[0].replace(";", ",").split(",")]
    if not 1 <= len(names) <= MAX_SIGNALS or not all(0 < len(name) <= 80 for name in names):
        raise RecordingError(f"The file names {len(names)} channels; from 1 to {MAX_SIGNALS} with a name each can be read.",
                             code="signal_count")
    return names


def _rate(fields: Mapping[str, Any]) -> float:
    stated = np.ravel(np.asarray(_one(fields, _RATE, "the sampling rate")))
    rate = float(stated[0]) if stated.size == 1 and stated.dtype.kind in "iuf" else 0.0
    if not 0 < rate <= MAX_SFREQ_HZ:
        raise RecordingError(f"The file states a sampling rate that is none; one number of Hz up to {MAX_SFREQ_HZ:,} is needed.",
                             code="sampling_rate")
    return rate


def _unit(fields: Mapping[str, Any]) -> str:
    stated = set(_texts(_one(fields, _UNIT, "the unit")))
    unit = stated.pop() if len(stated) == 1 else ""
    if uv_per_unit(unit) is None:
        raise RecordingError("The file states no single unit of voltage; V, mV, uV or nV for all channels is needed.", code="unit")
    return unit


def _start(fields: Mapping[str, Any]) -> datetime | None:
    texts = _texts(fields["start_time"]) if fields.get("start_time") is not None else []
    try:
        return datetime.fromisoformat(texts[0]).replace(tzinfo=None) if texts else None
    except ValueError:
        return None
