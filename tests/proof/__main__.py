"""``make proof``: the long tables, one program each, gathered into one result file.

``python -m tests.proof --out proof.json [table …]``; a table that finds what must never be ends with status 1, and so does this.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

TABLES = ("faults", "upload_survival", "fuzz_readers")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make proof")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("tables", nargs="*", default=TABLES, metavar="table", help=", ".join(TABLES))
    asked = parser.parse_args()
    found: dict[str, object] = {"machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}}
    failed = []
    for name in asked.tables:
        began = time.perf_counter()
        print(f"{name} …", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", f"tests.proof.{name}"], stdout=subprocess.PIPE, check=False)
        found |= json.loads(done.stdout or "{}")
        failed += [name] if done.returncode else []
        print(f"{name}: status {done.returncode}, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        asked.out.write_text(json.dumps(found | {"failed": failed}, indent=2) + "\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
