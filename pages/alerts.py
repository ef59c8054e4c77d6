"""Finished analyses in which the model suggests seizures that nobody has reviewed."""

from __future__ import annotations

from dash import Input, Output, callback, dcc, html
from dash.development.base_component import Component

from app.auth import current_actor, current_person
from app.db.session import reading
from app.services import analyses
from components import alert_lines, states
from components.shell import page_head, panel

NOTE = (
    "A line leaves this list when every suspected seizure of its study is accepted or dismissed. "
    "This is a worklist and not an alarm: recordings are analysed after they were uploaded."
)


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Alerts", "Suspected seizures that wait for a reader. The model suggests; it does not decide."),
            panel(
                "Unreviewed suspected seizures",
                states.loading("Looking for suspected seizures"),
                panel_id="alerts-list",
                flush=True,
            ),
            states.notice(NOTE),
            dcc.Interval(id="alerts-tick", interval=5000),
        ],
        className="page",
    )


@callback(Output("alerts-list", "children"), Input("alerts-tick", "n_intervals"))
def list_alerts(_ticks: int | None) -> Component:
    with reading() as session:
        rows = analyses.suspected_seizures(session, current_actor())
    return alert_lines.alert_lines(rows, current_person().time_zone)
