"""An installation with real workers that a fault test may kill: embedded (SQLite) or service (PostgreSQL, Redis, Celery)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import psutil
from sqlalchemy import func, select

from app import jobs
from app.db import migrate
from app.db.accounts import Clinic
from app.db.audit import AuditEntry
from app.db.session import configure, reading, writing
from app.db.work import Job, WorkerBeat
from app.jobs import JobRequest, configure_hints
from app.settings import Settings, use
from tests.faults.kinds import RESULT
from tests.servers import Postgres, Redis, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
SCALED = {"lease_s": 2.0, "heartbeat_s": 0.5, "reaper_s": 0.5, "poll_s": 0.2, "hint_after_s": 1.0, "hint_again_s": 2.0,
          "job_memory_mib": 1024, "job_cpu_s": 1, "job_wall_s": 8.0}
"""A tenth of the product's leases, so that a test takes seconds; ``tests/proof`` uses the product's own."""
PATIENCE_S = 180.0
"""Nothing here is timed: a busy machine may take its time."""


@dataclass
class Installation:
    """Settings, a clinic, and the workers that were started."""

    settings: Settings
    clinic_id: UUID
    postgres: Postgres | None = None
    redis: Redis | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self, *, threads: int = 1) -> subprocess.Popen[bytes]:
        """Start ``hms worker`` and wait for its sign of life."""
        before = self.beats()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HMS_")}
        environment |= {f"HMS_{key.upper()}": _text(value) for key, value in self.settings.model_dump(mode="json").items() if value is not None}
        with (self.settings.data_dir / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "app.cli", "worker", "--kinds", "tests.faults.kinds", "--threads", str(threads)]
            worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self.workers.append(worker)
        wait_until(lambda: self.beats() > before, PATIENCE_S, "the worker shows that it lives")
        return worker

    def ask(self, kind: str = "steady", **parameters: object) -> UUID:
        with writing() as session:
            return jobs.enqueue(session, JobRequest(clinic_id=self.clinic_id, kind=kind, parameters={"id": str(uuid4()), **parameters}))

    def job(self, job_id: UUID) -> Job:
        with reading() as session:
            found = session.get_one(Job, job_id)
            session.expunge(found)
            return found

    def state(self, job_id: UUID) -> str:
        return self.job(job_id).state

    def wait_for(self, job_id: UUID, state: str, timeout_s: float = PATIENCE_S) -> float:
        return wait_until(lambda: self.state(job_id) == state, timeout_s, f"the job is {state}")

    def wait_for_all(self, timeout_s: float = PATIENCE_S) -> float:
        """Seconds until no job is queued or running."""
        return wait_until(lambda: not self.states() & {"queued", "running"}, timeout_s, "every job has ended")

    def states(self) -> set[str]:
        with reading() as session:
            return set(session.scalars(select(Job.state).distinct()))

    def results(self) -> Counter[UUID]:
        """How many results each job has."""
        with reading() as session:
            return Counter(found for found in session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == RESULT)) if found)

    def beats(self) -> int:
        with reading() as session:
            return session.scalars(select(func.count()).select_from(WorkerBeat)).one()

    def log(self) -> str:
        return (self.settings.data_dir / "worker.log").read_text(errors="replace")

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()


def children(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The children of a worker that compute."""
    return [child for child in psutil.Process(worker.pid).children() if "workers.child" in " ".join(child.cmdline())]


def install(postgres: Postgres | None, redis: Redis | None, **changes: object) -> Installation:
    """A fresh, migrated installation in a temporary folder, current for this process."""
    settings = Settings.model_validate({
        "data_dir": tempfile.mkdtemp(prefix="hms-fault-"), "database_url": postgres.new_database() if postgres else "",
        "redis_url": redis.url if redis else "", **SCALED, **changes,
    })
    migrate.upgrade(use(settings))
    configure(settings)
    configure_hints(settings)
    with writing() as session:
        clinic = Clinic(name="Fault clinic")
        session.add(clinic)
    return Installation(settings, clinic.id, postgres, redis)


def _text(value: object) -> str:
    """A setting as an environment variable."""
    return f"[{','.join(map(repr, value))}]".replace("'", '"') if isinstance(value, list) else str(value)
