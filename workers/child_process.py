"""The parent's side of a child: start it, send an order, read answers with a timeout, kill it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import psutil

from app.settings import Settings

READ_BYTES: Final = 1 << 16
LONGEST_ANSWER_BYTES: Final = 64 << 20
SECRET_SETTINGS: Final = {"database_url", "redis_url", "metrics_token"}
ROOT: Final = Path(__file__).resolve().parent.parent


class ChildGone(Exception):
    """The child ended without a last answer."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"exit status {returncode}")
        self.returncode = returncode

    @property
    def code(self) -> str:
        """``CRASH_SIGSEGV`` and the like; ``CPU_LIMIT`` where that limit sent the signal."""
        if self.returncode >= 0:
            return f"CRASH_EXIT_{self.returncode}"
        name = signal.Signals(-self.returncode).name
        return "CPU_LIMIT" if name == "SIGXCPU" else f"CRASH_{name}"


class ChildProcess:
    """One warm ``python -m workers.child``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.model_dump(mode="json", exclude=SECRET_SETTINGS)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.child", str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=_environment(settings), start_new_session=True,
        )
        self._buffer = b""
        self._selector = selectors.DefaultSelector()
        assert self._process.stdout is not None
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, run: str, parameters: dict[str, Any]) -> None:
        """Send one job; ``ChildGone`` if the child has died while it was idle."""
        assert self._process.stdin is not None
        line = json.dumps({"run": run, "parameters": parameters, "settings": self._settings})
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise ChildGone(self._process.wait()) from None

    def next_answer(self, timeout_s: float) -> dict[str, Any] | None:
        """The next answer, or None after ``timeout_s``.

        Raises
        ------
        ChildGone
            If the child ended.
        """
        until = time.monotonic() + timeout_s
        while b"\n" not in self._buffer:
            if not self._selector.select(max(0.0, until - time.monotonic())):
                return None
            self._read()
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _read(self) -> None:
        assert self._process.stdout is not None
        part = os.read(self._process.stdout.fileno(), READ_BYTES)
        self._buffer += part
        if not part or len(self._buffer) > LONGEST_ANSWER_BYTES:
            if part:
                self._process.kill()
            raise ChildGone(self._process.wait())

    def resident_bytes(self) -> int:
        """Memory that the child holds; 0 if it has ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    def close(self) -> None:
        """End the child at once; it holds nothing that could be lost."""
        self._selector.close()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close_quietly(pipe)


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:      # unsent bytes for a process that is gone
        return


def _environment(settings: Settings) -> dict[str, str]:
    """The parent's environment without this program's settings: they hold the database's address and password."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HMS_")}
    threads = str(settings.onnx_threads)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return kept | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "MALLOC_ARENA_MAX": "2", "PYTHONPATH": path}
