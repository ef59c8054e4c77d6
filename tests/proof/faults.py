"""Long fault tables: ``python -m tests.proof.faults [jobs]`` prints one JSON object.

Embedded and service mode, with the product's own leases, on servers that this program starts. While jobs run, workers and
their children get SIGKILL at random moments; in service mode Redis is killed and flushed and PostgreSQL restarted, too.
Counted is what must never be: a job that does not end, a result that is missing, a result that is there twice.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psutil

from app import jobs
from app.access import Actor, Role
from app.db.session import writing
from app.settings import Settings
from tests.faults.installation import Installation, children, install
from tests.servers import postgres_bin, running_postgres, running_redis, wait_until

PRODUCT = {key: value for key, value in Settings().model_dump().items()
           if key in {"lease_s", "heartbeat_s", "reaper_s", "poll_s", "hint_after_s", "hint_again_s"}}
LIMITS = {"job_memory_mib": 1024, "job_cpu_s": 5, "job_wall_s": 30.0}
N_WORKERS = 2
KILLS_OF_EACH = 20
RECOVERIES = 3


@contextmanager
def house(mode: str) -> Iterator[Installation]:
    """A fresh installation of a mode."""
    with ExitStack() as stack:
        postgres = redis = None
        if mode == "service":
            tools = postgres_bin()
            assert tools is not None
            postgres, redis = stack.enter_context(running_postgres(tools)), stack.enter_context(running_redis())
        made = install(postgres, redis, **PRODUCT, **LIMITS)
        try:
            yield made
        finally:
            made.close()
            shutil.rmtree(made.settings.data_dir, ignore_errors=True)


def storm(mode: str, n_jobs: int) -> dict[str, object]:
    """Jobs of 0.1 to 2 s while everything that can die does, at random moments (R2, R3, R7)."""
    rng = random.Random(1)
    with house(mode) as here:
        for _ in range(N_WORKERS):
            here.start_worker()
        began = time.monotonic()
        asked = {here.ask(work_s=rng.uniform(0.1, 2.0)) for _ in range(n_jobs)}
        blows = _blows(here, rng)
        for name, blow in blows:
            time.sleep(rng.uniform(0.2, 3.0))
            print(f"{mode}: {name}", file=sys.stderr, flush=True)
            blow()
        here.wait_for_all(1800)
        results = here.results()
        states = [here.state(job_id) for job_id in asked]
        return {
            "jobs": n_jobs, "blows": len(blows), "done": states.count("done"), "quarantined": states.count("quarantined"),
            "not_ended": sum(state in ("queued", "running") for state in states), "doubled": sum(n > 1 for n in results.values()),
            "lost": sum(state == "done" and results[job_id] != 1 for job_id, state in zip(asked, states, strict=True)),
            "elapsed_s": round(time.monotonic() - began, 1),
        }


def _blows(here: Installation, rng: random.Random) -> list[tuple[str, Callable[[], None]]]:
    blows = [("worker SIGKILL", lambda: _kill_worker(here, rng)), ("child SIGKILL", lambda: _kill_child(here, rng))] * KILLS_OF_EACH
    if here.redis is not None and here.postgres is not None:
        blows += [("Redis SIGKILL, flushed", lambda: _kill_redis(here))] * 5 + [("PostgreSQL restart", here.postgres.restart)] * 3
    rng.shuffle(blows)
    return blows


def _kill_worker(here: Installation, rng: random.Random) -> None:
    living = [worker for worker in here.workers if worker.poll() is None]
    victim = rng.choice(living)
    victim.kill()
    victim.wait()
    here.start_worker()


def _kill_child(here: Installation, rng: random.Random) -> None:
    found = [child for worker in here.workers if worker.poll() is None for child in children(worker)]
    if found:
        try:
            rng.choice(found).kill()
        except psutil.NoSuchProcess:
            return


def _kill_redis(here: Installation) -> None:
    assert here.redis is not None
    here.redis.kill()
    time.sleep(1)
    here.redis.start()
    here.redis.command("flushall")


def recovery(mode: str) -> dict[str, object]:
    """Seconds from the SIGKILL of a worker until another one runs its job again (R4: at most 40)."""
    times = []
    with house(mode) as here:
        here.start_worker()
        for _ in range(RECOVERIES):
            victim = here.workers[-1]
            job_id = here.ask(work_s=600)
            here.wait_for(job_id, "running")
            here.start_worker()
            victim.kill()
            victim.wait()
            times.append(wait_until(lambda job_id=job_id: here.job(job_id).attempts == 2, 90, "the job runs again"))  # type: ignore[misc]
            with writing() as session:
                jobs.cancel(session, Actor(job_id, here.clinic_id, Role.NEUROLOGIST), job_id)
            here.wait_for(job_id, "cancelled")
    return {"median_s": round(statistics.median(times), 1), "max_s": round(max(times), 1), "promised_s": 40}


def poison(mode: str) -> dict[str, object]:
    """Attempts until quarantine, and how long a good job behind the poison waits (R5: at most 5 s)."""
    report: dict[str, object] = {}
    with house(mode) as here:
        here.start_worker()
        here.wait_for(here.ask(), "done")
        for kind in ("segfault", "hog", "spin"):
            began = time.monotonic()
            poisoned, good = here.ask(kind), here.ask()
            after_s = here.wait_for(good, "done")
            here.wait_for(poisoned, "quarantined")
            job = here.job(poisoned)
            report[kind] = {"code": job.error_code, "attempts": job.attempts, "next_job_s": round(after_s, 2),
                            "quarantined_s": round(time.monotonic() - began, 1)}
    return report


def sleeper(mode: str) -> dict[str, object]:
    """A worker that is stopped for 45 s and goes on afterwards is fenced off (R3)."""
    with house(mode) as here:
        first = here.start_worker()
        job_id = here.ask(work_s=5)
        here.wait_for(job_id, "running")
        first.send_signal(signal.SIGSTOP)
        here.start_worker()
        time.sleep(45)
        first.send_signal(signal.SIGCONT)
        here.wait_for_all()
        time.sleep(10)
        return {"results": here.results()[job_id], "attempts": here.job(job_id).attempts, "first_worker_lives": first.poll() is None}


def redis_away(minutes: float) -> dict[str, object]:
    """Jobs are accepted while Redis is away, and done when it is back (R6)."""
    with house("service") as here:
        assert here.redis is not None
        here.start_worker()
        here.redis.kill()
        until, slowest_s, asked = time.monotonic() + minutes * 60, 0.0, []
        while time.monotonic() < until:
            began = time.monotonic()
            asked.append(here.ask())
            slowest_s = max(slowest_s, time.monotonic() - began)
            time.sleep(2)
        here.redis.start()
        drained_s = here.wait_for_all(300)
        return {"minutes": minutes, "accepted": len(asked), "done": len(here.results()), "slowest_accept_s": round(slowest_s, 3),
                "drained_s": round(drained_s, 1)}


def main(n_jobs: int, minutes: float) -> int:
    modes = ("embedded", "service") if postgres_bin() and shutil.which("redis-server") else ("embedded",)
    tables: dict[str, object] = {"load_before": os.getloadavg()[0], "modes": modes}
    for mode in modes:
        tables[mode] = {"recovery": recovery(mode), "poison": poison(mode), "sleeper": sleeper(mode), "storm": storm(mode, n_jobs)}
    if "service" in modes:
        tables["redis_away"] = redis_away(minutes)
    print(json.dumps({"faults": tables}, indent=2))
    return int(any(broken(tables[mode]) for mode in modes))


def broken(tables: object) -> bool:
    """Whether a mode did what must never be."""
    assert isinstance(tables, dict)
    storm, recovery = tables["storm"], tables["recovery"]
    return bool(storm["not_ended"] or storm["doubled"] or storm["lost"] or recovery["max_s"] > recovery["promised_s"]
                or tables["sleeper"]["results"] != 1)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, float(sys.argv[2]) if len(sys.argv) > 2 else 10.0))
