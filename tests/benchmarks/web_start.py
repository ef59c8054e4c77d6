"""Seconds from starting the command to the first answer of the web server (aim: at most 4)."""

from __future__ import annotations

import statistics
from typing import Any

from tests.live_server import running

REPEATS = 5


def measure() -> dict[str, Any]:
    seconds = []
    for _ in range(REPEATS):
        with running() as server:
            seconds.append(server.start_s)
    return {"median_s": round(statistics.median(seconds), 2), "worst_s": round(max(seconds), 2), "repeats": REPEATS, "aim_s": 4}
