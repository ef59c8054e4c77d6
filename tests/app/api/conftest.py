"""The API without a socket, and people who speak to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.access import Role
from app.api import errors, health
from app.api.application import create_api
from app.db.columns import utc_now
from app.db.session import writing
from app.services import sign_in
from app.settings import Settings
from tests import builders

Api = Callable[..., TestClient]


@pytest.fixture
def server(database: Settings) -> FastAPI:
    made = FastAPI()
    errors.install(made)
    made.include_router(health.router)
    made.mount("/api/v1", create_api())
    return made


@pytest.fixture
def api(server: FastAPI) -> Iterator[Api]:
    """``api("alice")`` speaks for Alice by bearer token; ``api()`` for nobody."""
    with ExitStack() as stack:
        def connect(name: str = "", *, role: Role = Role.NEUROLOGIST, clinic: str = "") -> TestClient:
            headers = {"Authorization": f"Bearer {_token(name, role, clinic)}"} if name else {}
            client = TestClient(server, base_url="http://127.0.0.1/api/v1", headers=headers, raise_server_exceptions=False,
                                client=("127.0.0.1", 50_000))
            return stack.enter_context(client)

        yield connect


def _token(name: str, role: Role, clinic: str) -> str:
    with writing() as session:
        who = builders.actor(session, name, role=role, clinic=clinic)
        return sign_in.issue_api_token(session, who.user_id, label="test", now=utc_now())
