"""Identity at the doors: the guard, the forms, the cookies, CSRF, bearer tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user
from sqlalchemy import update
from werkzeug.test import TestResponse

from app import auth, security, settings
from app.access import Actor
from app.db.accounts import Token
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.errors import AppError, status_of
from app.services import sign_in
from app.settings import Settings
from tests import builders

JSON = {"Content-Type": "application/json"}
GESTURE = {security.GESTURE_HEADER: "1"}


@pytest.fixture
def who(database: Settings) -> Actor:
    with writing() as session:
        alice = builders.actor(session, "alice")
        builders.give_password(session, alice)
    return alice


@pytest.fixture
def browser(database: Settings) -> Iterator[FlaskClient]:
    server = Flask("test", static_folder=None)
    auth.install(server, database)
    for path in ("/", "/studies", "/assets/a.css"):
        server.add_url_rule(path, path, lambda: "page")
    server.add_url_rule("/_dash-update-component", "callback", lambda: auth.current_person().name, methods=["GET", "POST"])
    server.add_url_rule("/user", "user", lambda: current_user.id)
    with server.test_client() as client:
        yield client


def enter(browser: FlaskClient, password: str = builders.PASSWORD, next_: str = "/studies", **headers: str) -> TestResponse:
    return browser.post("/login", data={"name": "Alice", "password": password, "next": next_}, headers=headers)


def call_back(browser: FlaskClient, **changed: str) -> TestResponse:
    cookie = browser.get_cookie(security.CSRF_COOKIE)
    headers = JSON | {security.CSRF_HEADER: cookie.value if cookie else ""} | changed
    return browser.post("/_dash-update-component", data="{}", headers=headers)


def link_for(who: Actor) -> str:
    with writing() as session:
        return f"/login/link/{sign_in.issue_link(session, who.user_id, now=utc_now())}"


def test_a_page_without_session_leads_to_the_form_and_back(browser: FlaskClient) -> None:
    answer = browser.get("/studies?status=failed")
    assert (answer.status_code, answer.location) == (303, "/login?next=/studies%3Fstatus%3Dfailed")
    assert 'value="/studies?status=failed"' in browser.get(answer.location).text


def test_a_callback_without_session_is_401_in_json(browser: FlaskClient) -> None:
    for answer in (call_back(browser), browser.get("/_dash-update-component")):
        assert answer.status_code == 401
        assert answer.json is not None
        assert answer.json["error"]["code"] == "not_signed_in"


def test_assets_and_the_form_are_public(browser: FlaskClient) -> None:
    assert browser.get("/assets/a.css").status_code == 200
    assert browser.get("/login").status_code == 200


def test_the_right_password_opens_the_page_that_was_asked_for(browser: FlaskClient, who: Actor) -> None:
    answer = enter(browser)
    assert (answer.status_code, answer.location) == (303, "/studies")
    assert browser.get("/studies").text == "page"
    assert call_back(browser).text == "alice"
    assert browser.get("/user").text == str(who.user_id)


def test_sign_in_never_leads_to_another_site(browser: FlaskClient, who: Actor) -> None:
    assert enter(browser, next_="//evil.example").location == "/"


def test_the_session_cookie_is_for_this_host_and_no_script(browser: FlaskClient, who: Actor) -> None:
    kept = {cookie.split("=")[0]: cookie for cookie in enter(browser).headers.getlist("Set-Cookie")}
    assert "HttpOnly" in kept["hms"]
    assert "SameSite=Lax" in kept["hms"]
    assert "HttpOnly" not in kept["_csrf_token"]
    assert "Expires" not in kept["hms"]


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(browser: FlaskClient, who: Actor, database: Settings) -> None:
    settings.use(database.model_copy(update={"behind_tls_proxy": True}))
    kept = enter(browser).headers.getlist("Set-Cookie")
    session = next(cookie for cookie in kept if cookie.startswith("__Host-hms="))
    assert all(part in session for part in ("Secure", "HttpOnly", "Path=/"))
    assert "Domain" not in session


def test_a_wrong_password_shows_the_form_with_the_name_kept(browser: FlaskClient, who: Actor) -> None:
    answer = enter(browser, "wrong")
    assert answer.status_code == 401
    assert "do not match an account" in answer.text
    assert 'value="Alice"' in answer.text
    assert browser.get("/studies").status_code == 303


def test_too_many_tries_are_told_to_wait(browser: FlaskClient, who: Actor) -> None:
    for _ in range(5):
        enter(browser, "wrong")
    answer = enter(browser)
    assert answer.status_code == 429
    assert "Wait one minute" in answer.text


def test_what_is_typed_is_shown_as_text(browser: FlaskClient) -> None:
    page = browser.post("/login", data={"name": "<script>", "password": "x", "next": '"><script>'}).text
    assert "<script>" not in page


def test_another_site_cannot_sign_a_person_in(browser: FlaskClient, who: Actor) -> None:
    assert enter(browser, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_signing_in_again_ends_the_old_session(browser: FlaskClient, who: Actor) -> None:
    enter(browser)
    old = browser.get_cookie("hms")
    enter(browser)
    new = browser.get_cookie("hms")
    assert old
    assert new != old
    browser.set_cookie("hms", old.value)
    assert browser.get("/studies").status_code == 303


def test_a_link_signs_in_once(browser: FlaskClient, who: Actor) -> None:
    link = link_for(who)
    assert browser.get(link).location == "/"
    assert browser.get("/studies").status_code == 200
    answer = browser.get(link)
    assert answer.status_code == 410
    assert "has been used or has expired" in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_link_is_not_used_up_by_fetching_ahead_or_from_another_site(
    browser: FlaskClient, who: Actor, headers: dict[str, str]
) -> None:
    link = link_for(who)
    assert "signs you in once" in browser.get(link, headers=headers).text
    assert browser.head(link).status_code == 200
    assert browser.post(link, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_signing_out_ends_the_session_here_and_on_the_server(browser: FlaskClient, who: Actor) -> None:
    enter(browser)
    stolen = browser.get_cookie("hms")
    answer = browser.post("/logout")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"cache", "storage"')
    assert browser.get_cookie("hms") is None
    assert stolen
    browser.set_cookie("hms", stolen.value)
    assert browser.get("/studies").status_code == 303


def test_looking_at_the_sign_out_page_signs_nobody_out(browser: FlaskClient, who: Actor) -> None:
    enter(browser)
    assert browser.get("/logout").status_code == 200
    assert browser.get("/studies").status_code == 200


@pytest.mark.parametrize("changed", [
    {"X-CSRFToken": ""}, {"X-CSRFToken": "0" * 64}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"},
    {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"},
])
def test_a_forged_callback_is_refused(browser: FlaskClient, who: Actor, changed: dict[str, str]) -> None:
    enter(browser)
    assert call_back(browser, **changed).status_code == 403


def idle(who: Actor, minutes: float) -> None:
    """Let the last gesture of all sessions lie so long ago."""
    with writing() as session:
        session.execute(update(Token).where(Token.user_id == who.user_id).values(last_gesture_at=utc_now() - timedelta(minutes=minutes)))


def test_only_gestures_and_opened_pages_keep_a_session(browser: FlaskClient, who: Actor) -> None:
    enter(browser)
    idle(who, 10)
    call_back(browser, **GESTURE)
    assert last_gesture_s(browser) < 60
    idle(who, 10)
    browser.get("/studies", headers={"Accept": "text/html"})
    assert last_gesture_s(browser) < 60
    idle(who, 10)
    call_back(browser)
    assert last_gesture_s(browser) > 500


def last_gesture_s(browser: FlaskClient) -> float:
    cookie = browser.get_cookie("hms")
    assert cookie
    with reading() as session:
        found = sign_in.find(session, cookie.value, now=utc_now())
    assert found
    return (utc_now() - found.last_gesture_at).total_seconds()


def test_an_idle_session_must_sign_in_again(browser: FlaskClient, who: Actor) -> None:
    enter(browser)
    idle(who, 15)
    assert browser.get("/studies", headers={"Accept": "text/html"}).status_code == 303
    assert call_back(browser, **GESTURE).status_code == 401


def test_a_bearer_token_opens_no_page(browser: FlaskClient, who: Actor) -> None:
    with writing() as session:
        token = sign_in.issue_api_token(session, who.user_id, label="", days=1, now=utc_now())
    assert browser.get("/studies", headers={"Authorization": f"Bearer {token}"}).status_code == 303
    browser.set_cookie("hms", token)
    assert browser.get("/studies").status_code == 303


@pytest.fixture
def api(database: Settings) -> Iterator[TestClient]:
    server = FastAPI()

    @server.api_route("/who", methods=["GET", "POST"])
    def answer(who: auth.SignedIn) -> str:
        return str(who.user_id)

    server.add_exception_handler(AppError, lambda _request, error: Response(status_code=status_of(error)))

    with TestClient(server, base_url="http://127.0.0.1") as client:
        yield client


def test_the_api_takes_a_bearer_token_without_csrf(api: TestClient, who: Actor) -> None:
    with writing() as session:
        token = sign_in.issue_api_token(session, who.user_id, label="", days=1, now=utc_now())
    assert api.post("/who", headers={"Authorization": f"Bearer {token}"}).json() == str(who.user_id)
    assert api.get("/who", headers={"Authorization": "Bearer hms_wrong"}).status_code == 401


def test_the_api_takes_the_cookie_of_the_page_with_csrf(api: TestClient, who: Actor, database: Settings) -> None:
    with writing() as session:
        raw = builders.signed_in(session, who)
    api.cookies.set("hms", raw)
    assert api.get("/who").json() == str(who.user_id)
    assert api.post("/who").status_code == 403
    assert api.post("/who", headers={security.CSRF_HEADER: security.csrf_token(raw, database.secret)}).status_code == 200


def test_a_session_token_is_no_bearer_token(api: TestClient, who: Actor) -> None:
    with writing() as session:
        raw = builders.signed_in(session, who)
    assert api.get("/who", headers={"Authorization": f"Bearer {raw}"}).status_code == 401
    assert api.get("/who").status_code == 401
