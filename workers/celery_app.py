"""The worker of service mode: Celery brings job ids as hints; claiming, leases and ending are those of the job table."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from celery import signals

from app import jobs
from app.db.session import writing
from app.jobs.hints import TASK, make_celery
from app.settings import Settings
from workers.caretaker import Caretaker, worker_name
from workers.kinds import Kind
from workers.runner import Runner


def serve(settings: Settings, kinds: Mapping[str, Kind], stopping: threading.Event) -> None:
    """Run a Celery worker of threads until it is asked to stop."""
    name = worker_name()
    crew = Crew(name, kinds, settings, stopping)
    caretaker = Caretaker(name, settings.worker_queues, settings, stopping, lambda: crew.jobs_done)
    worker = _make_worker(settings, crew, name)
    _on_shutdown(stopping)
    caretaker.start()
    try:
        worker.start()
    finally:
        stopping.set()
        crew.close()
        caretaker.leave()


class Crew:
    """One runner, and so one warm child, for each thread of the pool."""

    def __init__(self, name: str, kinds: Mapping[str, Kind], settings: Settings, stopping: threading.Event) -> None:
        self._name = name
        self._kinds = kinds
        self._settings = settings
        self._stopping = stopping
        self._mine = threading.local()
        self._all: list[Runner] = []

    @property
    def jobs_done(self) -> int:
        return sum(runner.jobs_done for runner in self._all)

    def follow(self, job_id: UUID) -> None:
        """Run the hinted job, unless it has been taken or has ended: hints may come twice or late."""
        if self._stopping.is_set():
            return
        runner = self._runner()
        with writing() as session:
            held = jobs.claim(session, owner=runner.owner, queues=self._settings.worker_queues, job_id=job_id)
        if held is not None:
            runner.run(held)

    def _runner(self) -> Runner:
        found: Runner | None = getattr(self._mine, "runner", None)
        if found is None:
            found = self._mine.runner = Runner(f"{self._name}:{len(self._all)}", self._kinds, self._settings, self._stopping)
            self._all.append(found)
        return found

    def close(self) -> None:
        for runner in self._all:
            runner.close()


def _make_worker(settings: Settings, crew: Crew, name: str) -> Any:
    celery = make_celery(settings, patient=True)
    for chatty in ("celery.worker.strategy", "celery.app.trace"):     # the runner logs each attempt
        logging.getLogger(chatty).setLevel(logging.WARNING)

    @celery.task(name=TASK)  # type: ignore[untyped-decorator]
    def run_job(job_id: str) -> None:
        crew.follow(UUID(job_id))

    return celery.Worker(
        hostname=f"hms@{name}", pool="threads", concurrency=settings.worker_threads, queues=list(settings.worker_queues),
        loglevel="INFO", without_gossip=True, without_mingle=True, without_heartbeat=True, quiet=True,
    )


def _on_shutdown(stopping: threading.Event) -> None:
    """Celery waits for running tasks; ours give their job back as soon as they hear of it."""

    @signals.worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def _stop(**_facts: Any) -> None:
        stopping.set()
