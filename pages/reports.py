"""All reports of the clinic, the last changed first."""

from __future__ import annotations

from dash import Input, Output, callback, html
from dash.development.base_component import Component

from app.auth import current_actor
from app.db.session import reading
from app.services import reports
from app.services.reports import ReportRow
from components import clock, states
from components.grid import make_grid
from components.shell import page_head

COLUMNS = [
    {"field": "patient", "headerName": "Patient", "flex": 2, "cellRenderer": "StudyLink"},
    {"field": "record_number", "headerName": "Record no.", "flex": 1},
    {"field": "recording", "headerName": "Recording", "flex": 2},
    {"field": "status", "headerName": "State", "width": 110},
    {"field": "changed", "headerName": "Changed (UTC)", "width": 160, "sort": "desc"},
    {"field": "author", "headerName": "Begun by", "width": 130},
    {"field": "signed_by", "headerName": "Signed by", "width": 130},
]


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Reports", "A report begins on the page of its study. A signed one never changes."),
            html.Div(states.loading("Loading reports"), id="reports-list"),
        ],
        className="page",
    )


@callback(Output("reports-list", "children"), Input("reports-list", "id"))
def show_reports(_start: str) -> Component:
    with reading() as session:
        rows = reports.listing(session, current_actor())
    return _grid(rows) if rows else states.empty("No reports yet", "Open a study, review its findings and begin a report there.")


def _grid(rows: list[ReportRow]) -> Component:
    data = [
        {"id": str(row.report_id), "patient": row.patient, "record_number": row.record_number, "recording": row.recording, "status": row.status,
         "changed": clock.moment(row.changed_at), "author": row.author, "signed_by": row.signed_by, "href": f"/studies/{row.study_id}/report"}
        for row in rows
    ]
    return make_grid("reports-grid", COLUMNS, empty="No reports yet.", rows=data, row_height=38)
