"""Downloads of results: permission and audit in one place."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.interop import event_table
from app.services import analyses, audit, studies


def events_csv(session: Session, who: Actor, study_id: UUID) -> str:
    """The events of the newest analysis with their decisions, as CSV; audited."""
    studies.get(session, who, study_id)
    require(who, Permission.DOWNLOAD)
    table = event_table.to_csv(analyses.events(session, who, study_id))
    audit.record(session, who, "events_exported", "study", study_id)
    return table
