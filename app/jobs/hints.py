"""Hints to Celery workers: the id of a job that waits. Losing one costs seconds, never a job.

In embedded mode nothing is configured here and the worker polls the table.
"""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.jobs.states import QUEUES
from app.settings import Settings

TASK: Final[str] = "workers.run_job"
PAUSE_S: Final[float] = 5.0
"""After a broker error no hint is tried for so long: a door must not wait for a dead broker at each request."""

ENQUEUE_FAILURES: Final = Counter("eeg_enqueue_failures_total", "Hints that the broker did not take; the job row stays")
_log = structlog.get_logger(__name__)
_broker: Any = None
_quiet_until = 0.0


def make_celery(settings: Settings, *, patient: bool) -> Any:
    """Celery application over the Redis of ``settings``.

    Parameters
    ----------
    settings
        ``redis_url`` must be set.
    patient
        True in a worker, which waits for its broker as long as it takes; False in a door, which does not wait.

    Notes
    -----
    kombu's default ``socket_timeout=None`` never recovers from a half-open connection; the acknowledgement is late and
    a lost worker's message is not requeued by Celery, because the reaper does that and ends a poison loop.
    """
    from celery import Celery

    celery = Celery("hms", broker=settings.redis_url)
    celery.conf.update(
        broker_transport="app.jobs.redis_transport:Transport",
        task_acks_late=True, task_reject_on_worker_lost=False, worker_prefetch_multiplier=1, task_ignore_result=True,
        task_serializer="json", accept_content=["json"], task_default_queue="cpu",
        broker_connection_retry_on_startup=True, broker_connection_max_retries=None,
        broker_transport_options=_transport(settings, patient=patient),
        worker_hijack_root_logger=False, worker_redirect_stdouts=False, worker_send_task_events=False, worker_enable_remote_control=False,
        worker_soft_shutdown_timeout=5.0, worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_timeout=5.0 if patient else 1.0,
    )
    return celery


def _transport(settings: Settings, *, patient: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "visibility_timeout": int(2 * settings.job_wall_s), "socket_keepalive": True, "unacked_restore_throttle": 1,
    }
    if patient:
        return options | {"socket_timeout": 20, "socket_connect_timeout": 5, "health_check_interval": 10}
    return options | {"socket_timeout": 2, "socket_connect_timeout": 1, "max_retries": 1, "interval_start": 0}


def configure_hints(settings: Settings) -> None:
    """Point this process at the broker of ``settings``, if there is one; called once by each door and worker."""
    global _broker, _quiet_until
    _broker = make_celery(settings, patient=False) if settings.redis_url else None
    _quiet_until = 0.0


def configured() -> bool:
    return _broker is not None


def after_commit(session: Session, job_id: UUID, queue: str) -> None:
    """Hint at a job once the session has committed; forgotten if it rolls back."""
    if configured():
        session.info.setdefault("hints", []).append((str(job_id), queue))


def room(limit: int) -> int:
    """How many more hints the broker should hold: ``limit`` minus those that no worker has read yet."""
    try:
        with _broker.connection_for_write() as connection:
            unread = sum(int(connection.default_channel.client.llen(queue)) for queue in QUEUES)
            return max(0, limit - unread)
    except Exception:
        return limit     # the broker is away: publishing finds out and pauses


def _send(job_id: str, queue: str) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        _broker.send_task(TASK, args=[job_id], queue=queue, retry=False)
    except Exception as error:           # any broker error at all: the row is committed, the dispatcher hints again
        ENQUEUE_FAILURES.inc()
        _quiet_until = time.monotonic() + PAUSE_S
        _log.warning("hint_failed", job_id=job_id, error=type(error).__name__)


@event.listens_for(Session, "after_commit")
def _send_all(session: Session) -> None:
    for job_id, queue in session.info.pop("hints", ()):
        _send(job_id, queue)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("hints", None)
