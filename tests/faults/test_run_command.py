"""``hms run``: one command up, Ctrl-C down, nothing left behind and nothing lost."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.commands import run as command
from app.settings import Settings
from tests.faults.installation import ROOT
from tests.servers import wait_until

pytestmark = pytest.mark.fault
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``hms run`` on one data folder and waits until it prints its address."""
    started = []

    def run(*options: str, ready: str = "Ctrl-C stops everything") -> subprocess.Popen[bytes]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HMS_")}
        log = tmp_path / f"log-{len(started)}"
        with log.open("wb") as file:
            one = subprocess.Popen([sys.executable, "-m", "app.cli", "run", "--port", "0", *options], cwd=ROOT, stdout=file, stderr=file,
                                   env=environment | {"HMS_DATA_DIR": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"})
        started.append(one)
        wait_until(lambda: ready in log.read_text(), 180, f"hms run says {ready!r}")
        return one

    yield run
    for one in started:
        one.kill()
        one.wait()


def workers_of(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    running = [child for child in psutil.Process(server.pid).children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in running if "worker" in child.cmdline()]


def wait_for_worker(server: subprocess.Popen[bytes]) -> psutil.Process:
    wait_until(lambda: bool(workers_of(server)), 90, "the worker runs")
    return workers_of(server)[0]


def test_ctrl_c_stops_everything_and_a_second_start_keeps_the_data(start: Start, tmp_path: Path) -> None:
    server = start("--no-demo")
    worker = wait_for_worker(server)
    server.send_signal(signal.SIGINT)
    assert server.wait(90) == 0
    assert not worker.is_running()
    secret = (tmp_path / "data/secret.key").read_bytes() if (tmp_path / "data/secret.key").exists() else b""
    start("--no-demo")
    links = [re.findall(r"login/link/(\S+)", (tmp_path / f"log-{n}").read_text()) for n in (0, 1)]
    assert len(set(links[0] + links[1])) == 4
    assert not secret or Settings(data_dir=tmp_path / "data").secret == secret


def test_a_second_server_on_the_same_data_is_refused_with_a_sentence(start: Start) -> None:
    start("--no-demo")
    second = start("--no-demo", ready="already. Stop it, or set HMS_DATA_DIR")
    assert second.wait(20) == 2


def test_a_killed_worker_is_started_again(start: Start) -> None:
    server = start("--no-demo")
    first = wait_for_worker(server)
    first.kill()
    wait_until(lambda: any(worker.pid != first.pid for worker in workers_of(server)), 90, "another worker runs")


def test_a_killed_server_leaves_no_worker_behind(start: Start) -> None:
    server = start("--no-demo")
    worker = wait_for_worker(server)
    server.kill()
    server.wait()
    wait_until(lambda: not worker.is_running(), 90, "the worker ends")


@pytest.mark.service
def test_a_small_answer_is_sent_at_once(tmp_path: Path) -> None:
    async def delays() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def look(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with command.listening(Settings(data_dir=tmp_path, host="127.0.0.1", port=0)) as listener:
            async with await asyncio.start_server(look, sock=listener):
                await asyncio.open_connection(*listener.getsockname()[:2])
                return await accepted

    assert asyncio.run(delays())
