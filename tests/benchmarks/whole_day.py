"""Wall time and peak memory of analysing a generated 24-h recording, 19 channels at 200 Hz (aims: 15 min, 1.5 GB)."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ml.synthetic import recording

HOURS = float(os.environ.get("HMS_BENCH_HOURS", "24"))


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder:
        path = Path(folder) / "day.edf"
        started = time.perf_counter()
        recording.write_edf(path, hours=HOURS, seed=7)
        generated_s = time.perf_counter() - started
        return {"hours": HOURS, "generated_s": round(generated_s, 1), "file_mb": round(path.stat().st_size / 1e6)} | _analyse(path)


def _analyse(path: Path) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "app.cli", "analyse", str(path), "--json"], capture_output=True, check=True)
    wall_s = time.perf_counter() - started
    result = json.loads(done.stdout)
    return {
        "wall_s": round(wall_s, 1), "wall_min": round(wall_s / 60, 2), "aim_min": 15,
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024), "aim_memory_mb": 1500,
        "windows": len(result["windows"]["prob"]), "step_s": result["windows"]["step_s"], "events": len(result["events"]),
        "hours_per_minute": round(HOURS / (wall_s / 60), 1),
    }
