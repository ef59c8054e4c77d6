"""Everything that the renderer of one report needs, read in one go; the drawing itself needs no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.accounts import Clinic, User
from app.db.findings import Analysis
from app.db.reports import Report
from app.db.studies import Study
from app.errors import NotFound
from app.reporting.report_data import SECTIONS, EventRow, Fact, FindingRow, ReportData, Section
from app.services import ages, channel_marks, montages, reviews, site
from app.services.reviews import AcceptedEvent
from ml import acns
from ml.classes import DISPLAY_NAMES, LONG_NAMES, PATTERNS, PatternClass
from ml.montage import MontageName
from ml.own_montage import OwnMontage


@dataclass(frozen=True, slots=True)
class FigureRequest:
    """One EEG page to draw: ten seconds around the middle of the clearest event of a pattern."""

    pattern: PatternClass
    start_s: float
    event_start_s: float
    event_stop_s: float
    max_prob: float | None       # None where a reader labelled or changed it


@dataclass(frozen=True, slots=True)
class ReportMaterial:
    """A report without its drawings, and what to draw from which recording."""

    version: int                     # of the report at the moment of gathering
    data: ReportData
    recording_sha256: str
    recording_name: str
    start_local: datetime | None
    figures: tuple[FigureRequest, ...]
    mains_hz: float | None           # hum that the analysis found: the printed pages carry a notch there
    channel_names: dict[str, str] = field(default_factory=dict)   # corrections by a person
    right_first: bool = False        # order of the montage at this site
    montage: MontageName | OwnMontage = "longitudinal"            # what the author's viewer opens with
    marks: dict[str, str] = field(default_factory=dict)           # electrodes that people marked as bad: who and when


def gather(session: Session, report_id: UUID, *, now: datetime) -> ReportMaterial:
    """Collect a report for rendering. Called by the worker with the id from its job, which a service authorised."""
    report = session.get(Report, report_id)
    if report is None:
        raise NotFound("There is no such report.")
    study = session.get_one(Study, report.study_id)
    analysis = session.get(Analysis, report.analysis_id) if report.analysis_id else None
    wanted = set(report.content.get("events", []))
    events = [event for event in reviews.accepted(session, study.id, report.analysis_id) if str(event.event_id) in wanted]
    data = _data(session, report, study, analysis, events, now)
    readable = study.readable_file or study.file
    return ReportMaterial(
        report.version, data, readable.sha256, study.original_name, study.start_local, figure_requests(events, study.duration_s),
        _mains_hz(analysis), dict(study.channel_names), site.of_clinic(session.get_one(Clinic, study.clinic_id)).right_first,
        montages.default_of(session, report.author_id), {mark.electrode: mark.words for mark in channel_marks.standing(session, study.id)},
    )


def _mains_hz(analysis: Analysis | None) -> float | None:
    found = analysis.summary.get("quality", {}).get("mains_hz") if analysis else None
    return float(found) if found else None


def figure_requests(events: Sequence[AcceptedEvent], duration_s: float) -> tuple[FigureRequest, ...]:
    """One figure for each accepted pattern, at its event with the highest probability."""
    requests = []
    for pattern in PATTERNS:
        if same := [event for event in events if event.pattern == pattern]:
            best = max(same, key=lambda event: event.max_prob or 0.0)
            start = max(0.0, min((best.start_s + best.stop_s) / 2 - 5.0, duration_s - 10.0))
            requests.append(FigureRequest(pattern, float(round(start)), best.start_s, best.stop_s, best.max_prob))
    return tuple(requests)


def finding_rows(events: Sequence[AcceptedEvent], assessed_s: float) -> tuple[FindingRow, ...]:
    """Accepted events summed by pattern; overlapping events of one pattern count once."""
    rows = []
    for pattern in PATTERNS:
        if same := [event for event in events if event.pattern == pattern]:
            total = union_s([(event.start_s, event.stop_s) for event in same])
            share = min(1.0, total / assessed_s) if assessed_s > 0 else 0.0
            longest = max(event.stop_s - event.start_s for event in same)
            rows.append(FindingRow(
                pattern=long_name(pattern), count=len(same), total=length_text(total), share=f"{100 * share:.1f} % of assessed time",
                prevalence=acns.prevalence(share), longest=f"{length_text(longest)} ({acns.duration(longest)})",
                max_prob=_prob_text(max((event.max_prob for event in same if event.max_prob is not None), default=None)),
            ))
    return tuple(rows)


def union_s(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds covered by at least one of the spans."""
    total, reached = 0.0, float("-inf")
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, reached))
        reached = max(reached, stop)
    return total


def long_name(pattern: PatternClass | str) -> str:
    name = next(key for key in DISPLAY_NAMES if key == pattern)
    return LONG_NAMES[name] if name == "seizure" else f"{LONG_NAMES[name]} ({DISPLAY_NAMES[name]})"


def length_text(seconds: float) -> str:
    """Seconds as a reader says them: "8 s", "12 min 30 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def clock_text(start_local: datetime | None, at_s: float) -> str:
    """The recorder's clock at a second of the recording; time from the start where the clock is unknown."""
    if start_local is None:
        return f"+{timedelta(seconds=round(at_s))}"
    return (start_local + timedelta(seconds=at_s)).strftime("%Y-%m-%d %H:%M:%S")


def _data(session: Session, report: Report, study: Study, analysis: Analysis | None, events: list[AcceptedEvent], now: datetime) -> ReportData:
    clinic = session.get_one(Clinic, study.clinic_id)
    summary = analysis.summary if analysis else {}
    assessed_s = float(summary.get("assessed_s", 0.0))
    texts = report.content.get("texts", {})
    warnings = _warnings(study)
    return ReportData(
        title="EEG report", clinic=clinic.name, status=report.status, synthetic=study.synthetic,
        patient=_patient_facts(study), header_line=_header_line(study), study=_study_facts(study, assessed_s),
        sections=tuple(Section(title, texts.get(key, "")) for key, title in SECTIONS.items()),
        findings=finding_rows(events, assessed_s), events=_event_rows(events, study.start_local), figures=(),
        technical=tuple(finding for finding in summary.get("findings", []) if finding not in warnings), warnings=warnings, model=_model_facts(analysis),
        formula="Share of assessed time = seconds covered by accepted events of the pattern / seconds that the model assessed. "
                "Terms: ACNS Standardized Critical Care EEG Terminology, 2021 version.",
        signature=_signature(session, report), printed_at=f"made {now:%Y-%m-%d %H:%M} UTC · report {str(report.id)[:8]} version {report.version}",
    )


def _warnings(study: Study) -> tuple[str, ...]:
    warning = ages.at_recording(study.patient.birth_date, study.start_local).warning
    return (warning,) if warning else ()


def _patient_facts(study: Study) -> tuple[Fact, ...]:
    patient = study.patient
    sex = {"F": "female", "M": "male"}.get(patient.sex or "", "not stated")
    born = patient.birth_date.isoformat() if patient.birth_date else "not stated"
    return (Fact("Patient", patient.name), Fact("Record number", patient.record_number), Fact("Date of birth", born), Fact("Sex", sex))


def _header_line(study: Study) -> str:
    patient = study.patient
    born = f" · born {patient.birth_date}" if patient.birth_date else ""
    return f"{patient.name} · {patient.record_number}{born} · study {str(study.id)[:8]}"


def _study_facts(study: Study, assessed_s: float) -> tuple[Fact, ...]:
    start = f"{study.start_local:%Y-%m-%d %H:%M:%S} (recorder's clock)" if study.start_local else "clock unknown; times count from the start"
    return (
        Fact("Recording", study.original_name), Fact("Start", start), Fact("Duration", f"{length_text(study.duration_s)}, {study.format}"),
        Fact("Assessed by model", f"{length_text(assessed_s)} of {length_text(study.duration_s)}"), Fact("Video", "not available in this software"),
    )


def _event_rows(events: list[AcceptedEvent], start_local: datetime | None) -> tuple[EventRow, ...]:
    return tuple(
        EventRow(number, next(name for key, name in DISPLAY_NAMES.items() if key == event.pattern), clock_text(start_local, event.start_s),
                 length_text(event.stop_s - event.start_s), _prob_text(event.max_prob), _prob_text(event.mean_prob), event.reviewed_by)
        for number, event in enumerate(events, start=1)
    )


def _prob_text(prob: float | None) -> str:
    """A dash where the stretch or the pattern is a reader's: the model found no such event."""
    return "–" if prob is None else f"{prob:.2f}"


def _model_facts(analysis: Analysis | None) -> tuple[Fact, ...]:
    if analysis is None:
        return (Fact("Model", "no analysis of this recording is there"),)
    return (
        Fact("Model", analysis.model_name), Fact("sha256", analysis.model_sha256), Fact("Pipeline", analysis.pipeline_version),
        Fact("Analysed", f"{analysis.created_at:%Y-%m-%d %H:%M} UTC, run {analysis.run_number}"),
        Fact("Probabilities", "calibrated for balanced classes, not for the frequency of patterns in a clinic"),
    )


def _signature(session: Session, report: Report) -> str:
    if report.signed_by is None or report.signed_at is None:
        return ""
    signer = session.get_one(User, report.signed_by)
    return f"Signed by {signer.name}, {report.signed_at:%Y-%m-%d %H:%M} UTC. Content sha256 {report.content_sha256}."
