"""Monitoring: the clinic's own queue, everybody's workers, and two audited verbs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Role
from app.db.columns import utc_now
from app.db.work import Job, WorkerBeat
from app.errors import Forbidden, NotFound
from app.jobs import JobRequest
from app.services import audit, monitoring
from tests import builders


def ask(session: Session, who: Actor, **options: object) -> UUID:
    return jobs.enqueue(session, JobRequest(clinic_id=who.clinic_id, kind="probe", **options))  # type: ignore[arg-type]


def test_the_overview_counts_the_jobs_of_ones_own_clinic(session: Session, alice: Actor, bob: Actor) -> None:
    ask(session, alice)
    ask(session, alice, queue="gpu", run_number=2)
    ask(session, bob)
    view = monitoring.overview(session, alice)
    assert (view.counts["cpu"]["queued"], view.counts["gpu"]["queued"]) == (1, 1)
    assert len(view.open_jobs) == 2
    assert view.oldest_queued_s is not None
    assert view.oldest_queued_s < 5


def test_failures_come_with_their_sentences(session: Session, alice: Actor) -> None:
    job = session.get_one(Job, ask(session, alice))
    job.state, job.error_sentence, job.finished_at = "quarantined", "It crashed. It was tried 3 times.", utc_now()
    session.flush()
    assert [row.error_sentence for row in monitoring.overview(session, alice).failures] == ["It crashed. It was tried 3 times."]


def test_a_worker_that_shows_no_sign_of_life_counts_as_dead(session: Session, alice: Actor) -> None:
    at = utc_now()
    session.add_all([WorkerBeat(name="lively", queues="cpu", started_at=at, seen_at=at),
                     WorkerBeat(name="silent", queues="cpu", started_at=at, seen_at=at - timedelta(minutes=2)),
                     WorkerBeat(name="forgotten", queues="cpu", started_at=at, seen_at=at - timedelta(days=2))])
    session.flush()
    view = monitoring.overview(session, alice)
    assert {worker.name: worker.alive for worker in view.workers} == {"lively": True, "silent": False}
    assert view.workers_alive == 1


def test_the_machine_has_a_disk_memory_and_processors(session: Session, alice: Actor) -> None:
    machine = monitoring.overview(session, alice).machine
    assert 0 < machine.disk_used_bytes < machine.disk_total_bytes
    assert 0 < machine.memory_used_bytes < machine.memory_total_bytes
    assert machine.cpu_count >= 1


def test_cancelling_and_retrying_are_audited(session: Session, alice: Actor, ada: Actor) -> None:
    job_id = ask(session, alice)
    assert monitoring.cancel(session, alice, job_id).state == "cancelled"
    assert monitoring.retry(session, alice, job_id).state == "queued"
    session.flush()
    actions = [entry.action for entry in audit.entries(session, ada) if entry.object_id == job_id]
    assert actions == ["job_retried", "job_cancelled"]


def test_who_may_not_analyse_may_not_cancel_and_strangers_find_nothing(session: Session, alice: Actor, bob: Actor) -> None:
    job_id = ask(session, alice)
    viewer = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    with pytest.raises(Forbidden):
        monitoring.cancel(session, viewer, job_id)
    with pytest.raises(Forbidden):
        monitoring.overview(session, viewer)
    with pytest.raises(NotFound):
        monitoring.cancel(session, bob, job_id)
