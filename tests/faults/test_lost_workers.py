"""Whatever dies, every accepted job ends with exactly one result."""

from __future__ import annotations

import signal

import pytest

from app import jobs
from app.access import Actor, Role
from app.db.session import writing
from tests.faults.installation import Installation, children
from tests.servers import stop, wait_until

pytestmark = pytest.mark.fault


def test_work_gets_done(house: Installation) -> None:
    asked = [house.ask() for _ in range(5)]
    house.start_worker()
    house.wait_for_all()
    assert house.results() == dict.fromkeys(asked, 1)


def test_one_warm_child_serves_successive_jobs(house: Installation) -> None:
    worker = house.start_worker()
    for _ in range(2):
        house.wait_for(house.ask(), "done")
    assert len(children(worker)) == 1


def test_a_killed_worker_takes_its_child_along_and_its_job_is_done_by_the_next(house: Installation) -> None:
    first = house.start_worker()
    job_id = house.ask(work_s=2)
    house.wait_for(job_id, "running")
    wait_until(lambda: bool(children(first)), 60, "the child runs")
    child = children(first)[0]
    first.kill()
    wait_until(lambda: not child.is_running(), 60, "the orphan ends")
    house.start_worker()
    house.wait_for(job_id, "done")
    assert house.results() == {job_id: 1}
    assert house.job(job_id).attempts == 2


def test_a_killed_child_costs_an_attempt_and_not_the_worker(house: Installation) -> None:
    worker = house.start_worker()
    job_id = house.ask(work_s=2)
    wait_until(lambda: house.job(job_id).step == "working", 60, "the child works")
    children(worker)[0].kill()
    house.wait_for(job_id, "done")
    assert worker.poll() is None
    assert house.job(job_id).attempts == 2
    assert house.results() == {job_id: 1}


def test_a_worker_that_slept_through_its_lease_writes_nothing(house: Installation) -> None:
    sleeper = house.start_worker()
    job_id = house.ask(work_s=2)
    house.wait_for(job_id, "running")
    sleeper.send_signal(signal.SIGSTOP)
    house.start_worker()
    house.wait_for(job_id, "done")
    sleeper.send_signal(signal.SIGCONT)
    house.wait_for(house.ask(), "done")
    wait_until(lambda: '"state": "lost"' in house.log(), 60, "the sleeper finds its job lost")
    assert house.results()[job_id] == 1


def test_a_stopped_worker_gives_its_job_back_unharmed(house: Installation) -> None:
    worker = house.start_worker()
    job_id = house.ask(work_s=3)
    wait_until(lambda: house.job(job_id).step == "working", 60, "the child works")
    stop(worker)
    assert (house.state(job_id), house.job(job_id).attempts) == ("queued", 0)
    assert house.beats() == 0
    house.start_worker()
    house.wait_for(job_id, "done")


def test_a_running_job_stops_when_it_is_cancelled(house: Installation) -> None:
    worker = house.start_worker()
    job_id = house.ask(work_s=100)
    wait_until(lambda: house.job(job_id).step == "working", 60, "the child works")
    with writing() as session:
        jobs.cancel(session, Actor(job_id, house.clinic_id, Role.NEUROLOGIST), job_id)
    house.wait_for(job_id, "cancelled")
    assert not house.results()
    assert worker.poll() is None
