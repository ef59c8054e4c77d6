"""Redis and PostgreSQL may go away at any time: every accepted job still ends, with exactly one result."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.jobs import hints
from tests.faults.installation import Installation, install
from tests.servers import Postgres, Redis, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.service]


@pytest.fixture
def house(postgres: Postgres, redis: Redis) -> Iterator[Installation]:
    made = install(postgres, redis)
    yield made
    made.close()


def test_jobs_survive_a_redis_that_is_killed_and_forgets_everything(house: Installation, redis: Redis) -> None:
    asked = [house.ask(work_s=0.1) for _ in range(5)]
    redis.command("flushall")
    redis.kill()
    asked += [house.ask(work_s=0.1) for _ in range(5)]
    redis.start()
    house.start_worker()
    house.wait_for_all()
    assert house.results() == dict.fromkeys(asked, 1)


def test_a_worker_follows_redis_through_a_restart(house: Installation, redis: Redis) -> None:
    worker = house.start_worker()
    running = house.ask(work_s=2)
    house.wait_for(running, "running")
    redis.kill()
    later = house.ask()
    house.wait_for(running, "done")
    redis.start()
    house.wait_for(later, "done")
    assert worker.poll() is None
    assert house.results() == {running: 1, later: 1}


def test_asking_does_not_wait_for_a_dead_broker(house: Installation, redis: Redis) -> None:
    redis.kill()
    before = hints.ENQUEUE_FAILURES._value.get()
    job_id = house.ask()
    assert house.state(job_id) == "queued"
    assert hints.ENQUEUE_FAILURES._value.get() == before + 1
    redis.start()


def test_a_hint_that_comes_three_times_to_two_workers_is_one_result(house: Installation) -> None:
    for _ in range(2):
        house.start_worker()
    asked = [house.ask(work_s=0.2) for _ in range(6)]
    for job_id in asked * 2:
        hints._send(str(job_id), "cpu")
    house.wait_for_all()
    assert house.results() == dict.fromkeys(asked, 1)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_jobs_survive_a_restart_of_postgresql(house: Installation, postgres: Postgres, mode: str) -> None:
    worker = house.start_worker()
    asked = [house.ask(work_s=1) for _ in range(3)]
    house.wait_for(asked[0], "running")
    postgres.restart(mode)
    wait_until(lambda: house.states() == {"done"}, 60, "every job is done")
    assert house.results() == dict.fromkeys(asked, 1)
    assert worker.poll() is None
