"""Input that crashes, hoards or never ends is given up after three attempts, and holds up nobody else."""

from __future__ import annotations

import pytest

from app.settings import use
from tests.faults.installation import Installation

pytestmark = pytest.mark.fault
POISON = {"segfault": "CRASH_SIGSEGV", "hog": "MEMORY_LIMIT", "spin": "CPU_LIMIT", "stumble": "BUG"}


def test_poison_is_quarantined_after_three_attempts_with_a_sentence(house: Installation) -> None:
    worker = house.start_worker(threads=3)
    asked = {kind: house.ask(kind) for kind in POISON}
    house.wait_for_all()
    for kind, job_id in asked.items():
        job = house.job(job_id)
        assert (job.state, job.attempts, job.error_code) == ("quarantined", 3, POISON[kind])
        assert "tried 3 times" in job.error_sentence
    assert not house.results()
    assert worker.poll() is None


def test_work_that_never_ends_is_ended(house: Installation) -> None:
    use(house.settings.model_copy(update={"max_attempts": 1}))
    house.start_worker()
    job_id = house.ask("hang")
    house.wait_for(job_id, "quarantined")
    assert house.job(job_id).error_code == "WALL_LIMIT"
    assert "not done after" in house.job(job_id).error_sentence


def test_a_good_job_is_done_between_the_attempts_of_a_poisoned_one(house: Installation) -> None:
    house.start_worker()
    poisoned, good = house.ask("segfault"), house.ask()
    house.wait_for(good, "done")
    house.wait_for(poisoned, "quarantined")
    ended = house.job(good).finished_at, house.job(poisoned).finished_at
    assert ended[0] is not None
    assert ended[1] is not None
    assert ended[0] < ended[1]


def test_what_can_never_succeed_is_not_tried_again(house: Installation) -> None:
    house.start_worker()
    job_id = house.ask("refuse")
    house.wait_for(job_id, "failed")
    job = house.job(job_id)
    assert (job.attempts, job.error_code) == (1, "no_channels")
    assert job.error_sentence == "The recording has 0 channels; at least 1 is needed. Export it again."


def test_a_kind_that_nobody_knows_is_refused_with_a_sentence(house: Installation) -> None:
    house.start_worker()
    job_id = house.ask("juggle")
    house.wait_for(job_id, "failed")
    assert "juggle" in house.job(job_id).error_sentence
