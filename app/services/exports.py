"""Downloads of results: permission and audit in one place."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.interop import event_table
from app.interop.event_table import EventLine
from app.services import analyses, audit, studies


def events_csv(session: Session, who: Actor, study_id: UUID) -> str:
    """The events of the newest analysis with their decisions, as CSV; audited."""
    studies.get(session, who, study_id)
    require(who, Permission.DOWNLOAD)
    lines = [
        EventLine(event.pattern, event.start_s, event.stop_s, event.clock, event.max_prob, event.mean_prob, event.decision, event.reviewed_by)
        for event in analyses.events(session, who, study_id)
    ]
    audit.record(session, who, "events_exported", "study", study_id)
    return event_table.to_csv(lines)
