"""PostgreSQL and Redis servers that the tests start, kill and restart on free ports; never those at the standard ports."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from app.db import columns, session
from app.jobs import configure_hints
from app.settings import Settings, use

POSTGRES_HOMES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
START_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], timeout_s: float, what: str, *, every_s: float = 0.1) -> float:
    """Seconds until ``holds()``; fails the test after ``timeout_s``."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > timeout_s:
            pytest.fail(f"{what}: not within {timeout_s:g} s")
        time.sleep(every_s)
    return time.monotonic() - start


@dataclass
class Redis:
    """An append-only Redis; ``kill`` is SIGKILL, ``start`` brings it back at the same port with what it kept."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self, *words: str) -> str:
        """One command without a Python socket; the reply as text, empty if the server is away."""
        asked = subprocess.run([self._tool(), "-p", str(self.port), *words], capture_output=True, text=True, timeout=10)
        return asked.stdout.strip()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--appendonly", "yes",
                   "--save", "", "--maxmemory-policy", "noeviction"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(["redis-server", *options], stdout=log, stderr=log)
        wait_until(lambda: self.command("ping") == "PONG", START_S, "Redis answers")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @staticmethod
    def _tool() -> str:
        return shutil.which("redis-cli") or "redis-cli"


@dataclass
class Postgres:
    """A cluster of its own; unsynced, since the tests kill processes and not the machine."""

    bin: Path
    folder: Path
    port: int
    _as: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if os.geteuid() == 0:                       # PostgreSQL refuses root
            self._as = ["runuser", "-u", "postgres", "--"]
            shutil.chown(self.folder, "postgres", "postgres")

    def create(self) -> None:
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "hms", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c fsync=off -c max_connections=200"
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "30", "-l", str(self.folder / "log"), "-o", options,
                  "start")

    def restart(self, mode: str = "immediate") -> None:
        """Stop (``immediate`` = like a crash, ``fast`` = like an upgrade) and start again."""
        self.stop(mode)
        self.start()

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def new_database(self, template: str = "template1") -> str:
        """Create an empty database (or a copy of ``template``) and return its SQLAlchemy URL."""
        name = f"t{uuid4().hex}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://hms@127.0.0.1:{self.port}/{database}"

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=hms dbname={database}"

    def _run(self, tool: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:    # no pipe: the server would keep it open
            done = subprocess.run([*self._as, str(self.bin / tool), *arguments], stdout=output, stderr=output, cwd="/",
                                  timeout=120)
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{tool}: {output.read().decode(errors='replace')[-2000:]}")


def postgres_bin() -> Path | None:
    """Folder of the newest installed PostgreSQL server."""
    found = [tool.parent for home in POSTGRES_HOMES for tool in Path("/").glob(f"{home[1:]}/initdb")]
    return max(found, default=None, key=lambda path: [int(part) for part in path.parts if part.isdigit()])


@contextmanager
def running_postgres(tools: Path) -> Iterator[Postgres]:
    """A PostgreSQL of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hms-pg-"))
    server = Postgres(tools, folder, free_port())
    try:
        server.create()
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_redis() -> Iterator[Redis]:
    """A Redis of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hms-redis-"))
    server = Redis(folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; skips with the reason "PostgreSQL absent"."""
    tools = postgres_bin()
    if tools is None:
        pytest.skip("PostgreSQL absent")
    with running_postgres(tools) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A running Redis; skips with the reason "Redis absent"."""
    if shutil.which("redis-server") is None:
        pytest.skip("Redis absent")
    with running_redis() as server:
        yield server


@pytest.fixture
def redis(redis_server: Redis) -> Redis:
    """The session's Redis, alive and empty."""
    if redis_server.command("ping") != "PONG":
        redis_server.kill()
        redis_server.start()
    redis_server.command("flushall")
    return redis_server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh installation with all tables, on SQLite and on PostgreSQL, made current for this process."""
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    made = use(Settings(data_dir=tmp_path / "data", database_url=url))
    engine = install(made)
    yield made
    engine.dispose()


def install(settings: Settings) -> Engine:
    """Bind this process to ``settings`` and create the tables."""
    use(settings)
    configure_hints(settings)
    engine = session.configure(settings)
    columns.Table.metadata.create_all(engine)
    return engine


def stop(process: subprocess.Popen[bytes], *, timeout_s: float = 60.0) -> int:
    """Ask a process to end as Ctrl-C would; SIGKILL after ``timeout_s``."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()
