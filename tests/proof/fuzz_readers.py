"""Long fuzz of the readers: ``python -m tests.proof.fuzz_readers [mutations]`` prints one JSON object.

Each mutation of a valid file goes through the gate (first 64 KiB) and, if that accepts it, through the whole reader:
opening, all annotations, one page at each end. Files of the shared data are seeds too where they are there. The work runs in
child processes, so that a crash of a library is counted and not suffered.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml.byte_source import HeadBytes
from ml.channels import ELECTRODES, map_to_1020
from ml.chunked import MAGIC
from ml.convert import convert
from ml.errors import RecordingError
from ml.file_kind import converted_kind
from ml.header_check import HEAD_BYTES, check_header
from ml.open_files import open_files
from ml.open_recording import open_recording
from ml.recording import RecordingSource
from tests.ml.edf_bytes import Edf, timekeeping
from tests.ml.foreign.brainvision_files import write_brainvision, zipped

ROOT = Path(__file__).resolve().parents[2]
BATCH = 200
MEMORY_BYTES = 3 << 30
HOSTILE = (b"0", b"-1", b"1", b"99999999", b"2147483647", b"4294967296", b"nan", b"inf", b"-inf", b"1e300", b"1e-300", b"1e-8",
           b"        ", b"\x00" * 8, b"\xff" * 8, b"%n%n%s", b"1_000", "²".encode(), b"+", b"1,5", b"0x10", b"EDF+D", b"BDF+C",
           b"EDF Annotations ", b"\n\r\n", b"\x14\x14\x00", b"\x15", b"+", b"+1e9\x14\x14\x00", b"PAR1", b"\x0d\x0a")
SHARED_SEEDS = ("malformed/bdf_24bit.bdf", "malformed/units_mV.edf", "malformed/mixed_fs_100_200.edf", "formats/EDF.jl/evt.bdf",
                "formats/edfio/test_subsecond.edf", "formats/mne/NihonKohden/MB0400FU.EDF", "malformed/pq_int16.parquet")


def seeds() -> dict[str, bytes]:
    """Small valid files of every kind."""
    texts = {0: b"+0.5\x151\x14Blink\x14\x00", 2: b"+2.5\x14Stop\x14\x00"}
    made = {
        "edf": Edf().build(),
        "edf+c": Edf(labels=ELECTRODES, tals=timekeeping(range(3), texts)).build(),
        "edf+d": Edf(tals=timekeeping([0, 1, 5], texts), fields={"reserved": "EDF+D"}).build(),
        "bdf": Edf(fields={"version": b"\xffBIOSEMI"}, per_record=[9, 12]).build(),
        "parquet": _parquet(),
        **_converted(),
    }
    shared = Path(os.environ.get("HMS_TEST_DATA", ROOT / "../shared/data"))
    return made | {path: (shared / path).read_bytes() for path in SHARED_SEEDS if (shared / path).is_file()}


def _parquet() -> bytes:
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(0, 30, 2000).astype(np.float32) for name in ELECTRODES}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, row_group_size=700)
    return out.getvalue()


def _converted() -> dict[str, bytes]:
    """Our own copy, a packed BrainVision recording and a matrix: what the worker's child converts.

    MATLAB 5 is left out: SciPy's reader itself ends in a segmentation fault on mutated files, which costs the child and its job.
    """
    digits = np.random.default_rng(0).integers(-3000, 3000, (3, 1000)).astype(np.int16)
    names = ("Fp1", "F7", "T7")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        header = write_brainvision(folder, digits, names=names)
        zipped(folder / "a.zip", header, header.with_suffix(".vmrk"), header.with_suffix(".eeg"))
        with h5py.File(folder / "a.h5", "w") as file:
            file["data"] = digits
            file.attrs.update({"fs": 200.0, "unit": "uV", "channels": list(names)})
        with open_files([header]) as recording:
            convert(recording, folder / "a.chunked")
        return {file.suffix[1:]: file.read_bytes() for file in folder.glob("a.*")}


def mutated(raw: bytes, rng: np.random.Generator) -> bytes:
    """One to four edits: hostile text on a field, random bytes, a cut, an insertion, a swap."""
    data = bytearray(raw)
    for _ in range(int(rng.integers(1, 5))):
        near_head = rng.random() < 0.7
        at = int(rng.integers(0, max(1, min(len(data), 1500) if near_head else len(data))))
        if data[:4] == b"PAR1" and near_head:
            at = max(0, len(data) - at)                       # the metadata of Parquet is at the end
        kind = rng.integers(0, 6)
        if kind <= 1:
            at -= at % 8 if kind == 0 else 0
            patch = HOSTILE[int(rng.integers(len(HOSTILE)))].ljust(8 if kind == 0 else 0)
            data[at : at + len(patch)] = patch
        elif kind == 2:
            data[at : at + 4] = rng.bytes(int(rng.integers(1, 5)))
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            data[at:at] = rng.bytes(int(rng.integers(1, 40)))
        elif len(data) > 1:
            data[at % len(data)] ^= 1 << int(rng.integers(8))
    return bytes(data)


def judge(raw: bytes) -> tuple[str, float, float]:
    """Verdict, and processor seconds in the gate and in the reader."""
    began = time.process_time()
    try:
        if not raw.startswith(MAGIC):            # our own copy never comes through the gate
            check_header(HeadBytes(raw[:HEAD_BYTES], len(raw)))
    except RecordingError as refusal:
        return f"refused: {refusal.code}", time.process_time() - began, 0.0
    gate_s = time.process_time() - began
    began = time.process_time()
    try:
        verdict = _read(raw)
    except RecordingError as refusal:
        verdict = f"refused by the reader: {refusal.code}"
    return verdict, gate_s, time.process_time() - began


def _read(raw: bytes) -> str:
    if converted_kind(raw[:256]) is None:
        return _judged(open_recording(HeadBytes(raw, len(raw))))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(raw)
        with open_files([path]) as recording:
            return _judged(recording)


def _judged(recording: RecordingSource) -> str:
    info = recording.info
    map_to_1020(info.signals)
    recording.annotations()
    signals = range(len(info.signals))
    for start_s in (0.0, max(0.0, info.duration_s - 1.0)):
        for signal, uv in zip(info.signals, recording.read(start_s, start_s + 1.0, signals), strict=True):
            if len(uv) != round((start_s + 1.0) * signal.sfreq_hz) - round(start_s * signal.sfreq_hz) or np.isinf(uv).any():
                raise AssertionError(f"{signal} returned {len(uv)} samples or infinite ones")
    return "accepted with a finding" if info.findings else "accepted"


def batch(name: str, raw: bytes, first: int, count: int) -> dict[str, object]:
    """Judge ``count`` mutations of one seed; their numbers seed the generator, so that each can be made again."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024   # libraries and the seed
    verdicts: Counter[str] = Counter()
    slowest = {"gate_s": 0.0, "reader_s": 0.0}
    failures = []
    for number in range(first, first + count):
        try:
            verdict, gate_s, reader_s = judge(mutated(raw, np.random.default_rng(number)))
        except Exception as error:
            verdict, gate_s, reader_s = f"FAILED: {type(error).__name__}", 0.0, 0.0
            failures.append(f"{name} #{number}: {error!r}"[:300])
        verdicts[verdict] += 1
        slowest = {"gate_s": max(slowest["gate_s"], gate_s), "reader_s": max(slowest["reader_s"], reader_s)}
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"verdicts": verdicts, "failures": failures, "peak_mb": peak_mb, "added_mb": peak_mb - before_mb, **slowest}


def batches(total: int) -> Iterator[tuple[str, bytes, int, int]]:
    files = list(seeds().items())
    for number, first in enumerate(range(0, total, BATCH)):
        name, raw = files[number % len(files)]
        yield name, raw, first, min(BATCH, total - first)


def main(total: int) -> int:
    began = time.perf_counter()
    verdicts: Counter[str] = Counter()
    report = {"gate_s": 0.0, "reader_s": 0.0, "peak_mb": 0.0, "added_mb": 0.0}
    failures: list[str] = []
    for name, result in _results(total):
        if result is None:
            verdicts["CRASHED"] += 1
            failures.append(f"{name}: a child process died")
            continue
        verdicts.update(result["verdicts"])  # type: ignore[call-overload]
        failures += result["failures"]  # type: ignore[operator]
        report = {key: max(value, float(result[key])) for key, value in report.items()}  # type: ignore[arg-type]
    print(json.dumps({
        "fuzz_readers": {"mutations": total, "seeds": list(seeds()), "verdicts": dict(verdicts.most_common()),
                         "max_gate_s": round(report["gate_s"], 4), "max_reader_s": round(report["reader_s"], 4),
                         "peak_mb": round(report["peak_mb"], 1), "peak_above_start_mb": round(report["added_mb"], 1),
                         "failures": failures[:20],
                         "elapsed_s": round(time.perf_counter() - began, 1)}}, indent=2))
    return 1 if failures else 0


def _results(total: int) -> Iterator[tuple[str, dict[str, object] | None]]:
    """Results of all batches; one child per batch, so that memory is measured afresh and a crash costs one batch."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    for job in batches(total):
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            future = pool.submit(batch, *job)
            for done in as_completed([future]):
                try:
                    yield job[0], done.result()
                except BrokenProcessPool:
                    yield f"{job[0]} {job[2]}..{job[2] + job[3]}", None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
