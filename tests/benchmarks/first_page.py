"""Time from the upload's last byte to the bytes of the first EEG page (aim: at most 2 s), for a 2-h recording."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from ml.synthetic import recording
from tests import api_client as client
from tests.live_server import Server, running

REPEATS = 3


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder, running() as server:
        server.hms("add-user", "bench", "--role", "neurologist", "--clinic", "Bench clinic", "--no-password")
        token = server.hms("add-token", "bench").strip()
        seconds = [_once(server, token, Path(folder), seed) for seed in range(REPEATS)]
    return {"median_s": round(statistics.median(seconds), 2), "worst_s": round(max(seconds), 2), "repeats": REPEATS, "hours": 2, "aim_s": 2}


def _once(server: Server, token: str, folder: Path, seed: int) -> float:
    path = folder / f"two-hours-{seed}.edf"
    recording.write_edf(path, hours=2, seed=seed)
    with client.connect(server.url, token) as api:
        uploaded = client.upload(api, path, record_number=f"B-{seed}")
        page = api.get(f"/studies/{uploaded.study_id}/page", params={"t0": 0, "dur": 10, "montage": "longitudinal", "lff": 1, "hff": 70})
        page.raise_for_status()
        return time.perf_counter() - uploaded.last_byte_at
