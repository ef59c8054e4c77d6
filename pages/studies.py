"""The worklist: every study of the clinic, what it waits for and what was found."""

from __future__ import annotations

from typing import Any, Final

from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.session import reading, writing
from app.file_store import open_store
from app.services import joining, studies
from app.services.studies import Status
from app.settings import current
from components import fields, study_table
from components.shell import icon, page_head
from pages.addresses import object_id

FILTERS: Final = {
    "": "All", "analysed": "To review", "in_review": "In review", "analysing": "Analysing", "queued": "Queued",
    "failed": "Failed", "reported": "Reported",
}


def layout(status: str = "", **_query: str) -> Component:
    upload = dcc.Link([icon("upload"), "Upload recordings"], href="/upload", className="btn btn-primary")
    join = fields.button("Join as one recording", "studies-join", hidden=True)
    tools = [
        fields.search("studies-text", "Find studies", "Patient, record number or file"),
        fields.filter_chips("studies-status", FILTERS, status if status in FILTERS else ""),
        html.Span(id="studies-count", className="more", role="status"),
    ]
    return html.Div(
        [
            page_head(
                "Studies",
                "One row is one recording. Click a row, or move with the arrow keys and press Enter. Rows of one split recording can be chosen "
                "and joined.",
                actions=[join, upload],
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
    zone, may_join = current_person().time_zone, current_actor().may(Permission.UPLOAD)
    return study_table.row_data(rows, zone, may_join=may_join), f"{len(rows)} shown" if len(rows) < 500 else "the newest 500 shown"


@callback(Output("studies-join", "hidden"), Output("studies-join", "children"), Input("studies-grid", "selectedRows"))
def offer_to_join(chosen: list[dict[str, Any]] | None) -> tuple[bool, str]:
    count = len(chosen or [])
    return count < 2 or not current_actor().may(Permission.UPLOAD), f"Join {count} as one recording"


@callback(
    Output("shell-address", "href", allow_duplicate=True),
    Input("studies-join", "n_clicks"), State("studies-grid", "selectedRows"), prevent_initial_call=True,
)
def join(n_clicks: int | None, chosen: list[dict[str, Any]] | None) -> str:
    if not n_clicks:
        raise PreventUpdate
    who = current_actor()
    with reading() as session:
        parts = joining.begin(session, who, [object_id(row["id"]) for row in chosen or []])
    whole = joining.put_together(parts, open_store(current()))
    with writing() as session:
        return f"/studies/{joining.finish(session, who, whole).study_id}"
