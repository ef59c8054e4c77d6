"""The EEG of one study with the model's findings on the same time axis."""

from __future__ import annotations

from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.session import reading, writing
from app.services import analyses, site, studies
from components import states
from components.patient_banner import patient_banner, study_tabs
from components.viewer_stage import viewer_facts, viewer_stage
from pages.addresses import object_id


def layout(study_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="viewer-study", data=study_id),
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
        analysis = analyses.latest(session, who, study.id)
        found = analyses.events(session, who, study.id)
        mains_hz = site.find(session, who).mains_hz
    facts = viewer_facts(study, analysis, found, may_review=who.may(Permission.REVIEW), settings=mine)
    stage = viewer_stage(facts, found, mains_hz=mains_hz, settings=mine, model=analysis.model_name if analysis else "")
    return patient_banner(study), stage, study.status not in ("queued", "analysing")


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
