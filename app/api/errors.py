"""One translation of errors for the API: a sentence for what the user can understand, a reference for a bug."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app import telemetry
from app.errors import AppError
from ml.errors import RecordingError

log = structlog.get_logger(__name__)


class ErrorDetail(BaseModel):
    """What went wrong: a stable code for programs, one sentence for people."""

    code: str
    sentence: str


class ErrorBody(BaseModel):
    error: ErrorDetail


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": HTTPStatus(status).phrase} for status in (401, 403, 404, 409, 422)
}


def answer(status: int, code: str, sentence: str, **headers: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "sentence": sentence}}, status, headers)


def install(api: FastAPI) -> None:
    """Give ``api`` the translations; anything that none of them knows is a bug and is told by ``BugsTold``."""
    api.add_exception_handler(AppError, _app_error)
    api.add_exception_handler(RecordingError, _recording_error)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(DBAPIError, _database)
    api.add_middleware(BugsTold)


def _app_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    extra = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return answer(error.status, error.code, error.sentence, **extra)


def _recording_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RecordingError)
    return answer(422, error.code, error.sentence)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Name the field, never echo what was sent: it may hold a patient's name."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return answer(422, "invalid", f"The request was not understood at {field}: {first['msg']}. See /api/v1/docs.")


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(404, "not_found", "There is nothing at this address. See /api/v1/docs for those that exist.")
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return answer(error.status_code, code, f"{error.detail}.", **(error.headers or {}))


def _database(_request: Request, error: Exception) -> JSONResponse:
    """A lost connection or a locked database passes; any other error of the database is a bug."""
    assert isinstance(error, DBAPIError)
    code = str(getattr(error.orig, "sqlstate", None) or "")
    if error.connection_invalidated or "OperationalError" in type(error).__name__ or code[:2] in ("08", "57"):
        log.warning("the database did not answer", kind=type(error).__name__, sqlstate=code)
        return answer(503, "database_away", "The database is not answering. Nothing was changed; try again in a few seconds.",
                      **{"Retry-After": "2"})
    raise error


class BugsTold:
    """ASGI middleware: a bug is logged with its traceback and answered with its reference only."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = False

        async def send_on(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception:
            number = telemetry.reference()
            log.exception("went wrong", reference=number)
            if started:
                raise
            sentence = f"Something went wrong, reference {number}. Try again; tell your administrator if it happens twice."
            await answer(500, "went_wrong", sentence)(scope, receive, send)
