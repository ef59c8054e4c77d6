"""Electrodes that people marked as bad in a study: for looking only, they leave the common average; no analysis reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.studies import Study
from app.db.viewing import ChannelMark
from app.errors import Invalid
from app.services import audit, studies


@dataclass(frozen=True, slots=True)
class MarkView:
    """Who marked an electrode as bad, and when."""

    electrode: str
    user_name: str
    at: datetime                     # aware UTC

    @property
    def words(self) -> str:
        return f"{self.user_name}, {self.at:%Y-%m-%d %H:%M} UTC"


def of_study(session: Session, who: Actor, study_id: UUID) -> list[MarkView]:
    """The marks that stand, by electrode."""
    study = studies.get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    return standing(session, study.id)


def standing(session: Session, study_id: UUID) -> list[MarkView]:
    """The marks of a study, for services that have found it."""
    query = select(ChannelMark, User.name).join(User, User.id == ChannelMark.user_id).where(ChannelMark.study_id == study_id)
    return [MarkView(row.electrode, name, row.created_at) for row, name in session.execute(query.order_by(ChannelMark.electrode))]


def mark(session: Session, who: Actor, study_id: UUID, electrode: str) -> list[MarkView]:
    """Mark an electrode as bad; one that is marked already keeps who marked it first.

    Raises
    ------
    Invalid
        For an electrode that no signal of the study holds.
    """
    study = _to_mark(session, who, study_id)
    names = studies.layout_of(study.header.get("signals", ()), study.channel_names).electrode_names
    if electrode not in names:
        raise Invalid(f"The recording has no electrode {electrode[:20]}. Choose one of its electrodes.")
    if _row(session, study_id, electrode) is None and _added(session, ChannelMark(study_id=study.id, electrode=electrode, user_id=who.user_id)):
        audit.record(session, who, "electrode_marked_bad", "study", study.id, electrode=electrode)
    return standing(session, study.id)


def take_back(session: Session, who: Actor, study_id: UUID, electrode: str) -> list[MarkView]:
    """Take a mark back, whoever made it; an electrode without one is left as it is."""
    study = _to_mark(session, who, study_id)
    row = _row(session, study.id, electrode)
    if row is not None:
        audit.record(session, who, "electrode_mark_taken_back", "study", study.id, electrode=electrode, marked_by=row.user_id)
        session.delete(row)
        session.flush()
    return standing(session, study.id)


def _to_mark(session: Session, who: Actor, study_id: UUID) -> Study:
    study = studies.get(session, who, study_id)
    require(who, Permission.MARK_ELECTRODES)
    study.require_standing()
    return study


def _row(session: Session, study_id: UUID, electrode: str) -> ChannelMark | None:
    rows = session.scalars(select(ChannelMark).where(ChannelMark.study_id == study_id))
    return next((row for row in rows if row.electrode == electrode), None)


def _added(session: Session, row: ChannelMark) -> bool:
    """Whether the mark is new; False where somebody has made the same at this very moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True
