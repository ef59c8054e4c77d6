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
from app.interop import annotation_table, edf_annotations, event_table
from app.interop.annotation_table import AnnotationLine
from app.interop.event_table import EventLine
from app.services import analyses, annotating, audit, studies, tiles
from app.services.analyses import EventView
from app.services.annotating import AnnotationView
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
    readers: tuple[AnnotationView, ...] = ()


def annotation_material(session: Session, who: Actor, study_id: UUID) -> AnnotationMaterial:
    """Permission, audit and what is to be written; the recording is read when the transaction is over (``annotations_edf``)."""
    study = studies.get(session, who, study_id)
    require(who, Permission.DOWNLOAD)
    audit.record(session, who, "annotations_exported", "study", study_id)
    events = tuple(analyses.events(session, who, study_id))
    readers = tuple(annotating.listed(session, who, study_id))
    return AnnotationMaterial(studies.recording(session, who, study_id), study.start_local, events, readers)


def annotations_edf(material: AnnotationMaterial, store: FileStore) -> bytes:
    """The recorder's and readers' annotations and the events of the newest analysis with their decisions, as EDF+ without a patient's name."""
    found = [Annotation(event.start_s, event.stop_s - event.start_s, _event_text(event)) for event in material.events]
    written = [_readers_note(view) for view in material.readers]
    return edf_annotations.to_edf([*tiles.notes(store, material.handle), *written, *found], start=material.start)


def annotations_csv(material: AnnotationMaterial, store: FileStore) -> str:
    """The recorder's and readers' annotations in order of time, as CSV."""
    return annotation_table.to_csv(_lines(material, store))


def annotations_parquet(material: AnnotationMaterial, store: FileStore) -> bytes:
    """The same as a Parquet file."""
    return annotation_table.to_parquet(_lines(material, store))


def _lines(material: AnnotationMaterial, store: FileStore) -> list[AnnotationLine]:
    def clock(at_s: float) -> str:
        return analyses.clock_at(material.start, at_s)

    of_file = [AnnotationLine("file", note.onset_s, None if note.duration_s is None else note.onset_s + note.duration_s, clock(note.onset_s), comment=note.text)
               for note in tiles.notes(store, material.handle)]
    of_readers = [AnnotationLine("reader", view.words.start_s, view.words.stop_s, clock(view.words.start_s), view.words.label, view.words.channel,
                                 view.words.comment, view.author, view.changed_by, view.created_at.isoformat(), view.version, str(view.id))
                  for view in material.readers]
    return sorted((*of_file, *of_readers), key=lambda line: line.start_s)


def _readers_note(view: AnnotationView) -> Annotation:
    said = view.words
    text = edf_annotations.readers_text(said.label, said.comment, author=view.author, channel=said.channel)
    return Annotation(said.start_s, None if said.stop_s is None else said.stop_s - said.start_s, text)


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
