"""Analyse a study: the worker reads whose recording it is, the child runs ``ml.pipeline``, the worker saves the rows."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy.orm import Session

from app.db.studies import Study
from app.db.work import Job
from app.errors import Invalid
from app.file_store import FileStore
from app.services import ages, analyses, channel_names, explanations, model_cards, stored_recording
from app.settings import Settings
from ml.analysis import AnalysisResult, Quality, Spans, Versions
from ml.backends.predictor import ProviderName
from ml.classes import CLASSES
from ml.recording import RecordingSource
from workers import conversion
from workers.kinds import Bench, Json, Kind

if TYPE_CHECKING:
    from ml.ensemble import Ensemble


def prepare(session: Session, job: Job) -> Json:
    """What the child must know; the age counts as it is known now, not as it was when the job was asked for."""
    study = session.get_one(Study, job.study_id)
    age = ages.at_recording(study.patient.birth_date, study.start_local)
    readable = study.readable_file
    return {
        "sha256": study.file.sha256, "name": study.original_name, "neonate": age.is_neonate, "age_warning": age.warning,
        "readable_sha256": readable.sha256 if readable else None,
        # the labels of a file that is not converted yet are unknown: all that the site knows is offered
        "channel_names": dict(study.channel_names) if readable else channel_names.of_site(session, study.clinic_id),
    }


def run(parameters: Json, bench: Bench) -> Json:
    """Analyse a stored recording; the result names the stored arrays and holds what becomes rows."""
    ensemble = load_ensemble(bench.settings)
    copy = {} if parameters["readable_sha256"] else conversion.convert(parameters["sha256"], parameters["name"], bench)
    source = stored_recording.opened(bench.store, parameters["readable_sha256"] or copy["sha256"], name=parameters["name"])
    if parameters["neonate"]:
        result = not_assessed(source, ensemble, parameters["sha256"])
    else:
        result = _analysed(source, ensemble, parameters, bench)
    if parameters["age_warning"]:
        result = replace(result, findings=(*result.findings, parameters["age_warning"]))
    bench.on_progress("saving", 1, 1)
    return described(result, bench.store) | {"converted": copy}


def save(session: Session, job: Job, result: Json) -> None:
    if result.get("converted"):
        conversion.keep(session, session.get_one(Study, job.study_id), result["converted"])
    analyses.save(session, job, result)
    explanations.ask_for_events(session, job)
    model_cards.register(session, name=result["versions"]["model"], sha256=result["versions"]["model_sha256"])


def _analysed(source: RecordingSource, ensemble: Ensemble, parameters: Json, bench: Bench) -> AnalysisResult:
    from ml import pipeline

    return pipeline.analyse(source, ensemble, on_progress=bench.on_progress, recording_sha256=parameters["sha256"],
                            corrections=parameters["channel_names"])


def not_assessed(source: RecordingSource, ensemble: Ensemble, sha256: str) -> AnalysisResult:
    """The result for a patient whom the model must not judge: no spans, no events; the reason stands in the findings."""
    from ml import pipeline

    none = np.zeros(0)
    spans = Spans(none, none.astype(np.float32), np.zeros((0, len(CLASSES)), dtype=np.float32), none.astype(bool), ensemble.step_s)
    recorded_s = sum(stretch.length_s for stretch in source.info.stretches)
    return AnalysisResult(
        info=source.info, spans=spans, events=(), quality=Quality(not_assessed_s=recorded_s), findings=source.info.findings,
        versions=Versions(pipeline.PIPELINE_VERSION, ensemble.name, ensemble.sha256), recording_sha256=sha256,
    )


def described(result: AnalysisResult, store: FileStore) -> Json:
    """Put the arrays into the store and describe the rest in JSON."""
    from ml import alike, result_archive

    spectrogram = result.spectrogram
    return {
        "arrays": _stored(store, result_archive.to_bytes(result)),
        "spectrogram": None if spectrogram is None else _stored(store, result_archive.spectrogram_to_bytes(spectrogram, result.trends)),
        "embedding": None if result.embedding is None else _stored(store, alike.to_bytes(result.embedding)),
        "versions": asdict(result.versions),
        "elapsed_s": result.elapsed_s,
        "events": [asdict(event) for event in result.events],
        "summary": summary(result),
    }


def summary(result: AnalysisResult) -> Json:
    """What lists and banners show without opening the arrays."""
    from ml.result_json import quality_json

    return {
        "findings": list(result.findings),
        "quality": quality_json(result.quality),
        "assessed_s": result.quality.assessed_s,
        "not_assessed_s": result.quality.not_assessed_s,
        "seconds_by_class": seconds_by_class(result.spans),
        "prior": result.prior,
        "unsure_below": result.members.reading.unsure_below if result.members else None,
    }


def seconds_by_class(spans: Spans) -> dict[str, float]:
    """Assessed seconds in which each class was the likeliest."""
    from ml.events import timeline

    line = timeline(spans)
    known = np.isfinite(line.prob).all(axis=1)
    length_s = np.diff(line.edges_s)[known]
    best = line.prob[known].argmax(axis=1)
    return {name: round(float(length_s[best == index].sum()), 3) for index, name in enumerate(CLASSES)}


def load_ensemble(settings: Settings) -> Ensemble:
    """The served networks, kept by a warm child."""
    from ml.backends.onnx_runtime import ProviderMissing
    from ml.ensemble import WeightsError

    try:
        return _ensemble(settings.weights_dir, settings.provider, settings.onnx_threads, settings.engines_dir)
    except (WeightsError, ProviderMissing) as error:
        raise Invalid(str(error)) from error


@lru_cache(maxsize=1)
def _ensemble(directory: Path | None, provider: ProviderName, threads: int, engines: Path) -> Ensemble:
    from ml.ensemble import Ensemble

    return Ensemble.load(directory, provider=provider, threads=threads, engines=engines)


def _stored(store: FileStore, content: bytes) -> Json:
    return {"sha256": store.put_bytes(content), "size": len(content)}


KINDS: Final = (Kind("analyse", "workers.analyse:run", prepare, save),)
