"""Joining: files that a recorder split become one study on one clock, and are separated again while nobody has worked on it.

Three steps so that no transaction is open while files are read: ``begin``, ``put_together``, ``finish``. The parts stay as they are,
with their analyses, and stand back behind the joined study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Permission, require
from app.db.columns import utc_now
from app.db.findings import Analysis, FoundEvent
from app.db.reports import Report
from app.db.studies import Study
from app.db.work import Job
from app.errors import Conflict, Invalid
from app.file_store import FileStore
from app.jobs.states import OPEN_STATES
from app.services import analyses, audit, reviews, stored_recording, studies
from ml.recording import RecordingInfo, Span

MAX_PARTS: Final = 96
"""Eight such recordings open at once (``tiles.OPEN_RECORDINGS``) stay below the usual limit of 1,024 open files of a process."""
MAX_GAP_S: Final = 86_400.0
"""What lies further apart is another recording. Our own choice."""


@dataclass(frozen=True, slots=True)
class Part:
    """A study that is to become a part, and the bytes that are read of it."""

    study_id: UUID
    sha256: str
    original_name: str
    start_local: datetime
    duration_s: float

    @property
    def start_s(self) -> float:
        """On the recorder's clock, for differences only."""
        return (self.start_local - datetime(1970, 1, 1)).total_seconds()

    @property
    def stop_s(self) -> float:
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Whole:
    """Parts on one clock, in order of their start; the list of them is in the store."""

    parts: tuple[Part, ...]
    spans: tuple[Span, ...]
    sha256: str                      # of the list
    size: int
    info: RecordingInfo


@dataclass(frozen=True, slots=True)
class Joined:
    """A joined study and the newest job that analyses it."""

    study_id: UUID
    job_id: UUID | None


def begin(session: Session, who: Actor, study_ids: Sequence[UUID]) -> tuple[Part, ...]:
    """Find the studies that are to be joined, in order of their start.

    Raises
    ------
    Invalid
        If they are fewer than two, more than ``MAX_PARTS``, of several patients, without a clock, or more than a day apart.
    Conflict
        If one is joined already, is not converted yet, or somebody has decided or reported on it.
    """
    rows = [studies.get(session, who, study_id) for study_id in dict.fromkeys(study_ids)]
    require(who, Permission.UPLOAD)
    if not 2 <= len(rows) <= MAX_PARTS:
        raise Invalid(f"A recording is joined from 2 to {MAX_PARTS} studies; {len(rows)} {'was' if len(rows) == 1 else 'were'} chosen.")
    if not _are_joined_together(rows):
        _require_joinable(session, rows)
    parts = _in_order([part_of(row) for row in rows])
    for before, after in pairwise(parts):
        _require_near(before, after)
    return parts


def put_together(parts: tuple[Part, ...], store: FileStore) -> Whole:
    """Open all parts and put their list into the store. Reads the database at no point.

    Raises
    ------
    RecordingError
        If their channels or rates differ, their headers name different patients, or all is too long.
    """
    hashes = [part.sha256 for part in parts]
    joined, content = stored_recording.of_parts(store, hashes), stored_recording.list_of(hashes)
    return Whole(parts, joined.part_spans, store.put_bytes(content), len(content), joined.info)


def finish(session: Session, who: Actor, whole: Whole) -> Joined:
    """Make the joined study and queue its analysis; the same parts twice are one study."""
    ids = [part.study_id for part in whole.parts]
    rows = _locked(session, who, ids)
    known = studies.with_bytes(session, who, whole.sha256)
    if known is not None and _are_joined_together(rows):
        return Joined(known, _newest_job(session, known))
    _require_joinable(session, rows)
    study_id = known or _new_study(session, who, whole, rows)
    study = session.get_one(Study, study_id)
    study.separated_at = None
    for row in rows:
        row.joined_into_id = study_id
        _cancel_analysis(session, who, row.id)
    session.flush()
    audit.record(session, who, "studies_joined", "study", study_id, parts=[str(key) for key in ids])
    _analyse_unless_done(session, who, study_id)
    return Joined(study_id, _newest_job(session, study_id))


def separate(session: Session, who: Actor, study_id: UUID) -> tuple[UUID, ...]:
    """Make the parts of a joined study studies of their own again; returns their ids. Doing it twice changes nothing.

    Raises
    ------
    Conflict
        If the study is one file, or somebody has decided on its findings or written its report.
    """
    study = studies.get(session, who, study_id)
    require(who, Permission.UPLOAD)
    ids = tuple(UUID(part["study_id"]) for part in study.header.get("parts", ()))
    if not ids:
        raise Conflict("This study is one file; there is nothing to separate.")
    rows = _locked(session, who, [study_id, *ids])[1:]
    if study.separated_at is not None:
        return ids
    if worked_on(session, [study_id]):
        raise Conflict("Findings of this joined recording were decided or its report was written, so it stays as it is. "
                       "Undo the decisions and empty the draft first; after the signature it can no longer be separated.")
    study.separated_at = utc_now()
    _cancel_analysis(session, who, study_id)
    for row in rows:
        row.joined_into_id = None
    session.flush()
    audit.record(session, who, "study_separated", "study", study_id, parts=[str(key) for key in ids])
    for key in ids:
        _analyse_unless_done(session, who, key)
    return ids


def part_of(study: Study) -> Part:
    """A study as a part; it is readable and has a clock."""
    readable, start = study.readable_file, study.start_local
    assert readable is not None
    if start is None:
        raise Invalid(f"{study.original_name} states no start time, so it cannot be placed on the clock. Export the parts with their times.")
    return Part(study.id, readable.sha256, study.original_name, start, study.duration_s)


def worked_on(session: Session, study_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these studies somebody has decided on, or written or signed a report of; for services only."""
    decided = select(FoundEvent.study_id).where(FoundEvent.study_id.in_(study_ids), reviews.holds(FoundEvent.id)).distinct()
    written = session.scalars(select(Report).where(Report.study_id.in_(study_ids)))
    return {*session.scalars(decided), *(report.study_id for report in written
                                         if report.status != "draft" or any(map(str.strip, report.content.get("texts", {}).values())))}


def _locked(session: Session, who: Actor, study_ids: Sequence[UUID]) -> list[Study]:
    """The rows as they are now, in the order asked for; held until the end of the transaction, always locked in the same order."""
    query = select(Study).where(Study.id.in_(study_ids), Study.clinic_id == who.clinic_id).order_by(Study.id)
    found = {row.id: row for row in session.scalars(query.with_for_update(of=Study).execution_options(populate_existing=True)).unique()}
    return [found[key] for key in study_ids]


def _are_joined_together(rows: Sequence[Study]) -> bool:
    """Whether these are all of one joined study already (its list of parts has the same hash then)."""
    return rows[0].joined_into_id is not None and len({row.joined_into_id for row in rows}) == 1


def _require_joinable(session: Session, rows: Sequence[Study]) -> None:
    if len({row.patient_id for row in rows}) > 1:
        raise Invalid("These studies belong to different patients. Choose the files of one recording of one patient.")
    worked = worked_on(session, [row.id for row in rows])
    for row in rows:
        if row.joined_into_id is not None or row.separated_at is not None or row.header.get("parts"):
            raise Conflict(f"{row.original_name} is a joined recording or a part of one already. Separate that one first.")
        if row.readable_file is None:
            raise Conflict(f"{row.original_name} is not converted yet. Join it when its analysis has begun.")
        if row.id in worked:
            raise Conflict(f"Findings of {row.original_name} were decided or its report was written, so it stays a study of its own. "
                           "Undo the decisions and empty the draft first; after the signature it can no longer be joined.")


def _require_near(before: Part, after: Part) -> None:
    apart_s = after.start_s - before.stop_s
    if apart_s > MAX_GAP_S:
        raise Invalid(f"{after.original_name} begins {apart_s / 86_400:.1f} days after {before.original_name} has ended; parts of one "
                      "recording follow one another within a day. Choose the files of one recording.")


def _in_order(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: (part.start_local, part.sha256)))


def _new_study(session: Session, who: Actor, whole: Whole, rows: Sequence[Study]) -> UUID:
    """Named after its first part; channels are read as people have corrected them in the parts, the first part's word first."""
    first, others = rows[0], len(rows) - 1
    names = {label: said for row in reversed(rows) for label, said in row.channel_names.items()}
    study_id = studies.create(
        session, who, patient_id=first.patient_id, sha256=whole.sha256, size=whole.size, info=whole.info,
        original_name=f"{first.original_name[:230]} and {others} more", synthetic=any(row.synthetic for row in rows), channel_names=names,
    )
    study = session.get_one(Study, study_id)
    study.header = {**study.header, "parts": [
        {"study_id": str(part.study_id), "start_s": span.start_s, "stop_s": span.stop_s}
        for part, span in zip(whole.parts, whole.spans, strict=True)
    ]}
    return study_id


def _cancel_analysis(session: Session, who: Actor, study_id: UUID) -> None:
    is_open = (Job.state.in_(OPEN_STATES), Job.cancel_asked_at.is_(None))
    for job_id in session.scalars(select(Job.id).where(Job.study_id == study_id, Job.kind == "analyse", *is_open)).all():
        jobs.cancel(session, who, job_id)


def _analyse_unless_done(session: Session, who: Actor, study_id: UUID) -> None:
    """Queue an analysis of a study that has no result; one that is being cancelled does not count."""
    if session.scalar(select(Analysis.id).where(Analysis.study_id == study_id).limit(1)) is not None:
        return
    last = session.scalar(select(func.max(Job.run_number)).where(Job.study_id == study_id, Job.kind == "analyse"))
    jobs.enqueue(session, analyses.request_for(session, who, study_id, run_number=(last or 0) + 1))


def _newest_job(session: Session, study_id: UUID) -> UUID | None:
    return session.scalar(select(Job.id).where(Job.study_id == study_id, Job.kind == "analyse").order_by(Job.run_number.desc()).limit(1))
