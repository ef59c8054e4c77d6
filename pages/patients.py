"""Patients of the clinic: find one, add one."""

from __future__ import annotations

from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.session import reading, writing
from app.services import patients
from components import fields, patient_table
from components.patient_banner import SEX
from components.patient_form import patient_form
from components.shell import icon, page_head


def layout(**_query: str) -> Component:
    add = fields.button([icon("plus"), "New patient"], "patients-new", kind="primary", hidden=True)
    find = fields.search("patients-text", "Find patients", "Name or record number")
    return html.Div(
        [
            page_head("Patients", "Everybody with a record in this clinic.", actions=[add]),
            html.Div([find, html.Span(id="patients-count", className="more", role="status")], className="tool-row"),
            patient_table.patient_grid("patients-grid"),
            _dialogue(),
            dcc.Store(id="patients-start", data=0),
        ],
        className="page",
    )


def _dialogue() -> Component:
    save = fields.button("Add patient", "patients-save", kind="primary")
    dialogue: Component = dbc.Modal(
        [
            dbc.ModalHeader(dbc.ModalTitle("New patient")),
            dbc.ModalBody(patient_form("patients")),
            dbc.ModalFooter(save),
        ],
        id="patients-dialogue",
        size="lg",
        centered=True,
    )
    return dialogue


@callback(Output("patients-new", "hidden"), Input("patients-start", "data"))
def show_tools(_start: int) -> bool:
    return not current_actor().may(Permission.EDIT_PATIENTS)


@callback(
    Output("patients-grid", "getRowsResponse"), Output("patients-count", "children"),
    Input("patients-grid", "getRowsRequest"), State("patients-text", "value"), prevent_initial_call=True,
)
def list_patients(request: dict[str, Any] | None, text: str | None) -> tuple[dict[str, Any], str]:
    if request is None:
        raise PreventUpdate
    sort, descending = patient_table.order_of(request)
    with reading() as session:
        rows, total = patients.search(session, current_actor(), text=text or "", start=request["startRow"],
                                      stop=request["endRow"], sort=sort, descending=descending)
    zone = current_person().time_zone
    return {
        "rowData": patient_table.row_data(rows, zone),
        "rowCount": total,
    }, f"{total} patients" if total != 1 else "1 patient"


@callback(
    Output("patients-grid", "filterModel"),
    Input("patients-text", "value"), prevent_initial_call=True,
)
def find_again(text: str | None) -> dict[str, Any]:
    return {"name": {"filterType": "text", "type": "contains", "filter": text}} if text else {}


@callback(Output("patients-dialogue", "is_open"), Input("patients-new", "n_clicks"), prevent_initial_call=True)
def ask(n_clicks: int | None) -> bool:
    return bool(n_clicks)


@callback(
    Output("shell-address", "href", allow_duplicate=True),
    Input("patients-save", "n_clicks"),
    State("patients-name", "value"), State("patients-record", "value"), State("patients-sex", "value"),
    State("patients-born", "value"), State("patients-note", "value"),
    prevent_initial_call=True,
)
def add_patient(n_clicks: int | None, name: str, record: str, sex: str, born: str, note: str) -> str:
    if not n_clicks:
        raise PreventUpdate
    birth_date = date.fromisoformat(born) if born else None
    with writing() as session:
        patient = patients.create(
            session,
            current_actor(),
            name=name or "",
            record_number=record or "",
            sex=sex if sex in SEX else None,
            birth_date=birth_date,
            note=note or "",
        )
    return f"/patients/{patient.id}"
