"""``make bench``: medians and ratios as JSON on standard output.

Every benchmark is a module here with ``measure() -> dict``; name some to run only these:
``python -m tests.benchmarks ensemble_speed web_start``.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time

NAMES = ("ensemble_speed", "web_start", "first_page", "page_turn", "overview_draw", "whole_day", "features_speed", "pattern_facts", "hms_spectrograms", "against_mne", "long_recording")


def machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "load_before": os.getloadavg()[0], "python": platform.python_version(), "machine": platform.machine()}


def main(names: list[str]) -> None:
    results: dict[str, object] = {"machine": machine()}
    for name in names or NAMES:
        started = time.perf_counter()
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = importlib.import_module(f"tests.benchmarks.{name}").measure()
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
