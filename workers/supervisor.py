"""Keeps one worker process alive beside the web server, and ends it with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Final

import structlog

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
HEALTHY_S: Final = 60.0
"""A worker that lived so long starts again without the pauses that its predecessors had earned."""
STOP_S: Final = 15.0
LOOK_S: Final = 0.5

_log = structlog.get_logger(__name__)


class Supervisor:
    """Starts ``hms worker`` again whenever it ends, more and more slowly if it keeps ending."""

    def __init__(self, arguments: tuple[str, ...] = ()) -> None:
        self._command = [sys.executable, "-m", "app.cli", "worker", "--parent", str(os.getpid()), *arguments]
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Have the worker give its job back and end; SIGKILL if it does not."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
            while self._process.poll() is None and not self._stopping.wait(LOOK_S):
                pass
            if self._stopping.is_set():
                break
            pause_s = FIRST_PAUSE_S if time.monotonic() - began > HEALTHY_S else min(LONGEST_PAUSE_S, 2 * pause_s)
            _log.error("worker_ended", status=self._process.returncode, again_in_s=pause_s)
            self._stopping.wait(pause_s)
        if self._process is not None:
            _end(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
