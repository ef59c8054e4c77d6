"""What the model used for a window: asked for by a reader, or for every event after an analysis; computed once by a worker.

A reader who asks gets the quick occlusion first and the Shapley values when they are there. Both are kept by analysis, window,
class, view and method; who asks again is shown what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Permission, require
from app.db.explanations import Explanation
from app.db.findings import Analysis, FoundEvent
from app.db.studies import Study
from app.db.work import Job
from app.errors import Conflict, Invalid
from app.file_store import open_store
from app.jobs.states import BACKGROUND, QUICK
from app.services import analyses, audit, windows
from app.services.windows import WindowView
from app.settings import current
from ml.analysis import LABEL_S, WINDOW_S, Spans
from ml.classes import CLASSES, PatternClass
from ml.explain.attribution import Attribution, Method
from ml.explain.cells import View
from ml.explain.document import from_json

KIND: Final = "explain"
AGAIN: Final = ("failed", "cancelled", "quarantined")
SAME: Final = 0.02
"""Largest difference of a probability computed again from that of the analysis; more, and it is not the window that was judged."""


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """What is known of one window's explanation, and how far the work on it is."""

    window: WindowView
    pattern: PatternClass
    view: View
    state: str                               # "none", "queued", "running", "done", "failed", "cancelled"
    job_id: UUID | None                      # of the Shapley values
    done: int
    total: int
    problem: str                             # why there is none, in a sentence
    attribution: Attribution | None          # the best there is: occlusion until the Shapley values come

    @property
    def ended(self) -> bool:
        return self.state not in ("queued", "running")

    @property
    def start_s(self) -> float:
        """Of the 50 s."""
        return self.window.start_s - (WINDOW_S - LABEL_S) / 2.0


def find(
    session: Session, who: Actor, study_id: UUID, index: int, *, pattern: PatternClass | None = None, view: View = "signal"
) -> ExplanationView:
    """The explanation of a window of the newest analysis as far as it is there; asks for nothing.

    Raises
    ------
    NotFound
        If there is no such study or window.
    Invalid
        If the window was not assessed.
    """
    window = windows.show(session, who, study_id, index)
    return _view(session, who, study_id, window, _pattern(window, pattern), view)


def ask(
    session: Session, who: Actor, study_id: UUID, index: int, *, pattern: PatternClass | None = None, view: View = "signal"
) -> ExplanationView:
    """Have a window explained now, unless it is or will be; what failed or was cancelled is tried again.

    Raises
    ------
    Conflict
        If another model or version serves now than the one that judged the window.
    """
    window = windows.show(session, who, study_id, index)
    require(who, Permission.ANALYSE)
    chosen = _pattern(window, pattern)
    if _kept(session, analysis_of(session, who, study_id).id, index, chosen, view, "shap") is None:
        _queue(session, who, study_id, index, chosen, view)
        audit.record(session, who, "explanation_asked", "study", study_id, window=index, pattern=chosen, view=view)
    return _view(session, who, study_id, window, chosen, view)


def at(session: Session, who: Actor, study_id: UUID, at_s: float | None, view: View = "signal") -> ExplanationView | None:
    """Have the window around a moment explained, or look what is there for who may not; ``None`` where the model judged none."""
    window = windows.at(session, who, study_id, at_s) if who.may(Permission.ANALYSE) else None
    if window is None:
        return look(session, who, study_id, at_s, view)
    return ask(session, who, study_id, window.index, view=view) if window.assessed else None


def look(session: Session, who: Actor, study_id: UUID, at_s: float | None, view: View = "signal") -> ExplanationView | None:
    """The explanation of the window around a moment as far as it is there; asks for nothing."""
    window = windows.at(session, who, study_id, at_s)
    return find(session, who, study_id, window.index, view=view) if window and window.assessed else None


def ask_for_events(session: Session, job: Job) -> int:
    """Queue the explanations of all events of an analysis, behind all other work; for the worker. How many were asked for."""
    analysis = session.scalar(select(Analysis).where(Analysis.job_id == job.id))
    if analysis is None or not current().explain_events:
        return 0
    found = session.scalars(select(FoundEvent).where(FoundEvent.analysis_id == analysis.id).order_by(FoundEvent.max_prob.desc())).all()
    spans = _spans(analysis) if found else None
    wanted = {(strongest(spans, event), event.pattern) for event in found if spans is not None}
    for index, pattern in sorted(wanted):
        jobs.enqueue(session, _request(analysis, job.clinic_id, index, pattern, "signal", "shap", queue=BACKGROUND))
    return len(wanted)


def strongest(spans: Spans, event: FoundEvent) -> int:
    """The assessed window in an event that gives its pattern the highest probability."""
    middle_s = spans.label_start_s + LABEL_S / 2.0
    column = next(index for index, name in enumerate(CLASSES) if name == event.pattern)
    within = spans.assessed & (middle_s >= event.start_s) & (middle_s <= event.stop_s)
    if not within.any():
        return int(np.abs(middle_s - (event.start_s + event.stop_s) / 2.0).argmin())
    return int(np.where(within, spans.prob[:, column], -1.0).argmax())


def material(session: Session, job: Job) -> dict[str, Any]:
    """What the child must know to compute a job; for the worker."""
    asked = job.parameters
    analysis = session.get_one(Analysis, UUID(asked["analysis_id"]))
    study = session.get_one(Study, analysis.study_id)
    spans, readable = _spans(analysis), study.readable_file
    assert readable is not None
    return {
        "sha256": readable.sha256, "name": study.original_name, "channel_names": dict(study.channel_names),
        "start_s": float(spans.label_start_s[asked["window"]]), "mains_hz": analysis.summary["quality"].get("mains_hz"),
        "prob": float(spans.prob[asked["window"], CLASSES.index(asked["pattern"])]), "prior": analysis.summary["prior"],
        "pattern": asked["pattern"], "view": asked["view"], "method": asked["method"],
        "model_sha256": analysis.model_sha256, "pipeline_version": analysis.pipeline_version,
    }


def save(session: Session, job: Job, result: dict[str, Any]) -> None:
    """Keep what a worker computed, in the transaction that ends its job; once."""
    asked = job.parameters
    key = {"analysis_id": UUID(asked["analysis_id"]), "window": asked["window"], "pattern": asked["pattern"], "view": asked["view"],
           "method": asked["method"]}
    if session.scalar(select(Explanation.id).filter_by(**key)) is None:
        session.add(Explanation(**key, job_id=job.id, result=result))


def check_served(analysis_model: str, analysis_pipeline: str, served_model: str) -> None:
    """``Conflict`` where today's model or pipeline is not the one whose answer would be explained."""
    from ml.pipeline import PIPELINE_VERSION

    if (analysis_model, analysis_pipeline) != (served_model, PIPELINE_VERSION):
        raise Conflict("This study was analysed by an earlier version of the model, which cannot be explained any more. Analyse it again.")


def analysis_of(session: Session, who: Actor, study_id: UUID) -> Analysis:
    """The row of the newest analysis. For services only."""
    newest = analyses.latest(session, who, study_id)
    assert newest is not None                # ``windows.show`` has found one
    return session.get_one(Analysis, newest.id)


def _queue(session: Session, who: Actor, study_id: UUID, index: int, pattern: PatternClass, view: View) -> None:
    analysis = analysis_of(session, who, study_id)
    check_served(analysis.model_sha256, analysis.pipeline_version, analyses.served_model_sha256())
    methods: Iterable[Method] = ("occlusion", "shap")
    for method in methods:
        if _kept(session, analysis.id, index, pattern, view, method) is None:
            job_id = jobs.enqueue(session, _request(analysis, who.clinic_id, index, pattern, view, method, queue=QUICK, asked_by=who.user_id))
            if session.get_one(Job, job_id).state in AGAIN:
                jobs.retry(session, who, job_id)
            jobs.hasten(session, job_id, QUICK)


def _request(
    analysis: Analysis, clinic_id: UUID, index: int, pattern: str, view: View, method: Method, *, queue: str, asked_by: UUID | None = None
) -> jobs.JobRequest:
    return jobs.JobRequest(
        clinic_id=clinic_id, kind=KIND, study_id=analysis.study_id, asked_by=asked_by, queue=queue, model_sha256=analysis.model_sha256,
        pipeline_version=analysis.pipeline_version,
        parameters={"analysis_id": str(analysis.id), "window": index, "pattern": pattern, "view": view, "method": method},
    )


def _view(session: Session, who: Actor, study_id: UUID, window: WindowView, pattern: PatternClass, view: View) -> ExplanationView:
    analysis = analysis_of(session, who, study_id)
    best = next((found for method in ("shap", "occlusion") if (found := _kept(session, analysis.id, window.index, pattern, view, method))), None)
    job = _job(session, _request(analysis, who.clinic_id, window.index, pattern, view, "shap", queue=QUICK).key)
    done = best is not None and best.method == "shap"
    return ExplanationView(
        window=window, pattern=pattern, view=view, state="done" if done else _state(job), job_id=job.id if job else None,
        done=job.done_units if job else 0, total=job.total_units if job else 0, problem=job.error_sentence if job and not done else "",
        attribution=from_json(best.result) if best else None,
    )


def _state(job: Job | None) -> str:
    if job is None:
        return "none"
    return "failed" if job.state == "quarantined" else job.state


def _job(session: Session, key: str) -> Job | None:
    return session.scalar(select(Job).where(Job.key == key))


def _kept(session: Session, analysis_id: UUID, index: int, pattern: str, view: str, method: str) -> Explanation | None:
    query = select(Explanation).filter_by(analysis_id=analysis_id, window=index, pattern=pattern, view=view, method=method)
    return session.scalar(query)


def _pattern(window: WindowView, asked: PatternClass | None) -> PatternClass:
    """The class asked for, or the likeliest."""
    if not window.assessed:
        raise Invalid("The model did not assess this window, so there is nothing to explain. Choose another one.")
    return asked or CLASSES[int(np.argmax(window.prob))]


def _spans(analysis: Analysis) -> Spans:
    from ml import result_archive

    return result_archive.from_bytes(open_store(current()).read_bytes(analysis.result_file.sha256)).spans
