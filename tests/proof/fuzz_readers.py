"""Long fuzz of the readers: ``python -m tests.proof.fuzz_readers [mutations] [--only SEED …] [--first NUMBER]`` prints one JSON object.

Each mutation of a valid file goes through the gate (first 64 KiB) and, if that accepts it, through the whole reader, conversion
included: opening, all annotations, one page at each end. The work runs in child processes, so that a crash of a library is counted
and not suffered; where the application itself converts in a child, such a crash is a refusal in one sentence and counted as that.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from ml.byte_source import FileBytes, HeadBytes
from ml.channels import map_to_1020
from ml.chunked import MAGIC
from ml.convert import convert, open_foreign
from ml.errors import RecordingError
from ml.file_kind import converted_kind
from ml.header_check import HEAD_BYTES, check_header
from ml.open_recording import open_recording
from ml.recording import RecordingSource
from tests.proof.fuzz_seeds import CRASHING, Seed, mutated, seeds

BATCH = 200
ADDRESS_BYTES = 4 << 30              # as the worker's child has
LAZY = ("mne.io.eeglab", "pymatreader", "scipy.io", "ml.foreign.mne_recording")
"""Loaded once for all processes."""
MAX_S = 5.0
MAX_MB = 512.0


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
        verdict = f"refused by the reader: {refusal.code}" if refusal.sentence.endswith(".") else f"NO SENTENCE: {refusal.code}"
    except MemoryError:                          # the process that converts says so in one sentence
        verdict = "refused by the reader: memory_limit"
    return verdict, gate_s, time.process_time() - began


def _read(raw: bytes) -> str:
    if converted_kind(raw[:256]) is None:
        return _judged(open_recording(HeadBytes(raw, len(raw))))
    with tempfile.TemporaryDirectory() as folder:
        path, scratch, target = Path(folder) / "upload", Path(folder) / "scratch", Path(folder) / "converted"
        scratch.mkdir()
        path.write_bytes(raw)
        convert(open_foreign(path, scratch), target)
        return _judged(open_recording(FileBytes(target)))


def _judged(recording: RecordingSource) -> str:
    info = recording.info
    map_to_1020(info.signals)
    recording.annotations()
    signals = range(len(info.signals))
    for start_s in (0.0, max(0.0, info.duration_s - 1.0)):
        for signal_, uv in zip(info.signals, recording.read(start_s, start_s + 1.0, signals), strict=True):
            if len(uv) != round((start_s + 1.0) * signal_.sfreq_hz) - round(start_s * signal_.sfreq_hz) or np.isinf(uv).any():
                raise AssertionError(f"{signal_} returned {len(uv)} samples or infinite ones")
    return "accepted with a finding" if info.findings else "accepted"


def judge_apart(raw: bytes) -> tuple[str, float, float]:
    """The same in a process of its own."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write_end, json.dumps(judge(raw)).encode())
        except BaseException as error:
            os.write(write_end, json.dumps([f"FAILED: {error!r}"[:300], 0.0, 0.0]).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as answers:
        said = answers.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"refused as its reader crashed: {signal.Signals(os.WTERMSIG(status)).name}", 0.0, 0.0
    verdict, gate_s, reader_s = json.loads(said)
    if verdict.startswith("FAILED"):
        raise RuntimeError(verdict)
    return verdict, gate_s, reader_s


def batch(name: str, seed: Seed, first: int, count: int) -> dict[str, object]:
    """Judge ``count`` mutations of one seed; their numbers seed the generator, so that each can be made again."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    verdicts: Counter[str] = Counter()
    slowest = {"gate_s": 0.0, "reader_s": 0.0}
    failures = []
    for number in range(first, first + count):
        try:
            verdict, gate_s, reader_s = (judge_apart if name.startswith(CRASHING) else judge)(mutated(seed, np.random.default_rng(number)))
            if verdict.startswith("NO SENTENCE"):
                failures.append(f"{name} #{number}: {verdict}")
            if max(gate_s, reader_s) > MAX_S:
                failures.append(f"{name} #{number}: {gate_s:.1f} s in the gate, {reader_s:.1f} s in the reader")
        except Exception as error:
            verdict, gate_s, reader_s = f"FAILED: {type(error).__name__}", 0.0, 0.0
            failures.append(f"{name} #{number}: {error!r}"[:300])
        verdicts[verdict] += 1
        slowest = {"gate_s": max(slowest["gate_s"], gate_s), "reader_s": max(slowest["reader_s"], reader_s)}
    peak_mb = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    failures += [f"{name} {first}..{first + count}: {peak_mb:.0f} MB"] if peak_mb > MAX_MB else []
    return {"verdicts": verdicts, "failures": failures, "peak_mb": peak_mb, **slowest}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.fuzz_readers")
    parser.add_argument("total", type=int, nargs="?", default=20_000)
    parser.add_argument("--only", nargs="+", help="seeds by their names")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation")
    asked = parser.parse_args()
    began = time.perf_counter()
    chosen = {name: seed for name, seed in seeds().items() if asked.only is None or name in asked.only}
    table: dict[str, dict[str, object]] = {}
    failures: list[str] = []
    for name, result in _results(chosen, asked.total, asked.first):
        row = table.setdefault(name, {"mutations": 0, "max_gate_s": 0.0, "max_reader_s": 0.0, "peak_mb": 0.0, "verdicts": Counter()})
        _add(row, result)
        failures += result["failures"]  # type: ignore[operator]
    print(json.dumps({"fuzz_readers": {
        "mutations": asked.total, "first": asked.first, "crashes": sum("a child process died" in failure for failure in failures),
        "max_reader_s": max(float(str(row["max_reader_s"])) for row in table.values()),
        "peak_mb": max(float(str(row["peak_mb"])) for row in table.values()),
        "failures": failures[:40], "by_seed": table, "elapsed_s": round(time.perf_counter() - began, 1)}}, indent=1))
    return 1 if failures else 0


def _add(row: dict[str, object], result: dict[str, object]) -> None:
    verdicts = Counter(row["verdicts"])  # type: ignore[arg-type]
    verdicts.update(result["verdicts"])  # type: ignore[call-overload]
    row["verdicts"], row["mutations"] = dict(verdicts.most_common()), verdicts.total()
    for key, name in (("gate_s", "max_gate_s"), ("reader_s", "max_reader_s"), ("peak_mb", "peak_mb")):
        row[name] = round(max(float(str(row[name])), float(str(result[key]))), 3)


def _results(chosen: dict[str, Seed], total: int, start: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Results of all batches; one child per batch, so that memory is measured afresh and a crash costs one batch."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *LAZY])
    files = list(chosen.items())
    for number, offset in enumerate(range(0, total, BATCH)):
        name, seed = files[number % len(files)]
        first, count = start + offset, min(BATCH, total - offset)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                yield name, pool.submit(batch, name, seed, first, count).result()
            except BrokenProcessPool:
                yield name, {"verdicts": {"CRASHED": count}, "failures": [f"{name} {first}..{first + count}: a child process died"],
                             "gate_s": 0.0, "reader_s": 0.0, "peak_mb": 0.0}


if __name__ == "__main__":
    sys.exit(main())
