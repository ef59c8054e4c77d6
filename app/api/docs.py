"""The contract of the API and its page, from vendored files and without any inline script."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

router = APIRouter(include_in_schema=False)

VENDOR: Final = Path(__file__).resolve().parents[2] / "assets" / "vendor"
PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>HMS EEG API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="docs"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>
"""
START: Final = """const cookie = () => (document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/) || [])[1] || "";
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null, supportedSubmitMethods: ["get", "head"],
  requestInterceptor: (request) => { request.headers["X-CSRFToken"] = cookie(); return request; },
});
"""


@router.get("/openapi.json")
def contract(request: Request) -> dict[str, Any]:
    """OpenAPI 3.1 of all verbs."""
    made: dict[str, Any] = request.app.openapi()
    return made


@router.get("/docs")
def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


@router.get("/docs/start.js")
def start() -> Response:
    return Response(START, media_type="text/javascript")


@router.get("/docs/{name}")
def vendored(name: Literal["swagger-ui.css", "swagger-ui-bundle.js"]) -> FileResponse:
    return FileResponse(VENDOR / name)
