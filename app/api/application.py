"""The API as an application of its own: every route needs a signed-in actor, every error is a sentence in JSON."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.api import (
    annotating,
    docs,
    errors,
    explanations,
    exports,
    jobs,
    measuring,
    patients,
    reports,
    reviews,
    studies,
    tiles,
    uploads,
    viewing,
    windows,
)
from app.auth import actor_of_request

ABOUT = """Upload EEG recordings, follow their analysis and read the results.

The model suggests rhythmic and periodic patterns; every finding needs review by a qualified reader.
Research software, not a medical device.

Browsers send the session cookie and, with unsafe methods, the header `X-CSRFToken`; programs send
`Authorization: Bearer hms_…` (made by `hms add-token`)."""
SECURITY = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": "hms", "description": "Session; `__Host-hms` over TLS"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "Beside the cookie, on unsafe methods"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def create_api() -> FastAPI:
    """Build the API; the outer application mounts it at ``/api/v1``. Deny by default: the dependency is on every route."""
    api = FastAPI(title="HMS EEG", version="1", description=ABOUT, docs_url=None, redoc_url=None, openapi_url=None,
                  dependencies=[Depends(actor_of_request)], generate_unique_id_function=_operation)
    for part in (uploads, studies, reviews, annotating, tiles, viewing, measuring, windows, explanations, reports, exports, jobs, patients, docs):
        api.include_router(part.router)
    errors.install(api)
    api.openapi = lambda: _contract(api)                                     # type: ignore[method-assign]
    return api


def _operation(route: APIRoute) -> str:
    return f"{route.tags[0] if route.tags else 'docs'}_{route.name}"


def _contract(api: FastAPI) -> dict[str, Any]:
    if api.openapi_schema is None:
        made = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes,
                           servers=[{"url": "/api/v1"}])
        made.setdefault("components", {})["securitySchemes"] = SECURITY
        made["security"] = [{"cookie": [], "csrf": []}, {"bearer": []}]
        api.openapi_schema = made
    return api.openapi_schema
