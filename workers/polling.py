"""The worker of embedded mode: polls the job table. No broker, the same rows, the same runner."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import DBAPIError

from app import jobs
from app.db.session import reading, writing
from app.jobs.states import QUICK
from app.settings import Settings
from workers.caretaker import Caretaker, worker_name
from workers.kinds import Kind
from workers.runner import Runner

_log = structlog.get_logger(__name__)


def serve(settings: Settings, kinds: Mapping[str, Kind], stopping: threading.Event) -> None:
    """Work until ``stopping``; then give the jobs at hand back and return."""
    name = worker_name()
    lanes = [lane for lane in _lanes(settings) if lane]
    runners = [Runner(f"{name}:{n}", kinds, settings, stopping) for n in range(len(lanes))]
    caretaker = Caretaker(name, settings.worker_queues, settings, stopping, lambda: sum(one.jobs_done for one in runners))
    caretaker.start()
    threads = [threading.Thread(target=_poll, args=(runner, lane, settings, stopping), name=runner.owner)
               for runner, lane in zip(runners, lanes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    caretaker.leave()


def _lanes(settings: Settings) -> list[tuple[str, ...]]:
    """Queues of each runner: one runner more serves what a person waits for, so that no long analysis stands before it."""
    slow = tuple(queue for queue in settings.worker_queues if queue != QUICK)
    return [*[slow] * settings.worker_threads, (QUICK,) * (QUICK in settings.worker_queues)]


def _poll(runner: Runner, queues: tuple[str, ...], settings: Settings, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            held = _claim(runner.owner, queues)
            if held is None:
                stopping.wait(settings.poll_s)
            else:
                runner.run(held)
        except DBAPIError as error:
            _log.warning("poll_failed", error=type(error).__name__)
            stopping.wait(settings.poll_s)
        except Exception:
            _log.exception("poll_failed")
            stopping.wait(settings.poll_s)
    runner.close()


def _claim(owner: str, queues: tuple[str, ...]) -> jobs.Claim | None:
    with reading() as session:
        if not jobs.is_due(session, queues):
            return None
    with writing() as session:
        return jobs.claim(session, owner=owner, queues=queues)
