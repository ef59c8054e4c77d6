"""Sign-in by an identity provider, against one that others wrote (oidc-provider-mock), over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from oidc_provider_mock import User as ProviderUser
from oidc_provider_mock import run_server_in_thread
from pydantic import SecretStr
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import auth, oidc
from app.access import Role
from app.db.accounts import ExternalIdentity
from app.db.audit import AuditEntry
from app.db.session import reading, writing
from app.services import accounts
from app.settings import Settings, use
from tests import builders

pytestmark = pytest.mark.service
ANA = ProviderUser(sub="0f3a", claims={"preferred_username": "Ana", "email": "ana@clinic.example"})
TWIN = ProviderUser(sub="9c21", claims={"preferred_username": "ana"})
STRANGER = ProviderUser(sub="77b0", claims={"preferred_username": "nobody"})


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with run_server_in_thread(user_claims=(ANA, TWIN, STRANGER), require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def site(database: Settings, provider: str) -> Settings:
    with writing() as session:
        builders.actor(session, "ana", clinic="North")
    return use(database.model_copy(update={"oidc_issuer": provider, "oidc_client_id": "hms", "oidc_client_secret": SecretStr("s3cret"), "oidc_name": "North ID"}))


@pytest.fixture
def browser(site: Settings) -> Iterator[FlaskClient]:
    server = Flask("test", static_folder=None)
    auth.install(server, site)
    server.add_url_rule("/studies", "studies", lambda: auth.current_person().name)
    with server.test_client() as client:
        yield client


def to_provider(browser: FlaskClient, target: str = "/studies") -> str:
    left = browser.get(f"/login/oidc?next={target}")
    assert left.status_code == 303
    return str(left.location)


def allowed(address: str, sub: str) -> str:
    """The person says yes on the provider's own page; where the provider then sends the browser."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].replace("http://localhost", "", 1)


def enter(browser: FlaskClient, sub: str = ANA.sub) -> TestResponse:
    return browser.get(allowed(to_provider(browser), sub))


def test_a_known_person_comes_in_and_lands_on_the_page_that_was_asked_for(browser: FlaskClient) -> None:
    entered = enter(browser)
    assert (entered.status_code, entered.location) == (303, "/studies")
    assert browser.get("/studies").text == "ana"
    assert browser.get_cookie(oidc.STATE_COOKIE, path="/login/oidc") is None


def test_code_challenge_state_and_nonce_go_with_the_person(browser: FlaskClient) -> None:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(to_provider(browser)).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["redirect_uri"]) == ("code", "S256", "http://localhost/login/oidc/return")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32


def test_a_person_is_known_by_subject_and_not_by_name_afterwards(browser: FlaskClient) -> None:
    enter(browser)
    with writing() as session:
        tied = session.scalars(select(ExternalIdentity)).one()
        assert tied.subject == ANA.sub
    refused = enter(browser, TWIN.sub)                     # the same name there, another person
    assert (refused.status_code, "no account here is yours" in refused.text) == (403, True)


def test_a_stranger_is_told_and_nothing_is_made(browser: FlaskClient) -> None:
    refused = enter(browser, STRANGER.sub)
    assert (refused.status_code, "Ask an administrator" in refused.text) == (403, True)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(ExternalIdentity)) == 0
        assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "sign_in_failed")) == 1


def test_a_disabled_account_stays_closed(browser: FlaskClient, site: Settings) -> None:
    with writing() as session:
        admin = builders.actor(session, "root", role=Role.ADMINISTRATOR, clinic="North")
        ana = next(user for user in accounts.users(session, admin) if user.name == "ana")
        accounts.disable(session, admin, ana.id)
    assert enter(browser).status_code == 403


def test_an_answer_to_another_browser_is_refused(browser: FlaskClient) -> None:
    back = allowed(to_provider(browser), ANA.sub)
    browser.delete_cookie(oidc.STATE_COOKIE, path="/login/oidc")
    refused = browser.get(back)
    assert (refused.status_code, "not begun in this browser" in refused.text) == (422, True)


def test_an_answer_with_another_state_is_refused(browser: FlaskClient) -> None:
    back = allowed(to_provider(browser), ANA.sub)
    assert browser.get(back.replace("state=", "state=x")).status_code == 422


def test_a_code_serves_once(browser: FlaskClient) -> None:
    back, cookie = allowed(to_provider(browser), ANA.sub), browser.get_cookie(oidc.STATE_COOKIE, path="/login/oidc")
    assert browser.get(back).status_code == 303
    assert cookie is not None
    browser.set_cookie(oidc.STATE_COOKIE, cookie.value, path="/login/oidc")
    assert browser.get(back).status_code == 502


def test_the_next_page_is_of_this_site(browser: FlaskClient) -> None:
    back = allowed(to_provider(browser, "https://elsewhere.example/"), ANA.sub)
    assert browser.get(back).location == "/"


def test_a_person_who_says_no_may_begin_again(browser: FlaskClient) -> None:
    state = parse_qs(urlsplit(to_provider(browser)).query)["state"][0]
    refused = browser.get("/login/oidc/return", query_string={"error": "access_denied", "state": state})
    assert (refused.status_code, "did not sign you in" in refused.text) == (422, True)


def test_the_form_offers_it_only_where_there_is_one(browser: FlaskClient, site: Settings) -> None:
    assert 'href="/login/oidc?next=/studies"' in browser.get("/login?next=/studies").text
    use(site.model_copy(update={"oidc_issuer": ""}))
    assert "/login/oidc" not in browser.get("/login").text


def test_a_provider_that_is_down_leaves_the_form(browser: FlaskClient, site: Settings) -> None:
    use(site.model_copy(update={"oidc_issuer": "http://localhost:1"}))
    answer = browser.get("/login/oidc")
    assert (answer.status_code, "does not answer" in answer.text) == (502, True)


def test_a_provider_is_not_asked_in_clear(browser: FlaskClient, site: Settings) -> None:
    use(site.model_copy(update={"oidc_issuer": "http://id.clinic.example"}))
    assert "over https only" in browser.get("/login/oidc").text


KEY, OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
GOOD = {"iss": "https://id", "aud": "hms", "sub": "0f3a", "nonce": "n", "exp": 4_000_000_000, "preferred_username": "ana", "amr": ["pwd"]}


@pytest.mark.parametrize(("changes", "key", "header"), [
    ({"iss": "https://evil"}, KEY, {"alg": "RS256", "kid": "1"}),
    ({"aud": "other"}, KEY, {"alg": "RS256", "kid": "1"}),
    ({"nonce": "m"}, KEY, {"alg": "RS256", "kid": "1"}),
    ({"exp": int(time.time()) - 120}, KEY, {"alg": "RS256", "kid": "1"}),
    ({"exp": None}, KEY, {"alg": "RS256", "kid": "1"}),
    ({}, OTHER_KEY, {"alg": "RS256", "kid": "1"}),
    ({}, OctKey.import_key(json.dumps(KEY.as_dict(private=False))), {"alg": "HS256", "kid": "1"}),
], ids=["issuer", "audience", "nonce", "expired", "no-end", "forged", "shared-secret"])
def test_a_token_that_is_not_genuine_signs_nobody_in(
    changes: dict[str, object], key: RSAKey | OctKey, header: dict[str, str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = Settings(oidc_issuer="https://id", oidc_client_id="hms")
    monkeypatch.setattr(oidc, "_keys", lambda _settings: oidc.KeySet([RSAKey.import_key(KEY.as_dict(private=False))]))
    token = jwt.encode(header, {name: value for name, value in (GOOD | changes).items() if value is not None}, key, ["RS256", "HS256"])
    with pytest.raises(oidc.ProviderFailed, match="cannot be trusted"):
        oidc._identity(config, token, "n")


def test_a_genuine_token_says_who_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_keys", lambda _settings: oidc.KeySet([RSAKey.import_key(KEY.as_dict(private=False))]))
    token = jwt.encode({"alg": "RS256", "kid": "1"}, GOOD, KEY)
    found = oidc._identity(Settings(oidc_issuer="https://id", oidc_client_id="hms"), token, "n")
    assert (found.subject, found.user_name, found.methods) == ("0f3a", "ana", {"pwd"})
    with pytest.raises(oidc.Invalid, match="mfa or hwk"):
        oidc._identity(Settings(oidc_issuer="https://id", oidc_client_id="hms", oidc_methods=("mfa", "hwk")), token, "n")


def test_a_waiting_sign_in_ends_by_itself(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = oidc.leave(site, back_to="http://localhost/login/oidc/return", target="/").cookie
    assert oidc._opened(cookie, site) is not None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + oidc.WAITS_S + 1)
    assert oidc._opened(cookie, site) is None
