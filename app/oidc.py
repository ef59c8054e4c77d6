"""Signing in by the clinic's own identity provider: OpenID Connect, authorization code with PKCE and nonce.

Between leaving for the provider and coming back, what has to match waits in a cookie that is encrypted and short-lived; the server
keeps nothing. Sources: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636 (PKCE); RFC 9700 (best practice).
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.errors import AppError, Invalid
from app.settings import Settings

STATE_COOKIE: Final = "hms-oidc"
WAITS_S: Final = 600                   # for a person who looks for a second factor
TIMEOUT_S: Final = 5.0
DISCOVERED_FOR_S: Final = 600.0
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]     # never "none", never a shared secret
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NONCE_BYTES: Final = 12


class ProviderFailed(AppError):
    """The identity provider could not be asked, or what it said cannot be trusted."""

    status = 502
    code = "identity_provider"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the provider; ``issuer`` and ``subject`` together never change and never name two people."""

    issuer: str
    subject: str
    user_name: str                     # what the provider calls the person: only ever used to find the account the first time
    methods: frozenset[str]            # how the person showed it (amr, RFC 8176)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser is sent, and the cookie that waits for its return."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    state: str
    nonce: str
    verifier: str
    target: str
    until: float


def is_configured(settings: Settings) -> bool:
    """Whether this installation has an identity provider."""
    return bool(settings.oidc_issuer)


def leave(settings: Settings, *, back_to: str, target: str) -> Leaving:
    """Send somebody to the provider.

    Parameters
    ----------
    back_to
        Our own address that the provider returns to; it has to be registered there.
    target
        The page that was asked for.

    Raises
    ------
    ProviderFailed
        If the provider does not answer.
    """
    waiting = _Waiting(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), target, time.time() + WAITS_S)
    address, _ = _client(settings, back_to).create_authorization_url(
        _provider(settings)["authorization_endpoint"], state=waiting.state, nonce=waiting.nonce, code_verifier=waiting.verifier)
    return Leaving(address, _sealed(waiting, settings))


def come_back(settings: Settings, *, back_to: str, cookie: str, answer: Mapping[str, str]) -> tuple[Identity, str]:
    """Who came back from the provider, and the page that was asked for.

    Raises
    ------
    Invalid
        If the answer does not belong to a sign-in that this browser began, or the provider refused it.
    ProviderFailed
        If the provider does not answer, or its token is not genuine, not for us, too old or not for this sign-in.
    """
    waiting = _opened(cookie, settings)
    if waiting is None or not secrets.compare_digest(waiting.state.encode(), answer.get("state", "").encode()):
        raise Invalid("This sign-in was not begun in this browser, or more than ten minutes ago. Begin again.")
    if "code" not in answer:
        raise Invalid("The identity provider did not sign you in. Try again, or ask the people who run it.")
    token = _token(settings, back_to, answer["code"], waiting.verifier)
    return _identity(settings, token, waiting.nonce), waiting.target


def _token(settings: Settings, back_to: str, code: str, verifier: str) -> str:
    try:
        answer = _client(settings, back_to).fetch_token(_provider(settings)["token_endpoint"], code=code, code_verifier=verifier, timeout=TIMEOUT_S)
        return str(answer["id_token"])
    except (AuthlibBaseError, requests.RequestException, KeyError, ValueError) as error:
        raise ProviderFailed("The identity provider did not confirm this sign-in. Begin again; if it fails again, tell an administrator.") from error


def _identity(settings: Settings, token: str, nonce: str) -> Identity:
    try:
        claims: dict[str, Any] = jwt.decode(token, _keys(settings), ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=60, iss={"essential": True, "value": settings.oidc_issuer}, aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True}, sub={"essential": True}, nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError, KeyError) as error:
        raise ProviderFailed("What the identity provider sent cannot be trusted, so nobody was signed in. Tell an administrator.") from error
    methods = frozenset(str(method) for method in claims.get("amr", ()))
    if settings.oidc_methods and not methods & set(settings.oidc_methods):
        raise Invalid(f"Your identity provider did not ask for {' or '.join(settings.oidc_methods)}, which this installation demands. "
                      "Set it up there and sign in again.")
    name = claims.get("preferred_username") or (claims.get("email") if claims.get("email_verified") else "")
    return Identity(settings.oidc_issuer, str(claims["sub"]), str(name or ""), methods)


def _keys(settings: Settings) -> KeySet:
    found = _fetched(_provider(settings)["jwks_uri"])
    return KeySet.import_key_set({"keys": found["keys"]})


def _client(settings: Settings, back_to: str) -> OAuth2Session:
    return OAuth2Session(settings.oidc_client_id, settings.oidc_client_secret.get_secret_value() or None, scope="openid profile email",
                         redirect_uri=back_to, code_challenge_method="S256")


def _provider(settings: Settings) -> dict[str, Any]:
    return _discovered(settings.oidc_issuer, int(time.monotonic() // DISCOVERED_FOR_S))


@lru_cache(maxsize=4)
def _discovered(issuer: str, _period: int) -> dict[str, Any]:
    found = _fetched(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != issuer or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= found.keys():
        raise ProviderFailed(f"What the identity provider says of itself does not fit HMS_OIDC_ISSUER ({issuer}). Check the setting, also its last character.")
    return found


def _fetched(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ProviderFailed("The identity provider is to be reached over https only. Check HMS_OIDC_ISSUER.")
    try:
        answer = requests.get(address, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderFailed("The identity provider does not answer. Sign in by name and password, or try again later.") from error
    return found if isinstance(found, dict) else {}


def _sealed(waiting: _Waiting, settings: Settings) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + AESGCM(_key(settings)).encrypt(nonce, json.dumps(asdict(waiting)).encode(), None)).decode()


def _opened(cookie: str, settings: Settings) -> _Waiting | None:
    try:
        raw = base64.urlsafe_b64decode(cookie)
        waiting = _Waiting(**json.loads(AESGCM(_key(settings)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)))
    except (binascii.Error, InvalidTag, ValueError, TypeError):
        return None
    return waiting if waiting.until > time.time() else None


def _key(settings: Settings) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"hms oidc sign-in").derive(settings.secret)
