"""Headers, CSRF, addresses and binds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import security
from app.errors import Forbidden, Invalid
from app.settings import Settings


@pytest.mark.parametrize("target", ["/studies", "/studies/1/review?t=10&m=average", "/"])
def test_next_goes_to_paths_of_this_server(target: str) -> None:
    assert security.safe_next(target) == target


@pytest.mark.parametrize("target", [
    None, "", "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
    "/a\r\nSet-Cookie: x", "/\t/evil.example", " /studies",
])
def test_next_goes_nowhere_else(target: str | None) -> None:
    assert security.safe_next(target) == "/"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_no_tls(host: str) -> None:
    security.check_bind(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "eeg.example.org", ""])
def test_other_binds_without_tls_are_refused_in_one_sentence(host: str) -> None:
    with pytest.raises(Invalid, match=r"will not listen on .* without TLS"):
        security.check_bind(Settings(host=host))


def test_other_binds_with_tls_are_fine(tmp_path: Any) -> None:
    security.check_bind(Settings(host="0.0.0.0", tls_certificate=tmp_path / "c.pem", tls_key=tmp_path / "k.pem"))
    security.check_bind(Settings(host="0.0.0.0", behind_tls_proxy=True))
    with pytest.raises(Invalid):
        security.check_bind(Settings(host="0.0.0.0", tls_certificate=tmp_path / "c.pem"))


def test_the_policy_runs_no_inline_or_built_script() -> None:
    policy = dict(part.split(" ", 1) for part in security.content_security_policy(("'sha256-abc='",)).split("; "))
    assert policy["script-src"] == "'self' 'sha256-abc='"
    assert policy["default-src"] == "'self'"
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'", "'none'")


def test_strict_transport_is_promised_over_tls_only() -> None:
    assert "Strict-Transport-Security" not in security.headers()
    assert security.headers(tls=True)["Strict-Transport-Security"] == "max-age=31536000"


def answered(path: str, *own: tuple[bytes, bytes]) -> dict[str, str]:
    """Headers of an answer that has passed the middleware."""
    sent: list[Any] = []

    async def plain(_scope: Any, _receive: Any, send: security.Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(own)})

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(security.SecurityHeaders(plain)({"type": "http", "path": path}, None, keep))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_every_answer_carries_the_headers() -> None:
    found = answered("/studies", (b"content-type", b"text/html"), (b"X-Content-Type-Options", b"weaker"))
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "no-referrer"
    assert found["cross-origin-opener-policy"] == "same-origin"
    assert found["content-type"] == "text/html"


def test_only_assets_may_be_cached() -> None:
    assert answered("/studies", (b"cache-control", b"max-age=60"))["cache-control"] == "no-store"
    assert answered("/assets/tokens.css", (b"cache-control", b"max-age=60"))["cache-control"] == "max-age=60"


SECRET = b"k" * 32


def test_the_csrf_token_of_one_session_is_worth_nothing_in_another() -> None:
    good = {security.CSRF_HEADER: security.csrf_token("mine", SECRET)}
    security.check_csrf(good, "mine", SECRET)
    with pytest.raises(Forbidden):
        security.check_csrf(good, "other", SECRET)
    with pytest.raises(Forbidden):
        security.check_csrf({}, "mine", SECRET)


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example", "Host": "eeg.local"},
    {"Origin": "null", "Host": "eeg.local"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://eeg.local", "Host": "eeg.local"},
])
def test_requests_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        security.check_same_site(headers)


def test_own_requests_pass() -> None:
    security.check_same_site({"Origin": "http://eeg.local:8050", "Host": "eeg.local:8050"})


def test_a_form_of_our_own_may_hide_its_origin() -> None:
    security.check_same_site({"Sec-Fetch-Site": "same-origin", "Origin": "null", "Host": "eeg.local:8050"})
