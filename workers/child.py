"""``python -m workers.child PARENT_PID``: does one heavy job after another under limits, and knows no database.

Orders come as JSON lines on standard input, answers go as JSON lines to what was standard output:
``{"progress": [step, done, total]}`` while working, then one of ``{"done": result}``, ``{"refused": {code, sentence}}``
(can never succeed) and ``{"error": {code, reference}}`` (may be tried again). What libraries print goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
from secrets import token_hex
from typing import Any, Final, TextIO

from app.errors import AppError
from app.file_store import open_store
from app.settings import MIB, Settings, use
from ml.backends.provider import may_use_gpu
from ml.errors import RecordingError
from workers import orphan
from workers.kinds import Bench

PROGRESS_EVERY_S: Final = 0.2


def main() -> None:
    orphan.end_with(int(sys.argv[1]), signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # Ctrl-C is the parent's to handle
    answers = _take_standard_output()
    for line in sys.stdin:
        order = json.loads(line)
        settings = use(Settings(**order["settings"]))
        limit(settings)
        answer(answers, work(order, settings, answers))


def limit(settings: Settings) -> None:
    """Bound memory, processor time and file size for the next job; the parent bounds the wall time.

    CUDA reserves far more address space than memory, so there the parent watches the resident size instead.
    """
    if not may_use_gpu(settings.provider):
        _set_limit(resource.RLIMIT_AS, settings.job_memory_mib * MIB)
    _set_limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + settings.job_cpu_s)
    _set_limit(resource.RLIMIT_FSIZE, settings.job_file_mib * MIB)
    _set_limit(resource.RLIMIT_CORE, 0)


def _set_limit(which: int, value: int) -> None:
    """Lower or raise the soft limit; the hard one stays, since a warm child gets new limits with each job."""
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def work(order: dict[str, Any], settings: Settings, answers: TextIO) -> dict[str, Any]:
    """Run the function that the order names; the last answer about it."""
    try:
        module, _, name = order["run"].partition(":")
        function = getattr(importlib.import_module(module), name)
        return {"done": function(order["parameters"], Bench(settings, open_store(settings), _Reporter(answers)))}
    except (RecordingError, AppError) as error:
        return {"refused": {"code": error.code, "sentence": error.sentence}}
    except MemoryError:
        return {"error": {"code": "MEMORY_LIMIT", "reference": _logged()}}
    except Exception:
        return {"error": {"code": "BUG", "reference": _logged()}}


class _Reporter:
    """Progress messages, no more than a few per second."""

    def __init__(self, answers: TextIO) -> None:
        self._answers = answers
        self._last = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        at = time.monotonic()
        if done >= total or at - self._last >= PROGRESS_EVERY_S:
            self._last = at
            answer(self._answers, {"progress": [step, done, total]})


def answer(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, allow_nan=False) + "\n")
    answers.flush()


def _logged() -> str:
    """Write the traceback under a reference that the user is shown."""
    reference = token_hex(2)
    sys.stderr.write(f"job failed, reference {reference}\n{traceback.format_exc()}")
    return reference


def _take_standard_output() -> TextIO:
    """A private copy of standard output; whatever else is printed goes to standard error."""
    private = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return private


if __name__ == "__main__":
    main()
