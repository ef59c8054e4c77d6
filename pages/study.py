"""One study: what the model suggests, what the reader decided, how the file was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, callback, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.orm import Session

from app.access import Actor, Permission
from app.auth import current_actor, current_person
from app.db.session import reading, writing
from app.file_store import open_store
from app.services import (
    agreement,
    analyses,
    blind_reads,
    channel_marks,
    channel_names,
    event_evolution,
    joining,
    monitoring,
    review_acts,
    seizure_time,
    split_recordings,
    studies,
)
from app.services.review_acts import Wish
from app.settings import current
from components import channel_table, joined_parts, states, study_summary
from components.patient_banner import patient_banner, study_tabs
from components.shell import toast
from components.study_summary import Found
from pages.addresses import object_id


def layout(study_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="study-id", data=study_id), dcc.Store(id="study-state"), dcc.Store(id="study-asked"),
            dcc.Interval(id="study-tick", interval=2000),
            html.Div(id="study-banner"),
            study_tabs(study_id or ""),
            html.Div(
                [html.Div(id="study-progress"), html.Div(id="study-files"), html.Div(states.loading("Loading the study"), id="study-body")],
                className="page",
            ),
        ],
    )


@callback(
    Output("study-state", "data"),
    Output("study-progress", "children"),
    Output("study-tick", "disabled"),
    Input("study-tick", "n_intervals"),
    Input("study-asked", "data"),
    State("study-id", "data"),
    State("study-state", "data"),
)
def follow(
    _ticks: int | None, _asked: str | None, study_id: str, known: str | None
) -> tuple[Any, Component | None, bool]:
    with reading() as session:
        row = studies.row(session, current_actor(), object_id(study_id))
    state, running = f"{row.status} {row.job_id}", row.status in ("queued", "analysing")
    return (
        no_update if state == known else state,
        study_summary.progress(row, who=current_actor()) if running else None,
        not running,
    )


@callback(
    Output("study-banner", "children"), Output("study-body", "children"),
    Input("study-state", "data"), State("study-id", "data"), prevent_initial_call=True,
)
def show(_state: str, study_id: str) -> tuple[Component, Component]:
    who, key = current_actor(), object_id(study_id)
    with reading() as session:
        view, row = studies.find(session, who, key), studies.row(session, who, key)
        found, hidden, marks = _found(session, who, key), blind_reads.hides(session, who, key), channel_marks.of_study(session, who, key)
    quality, zone = found.analysis.quality if found else {}, current_person().time_zone
    channels = channel_table.channel_panel(view, quality, may_correct=who.may(Permission.ANALYSE) and view.stands, marks=marks)
    if hidden:
        return patient_banner(view), study_summary.read_without_model(view, channels)
    if found is None:
        return patient_banner(view), study_summary.not_analysed(view, row, channels, who=who)
    return patient_banner(view), study_summary.summary(view, found, channels, who=who, zone=zone)


@callback(
    Output("study-files", "children"), Input("study-state", "data"), State("study-id", "data"), prevent_initial_call=True,
)
def show_files(_state: str, study_id: str) -> list[Component]:
    who, key = current_actor(), object_id(study_id)
    with reading() as session:
        view, suggestion = studies.find(session, who, key), split_recordings.of_study(session, who, key)
    return joined_parts.about_parts(view, suggestion, may_join=who.may(Permission.UPLOAD))


def _found(session: Session, who: Actor, study_id: UUID) -> Found | None:
    analysis = analyses.latest(session, who, study_id)
    if analysis is None:
        return None
    quality = analyses.quality_report(session, who, study_id)
    events = analyses.events(session, who, study_id)
    changes = event_evolution.of_events(session, who, study_id, events)
    time, compared = seizure_time.of_study(session, who, study_id), agreement.of_study(session, who, study_id)
    return Found(analysis, events, analyses.spans(session, who, study_id), quality, changes, time, compared)


@callback(
    Output("study-events", "children"),
    Output("study-open", "children"),
    Output("study-burden", "children"),
    Output("study-agreement", "children"),
    Output("study-banner", "children", allow_duplicate=True),
    Input({"type": "study-decide", "event": ALL, "decision": ALL}, "n_clicks"),
    State("study-id", "data"),
    prevent_initial_call=True,
)
def decide(_clicks: Sequence[int | None], study_id: str) -> tuple[Component, str, Component, Component, Component]:
    if not isinstance(ctx.triggered_id, Mapping) or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    who, key, asked = current_actor(), object_id(study_id), ctx.triggered_id
    with writing() as session:
        review_acts.act(session, who, key, Wish(asked["decision"], ((object_id(asked["event"]), None),)))
        view, found = studies.find(session, who, key), _found(session, who, key)
    assert found is not None      # what was decided about was found by an analysis
    return (*study_summary.reviewed(view, found, may_review=True), patient_banner(view))


@callback(
    Output("study-asked", "data"), Output("shell-toasts", "children", allow_duplicate=True),
    Input("study-again", "n_clicks"), State("study-id", "data"), prevent_initial_call=True,
)
def analyse_again(n_clicks: int | None, study_id: str) -> tuple[str, Component]:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        job_id = analyses.run_again(session, current_actor(), object_id(study_id))
    return str(job_id), toast("A new run is queued. Earlier results stay as they were.", kind="ok")


@callback(
    Output("shell-toasts", "children", allow_duplicate=True),
    Input("study-cancel", "n_clicks"), State("study-id", "data"), prevent_initial_call=True,
)
def cancel(n_clicks: int | None, study_id: str) -> Component:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        row = studies.row(session, current_actor(), object_id(study_id))
        if row.job_id:
            monitoring.cancel(session, current_actor(), row.job_id)
    return toast("The analysis is being cancelled.", kind="ok")


@callback(
    Output("study-asked", "data", allow_duplicate=True), Output("shell-toasts", "children", allow_duplicate=True),
    Input("study-correct", "n_clicks"), State({"type": "study-channel", "index": ALL}, "value"),
    State("study-remember", "value"), State("study-id", "data"), prevent_initial_call=True,
)
def correct(n_clicks: int | None, meanings: Sequence[str | None], remember: bool | None, study_id: str) -> tuple[Any, Component]:
    if not n_clicks:
        raise PreventUpdate
    who, key = current_actor(), object_id(study_id)
    with writing() as session:
        names = channel_names.typed(studies.find(session, who, key), meanings)
        if not names:
            return no_update, toast("Nothing was changed.", kind="note")
        job_id = channel_names.correct(session, who, key, names, remember=bool(remember))
    return str(job_id), toast(f"{len(names)} channels are read anew and a new run is queued.", kind="ok")


@callback(
    Output("shell-address", "href", allow_duplicate=True),
    Input({"type": "study-join", "study": ALL}, "n_clicks"), prevent_initial_call=True,
)
def join(_clicks: Sequence[int | None]) -> str:
    """Join what looks like one recording with a study; also from the upload page."""
    if not isinstance(ctx.triggered_id, Mapping) or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    who, key = current_actor(), object_id(ctx.triggered_id["study"])
    with reading() as session:
        found = split_recordings.of_study(session, who, key)
        parts = joining.begin(session, who, [part.study_id for part in found.parts] if found else [key])
    whole = joining.put_together(parts, open_store(current()))
    with writing() as session:
        return f"/studies/{joining.finish(session, who, whole).study_id}"


@callback(
    Output("shell-address", "href", allow_duplicate=True),
    Input("study-separate", "n_clicks"), State("study-id", "data"), prevent_initial_call=True,
)
def separate(n_clicks: int | None, study_id: str) -> str:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        joining.separate(session, current_actor(), object_id(study_id))
    return "/studies"
