"""One patient: particulars and the studies in order of time."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.session import reading, writing
from app.services import patients, studies
from components import fields, states, study_lines
from components.patient_banner import SEX, person_banner
from components.patient_form import patient_form
from components.shell import icon, panel, toast
from pages.addresses import object_id


def layout(patient_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="patient-id", data=patient_id),
            html.Div(id="patient-banner"),
            html.Div(
                html.Div(
                    [
                        panel("Studies", states.loading("Loading the studies"), panel_id="patient-studies", flush=True),
                        panel("Particulars", states.loading("Loading the particulars"), panel_id="patient-particulars"),
                    ],
                    className="columns",
                ),
                className="page",
            ),
        ],
    )


@callback(
    Output("patient-banner", "children"),
    Output("patient-studies", "children"),
    Output("patient-particulars", "children"),
    Input("patient-id", "data"),
)
def show_patient(patient_id: str) -> tuple[Component, Component, Component]:
    who, zone = current_actor(), current_person().time_zone
    with reading() as session:
        patient = patients.find(session, who, object_id(patient_id))
        rows = studies.worklist(session, who, patient_id=patient.id)
    particulars = _edit_form(patient) if who.may(Permission.EDIT_PATIENTS) else html.P(patient.note or "No note.")
    return person_banner(patient), study_lines.timeline(rows, zone), particulars


def _edit_form(patient: patients.PatientView) -> Component:
    save = fields.button([icon("check"), "Save changes"], "patient-save", kind="primary")
    return html.Div([patient_form("patient", patient), html.Div(save, className="form-actions")])


@callback(
    Output("patient-banner", "children", allow_duplicate=True),
    Output("shell-toasts", "children", allow_duplicate=True),
    Input("patient-save", "n_clicks"),
    State("patient-id", "data"),
    State("patient-name", "value"),
    State("patient-record", "value"),
    State("patient-sex", "value"),
    State("patient-born", "value"),
    State("patient-note", "value"),
    prevent_initial_call=True,
)
def save_patient(n_clicks: int | None, patient_id: str, name: str, record: str, sex: str, born: str, note: str) -> Any:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        patient = patients.edit(
            session,
            current_actor(),
            object_id(patient_id),
            name=name or "",
            record_number=record or "",
            sex=sex if sex in SEX else None,
            birth_date=date.fromisoformat(born) if born else None,
            note=note or "",
        )
    return person_banner(patient), toast("The particulars are saved.", kind="ok")
