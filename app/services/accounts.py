"""Clinics and their users."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, Role, require
from app.db.accounts import Clinic, Token, User
from app.db.columns import utc_now
from app.errors import Conflict, Invalid, NotFound, WrongPassword
from app.services import audit, passwords, sign_in

LOCAL_CLINIC: Final = "Local clinic"
LOCAL_USERS: Final = (Role.NEUROLOGIST, Role.ADMINISTRATOR)
SETTINGS_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user in the administrator's list."""

    id: UUID
    name: str
    role: Role
    has_password: bool
    disabled: bool
    created_at: datetime
    last_seen_at: datetime | None


def create_clinic(session: Session, name: str) -> UUID:
    """Add a clinic; every object belongs to one, and no user sees those of another."""
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("A clinic needs a name of 1 to 200 characters.")
    if clinic_named(session, name):
        raise Conflict(f"There is a clinic named {name} already.")
    clinic = Clinic(name=name, settings={})
    session.add(clinic)
    session.flush()
    audit.record(session, None, "clinic_created", "clinic", clinic.id, clinic_id=clinic.id)
    return clinic.id


def clinic_named(session: Session, name: str) -> UUID | None:
    return session.scalar(select(Clinic.id).where(Clinic.name == name.strip()))


def user_named(session: Session, name: str) -> UUID | None:
    return session.scalar(select(User.id).where(User.name == sign_in.plain_name(name)))


def add_user(session: Session, *, name: str, role: Role, clinic: UUID, password: str | None = None) -> UUID:
    """Add a user from the command line; without password he or she signs in by one-time links only."""
    return _add(session, None, name=name, role=role, clinic=clinic, password=password)


def users(session: Session, who: Actor) -> list[UserRow]:
    """The users of the clinic of ``who``, by name."""
    require(who, Permission.MANAGE_USERS)
    seen = select(Token.user_id, func.max(Token.last_gesture_at).label("at")).where(Token.kind != "link")
    last = seen.group_by(Token.user_id).subquery()
    query = (
        select(User, last.c.at).outerjoin(last, last.c.user_id == User.id)
        .where(User.clinic_id == who.clinic_id).order_by(User.name)
    )
    return [_row(user, at) for user, at in session.execute(query)]


def invite(session: Session, who: Actor, *, name: str, role: Role) -> UUID:
    """Add a user without password to the clinic of ``who``; ``link_for`` then lets him or her in."""
    require(who, Permission.MANAGE_USERS)
    return _add(session, who, name=name, role=role, clinic=who.clinic_id, password=None)


def link_for(session: Session, who: Actor, user_id: UUID, *, now: datetime) -> str:
    """A one-time sign-in code for a user of the same clinic, to be handed over in person."""
    user = _find(session, who, user_id)
    require(who, Permission.MANAGE_USERS)
    audit.record(session, who, "link_issued", "user", user.id)
    return sign_in.issue_link(session, user.id, now=now)


def disable(session: Session, who: Actor, user_id: UUID) -> None:
    """Close an account and end its sessions at once; its reports and audit rows stay."""
    user = _find(session, who, user_id)
    require(who, Permission.MANAGE_USERS)
    if user.id == who.user_id:
        raise Conflict("You cannot disable your own account. Ask another administrator.")
    user.disabled_at = user.disabled_at or utc_now()
    sign_in.end_all(session, user.id, now=utc_now())
    audit.record(session, who, "user_disabled", "user", user.id)


def set_password(session: Session, who: Actor, *, new: str, current: str = "", keep: UUID | None = None) -> None:
    """Change one's own password; ends all other sessions (``keep`` is the token in use)."""
    user = _find(session, who, who.user_id)
    if user.password_hash is not None and not passwords.matches(user.password_hash, current):
        raise WrongPassword("The current password is not right. Check it and try again.")
    passwords.check_choice(new, user.name)
    user.password_hash = passwords.hashed(new)
    sign_in.end_all(session, user.id, now=utc_now(), but=keep)
    audit.record(session, who, "password_changed", "user", user.id)


def save_settings(session: Session, who: Actor, settings: dict[str, Any]) -> dict[str, Any]:
    """Merge ``settings`` (montage, polarity, calibration, theme) into those of ``who``; the whole afterwards."""
    user = _find(session, who, who.user_id)
    merged = user.settings | settings
    if len(json.dumps(merged)) > SETTINGS_BYTES:
        raise Invalid(f"The settings take more than {SETTINGS_BYTES} bytes. Remove some of them.")
    user.settings = merged
    audit.record(session, who, "settings_changed", "user", user.id, keys=sorted(settings))
    return merged


def ensure_local_users(session: Session) -> dict[Role, UUID]:
    """The neurologist and the administrator of an installation on one machine; made at the first start, without password."""
    clinic = clinic_named(session, LOCAL_CLINIC) or create_clinic(session, LOCAL_CLINIC)
    return {
        role: user_named(session, role.value) or add_user(session, name=role.value, role=role, clinic=clinic)
        for role in LOCAL_USERS
    }


def _add(session: Session, who: Actor | None, *, name: str, role: Role, clinic: UUID, password: str | None) -> UUID:
    plain = sign_in.plain_name(name)
    if not plain:
        raise Invalid("A user needs a sign-in name.")
    if user_named(session, plain):
        raise Conflict(f"The sign-in name {plain} is taken. Choose another.")
    if password is not None:
        passwords.check_choice(password, plain)
    user = User(clinic_id=clinic, name=plain, role=role.value, settings={},
                password_hash=passwords.hashed(password) if password is not None else None)
    session.add(user)
    session.flush()
    audit.record(session, who, "user_created", "user", user.id, clinic_id=clinic, role=role.value)
    return user.id


def _find(session: Session, who: Actor, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None or user.clinic_id != who.clinic_id:
        raise NotFound("There is no such user.")
    return user


def _row(user: User, last_seen_at: datetime | None) -> UserRow:
    return UserRow(user.id, user.name, Role(user.role), user.password_hash is not None, user.disabled_at is not None,
                   user.created_at, last_seen_at)
