"""Identity for every door: who sends this request, and the plain forms for signing in and out.

One guard in front of Flask denies by default; FastAPI routes name ``SignedIn``. Both ask ``identify``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any, Final
from urllib.parse import quote

import fastapi
import flask
from fastapi import Depends
from flask import Flask, Response, g, request
from flask_login import LoginManager, UserMixin
from jinja2 import Environment, PackageLoader

from app import oidc, security, settings
from app.access import Actor
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.errors import AppError, Forbidden, LinkUsed, NotSignedIn
from app.services import external_sign_in, sign_in
from app.services.sign_in import Person
from app.settings import Settings

PUBLIC: Final = ("/assets/", "/_dash-component-suites/", "/login/link/")
PUBLIC_EXACT: Final = frozenset({"/login", "/login/oidc", "/login/oidc/return", "/logout", "/health"})

_PAGES: Final = Environment(loader=PackageLoader("app"), autoescape=True)


class _FlaskUser(UserMixin):  # type: ignore[misc]   # flask-login ships no types
    """What flask-login's ``current_user`` gives; everything else asks ``current_actor``."""

    def __init__(self, found: sign_in.SignedIn) -> None:
        self.id = str(found.actor.user_id)
        self.signed_in = found


def install(server: Flask, settings: Settings) -> None:
    """Put the guard, the sign-in forms and flask-login's facade on ``server``."""
    login_manager = LoginManager(server)
    login_manager.session_protection = None      # our token table decides; flask-login only lends current_user
    login_manager.request_loader(_load_flask_user)
    server.before_request(_guard)
    server.add_url_rule("/login", "login", _login, methods=["GET", "POST"])
    server.add_url_rule("/login/link/<code>", "login_link", _login_link, methods=["GET", "POST"])
    if oidc.is_configured(settings):
        server.add_url_rule("/login/oidc", "login_oidc", _leave_for_provider, methods=["GET"])
        server.add_url_rule("/login/oidc/return", "login_oidc_return", _back_from_provider, methods=["GET"])
    server.add_url_rule("/logout", "logout", _logout, methods=["GET", "POST"])


# Who is it?

def identify(headers: security.Headers, cookies: Mapping[str, str], *, unsafe: bool, bearer: bool) -> sign_in.SignedIn:
    """Who sends a request with these headers and cookies.

    Parameters
    ----------
    unsafe
        The request may change something, so that a cookie alone proves nothing: CSRF is checked.
    bearer
        Whether ``Authorization: Bearer hms_…`` counts here (the API) or not (pages).

    Raises
    ------
    NotSignedIn
        Without a living token.
    Forbidden
        If an unsafe request cannot show the CSRF token of its session, or comes from another site.
    """
    sent = headers.get("Authorization", "")
    if bearer and sent.startswith("Bearer "):
        found = _look_up(sent.removeprefix("Bearer ").strip(), "api", gesture=False)
        if found is None:
            raise NotSignedIn("The bearer token is unknown or has expired. Ask for a new one with hms add-token.")
        return found
    raw = cookies.get(security.session_cookie(settings.current()), "")
    found = _look_up(raw, "browser", gesture=headers.get(security.GESTURE_HEADER, "") == "1" or _is_page_load(headers, unsafe))
    if found is None:
        raise NotSignedIn()
    if unsafe:
        security.check_csrf(headers, raw, settings.current().secret)
    return found


def _look_up(raw: str, kind: sign_in.TokenKind, *, gesture: bool) -> sign_in.SignedIn | None:
    if not raw:
        return None
    now = utc_now()
    with reading() as session:
        found = sign_in.find(session, raw, now=now)
    if found is None or found.kind != kind:
        return None
    if gesture and found.touch_due(now):
        with writing() as session:
            sign_in.find(session, raw, now=now, gesture=True)
    return found


def _is_page_load(headers: security.Headers, unsafe: bool) -> bool:
    """A person opened an address; polling by scripts is no sign of a person."""
    if unsafe:
        return False
    destination = headers.get("Sec-Fetch-Dest", "")
    return destination == "document" if destination else "text/html" in headers.get("Accept", "")


# Flask

def current_signed_in() -> sign_in.SignedIn:
    """The session of this Flask request; raises ``NotSignedIn``."""
    if "signed_in" not in g:
        g.signed_in = identify(request.headers, request.cookies, unsafe=_is_unsafe(request.method), bearer=False)
    found: sign_in.SignedIn = g.signed_in
    return found


def current_actor() -> Actor:
    """Who sends this Flask request (pages and callbacks); raises ``NotSignedIn``."""
    return current_signed_in().actor


def current_person() -> Person:
    """The signed-in user of this Flask request, as pages show him or her; raises ``NotSignedIn``."""
    return current_signed_in().person


def answer_with(status: int) -> None:
    """Give the answer of this callback an error's status, although its body says on the page what went wrong.

    Dash shows the body of a 200 only; assets/gesture.mjs hands it an answer that is marked so as one.
    """
    def mark(response: Response) -> Response:
        response.status_code = status
        response.headers[security.TOLD_HEADER] = "1"
        return response

    flask.after_this_request(mark)


def _load_flask_user(_request: flask.Request) -> _FlaskUser | None:
    try:
        return _FlaskUser(current_signed_in())
    except AppError:
        return None


def _guard() -> Any:
    """Deny by default, in front of every page, callback, layout and download that Flask serves."""
    if request.path in PUBLIC_EXACT or request.path.startswith(PUBLIC):
        return None
    try:
        current_signed_in()
        _check_content_type()
    except NotSignedIn as error:
        is_page = request.method in {"GET", "HEAD"} and not request.path.startswith("/_")
        return flask.redirect(_sign_in_address(), 303) if is_page else _refusal(error)
    except Forbidden as error:
        return _refusal(error)
    return None


def _check_content_type() -> None:
    """A form of another site can send text or form data but never JSON without asking first."""
    if _is_unsafe(request.method) and request.mimetype != "application/json":
        raise Forbidden("This address takes JSON only.")


def _sign_in_address() -> str:
    target = request.full_path if request.query_string else request.path
    return "/login" if target == "/" else f"/login?next={quote(security.safe_next(target), safe='/')}"


def _refusal(error: AppError) -> tuple[Response, int]:
    return flask.jsonify(error={"code": error.code, "sentence": error.sentence}), error.status


def _is_unsafe(method: str) -> bool:
    return method not in security.SAFE_METHODS


# FastAPI

def signed_in_of_request(asked: fastapi.Request) -> sign_in.SignedIn:
    """The session of an API request, by cookie with CSRF or by bearer token; raises ``NotSignedIn`` or ``Forbidden``."""
    return identify(asked.headers, cookies_of(asked.headers), unsafe=_is_unsafe(asked.method), bearer=True)


def actor_of_request(found: Annotated[sign_in.SignedIn, Depends(signed_in_of_request)]) -> Actor:
    return found.actor


SignedIn = Annotated[Actor, Depends(actor_of_request)]
"""Put ``who: auth.SignedIn`` into the signature of every API route that is not public."""


def cookies_of(headers: security.Headers) -> dict[str, str]:
    """The cookies of a request or WebSocket handshake; a header that cannot be read has none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


# The forms

def _login() -> Any:
    target = security.safe_next(request.values.get("next"))
    if request.method == "GET":
        return _form(target, notice="You are signed out." if "signed-out" in request.args else "")
    name, password = request.form.get("name", ""), request.form.get("password", "")

    def by_password() -> str:
        with writing() as session:
            return sign_in.with_password(session, name, password, address=_address(), now=utc_now())

    return _enter(by_password, target, name)


def _login_link(code: str) -> Any:
    """Use a one-time link up. A link followed from another site, or fetched ahead, first shows a button."""
    fetched_ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    from_elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
    if request.method == "HEAD" or (request.method == "GET" and (fetched_ahead or from_elsewhere)):
        return _page("link.html")

    def by_link() -> str:
        with writing() as session:
            return sign_in.with_link(session, code, now=utc_now(), address=_address())

    return _enter(by_link, "/", "")


def _leave_for_provider() -> Any:
    config, target = settings.current(), security.safe_next(request.args.get("next"))
    try:
        leaving = oidc.leave(config, back_to=_provider_returns_to(), target=target)
    except AppError as error:
        return _form(target, error=error.sentence), error.status
    response = flask.redirect(leaving.address, 303)
    response.set_cookie(oidc.STATE_COOKIE, leaving.cookie, max_age=oidc.WAITS_S, httponly=True, samesite="Lax", secure=config.has_tls,
                        path="/login/oidc")
    return response


def _back_from_provider() -> Any:
    config, cookie = settings.current(), request.cookies.get(oidc.STATE_COOKIE, "")
    try:
        identity, target = oidc.come_back(config, back_to=_provider_returns_to(), cookie=cookie, answer=request.args)
    except AppError as error:
        return _form("/", error=error.sentence), error.status

    def by_provider() -> str:
        with writing() as session:
            return external_sign_in.with_identity(session, identity, address=_address(), now=utc_now())

    entered = flask.make_response(_enter(by_provider, security.safe_next(target), ""))
    entered.delete_cookie(oidc.STATE_COOKIE, path="/login/oidc")
    return entered


def _provider_returns_to() -> str:
    scheme = "https" if settings.current().has_tls else "http"
    return f"{scheme}://{request.host}/login/oidc/return"


def _enter(sign: Callable[[], str], target: str, name: str) -> Any:
    """Run ``sign``; on success set the cookies of a new session and end the old one, else show the form with the reason."""
    try:
        if request.method == "POST":
            security.check_same_site(request.headers)
        raw = sign()
    except AppError as error:
        return _form(target, error=error.sentence, name=name, link_used=isinstance(error, LinkUsed)), error.status
    _end_session()
    response = flask.redirect(target, 303)
    _set_cookies(response, raw)
    return response


def _logout() -> Any:
    if request.method != "POST":
        return _page("sign_out.html")
    try:
        security.check_same_site(request.headers)
    except Forbidden as error:
        return _refusal(error)
    _end_session()
    response = flask.redirect("/login?signed-out", 303)
    config = settings.current()
    for name in (security.session_cookie(config), security.CSRF_COOKIE):
        response.delete_cookie(name, path="/", secure=config.has_tls, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'       # ASVS 5.0, 14.3.1
    return response


def _end_session() -> None:
    raw = request.cookies.get(security.session_cookie(settings.current()))
    if raw:
        with writing() as session:
            sign_in.sign_out(session, raw, utc_now())


def _set_cookies(response: Any, raw: str) -> None:
    config = settings.current()
    secure = config.has_tls
    response.set_cookie(security.session_cookie(config), raw, httponly=True, samesite="Lax", secure=secure, path="/")
    token = security.csrf_token(raw, config.secret)      # read by Dash's own script, so not HttpOnly
    response.set_cookie(security.CSRF_COOKIE, token, httponly=False, samesite="Lax", secure=secure, path="/")


def _address() -> str:
    """Where a request came from; behind a proxy, what that proxy (the last hop) says."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.current().behind_tls_proxy else ""
    return forwarded.rsplit(",", 1)[-1].strip() or request.remote_addr or ""


def _form(target: str, *, error: str = "", notice: str = "", name: str = "", link_used: bool = False) -> str:
    config = settings.current()
    return _page("sign_in.html", next=target, error=error, notice=notice, name=name, link_used=link_used,
                 provider=config.oidc_name if oidc.is_configured(config) else "")


def _page(template: str, **values: object) -> str:
    return _PAGES.get_template(template).render(**values)
