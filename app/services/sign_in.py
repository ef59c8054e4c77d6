"""Signing in and staying signed in: one table of tokens serves pages, API and streams alike.

A token is 256 random bits; the database keeps only its sha256, so a stolen table opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import settings
from app.access import Actor, Role
from app.db.accounts import SignInFailure, Token, User
from app.errors import Invalid, LinkUsed, NotFound, TooManyTries, WrongPassword
from app.services import audit, passwords

PER_ACCOUNT: Final = 5               # tries a minute; trust.md 5.4, ASVS 5.0, 6.3.1
PER_ADDRESS: Final = 20
WINDOW: Final = timedelta(minutes=1)
KEPT: Final = timedelta(days=1)      # failures older than this are of no use
TOUCH_EVERY: Final = timedelta(seconds=20)   # a gesture is written down at most this often
_LINE: Final = 0x7369676E     # "sign": tries are counted one after the other
API_PREFIX: Final = "hms_"

TokenKind = Literal["browser", "api", "link"]


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in user as pages show him or her."""

    user_id: UUID
    name: str
    role: Role
    clinic_name: str
    settings: dict[str, Any]         # of the reader: montage, polarity, screen calibration, theme
    clinic_settings: dict[str, Any]  # of the site: mains frequency, time zone
    has_password: bool = False

    @property
    def time_zone(self) -> str:
        """Zone in which this person reads our own events (IANA name)."""
        return str(self.clinic_settings.get("time_zone", "UTC"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a living token says: who, until when, and whether a gesture is due to be written down."""

    actor: Actor
    person: Person
    token_id: UUID
    kind: TokenKind
    last_gesture_at: datetime
    expires_at: datetime             # absolute end; the idle end is earlier

    def touch_due(self, now: datetime) -> bool:
        return self.kind == "browser" and now - self.last_gesture_at >= TOUCH_EVERY


def with_password(session: Session, name: str, password: str, *, address: str, now: datetime) -> str:
    """Sign in by name and password; the raw token of the new session.

    Raises
    ------
    TooManyTries
        After 5 tries a minute for an account or 20 from an address; it passes by itself.
    WrongPassword
        For an unknown name, a wrong password and a disabled account alike.
    """
    name = plain_name(name)
    _slow_down(session, name, address, now)
    user = session.scalar(select(User).where(User.name == name))
    attempt = SignInFailure(name=name, address=address[:64], created_at=now)
    session.add(attempt)             # counted before it is judged: parallel guesses cannot outrun the limit
    session.commit()                 # kept whatever follows; and hashing takes long, so no lock is held
    if not passwords.matches(user.password_hash if user else None, password) or user is None or user.disabled_at:
        audit.record(session, actor_of(user) if user else None, "sign_in_failed", address=address)
        session.commit()
        raise WrongPassword()
    session.execute(delete(SignInFailure).where(SignInFailure.id == attempt.id))
    return open_session(session, user, now, by="password", address=address)


def _slow_down(session: Session, name: str, address: str, now: datetime) -> None:
    if session.get_bind().dialect.name == "postgresql":      # SQLite writers stand in line anyway
        session.execute(select(func.pg_advisory_xact_lock(_LINE)))
    session.execute(delete(SignInFailure).where(SignInFailure.created_at < now - KEPT))
    recent = select(func.count()).select_from(SignInFailure).where(SignInFailure.created_at > now - WINDOW)
    of_account = session.scalar(recent.where(SignInFailure.name == name)) or 0
    of_address = session.scalar(recent.where(SignInFailure.address == address[:64])) or 0
    if of_account >= PER_ACCOUNT or of_address >= PER_ADDRESS:
        raise TooManyTries("There were too many tries to sign in. Wait one minute and try again.")


def issue_link(session: Session, user_id: UUID, *, now: datetime, valid_for: timedelta = timedelta(minutes=10)) -> str:
    """A one-time code that signs ``user_id`` in; between 10 minutes and 24 hours valid."""
    if not timedelta(0) < valid_for <= timedelta(hours=24):
        raise Invalid(f"A sign-in link may be valid for at most 24 hours, not {valid_for}.")
    return _issue(session, _living_user(session, user_id), "link", now, valid_for)


def with_link(session: Session, code: str, *, now: datetime, address: str = "") -> str:
    """Sign in by a one-time code and use it up; the raw token of the new session."""
    used_up = session.execute(     # one statement: of two simultaneous uses, one wins
        update(Token)
        .where(Token.secret_sha256 == digest(code), Token.kind == "link", Token.ended_at.is_(None), Token.expires_at > now)
        .values(ended_at=now).returning(Token.user_id)
    ).scalar_one_or_none()
    user = session.get(User, used_up) if used_up else None
    if user is None or user.disabled_at:
        raise LinkUsed()
    return open_session(session, user, now, by="link", address=address)


def find(session: Session, raw_token: str, *, now: datetime, gesture: bool = False) -> SignedIn | None:
    """Who holds ``raw_token``, if it lives; a ``gesture`` of the user restarts the idle time."""
    token = session.scalar(select(Token).where(Token.secret_sha256 == digest(raw_token), Token.kind != "link"))
    if token is None or not _lives(token, now):
        return None
    found = _signed_in(token)
    if gesture and found.touch_due(now):
        session.execute(update(Token).where(Token.id == token.id).values(last_gesture_at=now))
    return found


def sign_out(session: Session, raw_token: str, now: datetime) -> None:
    """End the session of ``raw_token`` on the server; a stolen copy of the cookie is worth nothing afterwards."""
    token = session.scalar(select(Token).where(Token.secret_sha256 == digest(raw_token), Token.ended_at.is_(None)))
    if token is not None:
        token.ended_at = now
        audit.record(session, actor_of(token.user), "signed_out", "token", token.id)


def issue_api_token(session: Session, user_id: UUID, *, label: str, days: int = 90, now: datetime) -> str:
    """A bearer token for programs; shown once, never again."""
    if not 1 <= days <= 365:
        raise Invalid(f"A token may live 1 to 365 days, not {days}.")
    user = _living_user(session, user_id)
    raw = _issue(session, user, "api", now, timedelta(days=days), label=label)
    audit.record(session, actor_of(user), "token_issued", "user", user.id, days=days)
    return raw


def end_all(session: Session, user_id: UUID, *, now: datetime, but: UUID | None = None) -> None:
    """End every token of a user, for example after a change of password; ``but`` is the one in use."""
    session.execute(
        update(Token).where(Token.user_id == user_id, Token.ended_at.is_(None), Token.id != but).values(ended_at=now)
    )


def actor_of(user: User) -> Actor:
    return Actor(user_id=user.id, clinic_id=user.clinic_id, role=Role(user.role))


def plain_name(name: str) -> str:
    """Sign-in names are compared without case and outer blanks."""
    return name.strip().casefold()[:100]


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(session: Session, user: User, now: datetime, *, by: str, address: str) -> str:
    """The raw token of a new browser session for somebody whose identity has been shown; for services."""
    limits = settings.current()
    raw = _issue(session, user, "browser", now, timedelta(seconds=limits.session_absolute_s))
    audit.record(session, actor_of(user), "signed_in", "user", user.id, by=by, address=address)
    return raw


def _issue(session: Session, user: User, kind: TokenKind, now: datetime, valid_for: timedelta, *, label: str = "") -> str:
    raw = (API_PREFIX if kind == "api" else "") + secrets.token_urlsafe(32)
    session.add(
        Token(kind=kind, secret_sha256=digest(raw), user_id=user.id, label=label[:100], created_at=now,
              expires_at=now + valid_for, last_gesture_at=now)
    )
    session.flush()
    return raw


def _living_user(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None or user.disabled_at:
        raise NotFound("There is no such user, or the account is disabled.")
    return user


def _lives(token: Token, now: datetime) -> bool:
    idle = timedelta(seconds=settings.current().session_idle_s)
    if token.ended_at or token.user.disabled_at or token.expires_at <= now:
        return False
    return token.kind == "api" or token.last_gesture_at + idle > now


def _signed_in(token: Token) -> SignedIn:
    user = token.user
    person = Person(
        user_id=user.id, name=user.name, role=Role(user.role), clinic_name=user.clinic.name, settings=user.settings,
        clinic_settings=user.clinic.settings, has_password=user.password_hash is not None,
    )
    kind: TokenKind = "api" if token.kind == "api" else "browser"
    return SignedIn(actor_of(user), person, token.id, kind, token.last_gesture_at, token.expires_at)
