"""Windows per minute of the full and the fast set of features (aims: 2,000 and 20,000 on two idle cores).

``recording`` is what ``hms features`` does, from the file to the table: two hours are read, cleaned and described on two cores,
the start of the processes included. ``alone`` is the extractor on windows in memory in one process. CPU time is what counts on
a machine that does other things: two cores could do ``per_minute_by_cpu`` if they were idle.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ml.byte_source import FileBytes
from ml.features import extract, of_recording, processes
from ml.montage import CHAINS
from ml.open_recording import open_recording
from ml.synthetic import recording
from tests.recordings import eeg

CORES = 2
HOURS = 2.0
AIMS = {"full": 2_000, "fast": 20_000}
STEP_S = {"full": 10.0, "fast": 0.5}
ALONE = {"full": 100, "fast": 2_000}


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder:
        path = Path(folder) / "hours.edf"
        recording.write_edf(path, hours=HOURS, seed=7)
        return {which: _speed(which, path) for which in ("full", "fast")}


def _speed(which: extract.Which, path: Path) -> dict[str, Any]:
    n_features = sum(which == "full" or feature.fast for feature in extract.FEATURES)
    with processes.pool(1) as pool:
        alone = pool.submit(_alone, which, ALONE[which]).result()
    return {"features": n_features, "aim_per_minute": AIMS[which], "recording": _timed(lambda: _of_recording(which, path)), "alone": alone}


def _of_recording(which: extract.Which, path: Path) -> int:
    with FileBytes(path) as file:
        blocks = of_recording.stream(open_recording(file), which=which, step_s=STEP_S[which], mains_hz=60.0, cores=CORES)
        return sum(len(block.start_s) for block in blocks)


def _alone(which: extract.Which, count: int) -> dict[str, Any]:
    one = np.stack([CHAINS @ eeg(10, seed=seed) for seed in range(20)]).astype(np.float32)
    windows = np.concatenate([one] * (count // len(one)))
    extract.extract(windows[:4], which=which)
    return _timed(lambda: len(extract.extract(windows, which=which).by_channel))


def _timed(act: Callable[[], int]) -> dict[str, Any]:
    wall_s, cpu_s = time.perf_counter(), _cpu_s()
    count = act()
    wall_s, cpu_s = time.perf_counter() - wall_s, _cpu_s() - cpu_s
    return {"windows": count, "per_minute": round(60.0 * count / wall_s), "wall_s": round(wall_s, 2),
            "cpu_ms_per_window": round(1e3 * cpu_s / count, 2), "per_minute_by_cpu": round(60.0 * CORES * count / cpu_s)}


def _cpu_s() -> float:
    used = (resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
