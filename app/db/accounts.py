"""Clinics, their users and the tokens by which both browsers and programs are known."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import Identified, JsonObject, Table


class Clinic(Identified, Table):
    __tablename__ = "clinic"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    settings: Mapped[JsonObject] = mapped_column(default=dict)   # mains_hz, time_zone, letterhead …


class User(Identified, Table):
    __tablename__ = "user_account"

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)  # sign-in name
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))   # None: signs in by one-time link only
    settings: Mapped[JsonObject] = mapped_column(default=dict)   # montage, polarity, px_per_mm, theme …
    disabled_at: Mapped[datetime | None]

    clinic: Mapped[Clinic] = relationship(lazy="joined")


class Token(Identified, Table):
    """A browser session, an API token or a one-time sign-in link; only the sha256 of its secret is kept."""

    __tablename__ = "token"

    kind: Mapped[str] = mapped_column(String(10))                # "browser", "api", "link"
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    expires_at: Mapped[datetime]
    last_gesture_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined")


class ExternalIdentity(Identified, Table):
    """Whom an identity provider knows as the holder of an account; an account has one identity of each provider."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject", name="uq_external_identity_issuer_subject"),
                      UniqueConstraint("user_id", "issuer", name="uq_external_identity_user_id_issuer"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))            # OpenID Connect Core 1.0, section 2


class SignInFailure(Identified, Table):
    """One failed try, by account name and address; counted to slow guessing down."""

    __tablename__ = "sign_in_failure"

    name: Mapped[str] = mapped_column(String(100), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
