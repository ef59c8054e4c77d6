"""Explain a window: the worker reads which one, the child makes it again and asks the ensemble, the worker saves the row."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.db.work import Job
from app.errors import Conflict
from app.services import explanations, stored_recording
from workers.analyse import load_ensemble
from workers.kinds import Bench, Json, Kind


def prepare(session: Session, job: Job) -> Json:
    return explanations.material(session, job)


def run(parameters: Json, bench: Bench) -> Json:
    """Attribute the probability of one class of a stored recording's window to its parts."""
    from ml.explain import attribution, document, score, window_input

    ensemble = load_ensemble(bench.settings)
    explanations.check_served(parameters["model_sha256"], parameters["pipeline_version"], ensemble.sha256)
    source = stored_recording.opened(bench.store, parameters["sha256"], name=parameters["name"])
    window_uv = window_input.of_span(source, parameters["start_s"], mains_hz=parameters["mains_hz"], corrections=parameters["channel_names"])
    of_class = score.class_probability(ensemble, parameters["pattern"], parameters["prior"])
    again = float(of_class(window_uv[None])[0])
    if abs(again - parameters["prob"]) > explanations.SAME:
        raise Conflict(f"The window gives {again:.2f} now and gave {parameters['prob']:.2f} in the analysis, so this would explain another "
                       "answer. Its channels may have been renamed since; analyse the study again.")
    explain = attribution.shapley if parameters["method"] == "shap" else attribution.occlusion
    found = explain(of_class, window_uv, parameters["view"], on_progress=lambda done, total: bench.on_progress("explaining", done, total))
    return document.to_json(found) | {"analysed_prob": parameters["prob"]}


def save(session: Session, job: Job, result: Json) -> None:
    explanations.save(session, job, result)


KINDS: Final = (Kind("explain", "workers.explain:run", prepare, save),)
