"""Who did what, and when: the audit log, newest first."""

from __future__ import annotations

from dash import Input, Output, State, callback, ctx, dcc, html
from dash.development.base_component import Component

from app.auth import current_actor, current_person
from app.db.session import reading
from app.services import audit
from components import audit_table, fields, states
from components.shell import page_head, panel

PAGE_ROWS = 100


def layout(**_query: str) -> Component:
    older = fields.button("Older", "audit-older")
    newest = fields.button("Newest", "audit-newest")
    action = fields.choice("audit-action", audit_table.ACTIONS, "all")
    return html.Div(
        [
            page_head(
                "Audit log",
                "Rows are only ever added. They name people and objects by identifiers, never patients.",
                actions=[newest, older],
            ),
            html.Div(fields.field("Action", action), className="tool-row"),
            panel("Entries", states.loading("Loading the log"), panel_id="audit-entries", flush=True),
            dcc.Store(id="audit-last"),
        ],
        className="page",
    )


@callback(
    Output("audit-entries", "children"), Output("audit-last", "data"), Output("audit-older", "disabled"),
    Input("audit-action", "value"), Input("audit-older", "n_clicks"), Input("audit-newest", "n_clicks"),
    State("audit-last", "data"),
)
def list_entries(
    action: str, _older: int | None, _newest: int | None, last: int | None
) -> tuple[Component, int | None, bool]:
    before = last if ctx.triggered_id == "audit-older" else None
    with reading() as session:
        rows = audit.entries(
            session, current_actor(), limit=PAGE_ROWS, before_seq=before, action=None if action == "all" else action
        )
    zone = current_person().time_zone
    return audit_table.audit_table(rows, zone), rows[-1].seq if rows else None, len(rows) < PAGE_ROWS
