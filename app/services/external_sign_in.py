"""Sign-in by an identity of the clinic's provider: known by issuer and subject, tied to an account once and for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.accounts import ExternalIdentity, User
from app.errors import Forbidden
from app.oidc import Identity
from app.services import audit, sign_in


def with_identity(session: Session, identity: Identity, *, address: str, now: datetime) -> str:
    """The raw token of a new session for whoever the provider says it is.

    The first time, the account is found by the name that the provider uses; from then on by issuer and subject alone, so that nobody
    inherits an account by taking over a name (ASVS 5.0, 6.8.1).

    Raises
    ------
    Forbidden
        If no living account belongs to this identity.
    """
    user = _known(session, identity) or _tied(session, identity)
    if user is None or user.disabled_at:
        audit.record(session, sign_in.actor_of(user) if user else None, "sign_in_failed", address=address, by="provider")
        session.commit()
        raise Forbidden("Your identity provider signed you in, but no account here is yours. Ask an administrator to add one under your name there.")
    return sign_in.open_session(session, user, now, by="provider", address=address)


def _known(session: Session, identity: Identity) -> User | None:
    return session.scalar(select(User).join(ExternalIdentity, ExternalIdentity.user_id == User.id)
                          .where(ExternalIdentity.issuer == identity.issuer, ExternalIdentity.subject == identity.subject))


def _tied(session: Session, identity: Identity) -> User | None:
    """The account of that name, if no other identity of this provider has it."""
    user = session.scalar(select(User).where(User.name == sign_in.plain_name(identity.user_name))) if identity.user_name else None
    if user is None or user.disabled_at:
        return user
    other = session.scalar(select(ExternalIdentity.id).where(ExternalIdentity.user_id == user.id, ExternalIdentity.issuer == identity.issuer))
    if other is not None:
        return None
    session.add(ExternalIdentity(user_id=user.id, issuer=identity.issuer, subject=identity.subject))
    session.flush()
    audit.record(session, sign_in.actor_of(user), "identity_tied", "user", user.id, issuer=identity.issuer)
    return user
