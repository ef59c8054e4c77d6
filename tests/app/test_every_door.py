"""Every route and every callback, new ones included: who is not signed in or belongs to another clinic gets nothing.

The doors are listed by asking FastAPI, Flask and Dash themselves. A door that takes an id of Alice's is opened as Bob, a
neurologist of another clinic, and must answer 404.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from dash import Dash
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from flask.testing import FlaskClient
from starlette.routing import Mount
from werkzeug.test import TestResponse

from app import security, web
from app.access import Actor, Role
from app.asgi import create_asgi
from app.db.accounts import User
from app.db.columns import utc_now
from app.db.findings import FoundEvent
from app.db.session import configure, writing
from app.db.studies import Study, Upload
from app.db.work import Job
from app.services import annotating, montages, reports
from app.services.annotating import Words
from app.settings import Settings, use
from pages import SITE_MAP
from tests import builders

PUBLIC: Final = frozenset({"/health", "/ready", "/metrics", "/login", "/logout"})
PUBLIC_BELOW: Final = ("/assets/", "/_dash-component-suites/", "/login/link/")
API: Final = "/api/v1"
UNSAFE: Final = {"POST", "PUT", "PATCH", "DELETE"}
NO_OBJECTS: Final = frozenset({"/api/v1/docs/{name}"})         # path parameters that name no row


@dataclass(frozen=True, slots=True)
class World:
    """Alice's clinic holds one of everything; Bob's holds nothing."""

    settings: Settings
    site: Dash
    server: FastAPI
    alice: str                       # raw session tokens
    bob: str
    ids: Mapping[str, UUID]          # of Alice's clinic, by what they name


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doors")
    shutil.copy(sqlite_template, folder / "hms.sqlite")
    made = use(Settings(data_dir=folder))
    engine = configure(made)
    with writing() as session:
        alice, bob = builders.actor(session, "alice"), builders.actor(session, "bob")
        tokens = builders.signed_in(session, alice), builders.signed_in(session, bob)
        ids = fill(session, alice)
    yield World(made, web.create_dash(made), create_asgi(made), *tokens, ids)
    engine.dispose()


def fill(session: Any, alice: Actor) -> dict[str, UUID]:
    patient_id = builders.patient(session, alice)
    study_id = builders.study(session, alice, patient_id)
    event_id, = builders.analysis(session, study_id, [("seizure", 20.0, 60.0)])
    report = reports.draft_for(session, alice, study_id, now=utc_now())
    upload = Upload(clinic_id=alice.clinic_id, user_id=alice.user_id, original_name="a.edf", size=9, state="confirming",
                    expires_at=utc_now() + timedelta(days=1))
    session.add(upload)
    session.flush()
    colleague = builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    job = session.query(Job).filter_by(study_id=study_id).first()
    montage = montages.create(session, alice, name="Rosa Ito's own", text="Fp1-F7")
    return {"montage": montage.id, "study": study_id, "patient": patient_id, "event": event_id, "report": report.id, "upload": upload.id,
            "annotation": annotating.add(session, alice, study_id, Words(12.0, label="spike")).id, "job": job.id, "user": colleague.user_id, "clinic": alice.clinic_id}


# What there is

def api_doors(server: FastAPI) -> list[tuple[str, str]]:
    """(method, path) of every FastAPI route, mounted applications included."""
    found = [(method, str(route.path)) for route in iter_route_contexts(server.routes) if not isinstance(route.original_route, Mount)
             for method in sorted(route.methods or ())]
    for mount in server.routes:
        if isinstance(mount, Mount) and isinstance(mount.app, FastAPI):
            found += [(method, mount.path + path) for method, path in api_doors(mount.app)]
    return found


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_BELOW)


def site_doors(site: Dash) -> list[tuple[str, str]]:
    """(method, path) of every Flask rule that is not public, with something in place of its parameters."""
    rules = [(method, rule) for rule in site.server.url_map.iter_rules() for method in sorted(rule.methods or ())]
    adapter = site.server.url_map.bind("127.0.0.1")
    paths = [(method, str(adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, "x"), method))) for method, rule in rules]
    return [(method, path) for method, path in paths if method != "OPTIONS" and not is_public(path)]


def named(component: str, ids: Mapping[str, UUID]) -> str | None:
    """Which object a store holds the id of: ``report-study`` a study, ``patient-id`` a patient."""
    page, _, thing = component.rpartition("-")
    return thing if thing in ids else (page if page in ids else "study") if thing == "id" else None


def value_of(world: World, component: Any, name: str) -> tuple[Any, bool]:
    """Something to send for a property, and whether it is an id of Alice's."""
    known = named(component, world.ids) if isinstance(component, str) and name == "data" else None
    if known:
        return str(world.ids[known]), True
    if name in {"n_clicks", "n_intervals", "submit_n_clicks"}:
        return 1, False
    if name == "getRowsRequest":
        return {"startRow": 0, "endRow": 10, "sortModel": [], "filterModel": {}}, False
    return {"pathname": "/", "search": "", "value": "", "id": component}.get(name), False


def argument(world: World, wanted: Mapping[str, str]) -> tuple[Any, bool]:
    """One input or state as the browser sends it; a pattern becomes a list with one component of Alice's."""
    name = wanted["property"]
    if not wanted["id"].startswith("{"):
        value, foreign = value_of(world, wanted["id"], name)
        return {"id": wanted["id"], "property": name, "value": value}, foreign
    pattern = json.loads(wanted["id"])
    full = {key: str(world.ids.get(key, "accepted")) if isinstance(part, list) else part for key, part in pattern.items()}
    foreign = any(isinstance(part, list) and key in world.ids for key, part in pattern.items())
    return [{"id": full, "property": name, "value": value_of(world, full, name)[0]}], foreign


def outputs_of(entry: Mapping[str, Any]) -> Any:
    outputs = entry["output"] if isinstance(entry["output"], list) else [entry["output"]]
    filled = [[] if isinstance(output.component_id, dict) else
              {"id": output.component_id, "property": output.component_property} for output in outputs]
    return filled if isinstance(entry["output"], list) else filled[0]


def payload(world: World, key: str) -> tuple[dict[str, Any], bool]:
    """The body of one callback with Alice's ids wherever it takes ids, and whether it takes any."""
    entry = world.site.callback_map[key]
    inputs = [argument(world, wanted) for wanted in entry["inputs"]]
    states = [argument(world, wanted) for wanted in entry["state"]]
    first = inputs[0][0][0] if isinstance(inputs[0][0], list) else inputs[0][0]
    trigger = first["id"] if isinstance(first["id"], str) else json.dumps(first["id"], sort_keys=True, separators=(",", ":"))
    body = {"output": key, "outputs": outputs_of(entry), "inputs": [part for part, _ in inputs],
            "state": [part for part, _ in states], "changedPropIds": [f"{trigger}.{first['property']}"]}
    return body, any(foreign for _, foreign in (*inputs, *states))


def callbacks(world: World) -> list[str]:
    return [key for key, entry in world.site.callback_map.items() if "callback" in entry]


# Opening them

def browser(world: World, token: str | None) -> FlaskClient:
    client: FlaskClient = world.site.server.test_client()
    if token:
        client.set_cookie("hms", token)
    return client


def call_back(world: World, key: str, token: str | None, *, csrf: bool = True) -> TestResponse:
    headers = {security.CSRF_HEADER: security.csrf_token(token, world.settings.secret)} if token and csrf else {}
    return browser(world, token).post("/_dash-update-component", json=payload(world, key)[0], headers=headers)


def ask(world: World, method: str, path: str, token: str | None, *, csrf: bool = True, **more: Any) -> Any:
    client = TestClient(world.server, base_url="http://127.0.0.1:8050", follow_redirects=False)
    headers = {}
    if token:
        client.cookies.set("hms", token)
        headers = {security.CSRF_HEADER: security.csrf_token(token, world.settings.secret)} if csrf else {}
    return client.request(method, path, headers=headers | more.pop("headers", {}), **more)


def placed(world: World, path: str) -> str:
    """The path of a route with Alice's ids, or a new id, for its parameters."""
    for part in [part for part in path.split("/") if part.startswith("{")]:
        name = part.strip("{}").split(":")[0]
        path = path.replace(part, "0" if name == "index" else str(world.ids.get(name.removesuffix("_id"), uuid4())))
    return path


def example(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """The least value that fits a schema of the OpenAPI document, with an id wherever one may be given."""
    if "$ref" in schema:
        return example(whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], whole)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example(schema[choice][0], whole)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object":
        return {key: example(part, whole) for key, part in schema.get("properties", {}).items()
                if key in schema.get("required", ()) or key.endswith("_id")}
    plain = {"string": str(uuid4()) if schema.get("format") == "uuid" else "text", "array": [], "boolean": False}
    return plain.get(schema.get("type", ""), schema.get("minimum", 1))


def request_parts(world: World, method: str, path: str) -> dict[str, Any]:
    """Query, headers and body that the contract demands of a route, so that it gets as far as its object."""
    contract = ask(world, "GET", f"{API}/openapi.json", world.alice).json()
    operation = contract["paths"].get(path.removeprefix(API), {}).get(method.lower(), {})
    wanted = [(p["in"], p["name"], example(p["schema"], contract)) for p in operation.get("parameters", ()) if p.get("required")]
    parts: dict[str, Any] = {"params": {name: value for where, name, value in wanted if where == "query"},
                             "headers": {name: str(value) for where, name, value in wanted if where == "header"}}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        parts["json"] = example(content["application/json"]["schema"], contract)
    elif method == "PATCH":
        parts |= {"content": b"x", "headers": {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0",
                                               "Tus-Resumable": "1.0.0"}}
    return parts


def bodies_with_ids(world: World) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Routes that take ids in a list of their body, with a body that names Alice's object twice."""
    contract = ask(world, "GET", f"{API}/openapi.json", world.alice).json()
    found = {}
    for path, operations in contract["paths"].items():
        for method, operation in operations.items():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            named = contract["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
            lists = [key for key in named.get("properties", {}) if key.endswith("_ids")]
            if lists:
                found[method.upper(), API + path] = {key: [str(world.ids[key.removesuffix("_ids")])] * 2 for key in lists}
    return found


NO_SUCH_API = {"/api", "/api/{path:path}"}   # everything beside /api/v1: nothing is there for anybody

# Nobody

def test_nobody_gets_anything_from_the_api(world: World) -> None:
    answers = {(method, path): ask(world, method, placed(world, path), None).status_code
               for method, path in api_doors(world.server) if not is_public(path) and path not in NO_SUCH_API}
    assert len(answers) > 20
    assert {door: status for door, status in answers.items() if status != 401} == {}


def test_nobody_gets_a_page(world: World) -> None:
    client = browser(world, None)
    for method, path in site_doors(world.site):
        answer = client.open(path, method=method)
        to_form = answer.status_code == 303 and urlsplit(answer.location or "").path == "/login"
        assert to_form or answer.status_code == 401, (method, path, answer.status_code)


def test_nobody_gets_a_page_of_the_site_map(world: World) -> None:
    for page in SITE_MAP:
        answer = ask(world, "GET", page.path.replace("<", "").replace(">", ""), None)
        assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/login"), page.path


def test_nobody_runs_a_callback(world: World) -> None:
    assert len(callbacks(world)) > 20
    assert {key: status for key in callbacks(world) if (status := call_back(world, key, None).status_code) != 401} == {}


def test_unknown_addresses_tell_nobody_anything(world: World) -> None:
    assert ask(world, "GET", "/_dash-component-suites/no_such/bundle.js", None).status_code == 404
    assert ask(world, "GET", "/_dash-layout", None).status_code == 401
    assert ask(world, "GET", "/_dash-dependencies", None).status_code == 401
    assert ask(world, "GET", f"{API}/no-such", None).status_code in {401, 404}


# Without CSRF

def test_no_callback_runs_without_csrf(world: World) -> None:
    answers = {key: call_back(world, key, world.alice, csrf=False).status_code for key in callbacks(world)}
    assert {key: status for key, status in answers.items() if status != 403} == {}


def test_no_unsafe_route_runs_without_csrf(world: World) -> None:
    doors = [(method, path) for method, path in api_doors(world.server) if method in UNSAFE and path.startswith(API)]
    answers = {door: ask(world, door[0], placed(world, door[1]), world.alice, csrf=False).status_code for door in doors}
    assert len(answers) > 5
    assert {door: status for door, status in answers.items() if status != 403} == {}


# Bob

def test_bob_finds_nothing_of_alices_by_the_api(world: World) -> None:
    doors = [(method, path) for method, path in api_doors(world.server)
             if path.startswith(API) and "{" in path and path not in NO_OBJECTS]
    answers = {door: ask(world, door[0], placed(world, door[1]), world.bob, **request_parts(world, *door)).status_code
               for door in doors}
    assert len(answers) > 10
    assert {door: status for door, status in answers.items() if status != 404} == {}


def test_bob_finds_nothing_of_alices_by_ids_in_a_body(world: World) -> None:
    doors = bodies_with_ids(world)
    assert ("POST", f"{API}/studies/join") in doors
    answers = {door: ask(world, *door, world.bob, json=body).status_code for door, body in doors.items()}
    assert {door: status for door, status in answers.items() if status != 404} == {}


def test_bob_finds_nothing_of_alices_by_callbacks(world: World) -> None:
    doors = [key for key in callbacks(world) if payload(world, key)[1]]
    answers = {key: call_back(world, key, world.bob).status_code for key in doors}
    assert len(answers) > 8
    assert {key: status for key, status in answers.items() if status != 404} == {}


def test_no_answer_to_bob_names_anything_of_alices(world: World) -> None:
    for key in callbacks(world):
        text = call_back(world, key, world.bob).text
        assert "Rosa Ito" not in text, key
        assert "night.edf" not in text, key


def test_bob_has_changed_nothing(world: World) -> None:
    test_bob_finds_nothing_of_alices_by_callbacks(world)
    with writing() as session:
        study = session.get_one(Study, world.ids["study"])
        assert session.get_one(User, world.ids["user"]).disabled_at is None
        assert session.get_one(FoundEvent, world.ids["event"]).pattern == "seizure"
        assert (study.status, study.patient.name) == ("analysed", "Rosa Ito")


def test_alice_finds_her_own(world: World) -> None:
    assert ask(world, "GET", f"{API}/studies/{world.ids['study']}", world.alice).json()["patient"]["name"] == "Rosa Ito"
    answers = {key: call_back(world, key, world.alice).status_code for key in callbacks(world) if payload(world, key)[1]}
    assert 404 not in answers.values(), answers
    assert sum(status in {200, 204, 409, 422} for status in answers.values()) > len(answers) / 2, answers


@pytest.mark.parametrize("path", ["/", "/login", "/health", "/studies", "/api/v1/studies", "/api/v1/no-such", "/no-such"])
def test_every_answer_carries_the_headers(world: World, path: str) -> None:
    for token in (None, world.alice):
        headers = ask(world, "GET", path, token).headers
        assert "unsafe-eval" not in headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"].split("style-src")[0]
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
        assert headers["Cache-Control"] == "no-store"
