"""Windows per minute of the full and the fast set of features (aims: 2,000 and 20,000 on two idle cores).

CPU time is what counts on a machine that does other things: two cores could do ``per_minute_by_cpu`` if they were idle.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from ml.features import extract
from ml.montage import CHAINS
from tests.recordings import eeg

CORES = 2
AIMS = {"full": 2_000, "fast": 20_000}
WINDOWS = {"full": 40, "fast": 400}


def measure() -> dict[str, Any]:
    one = np.stack([CHAINS @ eeg(10, seed=seed) for seed in range(20)]).astype(np.float32)
    return {which: _speed(which, np.concatenate([one] * (WINDOWS[which] // len(one)))) for which in ("full", "fast")}


def _speed(which: extract.Which, windows: np.ndarray) -> dict[str, Any]:
    extract.extract(windows[:4], which=which)
    wall, cpu = [], []
    for _ in range(3):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        extract.extract(windows, which=which, threads=CORES)
        wall.append(time.perf_counter() - wall_s)
        cpu.append(time.process_time() - cpu_s)
    count = len(windows)
    return {
        "features": sum(which == "full" or feature.fast for feature in extract.FEATURES), "windows": count, "aim_per_minute": AIMS[which],
        "per_minute": round(60.0 * count / statistics.median(wall)), "cpu_ms_per_window": round(1e3 * statistics.median(cpu) / count, 2),
        "per_minute_by_cpu": round(60.0 * CORES * count / statistics.median(cpu)),
    }
