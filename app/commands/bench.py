"""``hms bench``: how fast this machine analyses, as JSON."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from app.settings import current


@click.command()
@click.option("--minutes", default=30.0, show_default=True, type=click.FloatRange(1, 24 * 60), help="Length of the generated recording.")
@click.option("--repeats", default=10, show_default=True, type=click.IntRange(3, 1000), help="Batches timed for the ensemble.")
def bench(minutes: float, repeats: int) -> None:
    """Measure windows per minute of the ensemble and the analysis of a generated recording."""
    result = {"cores": os.cpu_count(), "ensemble": ensemble_speed(repeats), "recording": recording_speed(minutes)}
    click.echo(json.dumps(result, indent=2))


def ensemble_speed(repeats: int, *, batch: int = 32) -> dict[str, Any]:
    """Windows per minute of the served ensemble alone: median over ``repeats`` batches after one to warm up."""
    import numpy as np

    from ml.ensemble import Ensemble

    ensemble = Ensemble.load(provider=current().provider, engines=current().engines_dir)
    windows = np.random.default_rng(1).normal(0, 15, (batch, 18, 10_000)).astype(np.float32)
    seconds = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        ensemble.predict(windows)
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds[1:])
    return {"windows_per_minute": round(60 * batch / median), "ms_per_window_median": round(1000 * median / batch, 2),
            "ms_per_window_worst": round(1000 * max(seconds[1:]) / batch, 2), "batch": batch, "repeats": repeats, "step_s": ensemble.step_s}


def recording_speed(minutes: float) -> dict[str, Any]:
    """Wall time of the whole pipeline over a generated recording."""
    from ml import pipeline
    from ml.byte_source import FileBytes
    from ml.ensemble import Ensemble
    from ml.open_recording import open_recording
    from ml.synthetic import recording

    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder:
        path = Path(folder) / "bench.edf"
        recording.write_edf(path, hours=minutes / 60, seed=7)
        started = time.perf_counter()
        result = pipeline.analyse(open_recording(FileBytes(path)), Ensemble.load(provider=current().provider, engines=current().engines_dir))
        wall_s = time.perf_counter() - started
    return {"minutes": minutes, "wall_s": round(wall_s, 2), "windows": len(result.spans.prob), "times_real_time": round(60 * minutes / wall_s)}
