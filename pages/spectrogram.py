"""Spectrograms, band powers and trends of one study on one time axis; a click opens the EEG at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from dash import Input, Output, State, callback, clientside_callback, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.orm import Session

from app.access import Actor
from app.auth import current_actor
from app.db.session import reading
from app.file_store import open_store
from app.services import analyses, studies, time_frequency
from app.settings import current
from components import spectrogram_controls, states
from components.patient_banner import patient_banner, study_tabs
from components.spectrogram_figure import spectrogram_figure
from components.spectrogram_stage import spectrogram_stage
from components.time_strips import origin_of
from ml.analysis import Spans
from ml.spectrogram_of_span import Method
from pages.addresses import object_id

PAGE_S = 10.0  # of the viewer that a click leads to: the moment comes to its middle


def layout(study_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="spectrogram-study", data=study_id),
            html.Div(id="spectrogram-banner"),
            study_tabs(study_id or ""),
            html.Div(
                [
                    html.Div(id="spectrogram-controls"),
                    html.Div(states.loading("Loading the spectrogram"), id="spectrogram-stage"),
                    spectrogram_controls.how_computed(),
                ],
                className="page spectrogram-page",
            ),
        ],
    )


@callback(Output("spectrogram-banner", "children"), Output("spectrogram-controls", "children"), Input("spectrogram-study", "data"))
def open_study(study_id: str) -> tuple[Component, Component]:
    """One audit row is written by the viewer only: nothing here shows the EEG itself."""
    with reading() as session:
        study = studies.find(session, current_actor(), object_id(study_id))
    return patient_banner(study), spectrogram_controls.controls(time_frequency.choices(study))


@callback(
    Output("spectrogram-stage", "children"),
    Input("spectrogram-signal", "value"),
    Input("spectrogram-method", "value"),
    Input("spectrogram-window", "value"),
    Input("spectrogram-top", "value"),
    Input("spectrogram-length", "value"),
    Input("spectrogram-start", "data"),
    Input("spectrogram-trends", "value"),
    State("spectrogram-study", "data"),
    State("spectrogram-low", "value"),
    State("spectrogram-high", "value"),
    State("spectrogram-map", "value"),
    running=[(Output("spectrogram-busy", "children"), "Computing …", "")],
)
def draw(
    signal: str,
    method: Method,
    window: str,
    top: str,
    length: str,
    start_s: float,
    trends: Sequence[str],
    study_id: str,
    low: str,
    high: str,
    color_map: str,
) -> Component:
    who, key = current_actor(), object_id(study_id)
    with reading() as session:
        study = studies.find(session, who, key)
        wish = time_frequency.wish_of(signal, method, window, top, start_s, length)
        made = time_frequency.pictures(session, who, open_store(current()), key, wish)
        spans = None if made.problem else _spans(session, who, key)
    if made.problem:
        return states.empty("No spectrogram of this", made.problem)
    figure = spectrogram_figure(
        made, start=study.start_local, spans=spans, low_db=float(low), high_db=float(high), color_map=color_map, shown=trends
    )
    return spectrogram_stage(figure, made, study)


clientside_callback(
    "(low, high, map, figure, maps) => ({...figure, layout: {...figure.layout, coloraxis: "
    "{...figure.layout.coloraxis, cmin: +low, cmax: Math.max(+high, +low + 5), colorscale: maps[map]}}})",
    Output("spectrogram-figure", "figure"),
    Input("spectrogram-low", "value"),
    Input("spectrogram-high", "value"),
    Input("spectrogram-map", "value"),
    State("spectrogram-figure", "figure"),
    State("spectrogram-maps", "data"),
    prevent_initial_call=True,
)


@callback(
    Output("spectrogram-window", "options"),
    Output("spectrogram-window", "value"),
    Input("spectrogram-method", "value"),
    prevent_initial_call=True,
)
def offer_windows(method: Method) -> tuple[list[dict[str, str]], str]:
    offered = spectrogram_controls.window_choices(method)
    return [{"value": value, "label": words} for value, words in offered.items()], "6" if method == "wavelet" else "4"


@callback(
    Output("spectrogram-start", "data"),
    Input("spectrogram-earlier", "n_clicks"),
    Input("spectrogram-later", "n_clicks"),
    State("spectrogram-start", "data"),
    State("spectrogram-length", "value"),
    State("spectrogram-study", "data"),
    prevent_initial_call=True,
)
def shift(_earlier: int | None, _later: int | None, start_s: float, length: str, study_id: str) -> float:
    with reading() as session:
        duration_s = studies.find(session, current_actor(), object_id(study_id)).duration_s
    if not float(length or 0) or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    step_s = 0.8 * float(length) * (-1 if ctx.triggered_id == "spectrogram-earlier" else 1)
    return max(0.0, min(start_s + step_s, duration_s - float(length)))


@callback(
    Output("shell-address", "href", allow_duplicate=True),
    Input("spectrogram-figure", "clickData"),
    State("spectrogram-study", "data"),
    prevent_initial_call=True,
)
def open_eeg(clicked: dict[str, Any] | None, study_id: str) -> str:
    with reading() as session:
        start = studies.find(session, current_actor(), object_id(study_id)).start_local
    if not clicked:
        raise PreventUpdate
    at_s = (datetime.fromisoformat(str(clicked["points"][0]["x"])) - origin_of(start)).total_seconds()
    return f"/studies/{study_id}/review?t={max(0.0, at_s - PAGE_S / 2):.1f}"


def _spans(session: Session, who: Actor, study_id: UUID) -> Spans | None:
    return analyses.spans(session, who, study_id) if analyses.latest(session, who, study_id) else None
