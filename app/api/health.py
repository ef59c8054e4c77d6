"""Is the server alive, is it ready, and what does it count: for supervisors and Prometheus, outside the API."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app import security, settings, telemetry
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.errors import NotFound
from app.services import operation

router = APIRouter()
log = structlog.get_logger(__name__)


@router.get("/health")
def health() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@router.get("/ready")
def ready() -> JSONResponse:
    """Can uploads and readers be served? Redis may be away: work then starts later, nothing is lost."""
    checks = {"database": _passes(_write_to_database), "store": _passes(_write_to_store), "model": _passes(_find_model)}
    whole = all(checks.values())
    answer = {"status": "ready" if whole else "not ready"} | {name: "ok" if ok else "failed" for name, ok in checks.items()}
    if settings.current().redis_url:
        answer["redis"] = "ok" if _passes(_ask_redis) else "away: jobs start later"
    return JSONResponse(answer, 200 if whole else 503)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """Counters of this process, and the jobs as the database has them now."""
    _require_scraper(request)
    with reading() as session:
        work = operation.work_in_numbers(session, now=utc_now())
    jobs: dict[telemetry.Labels, float] = {(("kind", kind), ("state", state)): float(n) for (kind, state), n in work.jobs.items()}
    body = telemetry.scrape() + telemetry.gauge_lines("eeg_jobs", "Jobs by kind and state", jobs)
    body += telemetry.gauge_lines("eeg_oldest_queued_job_seconds", "Age of the oldest queued job", {(): work.oldest_queued_s})
    body += telemetry.gauge_lines("eeg_workers_alive", "Workers seen within a minute", {(): work.workers_alive})
    return Response(body, media_type=telemetry.METRICS_TYPE)


def _require_scraper(request: Request) -> None:
    """A bearer token where one is set; else this machine alone, and never through a proxy."""
    token = settings.current().metrics_token
    given = request.headers.get("authorization", "")
    local = security.is_loopback(request.client.host if request.client else "") and "x-forwarded-for" not in request.headers
    if not (hmac.compare_digest(given.encode(), f"Bearer {token}".encode()) if token else local):
        raise NotFound("There is nothing at this address.")


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:
        log.warning("not ready", check=check.__name__, exc_info=True)
        return False
    return True


def _write_to_database() -> None:
    with writing() as session:
        operation.prove_writable(session)


def _write_to_store() -> None:
    folder = settings.current().objects_dir
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f"probe-{uuid4().hex}"
    probe.write_bytes(b"ok")
    probe.unlink()


def _find_model() -> None:
    """The manifest of the weights is there; whoever loads them verifies every file against it."""
    folder = settings.current().weights_dir or Path(__file__).resolve().parents[2] / "ml" / "weights"
    if not (folder / "manifest.json").is_file():
        raise FileNotFoundError(folder / "manifest.json")


def _ask_redis() -> None:
    import redis

    with redis.Redis.from_url(settings.current().redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()
