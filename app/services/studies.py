"""Studies: the worklist, one study with its patient banner, and what happens to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.findings import Analysis, FoundEvent
from app.db.patients import Patient
from app.db.studies import StoredFile, Study
from app.db.work import Job
from app.errors import Conflict, Invalid, NotFound
from app.services import ages, audit, blind_reads, patients, reviews
from app.services.ages import Age
from app.services.header_facts import differences
from app.services.patients import PatientView
from ml.channels import IGNORE, ChannelLayout, map_to_1020
from ml.recording import RecordingInfo, Signal

Status = Literal["queued", "analysing", "analysed", "failed", "cancelled", "in_review", "reported"]
MOVES: dict[Status, frozenset[Status]] = {
    "queued": frozenset({"analysing", "analysed", "failed", "cancelled"}),
    "analysing": frozenset({"queued", "analysed", "failed", "cancelled"}),
    "analysed": frozenset({"queued", "in_review", "reported"}),
    "in_review": frozenset({"queued", "reported", "analysed"}),
    "reported": frozenset({"queued", "in_review"}),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
}


class KnownBytes(Conflict):
    """The same bytes are a study of the clinic already."""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One line of the worklist."""

    id: UUID
    patient_id: UUID
    patient_name: str
    record_number: str
    original_name: str
    start_local: datetime | None     # the recorder's clock, no zone
    duration_s: float
    uploaded_at: datetime            # aware UTC
    status: Status
    synthetic: bool
    job_id: UUID | None              # of the newest analysis job
    job_state: str
    job_step: str
    done_units: int
    total_units: int
    error_sentence: str
    seconds_by_class: dict[str, float]
    n_events: int
    n_unreviewed: int
    is_joined: bool = False

    @property
    def is_known(self) -> bool:
        """False for a recording of another maker that is not converted yet: length and start are told after that."""
        return self.duration_s > 0


@dataclass(frozen=True, slots=True)
class PartView:
    """A file of a joined recording, on the one clock."""

    study_id: UUID
    original_name: str
    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True)
class StudyView:
    """One study: banner, header facts, state."""

    id: UUID
    patient: PatientView
    age: Age                         # at the recording
    age_warning: str
    original_name: str
    sha256: str
    size: int
    format: str
    start_local: datetime | None
    duration_s: float
    uploaded_at: datetime
    status: Status
    signals: tuple[dict[str, Any], ...]      # {"label", "sfreq_hz", "unit", "calibrated", "transducer", "prefilter"}
    channel_names: dict[str, str]            # label → what a person says the signal is
    gaps: tuple[tuple[float, float], ...]
    findings: tuple[str, ...]
    equipment: str
    note: str
    synthetic: bool
    parts: tuple[PartView, ...] = ()     # of a joined recording, in order of their start
    joined_into: UUID | None = None      # the study that this one is a part of
    separated: bool = False              # a joined recording that was taken apart again

    @property
    def layout(self) -> ChannelLayout:
        """Which signal is which electrode, as people have corrected it."""
        return layout_of(self.signals, self.channel_names)

    @property
    def read_as(self) -> tuple[str, ...]:
        """Of each signal: electrode, pair, ECG, EOG, EMG or "ignore"; empty where it is none of these."""
        layout = self.layout
        names = {index: name for name, index in layout.electrodes.items()}
        names |= {index: "-".join(pair) for pair, index in layout.pairs.items()}
        return tuple(names.get(index) or _other_meaning(kind, self.channel_names.get(signal["label"], ""))
                     for index, (signal, kind) in enumerate(zip(self.signals, layout.kinds, strict=True)))

    @property
    def stands(self) -> bool:
        """Whether it is a study of its own to work on: no part of a joined one, and not taken apart."""
        return self.joined_into is None and not self.separated

    @property
    def may_be_assessed(self) -> bool:
        return not self.age.is_neonate


@dataclass(frozen=True, slots=True)
class RecordingHandle:
    """Where the bytes of a recording are, for tiles and workers."""

    study_id: UUID
    sha256: str
    name: str
    header: dict[str, Any]
    channel_names: tuple[tuple[str, str], ...] = ()     # corrections by a person


def create(
    session: Session, who: Actor, *, patient_id: UUID, sha256: str, size: int, original_name: str, info: RecordingInfo,
    synthetic: bool = False, note: str = "", channel_names: dict[str, str] | None = None,
) -> UUID:
    """Add a study that owns the stored recording ``sha256``; the caller enqueues its analysis in the same transaction."""
    patient = patients.get(session, who, patient_id)
    require(who, Permission.UPLOAD)
    if with_bytes(session, who, sha256) is not None:
        raise KnownBytes("These bytes are a study of this clinic already. Open that one instead.")
    study = Study(
        clinic_id=who.clinic_id, patient_id=patient.id, file_id=_file(session, who.clinic_id, sha256, size).id, uploaded_by=who.user_id,
        original_name=original_name[:255], format=info.format, start_local=info.start_time, duration_s=info.duration_s,
        header=header_of(info), channel_names=channel_names or {}, synthetic=synthetic or patient.synthetic, note=note, status="queued",
    )
    session.add(study)
    session.flush()
    audit.record(session, who, "study_created", "study", study.id, sha256=sha256, size=size)
    return study.id


def header_of(info: RecordingInfo) -> dict[str, Any]:
    """What is kept of a header: signals, gaps, findings, equipment; no identity."""
    return {
        "signals": [
            {"label": signal.label, "sfreq_hz": signal.sfreq_hz, "unit": signal.unit, "calibrated": signal.calibrated,
             "transducer": signal.transducer, "prefilter": signal.prefilter}
            for signal in info.signals
        ],
        "gaps": [[gap.start_s, gap.stop_s] for gap in info.gaps],
        "findings": list(info.findings),
        "equipment": info.equipment,
    }


def with_bytes(session: Session, who: Actor, sha256: str) -> UUID | None:
    """The study of this clinic that holds exactly these bytes, if there is one."""
    return session.scalar(
        select(Study.id).join(StoredFile, Study.file_id == StoredFile.id)
        .where(Study.clinic_id == who.clinic_id, StoredFile.sha256 == sha256)
    )


def worklist(
    session: Session, who: Actor, *, text: str = "", status: Status | None = None, patient_id: UUID | None = None,
    limit: int = 200,
) -> list[StudyRow]:
    """The newest studies of the clinic of ``who``, newest first."""
    require(who, Permission.READ_STUDIES)
    wanted: list[ColumnElement[bool]] = [Study.clinic_id == who.clinic_id, Study.stands()]
    if status:
        wanted.append(Study.status == status)
    if patient_id:
        wanted.append(Study.patient_id == patient_id)
    if text.strip():
        wanted.append(or_(*(column.icontains(text.strip(), autoescape=True)
                            for column in (Patient.name, Patient.record_number, Study.original_name))))
    query = select(Study).join(Patient, Study.patient_id == Patient.id).where(*wanted)
    return _rows(session, who, session.scalars(query.order_by(Study.created_at.desc(), Study.id).limit(limit)).all())


def row(session: Session, who: Actor, study_id: UUID) -> StudyRow:
    """One study as the worklist shows it: with the state of its newest job."""
    study = get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    return _rows(session, who, [study])[0]


def find(session: Session, who: Actor, study_id: UUID) -> StudyView:
    """One study of the clinic of ``who``."""
    study = get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    age = ages.at_recording(study.patient.birth_date, study.start_local)
    header, parts = study.header, _part_rows(session, study)
    return StudyView(
        id=study.id, patient=patients.view_of(study.patient), age=age, age_warning=age.warning,
        original_name=study.original_name, sha256=study.file.sha256, format=study.format,
        size=sum(part.file.size for part, _, _ in parts) or study.file.size,
        start_local=study.start_local, duration_s=study.duration_s, uploaded_at=study.created_at, status=_status(study),
        signals=tuple(header.get("signals", ())), gaps=tuple((a, b) for a, b in header.get("gaps", ())),
        channel_names=dict(study.channel_names), findings=_findings(study), equipment=header.get("equipment", ""), note=study.note,
        synthetic=study.synthetic, joined_into=study.joined_into_id, separated=study.separated_at is not None,
        parts=tuple(PartView(part.id, part.original_name, start_s, stop_s) for part, start_s, stop_s in parts),
    )


def recording(session: Session, who: Actor, study_id: UUID) -> RecordingHandle:
    """The stored recording of a study; reading tiles of it is not audited, opening is (``opened``)."""
    study = get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    if study.readable_file is None:
        raise Conflict("The recording is converted when its analysis begins; it can be read then. Follow the analysis on the study page.")
    return RecordingHandle(study.id, study.readable_file.sha256, study.original_name, study.header, tuple(study.channel_names.items()))


def converted(session: Session, study: Study, *, sha256: str, size: int, info: RecordingInfo, channel_names: dict[str, str]) -> None:
    """Keep the converted copy of another maker's recording, and what is known of it since; for the worker."""
    study.converted_file_id = _file(session, study.clinic_id, sha256, size).id
    study.format, study.start_local, study.duration_s = info.format[:20], info.start_time, info.duration_s
    differing = differences(info.patient, name=study.patient.name, record_number=study.patient.record_number,
                            birth_date=study.patient.birth_date, sex=study.patient.sex)
    stranger = [f"The file names another patient: {' and '.join(differing)} in its header differ from the patient of this study. "
                "Check whose recording it is."] if differing else []
    study.header = header_of(replace(info, findings=(*stranger, *info.findings)))
    study.channel_names = channel_names
    session.flush()


def opened(session: Session, who: Actor, study_id: UUID) -> None:
    """Write the one audit row of an opening of the recording in the viewer."""
    study = get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    audit.record(session, who, "recording_opened", "study", study.id)


def set_status(session: Session, who: Actor, study_id: UUID, status: Status) -> None:
    """Move a study on, for the service that has checked the permission; a move that cannot be is refused."""
    study = get(session, who, study_id)
    before = _status(study)
    if status == before:
        return
    if status not in MOVES[before]:
        raise Conflict(f"A study that is {before.replace('_', ' ')} cannot become {status.replace('_', ' ')}.")
    study.status = status
    audit.record(session, who, "study_status", "study", study.id, before=before, after=status)


def get(session: Session, who: Actor, study_id: UUID) -> Study:
    """The row of a study of the clinic of ``who``; for services only."""
    study = session.get(Study, study_id)
    if study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such study.")
    return study


def _status(study: Study) -> Status:
    for known in MOVES:
        if study.status == known:
            return known
    raise Invalid(f"The study has the unknown status {study.status}.")


def layout_of(signals: Sequence[dict[str, Any]], names: Mapping[str, str]) -> ChannelLayout:
    """The layout of signals as ``header_of`` keeps them."""
    known = [Signal(signal["label"], signal["sfreq_hz"], signal["unit"], calibrated=signal["calibrated"]) for signal in signals]
    return map_to_1020(known, names)


def _other_meaning(kind: str, said: str) -> str:
    return IGNORE if said == IGNORE else kind.upper() if kind in ("ecg", "eog", "emg") else ""


def _findings(study: Study) -> tuple[str, ...]:
    """Of the file, and of how its channels are read."""
    signals = study.header.get("signals", ())
    return tuple(dict.fromkeys((*study.header.get("findings", ()), *layout_of(signals, study.channel_names).findings)))


def _part_rows(session: Session, study: Study) -> list[tuple[Study, float, float]]:
    """Of a joined recording, as ``joining`` keeps them in the header, with where they lie; a study of one file has none."""
    kept = [(UUID(part["study_id"]), part["start_s"], part["stop_s"]) for part in study.header.get("parts", ())]
    rows = {row.id: row for row in session.scalars(select(Study).where(Study.id.in_([key for key, _, _ in kept])))} if kept else {}
    return [(rows[key], start_s, stop_s) for key, start_s, stop_s in kept]


def _file(session: Session, clinic_id: UUID, sha256: str, size: int) -> StoredFile:
    known = select(StoredFile).where(StoredFile.clinic_id == clinic_id, StoredFile.sha256 == sha256)
    file = session.scalar(known)
    if file is None:
        file = StoredFile(clinic_id=clinic_id, sha256=sha256, size=size, kind="recording")
        session.add(file)
        session.flush()
    return file


def _rows(session: Session, who: Actor, found: Sequence[Study]) -> list[StudyRow]:
    ids = [study.id for study in found]
    jobs = _newest_jobs(session, ids)
    hidden = blind_reads.hidden_among(session, who, ids)       # the reader is shown nothing that the model says of these
    analyses = _newest_analyses(session, [key for key in ids if key not in hidden])
    counts = _event_counts(session, [analysis.id for analysis in analyses.values()])
    return [_row(study, jobs.get(study.id), analyses.get(study.id), counts) for study in found]


def _newest_jobs(session: Session, ids: list[UUID]) -> dict[UUID, Job]:
    query = select(Job).where(Job.study_id.in_(ids), Job.kind == "analyse").order_by(Job.created_at, Job.run_number)
    return {job.study_id: job for job in session.scalars(query) if job.study_id}


def _newest_analyses(session: Session, ids: list[UUID]) -> dict[UUID, Analysis]:
    query = select(Analysis).where(Analysis.study_id.in_(ids)).order_by(Analysis.created_at, Analysis.run_number)
    return {analysis.study_id: analysis for analysis in session.scalars(query)}


def _event_counts(session: Session, analysis_ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """(events, events without a decision that holds) by analysis."""
    open_ = case((reviews.holds(FoundEvent.id), 0), else_=1)
    query = (
        select(FoundEvent.analysis_id, func.count(), func.sum(open_))
        .where(FoundEvent.analysis_id.in_(analysis_ids)).group_by(FoundEvent.analysis_id)
    )
    return {analysis_id: (n, n_open) for analysis_id, n, n_open in session.execute(query)}


def _row(study: Study, job: Job | None, analysis: Analysis | None, counts: dict[UUID, tuple[int, int]]) -> StudyRow:
    n_events, n_unreviewed = counts.get(analysis.id, (0, 0)) if analysis else (0, 0)
    return StudyRow(
        id=study.id, patient_id=study.patient_id, patient_name=study.patient.name,
        record_number=study.patient.record_number, original_name=study.original_name, start_local=study.start_local,
        duration_s=study.duration_s, uploaded_at=study.created_at, status=_status(study), synthetic=study.synthetic,
        job_id=job.id if job else None, job_state=job.state if job else "", job_step=job.step if job else "",
        done_units=job.done_units if job else 0, total_units=job.total_units if job else 0,
        error_sentence=job.error_sentence if job else "",
        seconds_by_class=dict(analysis.summary.get("seconds_by_class", {})) if analysis else {},
        n_events=n_events, n_unreviewed=n_unreviewed, is_joined=bool(study.header.get("parts")),
    )


def count_by_status(session: Session, who: Actor) -> dict[str, int]:
    """How many studies of the clinic of ``who`` have each status."""
    require(who, Permission.READ_STUDIES)
    query = select(Study.status, func.count()).where(Study.clinic_id == who.clinic_id, Study.stands()).group_by(Study.status)
    return {status: count for status, count in session.execute(query)}  # noqa: C416 (a row is no pair to mypy)
