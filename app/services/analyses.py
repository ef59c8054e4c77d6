"""Analyses: ask for one, keep what the worker found, and read it clinic by clinic."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Permission, require
from app.db.findings import Analysis, FoundEvent
from app.db.studies import StoredFile, Study
from app.db.work import Job
from app.errors import Conflict, NotFound
from app.file_store import open_store
from app.services import audit, beside_model, blind_reads, reviews, standing
from app.services.standing import Finding
from app.settings import current
from ml.analysis import AnalysisResult, RegionalSpectrogram, Spans, Trends

if TYPE_CHECKING:
    from ml.electrode_seconds import ElectrodeSeconds
    from ml.quality_report import QualityReport


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """The newest analysis of a study, without its arrays."""

    id: UUID
    study_id: UUID
    run_number: int
    created_at: datetime                     # aware UTC
    model_name: str
    model_sha256: str
    pipeline_version: str
    findings: tuple[str, ...]
    quality: dict[str, Any]                  # as in the JSON contract
    seconds_by_class: dict[str, float]       # seconds in which each class was the likeliest
    assessed_s: float
    not_assessed_s: float
    prior: str
    elapsed_s: float
    n_events: int
    unsure_below: float | None = None        # highest probability under which the model had better say nothing


@dataclass(frozen=True, slots=True)
class EventView:
    """One stretch that the model points out, and what a reader decided about it."""

    id: UUID
    pattern: str
    start_s: float
    stop_s: float
    clock: str                               # recorder's clock at the start, or time from the start
    max_prob: float | None                   # of the pattern, as the model sees it there; None where it assessed nothing
    mean_prob: float | None
    decision: str                            # "accepted", "dismissed", "unsure" or "" (open)
    reviewed_by: str
    frequency_hz: float | None = None        # these three are None where they cannot be told
    laterality: float | None = None          # -1 left only .. +1 right only
    extent: float | None = None              # share of the 18 bipolar pairs, 0..1
    event_id: UUID | None = None             # the model's event that it is or was made of; None: labelled by a reader
    changed: bool = False                    # pattern or borders are a reader's
    revision: int = 0                        # acts on it so far
    disagrees: bool = False                  # a reader dismissed it, or says another pattern than is the likeliest to the model there


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A finished analysis that suggests seizures which nobody has reviewed."""

    study_id: UUID
    patient_name: str
    record_number: str
    original_name: str
    synthetic: bool
    analysed_at: datetime                    # aware UTC
    n_seizures: int
    total_s: float
    first_start_s: float
    first_clock: str
    max_prob: float


def request_for(session: Session, who: Actor, study_id: UUID, *, run_number: int = 1) -> jobs.JobRequest:
    """The job that analyses a study with today's pipeline and model."""
    from ml.pipeline import PIPELINE_VERSION

    study = _study(session, who, study_id)
    return jobs.JobRequest(
        clinic_id=study.clinic_id, kind="analyse", study_id=study.id, asked_by=who.user_id, run_number=run_number,
        parameters={"channel_names": study.channel_names} if study.channel_names else {},
        pipeline_version=PIPELINE_VERSION, model_sha256=served_model_sha256(),
    )


def run_again(session: Session, who: Actor, study_id: UUID) -> UUID:
    """Queue another run over a study whose last one has ended; earlier results stay as they were."""
    study = _study(session, who, study_id)
    require(who, Permission.ANALYSE)
    study.require_standing()
    mine = (Job.study_id == study.id, Job.kind == "analyse")
    if session.scalar(select(Job.id).where(*mine, Job.state.in_(("queued", "running"))).limit(1)):
        raise Conflict("This study is being analysed already. Wait for it to end, or cancel it first.")
    last = session.scalar(select(func.max(Job.run_number)).where(*mine)) or 0
    job_id = jobs.enqueue(session, request_for(session, who, study.id, run_number=last + 1))
    audit.record(session, who, "analysis_asked", "study", study.id, job_id=job_id, run_number=last + 1)
    return job_id


def served_model_sha256() -> str:
    """sha256 of the manifest that names every file of the served ensemble; empty where there is none."""
    from ml.ensemble import MANIFEST, WEIGHTS

    path = (current().weights_dir or WEIGHTS) / MANIFEST
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def save(session: Session, job: Job, found: dict[str, Any]) -> UUID:
    """Write the rows of an analysis whose files are in the store; for the worker, in the transaction that ends the job.

    Parameters
    ----------
    found
        What ``workers.analyse.run`` returned.

    Returns
    -------
    UUID
        Of the new analysis, or of the one that an earlier attempt with the same key has saved.
    """
    assert job.study_id is not None
    versions = found["versions"]
    key = {"study_id": job.study_id, "kind": job.kind, "parameters_sha256": _sha256(job.parameters),
           "run_number": job.run_number, "pipeline_version": versions["pipeline"], "model_sha256": versions["model_sha256"]}
    known = session.scalar(select(Analysis.id).filter_by(**key))
    if known is not None:
        return known
    analysis = Analysis(
        **key, job_id=job.id, parameters=job.parameters, model_name=versions["model"], elapsed_s=found["elapsed_s"],
        summary=found["summary"] | _vectors(session, job, found), result_file_id=_file(session, job, "arrays", found["arrays"]),
        spectrogram_file_id=_file(session, job, "spectrogram", found["spectrogram"]) if found["spectrogram"] else None,
    )
    session.add(analysis)
    session.flush()
    session.add_all(FoundEvent(analysis_id=analysis.id, study_id=job.study_id, **event) for event in found["events"])
    return analysis.id


def newest_id(session: Session, study_id: UUID) -> UUID | None:
    """The newest analysis of a study, which an actor may see by other means. For services only."""
    query = select(Analysis.id).where(Analysis.study_id == study_id)
    return session.scalar(query.order_by(Analysis.created_at.desc(), Analysis.run_number.desc()).limit(1))


def latest(session: Session, who: Actor, study_id: UUID, *, though_hidden: bool = False) -> AnalysisView | None:
    """The newest analysis of a study; None before the first has ended, and for who reads the study without the model.

    Parameters
    ----------
    though_hidden
        For services that take what is no output of the model from it.
    """
    analysis = _newest(session, who, study_id)
    if analysis is None or (not though_hidden and blind_reads.hides(session, who, study_id)):
        return None
    n_events = session.scalar(select(func.count()).select_from(FoundEvent).where(FoundEvent.analysis_id == analysis.id))
    summary = analysis.summary
    return AnalysisView(
        id=analysis.id, study_id=study_id, run_number=analysis.run_number, created_at=analysis.created_at,
        model_name=analysis.model_name, model_sha256=analysis.model_sha256, pipeline_version=analysis.pipeline_version,
        findings=tuple(summary["findings"]), quality=summary["quality"], seconds_by_class=summary["seconds_by_class"],
        assessed_s=summary["assessed_s"], not_assessed_s=summary["not_assessed_s"], prior=summary["prior"],
        elapsed_s=analysis.elapsed_s, n_events=n_events or 0, unsure_below=summary.get("unsure_below"),
    )


def events(session: Session, who: Actor, study_id: UUID) -> list[EventView]:
    """What stands of a study in order of time: events of the newest analysis as readers left them, and readers' own labels.

    Who reads without the model gets nothing but his or her own labels.
    """
    study, hidden = _study(session, who, study_id), blind_reads.hides(session, who, study_id)
    analysis = None if hidden else _newest(session, who, study_id)
    found = standing.findings(session, study_id, analysis.id if analysis else None, reader=who.user_id if hidden else None)
    names = standing.names(session, found)
    asked = analysis is not None and any(finding.max_prob is None for finding in found)
    prob = result_of(analysis).spans if asked and analysis else None
    return [_event_view(beside_model.with_prob(finding, prob), study, names, disagrees=beside_model.disagrees(finding, prob)) for finding in found]


def suggested(session: Session, who: Actor, study_id: UUID) -> list[Finding]:
    """The events of the newest analysis as the model found them; none for who reads without the model."""
    _study(session, who, study_id)
    analysis = None if blind_reads.hides(session, who, study_id) else _newest(session, who, study_id)
    return standing.events(session, analysis.id if analysis else None)


def spans(session: Session, who: Actor, study_id: UUID) -> Spans:
    """Probabilities of all label spans of the newest analysis.

    Raises
    ------
    NotFound
        If the study is another clinic's, or has not been analysed yet.
    ModelHidden
        If ``who`` reads the study without the model.
    """
    return _result(_shown(session, who, study_id).result_file.sha256).spans


def kept(session: Session, who: Actor, study_id: UUID) -> tuple[Analysis, AnalysisResult]:
    """The newest analysis with its arrays; refuses what ``spans`` refuses. For services only."""
    analysis = _shown(session, who, study_id)
    return analysis, result_of(analysis)


def spectrogram(session: Session, who: Actor, study_id: UUID) -> RegionalSpectrogram:
    """Regional spectrogram of the newest analysis; ``NotFound`` where the recording could not be assessed."""
    file = _analysed(session, who, study_id).spectrogram_file
    if file is None:
        raise NotFound("There is no spectrogram of this study: its electrodes could not be assessed. See the findings.")
    return _spectrogram(file.sha256)


def trends(session: Session, who: Actor, study_id: UUID) -> Trends | None:
    """Trends of the newest analysis; ``None`` where it was made before trends were kept, or could not assess the recording."""
    file = _analysed(session, who, study_id).spectrogram_file
    return _trends(file.sha256) if file else None


def quality_report(session: Session, who: Actor, study_id: UUID) -> QualityReport | None:
    """Quality of every electrode and second in the newest analysis; ``None`` where it was made before that was kept."""
    from ml import quality_report

    analysis = _analysed(session, who, study_id)
    result, seconds = _result(analysis.result_file.sha256), _electrode_seconds(analysis.result_file.sha256)
    return quality_report.of_analysis(result, seconds, analysis.parameters.get("channel_names")) if seconds else None


def result_json(session: Session, who: Actor, study_id: UUID) -> dict[str, Any]:
    """The newest analysis as ``hms analyse --json`` prints it."""
    from ml.result_json import to_json

    return to_json(_result(_shown(session, who, study_id).result_file.sha256))


def suspected_seizures(session: Session, who: Actor, *, limit: int = 200) -> list[AlertRow]:
    """Newest analyses with seizure events that nobody has decided about, the latest first."""
    require(who, Permission.READ_STUDIES)
    query = (
        select(Study, Analysis, FoundEvent).join(Analysis, Analysis.study_id == Study.id)
        .join(FoundEvent, FoundEvent.analysis_id == Analysis.id)
        .where(Study.clinic_id == who.clinic_id, FoundEvent.pattern == "seizure", Analysis.id.in_(newest_ids(who)))
        .order_by(Analysis.created_at.desc(), FoundEvent.start_s)
    )
    found = session.execute(query).all()
    hidden = blind_reads.hidden_among(session, who, {study.id for study, _, _ in found})
    rows = [row for row in found if row[0].id not in hidden]
    decided = reviews.standing(session, [event.id for _, _, event in rows])
    by_study: dict[UUID, tuple[Study, Analysis, list[FoundEvent]]] = {}
    for study, analysis, event in rows:
        if event.id not in decided:
            by_study.setdefault(study.id, (study, analysis, []))[2].append(event)
    return [_alert(*found) for found in list(by_study.values())[:limit]]


def _study(session: Session, who: Actor, study_id: UUID) -> Study:
    study = session.scalar(select(Study).where(Study.id == study_id, Study.clinic_id == who.clinic_id))
    if study is None:
        raise NotFound("There is no such study.")
    require(who, Permission.READ_STUDIES)
    return study


def _newest(session: Session, who: Actor, study_id: UUID) -> Analysis | None:
    study = _study(session, who, study_id)
    query = select(Analysis).where(Analysis.study_id == study.id)
    return session.scalar(query.order_by(Analysis.created_at.desc(), Analysis.run_number.desc()).limit(1))


def newest_ids(who: Actor) -> Any:
    """A subquery: the newest analysis of every study of the clinic that stands. For services only."""
    rank = func.row_number().over(
        partition_by=Analysis.study_id, order_by=(Analysis.created_at.desc(), Analysis.run_number.desc())
    )
    mine = select(Study.id).where(Study.clinic_id == who.clinic_id, Study.stands())
    ranked = select(Analysis.id, rank.label("rank")).where(Analysis.study_id.in_(mine)).subquery()
    return select(ranked.c.id).where(ranked.c.rank == 1)


def _shown(session: Session, who: Actor, study_id: UUID) -> Analysis:
    """The newest analysis, for what the model says; who reads without it is refused."""
    analysis = _analysed(session, who, study_id)
    blind_reads.refuse_hidden(session, who, study_id)
    return analysis


def _analysed(session: Session, who: Actor, study_id: UUID) -> Analysis:
    analysis = _newest(session, who, study_id)
    if analysis is None:
        raise NotFound("This study has not been analysed yet. Its progress is on the page of the study.")
    return analysis


def result_of(analysis: Analysis) -> AnalysisResult:
    """The arrays of an analysis that an actor may see. For services only."""
    return _result(analysis.result_file.sha256)


@lru_cache(maxsize=8)      # content-addressed, so never stale; a viewer asks for the same result many times
def _result(sha256: str) -> AnalysisResult:
    from ml import result_archive

    return result_archive.from_bytes(open_store(current()).read_bytes(sha256))


@lru_cache(maxsize=4)
def _electrode_seconds(sha256: str) -> ElectrodeSeconds | None:
    from ml import result_archive

    return result_archive.electrode_seconds_from_bytes(open_store(current()).read_bytes(sha256))


@lru_cache(maxsize=2)
def _spectrogram(sha256: str) -> RegionalSpectrogram:
    from ml import result_archive

    return result_archive.spectrogram_from_bytes(open_store(current()).read_bytes(sha256))


@lru_cache(maxsize=2)
def _trends(sha256: str) -> Trends | None:
    from ml import result_archive

    return result_archive.trends_from_bytes(open_store(current()).read_bytes(sha256))


def _event_view(finding: Finding, study: Study, names: dict[UUID, str], *, disagrees: bool) -> EventView:
    return EventView(
        id=finding.id, pattern=finding.pattern, start_s=finding.start_s, stop_s=finding.stop_s,
        clock=clock_at(study.start_local, finding.start_s), max_prob=finding.max_prob, mean_prob=finding.mean_prob,
        decision=finding.status, reviewed_by=names.get(finding.user_id, "") if finding.user_id else "",
        frequency_hz=finding.frequency_hz, laterality=finding.laterality, extent=finding.extent,
        event_id=finding.event_id, changed=finding.changed, revision=finding.revision, disagrees=disagrees,
    )


def _alert(study: Study, analysis: Analysis, seizures: list[FoundEvent]) -> AlertRow:
    return AlertRow(
        study_id=study.id, patient_name=study.patient.name, record_number=study.patient.record_number,
        original_name=study.original_name, synthetic=study.synthetic, analysed_at=analysis.created_at,
        n_seizures=len(seizures), total_s=sum(event.stop_s - event.start_s for event in seizures),
        first_start_s=seizures[0].start_s, first_clock=clock_at(study.start_local, seizures[0].start_s),
        max_prob=max(event.max_prob for event in seizures),
    )


def clock_at(start_local: datetime | None, at_s: float) -> str:
    """The recorder's clock, or time from the start where the file states none."""
    if start_local is None:
        return f"+{timedelta(seconds=int(at_s))}"
    return (start_local + timedelta(seconds=at_s)).strftime("%H:%M:%S")


def _vectors(session: Session, job: Job, found: dict[str, Any]) -> dict[str, str]:
    """Where the vectors of the windows are, as a summary names them."""
    stored = found.get("embedding")
    if stored is None:
        return {}
    _file(session, job, "embedding", stored)
    return {"embedding_sha256": stored["sha256"]}


def _file(session: Session, job: Job, kind: str, stored: dict[str, Any]) -> UUID:
    known = select(StoredFile.id).where(StoredFile.clinic_id == job.clinic_id, StoredFile.sha256 == stored["sha256"])
    found = session.scalar(known)
    if found is not None:
        return found
    file = StoredFile(clinic_id=job.clinic_id, sha256=stored["sha256"], size=stored["size"], kind=kind)
    session.add(file)
    session.flush()
    return file.id


def _sha256(parameters: dict[str, Any]) -> str:
    return hashlib.sha256(jobs.canonical(parameters).encode()).hexdigest()
