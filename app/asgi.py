"""One server: health, metrics and the API in FastAPI; last, the site of Flask and Dash at ``/``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final, Literal, cast

import structlog
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Response
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app import jobs, security, telemetry
from app import settings as settings_of_process
from app.api import errors, health, uploads
from app.api.application import create_api
from app.db import session as database
from app.settings import Settings

Role = Literal["all", "web", "stream"]
SWEEP_S: Final = 600.0
COMPRESSED: Final = ("/_dash-update-component", "/_dash-component-suites/", "/assets/")
"""Answers to callbacks and scripts. Not the API, whose tiles are compact bytes and whose uploads are streams; not the pages and forms of
Flask, which hold what a request says beside a token (BREACH, Gluck, Harris, Prado, 2013), while a callback needs its token to be asked."""
GZIP_LEVEL: Final = 4
SITE_THREADS: Final = 16                 # callbacks at a time (reference trust.md 8)

log = structlog.get_logger(__name__)


def create_asgi(settings: Settings, role: Role = "all") -> FastAPI:
    """Build the server of one process.

    Parameters
    ----------
    role
        ``web``: API and pages. ``stream``: health and metrics beside live streams alone, without pages. ``all``: everything.
    """
    settings_of_process.use(settings)
    database.configure(settings)
    jobs.configure_hints(settings)
    server = FastAPI(title="HMS EEG server", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(role))
    server.include_router(health.router)
    script_hashes: Callable[[], Iterable[str]] = tuple
    errors.install(server)
    if role != "stream":
        server.mount("/api/v1", create_api())
        script_hashes = _mount_site(server, settings)
    server.add_middleware(security.SecurityHeaders, script_hashes=script_hashes, tls=settings.has_tls)
    server.add_middleware(telemetry.Watch)
    return server


def _mount_site(server: FastAPI, settings: Settings) -> Callable[[], Iterable[str]]:
    from app import web  # here, so that a stream process never imports Dash

    for path in ("/api", "/api/{path:path}"):
        server.add_api_route(path, _no_such_api, methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    site = web.create_dash(settings)
    server.mount("/", Compressing(cast("ASGIApp", WSGIMiddleware(site.server, workers=SITE_THREADS))))
    return lambda: web.csp_script_hashes(site)


class Compressing:
    """ASGI application: what lies below ``COMPRESSED`` is sent as gzip to whom takes it, the rest as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._as_it_is, self._compressed = app, GZipMiddleware(app, minimum_size=1024, compresslevel=GZIP_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._compressed if scope["type"] == "http" and scope["path"].startswith(COMPRESSED) else self._as_it_is
        await app(scope, receive, send)


def _no_such_api() -> Response:
    return errors.answer(404, "not_found", "There is nothing at this address. The API is at /api/v1; see /api/v1/docs.")


def _lifespan(role: Role) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_server: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep()) if role != "stream" else None
        yield
        if sweeper:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper

    return lifespan


async def _sweep() -> None:
    """Finish what a stopped server has left verified half-way, then forget expired uploads from time to time."""
    while True:
        try:
            await run_in_threadpool(uploads.tidy)
        except Exception:
            log.exception("uploads could not be tidied")
        await asyncio.sleep(SWEEP_S)
