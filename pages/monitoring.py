"""Queue, workers, failures and the machine, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, callback, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.access import Permission
from app.auth import current_actor, current_person
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.services import monitoring
from components import clock, states, work_tables
from components.shell import page_head, panel, toast

TOASTS = Output("shell-toasts", "children", allow_duplicate=True)


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Monitoring", html.Span("Loading …", id="monitoring-as-of", role="status")),
            html.Div(states.loading("Looking at the workers"), id="monitoring-cards"),
            panel("Running and waiting", panel_id="monitoring-open", flush=True),
            panel("Failures", panel_id="monitoring-failures", flush=True),
            panel("Workers", panel_id="monitoring-workers", flush=True),
            panel("Jobs by queue", panel_id="monitoring-queues", flush=True),
            dcc.Interval(id="monitoring-tick", interval=3000),
        ],
        className="page",
    )


@callback(
    Output("monitoring-cards", "children"),
    Output("monitoring-open", "children"),
    Output("monitoring-failures", "children"),
    Output("monitoring-workers", "children"),
    Output("monitoring-queues", "children"),
    Output("monitoring-as-of", "children"),
    Input("monitoring-tick", "n_intervals"),
)
def show(_ticks: int | None) -> tuple[Component, ...]:
    who, zone = current_actor(), current_person().time_zone
    may_act = who.may(Permission.ANALYSE)
    with reading() as session:
        view = monitoring.overview(session, who)
    return (
        work_tables.number_cards(view),
        work_tables.open_jobs(view.open_jobs, zone, may_act=may_act),
        work_tables.failures(view.failures, zone, may_act=may_act),
        work_tables.worker_table(view.workers, zone),
        work_tables.queue_table(view.counts),
        html.Span(f"As of {clock.moment(utc_now(), zone, seconds=True)} ({zone})"),
    )


@callback(TOASTS, Input({"type": "monitoring-cancel", "job": ALL}, "n_clicks"), prevent_initial_call=True)
def cancel(_clicks: Sequence[int | None]) -> Component:
    job_id = _asked_job(ctx.triggered_id, ctx.triggered[0]["value"])
    with writing() as session:
        monitoring.cancel(session, current_actor(), job_id)
    return toast("The job is being cancelled.", kind="ok")


@callback(TOASTS, Input({"type": "monitoring-retry", "job": ALL}, "n_clicks"), prevent_initial_call=True)
def retry(_clicks: Sequence[int | None]) -> Component:
    job_id = _asked_job(ctx.triggered_id, ctx.triggered[0]["value"])
    with writing() as session:
        monitoring.retry(session, current_actor(), job_id)
    return toast("The job is queued again, with all its attempts.", kind="ok")


def _asked_job(triggered: Any, clicks: int | None) -> UUID:
    if not clicks:
        raise PreventUpdate
    return UUID(triggered["job"])
