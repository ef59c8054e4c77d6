"""How people look at recordings: their own montages, and electrodes that they marked as bad."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import Identified, Table


class Montage(Identified, Table):
    """A montage of one user, as he or she wrote it."""

    __tablename__ = "montage"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)                      # one derivation to a line: ml.own_montage
    place: Mapped[int] = mapped_column(default=0)                # in the list of the viewer
    changed_at: Mapped[datetime]


class ChannelMark(Identified, Table):
    """An electrode of a study that somebody marked as bad; a mark that is taken back is no row any more, only audit."""

    __tablename__ = "channel_mark"
    __table_args__ = (UniqueConstraint("study_id", "electrode"),)

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    electrode: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
