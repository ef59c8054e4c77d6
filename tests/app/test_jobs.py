"""The job engine on SQLite and PostgreSQL: claims, leases, fencing, attempts, reaping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app import jobs
from app.access import Actor, Role
from app.db.accounts import Clinic
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.db.work import Job
from app.errors import Conflict, NotFound
from app.jobs import Claim, JobRequest, Progress, Verdict
from app.settings import Settings

PROGRESS = Progress("analysing", 3, 12)


@pytest.fixture
def who(settings: Settings) -> Actor:
    with writing() as session:
        clinic = Clinic(name="A")
        session.add(clinic)
    return Actor(uuid4(), clinic.id, Role.NEUROLOGIST)


def ask(who: Actor, **options: object) -> UUID:
    with writing() as session:
        return jobs.enqueue(session, JobRequest(clinic_id=who.clinic_id, kind="probe", **options))  # type: ignore[arg-type]


def take(owner: str = "w1", **options: object) -> Claim | None:
    with writing() as session:
        return jobs.claim(session, owner=owner, queues=("cpu", "gpu"), **options)  # type: ignore[arg-type]


def taken(owner: str = "w1") -> Claim:
    held = take(owner)
    assert held is not None
    return held


def row(job_id: UUID) -> Job:
    with reading() as session:
        job = session.get_one(Job, job_id)
        session.expunge(job)
        return job


def change(job_id: UUID, edit: Callable[[Job], None]) -> None:
    with writing() as session:
        edit(session.get_one(Job, job_id))


def expire(job_id: UUID) -> None:
    change(job_id, lambda job: setattr(job, "lease_until", utc_now() - timedelta(seconds=1)))


def end_pause(job_id: UUID) -> None:
    change(job_id, lambda job: setattr(job, "lease_until", None))


def reap() -> jobs.Reaped:
    with writing() as session:
        return jobs.reap(session)


def test_a_job_exists_only_if_the_transaction_commits(who: Actor) -> None:
    with writing() as session:
        job_id = jobs.enqueue(session, JobRequest(clinic_id=who.clinic_id, kind="probe"))
        session.rollback()
    with reading() as session, pytest.raises(NotFound):
        jobs.view(session, who, job_id)


def test_the_same_request_twice_is_one_job(who: Actor) -> None:
    first = ask(who, parameters={"a": 1, "b": 2})
    assert ask(who, parameters={"b": 2, "a": 1}) == first
    assert ask(who, parameters={"a": 1, "b": 2}, run_number=2) != first


def test_a_job_is_claimed_once(who: Actor) -> None:
    job_id = ask(who)
    held = take("w1")
    assert held is not None
    assert (held.job_id, held.attempt) == (job_id, 1)
    assert take("w2") is None
    assert take("w2", job_id=job_id) is None


def test_jobs_are_claimed_in_the_order_they_were_asked_for(who: Actor) -> None:
    asked = [ask(who, parameters={"n": n}) for n in range(3)]
    assert [taken().job_id for _ in asked] == asked


def test_a_worker_takes_only_from_its_queues(who: Actor) -> None:
    ask(who, queue="gpu")
    with writing() as session:
        assert jobs.claim(session, owner="w1", queues=("cpu",)) is None
        assert jobs.claim(session, owner="w1", queues=("cpu", "gpu")) is not None


def test_a_heartbeat_extends_the_lease_and_shows_the_progress(who: Actor) -> None:
    job_id = ask(who)
    held = taken()
    expire(job_id)
    with writing() as session:
        assert jobs.heartbeat(session, held, PROGRESS) is Verdict.OURS
    job = row(job_id)
    assert job.lease_until is not None
    assert job.lease_until > utc_now() + timedelta(seconds=20)
    assert (job.step, job.done_units, job.total_units) == ("analysing", 3, 12)


def test_a_finished_job_stays_finished(who: Actor) -> None:
    job_id = ask(who)
    held = taken()
    with writing() as session:
        assert jobs.finish(session, held) is not None
    with writing() as session:
        assert jobs.finish(session, held) is None
    assert row(job_id).state == "done"


def test_a_worker_that_lost_its_lease_cannot_end_the_job(who: Actor) -> None:
    job_id = ask(who)
    paused = taken("paused")
    expire(job_id)
    assert reap().requeued == (job_id,)
    successor = taken("successor")
    with writing() as session:
        assert jobs.finish(session, paused) is None
        assert jobs.heartbeat(session, paused, PROGRESS) is Verdict.LOST
        assert jobs.finish(session, successor) is not None


def test_the_same_worker_does_not_confuse_two_attempts(who: Actor) -> None:
    job_id = ask(who)
    first = taken("w1")
    expire(job_id)
    reap()
    taken("w1")
    with writing() as session:
        assert jobs.finish(session, first) is None
    assert row(job_id).state == "running"


def test_a_failed_attempt_waits_before_it_is_repeated(who: Actor) -> None:
    job_id = ask(who)
    held = taken()
    with writing() as session:
        jobs.fail(session, held, code="CRASH_SIGSEGV", sentence="It crashed.")
    assert row(job_id).state == "queued"
    assert take() is None
    end_pause(job_id)
    assert taken().attempt == 2


def test_three_failed_attempts_end_in_quarantine_with_a_sentence(who: Actor) -> None:
    job_id = ask(who)
    for _ in range(3):
        held = taken()
        with writing() as session:
            jobs.fail(session, held, code="CRASH_SIGSEGV", sentence="It crashed.")
        end_pause(job_id)
    job = row(job_id)
    assert (job.state, job.attempts, job.error_code) == ("quarantined", 3, "CRASH_SIGSEGV")
    assert job.error_sentence.startswith("It crashed. It was tried 3 times")


def test_a_job_whose_worker_dies_three_times_is_quarantined(who: Actor) -> None:
    job_id = ask(who)
    for _ in range(3):
        taken()
        expire(job_id)
        last = reap()
    assert last.quarantined == (job_id,)
    assert row(job_id).error_code == "WORKER_LOST"


def test_a_released_job_has_lost_no_attempt(who: Actor) -> None:
    job_id = ask(who)
    held = taken()
    with writing() as session:
        jobs.release(session, held)
    assert (row(job_id).state, row(job_id).attempts) == ("queued", 0)


def test_a_queued_job_is_cancelled_at_once(who: Actor) -> None:
    job_id = ask(who)
    with writing() as session:
        assert jobs.cancel(session, who, job_id).state == "cancelled"
    assert take() is None


def test_the_worker_of_a_running_job_learns_that_it_is_cancelled(who: Actor) -> None:
    job_id = ask(who)
    held = taken()
    with writing() as session:
        jobs.cancel(session, who, job_id)
    with writing() as session:
        assert jobs.heartbeat(session, held, PROGRESS) is Verdict.CANCEL


def test_a_cancelled_job_whose_worker_died_is_not_run_again(who: Actor) -> None:
    job_id = ask(who)
    taken()
    with writing() as session:
        jobs.cancel(session, who, job_id)
    expire(job_id)
    reap()
    assert row(job_id).state == "cancelled"


def test_a_quarantined_job_can_be_tried_again_by_a_person(who: Actor) -> None:
    job_id = ask(who)
    change(job_id, lambda job: setattr(job, "state", "quarantined"))
    with writing() as session:
        assert jobs.retry(session, who, job_id).state == "queued"
    assert taken().attempt == 1


def test_a_done_job_is_neither_cancelled_nor_repeated(who: Actor) -> None:
    job_id = ask(who)
    held = taken()
    with writing() as session:
        jobs.finish(session, held)
    for verb in (jobs.cancel, jobs.retry):
        with writing() as session, pytest.raises(Conflict):
            verb(session, who, job_id)


def test_another_clinics_job_is_not_found(who: Actor) -> None:
    job_id = ask(who)
    bob = Actor(uuid4(), uuid4(), Role.ADMINISTRATOR)
    for verb in (jobs.view, jobs.cancel, jobs.retry):
        with writing() as session, pytest.raises(NotFound):
            verb(session, bob, job_id)
