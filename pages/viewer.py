"""The EEG of one study with the model's findings on the same time axis."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.session import reading, writing
from app.file_store import open_store
from app.services import (
    analyses,
    annotation_classes,
    blind_reads,
    explanations,
    measuring,
    montages,
    seizure_time,
    site,
    studies,
    windows,
)
from app.settings import current
from components import states
from components.explanation import explanation
from components.measure_panel import measured, pattern_found, pictures
from components.patient_banner import patient_banner, study_tabs
from components.seizure_burden import burden_numbers
from components.viewer_stage import event_items, viewer_facts, viewer_stage
from components.window_detail import window_detail
from pages.addresses import object_id

RIGHTS = {"may_review": Permission.REVIEW, "may_annotate": Permission.ANNOTATE, "may_mark": Permission.MARK_ELECTRODES}


def layout(study_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="viewer-study", data=study_id),
            dcc.Store(id="viewer-window"),
            dcc.Store(id="viewer-acted"),
            dcc.Store(id="viewer-explain"),
            dcc.Store(id="viewer-measure"),
            dcc.Interval(id="viewer-explain-tick", interval=800, disabled=True),
            dcc.Interval(id="viewer-tick", interval=3000, disabled=True),
            html.Div(id="viewer-banner"),
            study_tabs(study_id or ""),
            html.Div(id="viewer-news"),
            html.Div(states.loading("Opening the recording"), id="viewer-stage"),
        ],
        className="viewer-page",
    )


@callback(
    Output("viewer-banner", "children"), Output("viewer-stage", "children"), Output("viewer-tick", "disabled"),
    Input("viewer-study", "data"),
)
def open_study(study_id: str) -> tuple[Component, Component, bool]:
    """One answer holds the identity and the findings, so that they are always of the same study; one audit row is written."""
    who, mine = current_actor(), current_person().settings
    with writing() as session:
        study = studies.find(session, who, object_id(study_id))
        studies.opened(session, who, study.id)
        analysis, blind = analyses.latest(session, who, study.id, though_hidden=True), blind_reads.hides(session, who, study.id)
        found = analyses.events(session, who, study.id)
        suggested, mains_hz, own = analyses.suggested(session, who, study.id), site.find(session, who).mains_hz, montages.own(session, who)
    may = {name: who.may(right) and study.stands for name, right in RIGHTS.items()}
    facts = viewer_facts(study, analysis, found, settings=mine, suggested=suggested, blind=blind, **may)
    model = analysis.model_name if analysis and not blind else ""
    stage = viewer_stage(facts, found, mains_hz=mains_hz, settings=mine, model=model, classes=annotation_classes.of(mine), own=own)
    return patient_banner(study), stage, study.status not in ("queued", "analysing")


@callback(Output("viewer-burden", "children"), Input("viewer-acted", "data"), Input("viewer-burden", "id"), State("viewer-study", "data"))
def tell_burden(_acted: float | None, _here: str, study_id: str) -> Component:
    """Seizure burden as it stands after the last act."""
    who, key = current_actor(), object_id(study_id)
    with reading() as session:
        time, start = seizure_time.of_study(session, who, key), studies.find(session, who, key).start_local
    return burden_numbers(time, key, start)


@callback(Output("viewer-events", "children"), Input("viewer-acted", "data"), State("viewer-study", "data"), prevent_initial_call=True)
def list_again(_acted: float, study_id: str) -> list[Component]:
    """After an act: what stands now."""
    who = current_actor()
    with reading() as session:
        found = analyses.events(session, who, object_id(study_id))
    return event_items(found, "", may_review=who.may(Permission.REVIEW))


@callback(
    Output("viewer-news", "children"), Output("viewer-tick", "disabled", allow_duplicate=True),
    Input("viewer-tick", "n_intervals"), State("viewer-study", "data"), prevent_initial_call=True,
)
def follow_analysis(_ticks: int, study_id: str) -> tuple[Component | None, bool]:
    """Say that the findings are there; the page under the reader's eyes does not change by itself."""
    with reading() as session:
        status = studies.find(session, current_actor(), object_id(study_id)).status
    if status in ("queued", "analysing"):
        return None, False
    news = html.Span(["The analysis has ended. ", html.A("Show its findings", href=f"/studies/{study_id}/review"), "."])
    return states.notice(news, kind="ok"), True


@callback(
    Output("viewer-window-detail", "children"), Input("viewer-window", "data"), State("viewer-study", "data"), prevent_initial_call=True,
)
def describe_window(at_s: float | None, study_id: str) -> list[Component]:
    """What there is to know of the window at the middle of the page, when the paging has come to rest."""
    with reading() as session:
        hidden = blind_reads.hides(session, current_actor(), object_id(study_id))
        found = None if hidden else windows.at(session, current_actor(), object_id(study_id), at_s)
        asked = found is not None and found.assessed and found.has_vectors
        alike = windows.similar(session, current_actor(), object_id(study_id), found.index) if found and asked else []
    return window_detail(found, alike)


@callback(
    Output("viewer-explanation", "children"), Output("viewer-explain-tick", "disabled"), Input("viewer-explain", "data"),
    State("viewer-study", "data"), prevent_initial_call=True,
)
def explain(asked: dict[str, Any] | None, study_id: str) -> tuple[list[Component], bool]:
    """Have the window at a moment explained, or put the explanation away."""
    who, wish = current_actor(), asked or {}
    with writing() as session:
        studies.find(session, who, object_id(study_id))
        found = explanations.at(session, who, object_id(study_id), wish.get("at_s"), "bands" if wish.get("view") == "bands" else "signal")
    return explanation(found) if asked else [], found is None or found.ended


@callback(
    Output("viewer-explanation", "children", allow_duplicate=True), Output("viewer-explain-tick", "disabled", allow_duplicate=True),
    Input("viewer-explain-tick", "n_intervals"), State("viewer-explain", "data"), State("viewer-study", "data"), prevent_initial_call=True,
)
def follow_explanation(_ticks: int, asked: dict[str, Any] | None, study_id: str) -> tuple[list[Component], bool]:
    """How far it is, and what is there of it."""
    wish = asked or {}
    with reading() as session:
        studies.find(session, current_actor(), object_id(study_id))
        found = explanations.look(session, current_actor(), object_id(study_id), wish.get("at_s"), "bands" if wish.get("view") == "bands" else "signal")
    return explanation(found) if asked else [], found is None or found.ended


@callback(
    Output("viewer-measured", "children"), Output("viewer-pictures", "children"), Input("viewer-measure", "data"),
    State("viewer-study", "data"), prevent_initial_call=True,
)
def measure(told: dict[str, Any] | None, study_id: str) -> tuple[list[Component], list[Component]]:
    """What the two cursors tell where they have come to rest; nothing when measuring has ended."""
    who, key = current_actor(), object_id(study_id)
    with reading() as session:
        studies.find(session, who, key)
        found = measuring.all_but_pattern(session, who, open_store(current()), key, measuring.wish_of(told)) if told else None
    if not told or not found:
        return [], []
    return measured(found, changed=bool(told.get("cleaning"))), pictures(found, active=int(bool(told.get("active"))))


@callback(Output("viewer-pattern", "children"), Input("viewer-measure", "data"), State("viewer-study", "data"), prevent_initial_call=True)
def measure_pattern(told: dict[str, Any] | None, study_id: str) -> list[Component]:
    """Frequency of a pattern between the cursors; by itself, since it reads the seconds around them as well."""
    who, key = current_actor(), object_id(study_id)
    with reading() as session:
        studies.find(session, who, key)
        found = measuring.pattern_or_why_not(session, who, open_store(current()), key, measuring.wish_of(told)) if told else None
    return pattern_found(found) if found else []
