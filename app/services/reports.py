"""Reports: a draft filled from the accepted events, its PDF, its signature."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.findings import Analysis
from app.db.patients import Patient
from app.db.reports import Report, ReportDocument
from app.db.studies import StoredFile, Study
from app.db.work import Job
from app.errors import Conflict, Invalid, NotFound
from app.reporting.report_data import SECTIONS, FindingRow
from app.services import audit, blind_reads, reviews, studies
from app.services.report_material import finding_rows

TEXT_LIMIT: Final = 20_000


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as its page shows it."""

    id: UUID
    study_id: UUID
    status: str                     # "draft", "final"
    version: int
    texts: dict[str, str]
    n_accepted: int
    changed_at: datetime
    author: str
    signed_by: str
    signed_at: datetime | None
    pdf_ready: bool                 # a PDF of exactly this version is there
    pdf_pending: bool               # it is being made
    pdf_problem: str                # why the last rendering failed


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the list of reports."""

    report_id: UUID
    study_id: UUID
    patient: str
    record_number: str
    recording: str
    status: str
    changed_at: datetime
    author: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class PdfFile:
    """Where the bytes of a rendered report are, and the name to save them under (no identity in it)."""

    sha256: str
    name: str


def find(session: Session, who: Actor, report_id: UUID) -> ReportView:
    return _view(session, _get(session, who, report_id))


def find_for(session: Session, who: Actor, study_id: UUID) -> ReportView | None:
    """The newest report of a study, or None before somebody began one."""
    studies.get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    blind_reads.refuse_hidden(session, who, study_id)
    report = _newest(session, study_id)
    return _view(session, report) if report else None


def draft_for(session: Session, who: Actor, study_id: UUID, *, now: datetime) -> ReportView:
    """The report of a study, begun if there is none; a draft takes up what the reader has accepted since."""
    study = studies.get(session, who, study_id)
    require(who, Permission.WRITE_REPORT)
    study.require_standing()
    blind_reads.refuse_hidden(session, who, study_id)
    report = _newest(session, study_id)
    if report is None:
        report = Report(study_id=study.id, author_id=who.user_id, changed_at=now, content={"texts": {}, "events": []})
        session.add(report)
        session.flush()
        audit.record(session, who, "report_begun", "report", report.id)
    if report.status == "draft":
        _take_up_events(session, report, now)
    return _view(session, report)


def save(session: Session, who: Actor, report_id: UUID, texts: dict[str, str], *, now: datetime) -> ReportView:
    """Store the reader's texts; unknown fields and overlong texts are refused, a final report is never changed."""
    report = _draft(session, who, report_id)
    if unknown := set(texts) - set(SECTIONS):
        raise Invalid(f"A report has no field {sorted(unknown)[0]!r}. Its fields are {', '.join(SECTIONS)}.")
    for key, text in texts.items():
        if len(text) > TEXT_LIMIT:
            raise Invalid(f"{SECTIONS[key]} has {len(text):,} characters; at most {TEXT_LIMIT:,} fit. Shorten it and save again.")
    merged = {**report.content.get("texts", {}), **texts}
    if merged != report.content.get("texts", {}):
        _change(report, now, texts=merged)
        audit.record(session, who, "report_changed", "report", report.id, version=report.version)
    return _view(session, report)


def ask_pdf(session: Session, who: Actor, report_id: UUID, *, now: datetime) -> ReportView:
    """Have the PDF of the present version made, unless it is there already."""
    report = _get(session, who, report_id)
    require(who, Permission.WRITE_REPORT)
    if report.status == "draft":
        _take_up_events(session, report, now)
    if _document(session, report) is None:
        _enqueue(session, who, report)
    return _view(session, report)


def sign(session: Session, who: Actor, report_id: UUID, *, now: datetime) -> ReportView:
    """Freeze a draft; its final PDF is then rendered once, as an immutable document row."""
    report = _draft(session, who, report_id)
    require(who, Permission.SIGN_REPORT)
    if not report.content.get("texts", {}).get("impression", "").strip():
        raise Invalid("The impression is empty. Write it before you sign: the model does not write one.")
    _take_up_events(session, report, now)
    report.status, report.signed_by, report.signed_at = "final", who.user_id, now
    report.version, report.changed_at = report.version + 1, now
    report.content_sha256 = hashlib.sha256(json.dumps(report.content, sort_keys=True).encode()).hexdigest()
    session.flush()
    audit.record(session, who, "report_signed", "report", report.id, content_sha256=report.content_sha256)
    studies.set_status(session, who, report.study_id, "reported")
    _enqueue(session, who, report)
    return _view(session, report)


def pdf(session: Session, who: Actor, report_id: UUID) -> PdfFile:
    """The PDF of the present version, for download; each one is audited."""
    report = _get(session, who, report_id)
    require(who, Permission.DOWNLOAD)
    document = _document(session, report)
    if document is None:
        raise Conflict("The PDF of this version is not ready yet. Ask for it and try again in a few seconds.")
    audit.record(session, who, "report_downloaded", "report", report.id, sha256=document.file.sha256)
    return PdfFile(document.file.sha256, f"eeg-report-{str(report.id)[:8]}-v{report.version}{'-draft' if document.draft else ''}.pdf")


def add_document(session: Session, report_id: UUID, *, version: int, draft: bool, sha256: str, size: int) -> None:
    """Keep a rendered PDF; called by the worker in the transaction that ends its job. A second call changes nothing."""
    report = session.get_one(Report, report_id)
    clinic_id = session.get_one(Study, report.study_id).clinic_id
    file = session.scalar(select(StoredFile).where(StoredFile.clinic_id == clinic_id, StoredFile.sha256 == sha256))
    if file is None:
        file = StoredFile(clinic_id=clinic_id, sha256=sha256, size=size, kind="report")
        session.add(file)
        session.flush()
    known = select(ReportDocument.id).where(ReportDocument.report_id == report_id, ReportDocument.report_version == version)
    if session.scalar(known) is None:
        session.add(ReportDocument(report_id=report_id, report_version=version, draft=draft, file_id=file.id))


def findings(session: Session, who: Actor, report_id: UUID) -> tuple[FindingRow, ...]:
    """The accepted events of a report summed by pattern, as they are printed."""
    report = _get(session, who, report_id)
    analysis = session.get(Analysis, report.analysis_id) if report.analysis_id else None
    if analysis is None:
        return ()
    wanted = set(report.content.get("events", []))
    events = [event for event in reviews.accepted(session, report.study_id, analysis.id) if str(event.event_id) in wanted]
    return finding_rows(events, float(analysis.summary.get("assessed_s", 0.0)))


def listing(session: Session, who: Actor, *, limit: int = 500) -> list[ReportRow]:
    """Reports of the clinic, the last changed first."""
    require(who, Permission.READ_STUDIES)
    rows = session.execute(
        select(Report, Study, Patient).join(Study, Report.study_id == Study.id).join(Patient, Study.patient_id == Patient.id)
        .where(Study.clinic_id == who.clinic_id, Study.stands()).order_by(Report.changed_at.desc()).limit(limit)
    ).all()
    names = _names(session, {user for report, _, _ in rows for user in (report.author_id, report.signed_by) if user})
    return [
        ReportRow(report.id, study.id, patient.name, patient.record_number, study.original_name, report.status,
                  report.changed_at, names[report.author_id], names[report.signed_by] if report.signed_by else "")
        for report, study, patient in rows
    ]


def _get(session: Session, who: Actor, report_id: UUID) -> Report:
    report = session.get(Report, report_id)
    if report is None or _clinic_of(session, report) != who.clinic_id:
        raise NotFound("There is no such report in your clinic. Look for it in the list of reports.")
    require(who, Permission.READ_STUDIES)
    blind_reads.refuse_hidden(session, who, report.study_id)     # it tells what the model suggested and others accepted
    return report


def _draft(session: Session, who: Actor, report_id: UUID) -> Report:
    report = _get(session, who, report_id)
    require(who, Permission.WRITE_REPORT)
    if report.status != "draft":
        raise Conflict("This report is signed and can no longer be changed.")
    session.get_one(Study, report.study_id).require_standing()
    return report


def _clinic_of(session: Session, report: Report) -> UUID | None:
    return session.scalar(select(Study.clinic_id).where(Study.id == report.study_id))


def _newest(session: Session, study_id: UUID) -> Report | None:
    return session.scalar(select(Report).where(Report.study_id == study_id).order_by(Report.created_at.desc()).limit(1))


def _take_up_events(session: Session, report: Report, now: datetime) -> None:
    """The analysis and the accepted events that the report rests on, as they are at this moment."""
    analysis_id = session.scalar(
        select(Analysis.id).where(Analysis.study_id == report.study_id).order_by(Analysis.run_number.desc(), Analysis.created_at.desc()).limit(1)
    )
    taken = reviews.accepted(session, report.study_id, analysis_id)
    stretches = [[event.pattern, event.start_s, event.stop_s] for event in taken]      # a moved border makes a new version too
    events = [str(event.event_id) for event in taken]
    known = (report.content.get("events", []), report.content.get("stretches", stretches), report.analysis_id)
    if (events, stretches, analysis_id) != known:
        report.analysis_id = analysis_id
        _change(report, now, events=events, stretches=stretches)


def _change(report: Report, now: datetime, **content: object) -> None:
    report.content = {**report.content, **content}
    report.version += 1
    report.changed_at = now


def _document(session: Session, report: Report) -> ReportDocument | None:
    return session.scalar(
        select(ReportDocument).where(ReportDocument.report_id == report.id, ReportDocument.report_version == report.version)
        .order_by(ReportDocument.created_at.desc()).limit(1)
    )


def _enqueue(session: Session, who: Actor, report: Report) -> None:
    """Ask for the rendering; one that failed is asked for anew, one under way is not asked for twice."""
    last = _last_job(session, report)
    run = 1 if last is None else last.run_number + (last.state in {"failed", "quarantined", "cancelled"})
    jobs.enqueue(session, jobs.JobRequest(
        clinic_id=who.clinic_id, kind="render_report", study_id=report.study_id, parameters=_job_parameters(report),
        asked_by=who.user_id, run_number=run,
    ))


def _job_parameters(report: Report) -> dict[str, object]:
    return {"report_id": str(report.id), "version": report.version}


def _last_job(session: Session, report: Report) -> Job | None:
    query = select(Job).where(Job.kind == "render_report", Job.study_id == report.study_id).order_by(Job.run_number.desc(), Job.created_at.desc())
    return next((job for job in session.scalars(query) if job.parameters == _job_parameters(report)), None)


def _names(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())


def _view(session: Session, report: Report) -> ReportView:
    names = _names(session, {user for user in (report.author_id, report.signed_by) if user})
    ready = _document(session, report) is not None
    job = None if ready else _last_job(session, report)
    return ReportView(
        id=report.id, study_id=report.study_id, status=report.status, version=report.version,
        texts={key: report.content.get("texts", {}).get(key, "") for key in SECTIONS}, n_accepted=len(report.content.get("events", [])),
        changed_at=report.changed_at, author=names[report.author_id], signed_by=names[report.signed_by] if report.signed_by else "", signed_at=report.signed_at,
        pdf_ready=ready, pdf_pending=job is not None and job.state in {"queued", "running"}, pdf_problem=job.error_sentence if job else "",
    )


def count_by_status(session: Session, who: Actor) -> dict[str, int]:
    """How many reports of the clinic are drafts and how many are final."""
    require(who, Permission.READ_STUDIES)
    query = select(Report.status, func.count()).join(Study, Report.study_id == Study.id).group_by(Report.status)
    query = query.where(Study.clinic_id == who.clinic_id, Study.stands())
    return dict(session.execute(query).all())
