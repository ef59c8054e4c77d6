"""A migrated installation, its site, and people who look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from dash import Dash
from sqlalchemy.orm import Session

from app import security, web
from app.access import Actor, Role
from app.db import migrate
from app.db import session as sessions
from app.settings import Settings, use
from tests import builders

Looking = Callable[[Actor], AbstractContextManager[object]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    made = use(Settings(data_dir=tmp_path_factory.mktemp("site")))
    migrate.upgrade(made)
    engine = sessions.configure(made)
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def site(installed: Settings) -> Dash:
    return web.create_dash(installed)


@pytest.fixture
def session(installed: Settings) -> Iterator[Session]:
    """A session for arranging; commit it before a page looks."""
    with sessions.writing() as opened:
        yield opened


@pytest.fixture
def looking(site: Dash, session: Session, installed: Settings) -> Looking:
    """``with looking(who):`` runs the callbacks of pages as that person."""
    def look(who: Actor) -> AbstractContextManager[object]:
        raw = builders.signed_in(session, who)
        session.commit()
        return site.server.test_request_context("/", headers={"Cookie": f"{security.session_cookie(installed)}={raw}"})
    return look


@pytest.fixture
def nell(session: Session, request: pytest.FixtureRequest) -> Actor:
    """A neurologist with a clinic of her own."""
    return builders.actor(session, f"nell {request.node.name}"[:90])


@pytest.fixture
def vic(session: Session, nell: Actor, request: pytest.FixtureRequest) -> Actor:
    """Somebody of the same clinic who may only read."""
    clinic = f"Clinic of nell {request.node.name}"[:len("Clinic of ") + 90]
    return builders.actor(session, f"vic {request.node.name}"[:90], role=Role.VIEWER, clinic=clinic)
