"""What needs the reader now."""

from __future__ import annotations

from dash import Input, Output, callback, dcc, html
from dash.development.base_component import Component

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.session import reading
from app.services import analyses, demo, monitoring, studies
from components import alert_lines, overview_parts, states, study_lines, study_table
from components.shell import page_head, panel


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Overview", html.Span(id="overview-who")),
            html.Div(states.loading("Loading the overview"), id="overview-cards"),
            html.Div(
                [
                    html.Div(
                        [
                            panel("Suspected seizures to review", panel_id="overview-alerts", flush=True),
                            panel(
                                "Recent studies",
                                panel_id="overview-recent",
                                flush=True,
                                actions=[dcc.Link("All studies", href="/studies")],
                            ),
                        ]
                    ),
                    html.Div(
                        [
                            panel("Being analysed", panel_id="overview-progress", flush=True),
                            html.Div(
                                panel("First steps", panel_id="overview-steps"), id="overview-steps-panel", hidden=True
                            ),
                        ]
                    ),
                ],
                className="columns overview-columns",
            ),
            dcc.Interval(id="overview-tick", interval=3000),
        ],
        className="page",
    )


@callback(
    Output("overview-cards", "children"),
    Output("overview-alerts", "children"),
    Output("overview-progress", "children"),
    Output("overview-recent", "children"),
    Output("overview-steps-panel", "hidden"),
    Input("overview-tick", "n_intervals"),
)
def show(_ticks: int | None) -> tuple[Component, Component, Component, Component, bool]:
    who, zone = current_actor(), current_person().time_zone
    with reading() as session:
        rows = studies.worklist(session, who, limit=50)
        counts = studies.count_by_status(session, who)
        alerts = analyses.suspected_seizures(session, who)
        first = len(rows) < demo.N_RECORDINGS and who.may(Permission.SEE_MONITORING)  # the demo may still be being made
        jobs = monitoring.overview(session, who).open_jobs if first else ()
    running = [row for row in rows if row.status in study_table.UNFINISHED]
    cards, waiting = overview_parts.number_cards(counts, len(alerts)), alert_lines.alert_lines(alerts[:8], zone)
    progress, recent = study_lines.progress_lines(running, jobs), study_lines.recent_lines(rows[:8], zone)
    return cards, waiting, progress, recent, bool(rows)


@callback(Output("overview-who", "children"), Output("overview-steps", "children"), Input("overview-who", "id"))
def greet(_start: str) -> tuple[str, Component]:
    person = current_person()
    steps = overview_parts.first_steps(may_upload=current_actor().may(Permission.UPLOAD))
    return f"{person.clinic_name}: what waits for a reader, and what is on its way.", steps
