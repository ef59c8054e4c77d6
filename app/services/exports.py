"""Downloads of results: permission and audit in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.errors import NotFound
from app.file_store import FileStore
from app.interop import edf_annotations, event_table
from app.interop.event_table import EventLine
from app.services import analyses, audit, studies, tiles
from app.services.analyses import EventView
from app.services.studies import RecordingHandle
from ml.classes import DISPLAY_NAMES
from ml.recording import Annotation

if TYPE_CHECKING:
    from ml.quality_report import QualityReport

_NAMES: Final[dict[str, str]] = {str(pattern): words for pattern, words in DISPLAY_NAMES.items()}


@dataclass(frozen=True, slots=True)
class AnnotationMaterial:
    """What an export of annotations is made of."""

    handle: RecordingHandle
    start: datetime | None
    events: tuple[EventView, ...]


def annotation_material(session: Session, who: Actor, study_id: UUID) -> AnnotationMaterial:
    """Permission, audit and what is to be written; the recording is read when the transaction is over (``annotations_edf``)."""
    study = studies.get(session, who, study_id)
    require(who, Permission.DOWNLOAD)
    audit.record(session, who, "annotations_exported", "study", study_id)
    events = tuple(analyses.events(session, who, study_id))
    return AnnotationMaterial(studies.recording(session, who, study_id), study.start_local, events)


def annotations_edf(material: AnnotationMaterial, store: FileStore) -> bytes:
    """The recorder's annotations and the events of the newest analysis with their decisions, as EDF+ without a patient's name."""
    found = [Annotation(event.start_s, event.stop_s - event.start_s, _event_text(event)) for event in material.events]
    return edf_annotations.to_edf([*tiles.notes(store, material.handle), *found], start=material.start)


def _event_text(event: EventView) -> str:
    return f"{_NAMES.get(event.pattern, event.pattern)} (model suggests; {event.decision or 'not reviewed'})"


def quality_report(session: Session, who: Actor, study_id: UUID) -> QualityReport:
    """Quality of every electrode and second in the newest analysis; audited.

    Raises
    ------
    NotFound
        If the analysis did not keep it.
    """
    studies.get(session, who, study_id)
    require(who, Permission.DOWNLOAD_QUALITY)
    report = analyses.quality_report(session, who, study_id)
    if report is None:
        raise NotFound("This analysis did not store the quality of every second, or could not assess the recording. Analyse it again.")
    audit.record(session, who, "quality_exported", "study", study_id)
    return report


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
