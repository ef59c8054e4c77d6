"""The worklist: every study of the clinic, what it waits for and what was found."""

from __future__ import annotations

from typing import Any, Final

from dash import Input, Output, callback, dcc, html
from dash.development.base_component import Component

from app.auth import current_actor, current_person
from app.db.session import reading
from app.services import studies
from app.services.studies import Status
from components import fields, study_table
from components.shell import icon, page_head

FILTERS: Final = {
    "": "All", "analysed": "To review", "in_review": "In review", "analysing": "Analysing", "queued": "Queued",
    "failed": "Failed", "reported": "Reported",
}


def layout(status: str = "", **_query: str) -> Component:
    upload = dcc.Link([icon("upload"), "Upload recordings"], href="/upload", className="btn btn-primary")
    tools = [
        fields.search("studies-text", "Find studies", "Patient, record number or file"),
        fields.filter_chips("studies-status", FILTERS, status if status in FILTERS else ""),
        html.Span(id="studies-count", className="more", role="status"),
    ]
    return html.Div(
        [
            page_head(
                "Studies",
                "One row is one recording. Click a row, or move with the arrow keys and press Enter.",
                actions=[upload],
            ),
            html.Div(tools, className="tool-row"),
            study_table.study_grid("studies-grid"),
            dcc.Interval(id="studies-tick", interval=4000),
        ],
        className="page",
    )


@callback(
    Output("studies-grid", "rowData"), Output("studies-count", "children"),
    Input("studies-text", "value"), Input("studies-status", "value"), Input("studies-tick", "n_intervals"),
)
def list_studies(text: str | None, status: Status | None, _ticks: int | None) -> tuple[list[dict[str, Any]], str]:
    with reading() as session:
        rows = studies.worklist(session, current_actor(), text=text or "", status=status or None, limit=500)
    zone = current_person().time_zone
    return study_table.row_data(rows, zone), f"{len(rows)} shown" if len(rows) < 500 else "the newest 500 shown"
