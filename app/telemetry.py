"""Logs without people, request ids and metrics: what an operator sees of this process.

Nothing here ever holds a name, a header field or an original file name; requests are labelled by route, never by path.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from secrets import token_hex
from typing import Any, Final

import structlog
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

REQUESTS: Final = Counter("eeg_http_requests_total", "Answered requests", ("door", "method", "status"))
REQUEST_SECONDS: Final = Histogram("eeg_http_request_seconds", "Time until the answer began", ("door",),
                                   buckets=(0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0))
UPLOAD_BYTES: Final = Counter("eeg_upload_bytes_total", "Bytes of recordings written and synced")
UPLOADS_ENDED: Final = Counter("eeg_uploads_ended_total", "Uploads that ended", ("outcome",))
METRICS_TYPE: Final = CONTENT_TYPE_LATEST

IDENTITY_KEYS: Final = frozenset({
    "name", "patient", "patient_name", "record_number", "birth_date", "code", "original_name", "filename", "header", "raw", "note",
    "password", "token", "cookie", "authorization", "secret",
})
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")

Labels = tuple[tuple[str, str], ...]

request_id: ContextVar[str] = ContextVar("request_id", default="")


def configure_logging(level: int = logging.INFO) -> None:
    """JSON lines on stderr, for structlog and for the standard library alike; called once by each door."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(), _with_request_id, without_identity,
        structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info,
    ]
    structlog.configure(processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
                        logger_factory=structlog.stdlib.LoggerFactory(), cache_logger_on_first_use=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    ))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)   # paths and queries may hold what people typed


def without_identity(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what could name a person or open a door, whoever logs it."""
    for key in IDENTITY_KEYS & event.keys():
        event[key] = "[left out]"
    return event


def _with_request_id(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if found := request_id.get():
        event.setdefault("request_id", found)
    return event


def reference() -> str:
    """A short number under which a bug is found in the log: that of the request, where there is one."""
    return (request_id.get() or token_hex(8))[:8]


def scrape() -> bytes:
    """All metrics of this process in the text format of Prometheus."""
    return generate_latest(REGISTRY)


def gauge_lines(name: str, text: str, values: Mapping[Labels, float]) -> bytes:
    """One gauge read just now (from the database, say) in the text format of Prometheus."""
    lines = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    for labels, value in values.items():
        inner = ",".join(f'{key}="{label}"' for key, label in labels)
        lines.append(f"{name}{{{inner}}} {value:g}" if inner else f"{name} {value:g}")
    return ("\n".join(lines) + "\n").encode()


Message = MutableMapping[str, Any]


class Watch:
    """ASGI middleware around the whole server: a request id, one log line per failure, counters by door and status."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app
        self._log = structlog.get_logger("app.request")

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        mark = request_id.set(given if REQUEST_ID.fullmatch(given) else token_hex(8))
        started, door = time.perf_counter(), _door(scope["path"])

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(scope["method"], door, message["status"], time.perf_counter() - started)
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.get().encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            request_id.reset(mark)

    def _count(self, method: str, door: str, status: int, elapsed_s: float) -> None:
        REQUESTS.labels(door, method if method in METHODS else "other", str(status)).inc()
        REQUEST_SECONDS.labels(door).observe(elapsed_s)
        if status >= 500:
            self._log.warning("answered with an error", door=door, method=method, status=status, elapsed_s=round(elapsed_s, 3))


def _door(path: str) -> str:
    """The door of a path, so that labels stay few whatever a client asks for."""
    first = path.split("/", 4)
    if path.startswith("/api/v1/"):
        return f"api/{first[3]}" if first[3] in _API_DOORS else "api/other"
    return {"assets": "assets", "_dash-component-suites": "assets", "_dash-update-component": "callback",
            "health": "health", "ready": "health", "metrics": "metrics"}.get(first[1], "page")


_API_DOORS: Final = frozenset({"uploads", "studies", "events", "jobs", "patients", "reports", "docs", "openapi.json"})
