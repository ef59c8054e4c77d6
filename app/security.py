"""Headers, cookies, CSRF and addresses: what every response carries and every request must prove. Knows no database."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from app.errors import Forbidden, Invalid
from app.settings import Settings

CSRF_COOKIE: Final = "_csrf_token"       # Dash reads this cookie …
CSRF_HEADER: Final = "X-CSRFToken"       # … and sends it back in this header
GESTURE_HEADER: Final = "X-HMS-Gesture"  # "1": a key or pointer moved since the last request (assets/gesture.mjs)
TOLD_HEADER: Final = "X-HMS-Told"        # "1": a callback failed, and the body of the answer says so on the page
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CACHEABLE: Final = ("/assets/", "/_dash-component-suites/")

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class Headers(Protocol):
    """Request headers by name without regard to case; those of Flask and of FastAPI are."""

    def get(self, name: str, default: str, /) -> str:
        """The value of header ``name``, or ``default``."""


def session_cookie(settings: Settings) -> str:
    """Name of the session cookie; the ``__Host-`` prefix binds it to this host over TLS (RFC 6265bis, 4.1.3.2)."""
    return "__Host-hms" if settings.has_tls else "hms"


def csrf_token(session_token: str, secret: bytes) -> str:
    """The CSRF token of one session: nobody without the key can make it for another session."""
    return hmac.new(secret, b"csrf:" + session_token.encode(), hashlib.sha256).hexdigest()


def check_same_site(headers: Headers) -> None:
    """Refuse a request that another site's page has sent.

    Fetch metadata decide where the browser sends them; ``Origin`` is asked only without them, for forms of our own pages
    send ``Origin: null`` under our referrer policy.
    """
    site, origin = headers.get("Sec-Fetch-Site", ""), headers.get("Origin", "")
    ours = site in {"same-origin", "none"} if site else not origin or _host_of(origin) == headers.get("Host", "").lower()
    if not ours:
        raise Forbidden("This request came from another site and was refused. Open the page here and try again.")


def _host_of(origin: str) -> str:
    return urlsplit(origin).netloc.lower() or "null"


def check_csrf(headers: Headers, session_token: str, secret: bytes) -> None:
    """Refuse an unsafe request that cannot show the CSRF token of its session."""
    check_same_site(headers)
    sent = headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), csrf_token(session_token, secret).encode()):
        raise Forbidden("This page is out of date, so the request was refused. Reload the page and try again.")


def safe_next(target: str | None) -> str:
    """A path on this server to go to after sign-in; anything else becomes the front page."""
    ours = target is not None and target.startswith("/") and not target.startswith("//")
    if not ours or target is None or "\\" in target or any(ord(char) < 32 for char in target):
        return "/"
    return target


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_bind(settings: Settings) -> None:
    """Refuse to listen beyond this machine without TLS: passwords and EEGs would travel in the clear."""
    if settings.has_tls or is_loopback(settings.host):
        return
    raise Invalid(
        f"HMS EEG will not listen on {settings.host or 'every address'} without TLS: listen on 127.0.0.1, or set "
        "HMS_TLS_CERTIFICATE and HMS_TLS_KEY, or HMS_BEHIND_TLS_PROXY=true where a proxy in front ends TLS."
    )


def content_security_policy(script_hashes: Iterable[str] = ()) -> str:
    """The policy of every page; ``script_hashes`` are the quoted hashes of ``Dash.csp_hashes()``."""
    return "; ".join((
        "default-src 'self'",
        " ".join(("script-src 'self'", *script_hashes)),
        "style-src 'self' 'unsafe-inline'",      # Dash and Plotly set style attributes
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ))


def headers(script_hashes: Iterable[str] = (), *, tls: bool = False) -> dict[str, str]:
    """The headers that every response carries, whichever door it leaves by."""
    always = {
        "Content-Security-Policy": content_security_policy(script_hashes),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
    return always | ({"Strict-Transport-Security": "max-age=31536000"} if tls else {})


class SecurityHeaders:
    """ASGI middleware around the whole server that puts ``headers`` on every answer.

    Parameters
    ----------
    script_hashes
        Called once at the first request, when all inline scripts of Dash are known.
    """

    def __init__(self, app: AsgiApp, *, script_hashes: Callable[[], Iterable[str]] = tuple, tls: bool = False) -> None:
        self._app = app
        self._script_hashes = script_hashes
        self._tls = tls
        self._fixed: dict[bytes, bytes] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._merged(message.get("headers", ()), scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _merged(self, own: Iterable[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
        if self._fixed is None:
            made = headers(self._script_hashes(), tls=self._tls)
            self._fixed = {name.lower().encode(): value.encode() for name, value in made.items()}
        fixed = dict(self._fixed)
        if not path.startswith(CACHEABLE):
            fixed[b"cache-control"] = b"no-store"    # ASVS 5.0, 14.3.2: no copy of patient data in a cache
        return [(name, value) for name, value in own if name.lower() not in fixed] + list(fixed.items())
