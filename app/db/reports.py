"""Reports and the immutable documents rendered from them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import Identified, JsonObject, Table
from app.db.studies import StoredFile


class Report(Identified, Table):
    """States: draft → final. A final report is never changed."""

    __tablename__ = "report"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"), index=True)
    analysis_id: Mapped[UUID | None] = mapped_column(ForeignKey("analysis.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    status: Mapped[str] = mapped_column(String(12), default="draft")
    version: Mapped[int] = mapped_column(default=1)              # grows with every saved change
    content: Mapped[JsonObject] = mapped_column(default=dict)    # indication, description, impression …
    changed_at: Mapped[datetime]
    signed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime | None]
    content_sha256: Mapped[str] = mapped_column(String(64), default="")


class ReportDocument(Identified, Table):
    """One rendered PDF; rows are only ever added."""

    __tablename__ = "report_document"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), index=True)
    report_version: Mapped[int]
    draft: Mapped[bool]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_file.id"))

    file: Mapped[StoredFile] = relationship(lazy="joined")
