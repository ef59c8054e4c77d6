"""A real server of its own for benchmarks and journeys: embedded mode, fresh data, free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Server:
    """Where a running server is, and how long it took to answer."""

    url: str
    data_dir: Path
    environment: dict[str, str]
    start_s: float

    def hms(self, *arguments: str, text: str = "") -> str:
        """Run the ``hms`` command against the same data; returns its standard output."""
        done = subprocess.run([sys.executable, "-m", "app.cli", *arguments], env=self.environment, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"hms {arguments[0]} failed: {done.stderr}")
        return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(*commands: tuple[str, ...], settings: Mapping[str, str] | None = None, migrate: bool = False) -> Iterator[Server]:
    """Start ``hms run --no-demo`` (or the given ``hms`` commands, web first, on a migrated database) and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="hms-server-") as folder:
        port = free_port()
        environment = os.environ | {"HMS_DATA_DIR": folder, "HMS_PORT": str(port), "PYTHONUNBUFFERED": "1"} | dict(settings or {})
        log = (Path(folder) / "server.log").open("wb")
        if migrate:
            subprocess.run([sys.executable, "-m", "app.cli", "migrate"], env=environment, check=True, stdout=log, stderr=log)
        started = time.perf_counter()
        processes = [subprocess.Popen([sys.executable, "-m", "app.cli", *command], env=environment, stdout=log, stderr=log)
                     for command in commands or (("run", "--no-demo"),)]
        try:
            _wait(f"http://127.0.0.1:{port}/health", processes[0], Path(folder) / "server.log")
            yield Server(f"http://127.0.0.1:{port}", Path(folder), dict(environment), time.perf_counter() - started)
        finally:
            _stop(processes)
            log.close()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not answer within a minute:\n{log.read_text()[-4000:]}")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(processes):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
