"""A day of 40 channels at 512 Hz: opening it, reading and drawing pages at random places; and how fast other formats are converted.

Aims: it opens within 1 s, and 10 s of all channels are read within 20 ms, from EDF+, BDF+ and our converted copy alike. ``read``
is ``RecordingSource.read``; ``read_from_disk`` the same after the system was asked to forget the file; ``page`` is what the viewer
asks for (longitudinal, 1-70 Hz, 1,600 pixels, no block kept from before); encrypted, the same of an object as the store seals it. Files lie in the temporary folder, up to 11 GB at once
for 24 h; TMPDIR names another one.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from app.file_store import FileStore
from app.keyring import Keyring
from ml import convert, page
from ml.byte_source import ByteSource, FileBytes
from ml.channels import ELECTRODES, map_to_1020
from ml.open_recording import open_recording
from tests.ml.edf_bytes import Edf, timekeeping
from tests.ml.foreign.brainvision_files import write_brainvision
from tests.ml.foreign.gdf_files import Gdf
from tests.ml.foreign.neuroscan_files import cnt_bytes

T = TypeVar("T")
HOURS = float(os.environ.get("HMS_BENCH_HOURS", "24"))
CONVERTED_HOURS = min(1.0, HOURS)
RATE = 512
NAMES = (*ELECTRODES, *(f"X{number}" for number in range(1, 21)), "ECG")
PAGE_S, PAGES, DRAWN = 10.0, 300, 60


def measure() -> dict[str, Any]:
    results: dict[str, Any] = {"hours": HOURS, "channels": len(NAMES), "sfreq_hz": RATE, "pages": PAGES}
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as name:
        folder = Path(name)
        bdf, edf, copy = folder / "day.bdf", folder / "day.edf", folder / "day.hms"
        _write(bdf)
        results["BDF+"] = _figures(bdf)
        bdf.unlink()
        _write(edf)
        results["EDF+"] = _figures(edf)
        copied_s = _seconds(lambda: convert.convert(open_recording(FileBytes(edf)), copy))
        store = FileStore(folder / "objects", Keyring.of([bytes(32)]))
        name, sealed_s = _timed(lambda: store.put_stream(edf.open("rb")))
        results["EDF+, encrypted"] = {"sealed_mb_per_s": _rate(edf.stat().st_size, sealed_s)} | _reads(lambda: store.open(name))
        store.path(name).unlink()
        results["converted copy"] = {"copied_mb_per_s": _rate(edf.stat().st_size, copied_s)} | _figures(copy)
    results["aims"] = {"open_s": 1.0, "read_ms": 20.0}
    results["conversion"] = {"hours": CONVERTED_HOURS} | {kind: _conversion(write) for kind, write in WRITERS.items()}
    return results


def _figures(path: Path) -> dict[str, Any]:
    source, every = open_recording(FileBytes(path)), range(len(NAMES))
    return {
        "file_mb": round(path.stat().st_size / 1e6), **_reads(lambda: FileBytes(path)),
        "annotations_s": round(_seconds(source.annotations), 3),
        "read_from_disk": _forget(path) or _times(lambda at: source.read(at, at + PAGE_S, every), _places()),
    }


def _reads(content: Callable[[], ByteSource]) -> dict[str, Any]:
    source = open_recording(content())
    layout, every = map_to_1020(source.info.signals), range(len(NAMES))
    return {
        "open_s": round(max(_seconds(lambda: open_recording(content())) for _ in range(5)), 4),
        "read": _times(lambda at: source.read(at, at + PAGE_S, every), _places()),
        "page": _times(lambda at: page.render(source, layout, start_s=at, duration_s=PAGE_S, max_px=1600), _places()[:DRAWN]),
    }


def _places() -> NDArray[np.float64]:
    return np.random.default_rng(3).uniform(0.0, HOURS * 3600.0 - PAGE_S, PAGES)


def _times(read: Callable[[float], object], places: NDArray[np.float64]) -> dict[str, float]:
    times_ms = [1e3 * _seconds(lambda at=float(at): read(at)) for at in places]
    median, high = np.percentile(times_ms, (50, 95))
    return {"median_ms": round(float(median), 2), "p95_ms": round(float(high), 2), "worst_ms": round(max(times_ms), 2)}


def _seconds(act: Callable[[], object]) -> float:
    return _timed(act)[1]


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = act()
    return result, time.perf_counter() - started


def _rate(n_bytes: int, seconds: float) -> int:
    return round(n_bytes / 1e6 / seconds)


def _forget(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _write(path: Path) -> None:
    """EDF+C or BDF+C with records of a second, each with its time; a minute of noise over and over."""
    digits = _digits(60.0)
    tals, seconds = 60, round(HOURS * 3600)
    fields, changes = {"n_records": str(seconds), "reserved": "EDF+C"}, {}
    values = [digits[:, at : at + RATE].astype("<i2").tobytes() for at in range(0, digits.shape[1], RATE)]
    if path.suffix == ".bdf":
        wide = {"dmin": "-8388608", "dmax": "8388607"}
        fields |= {"version": b"\xffBIOSEMI", "reserved": "BDF+C"}
        changes = dict.fromkeys(range(len(NAMES)), wide) | {len(NAMES): wide | {"label": "BDF Annotations", "samples": str(tals // 3)}}
        values = [_as_24_bits(digits[:, at : at + RATE]) for at in range(0, digits.shape[1], RATE)]
    header = Edf(NAMES, per_record=RATE, n_records=1, tals=timekeeping([0]), tal_bytes=tals, fields=fields, signal_fields=changes).header()
    with path.open("wb") as file:
        file.write(header)
        for second in range(seconds):
            file.write(values[second % len(values)] + f"+{second}\x14\x14\x00".encode().ljust(tals, b"\0"))


def _digits(seconds: float) -> NDArray[np.int16]:
    noise = np.random.default_rng(5).normal(0.0, 300.0, (len(NAMES), round(60.0 * RATE)))
    return np.tile(noise.astype(np.int16), -(-round(seconds) // 60))[:, : round(seconds * RATE)]


def _as_24_bits(digits: NDArray[np.int16]) -> bytes:
    return np.ascontiguousarray(digits, "<i4").reshape(-1, 1).view(np.uint8)[:, :3].tobytes()


def _conversion(write: Callable[[Path, NDArray[np.int16]], Path]) -> dict[str, Any]:
    """Megabytes of the original per second, from opening it to the finished copy, in this process."""
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as name:
        folder = Path(name)
        original, scratch = write(folder, _digits(CONVERTED_HOURS * 3600.0)), folder / "scratch"
        scratch.mkdir()
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        cpu_s = time.process_time()
        seconds = _seconds(lambda: convert.convert(convert.open_foreign(original, scratch), folder / "copy.hms"))
        cpu_s = time.process_time() - cpu_s
    return {"original_mb": round(size / 1e6), "mb_per_s": _rate(size, seconds), "mb_per_cpu_s": _rate(size, cpu_s),
            "times_real_time": round(CONVERTED_HOURS * 3600.0 / seconds)}


def _brainvision(folder: Path, digits: NDArray[np.int16]) -> Path:
    return write_brainvision(folder, digits, names=NAMES, sfreq_hz=RATE)


def _gdf(folder: Path, digits: NDArray[np.int16]) -> Path:
    path = folder / "day.gdf"
    path.write_bytes(Gdf(tuple(digits), NAMES, per_record=(RATE,), record_s=(1, 1), event_rate=RATE).build())
    return path


def _neuroscan(folder: Path, digits: NDArray[np.int16]) -> Path:
    path = folder / "day.cnt"
    path.write_bytes(cnt_bytes(digits, names=NAMES, sfreq_hz=RATE))
    return path


def _matlab(folder: Path, digits: NDArray[np.int16]) -> Path:
    names = np.array(NAMES, dtype=object)
    savemat(folder / "day.mat", {"data": digits.astype(np.float32), "fs": float(RATE), "unit": "uV", "channels": names})
    return folder / "day.mat"


def _hdf5(folder: Path, digits: NDArray[np.int16]) -> Path:
    with h5py.File(folder / "day.h5", "w") as file:
        file["data"] = digits.astype(np.float32)
        file["data"].attrs.update({"sfreq": float(RATE), "unit": "uV", "channels": list(NAMES)})
    return folder / "day.h5"


WRITERS = {"BrainVision": _brainvision, "GDF": _gdf, "Neuroscan CNT": _neuroscan, "MATLAB": _matlab, "HDF5": _hdf5}
