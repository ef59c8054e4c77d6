"""The regional spectrograms of one study, large, under the probability ribbon."""

from __future__ import annotations

from dash import Input, Output, callback, dcc, html
from dash.development.base_component import Component

from app.auth import current_actor, current_person
from app.db.session import reading
from app.services import analyses, studies
from components import states
from components.patient_banner import patient_banner, study_tabs
from components.viewer_stage import spectrogram_stage, viewer_facts
from pages.addresses import object_id


def layout(study_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="spectrogram-study", data=study_id),
            html.Div(id="spectrogram-banner"),
            study_tabs(study_id or ""),
            html.Div(states.loading("Loading the spectrogram"), id="spectrogram-stage", className="page"),
        ],
    )


@callback(
    Output("spectrogram-banner", "children"), Output("spectrogram-stage", "children"), Input("spectrogram-study", "data")
)
def open_study(study_id: str) -> tuple[Component, Component]:
    who = current_actor()
    with reading() as session:
        study = studies.find(session, who, object_id(study_id))
        analysis = analyses.latest(session, who, study.id)
        found = analyses.events(session, who, study.id)
    facts = viewer_facts(study, analysis, found, may_review=False, settings=current_person().settings)
    stage = spectrogram_stage(facts) if facts["analysed"] else states.empty("No spectrogram yet", facts["state"])
    return patient_banner(study), stage
