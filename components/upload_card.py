"""The drop zone and the card of one upload; ``assets/upload.mjs`` copies the card for each file and fills its parts."""

from __future__ import annotations

from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.shell import icon

FOUND_LABEL: Final[dict[str, Any]] = {"aria-label": "Patients found"}


def drop_zone() -> Component:
    """Where files are dropped or picked."""
    return html.Div(
        [
            icon("upload"),
            html.Div([html.Strong("Drop EEG files here"), html.Span(
                "EDF, EDF+, BDF, BDF+, HMS Parquet, GDF, CNT, EEGLAB, MATLAB or HDF5, several at once; BrainVision, Nihon Kohden and Persyst "
                "as one ZIP archive for each recording. Files of one recording that was split can be joined here afterwards.")]),
            html.Button("Choose files", id="upload-choose", type="button", className="btn btn-primary"),
        ],
        id="upload-drop", className="upload-drop",
    )


def prototype() -> Component:
    """The card that is copied; parts are found by their class, so a copy has no ids to repeat."""
    head = [
        html.Strong(className="up-name"), html.Span(className="up-size"), html.Span(className="up-state chip", role="status"),
        html.Span(className="grow"),
        html.Button("Choose the file again", type="button", className="up-again btn btn-secondary btn-small", hidden=True),
        html.Button("Retry", type="button", className="up-retry btn btn-secondary btn-small", hidden=True),
        html.A("Open study", className="up-open btn btn-primary btn-small", hidden=True),
        html.Button("Cancel", type="button", className="up-cancel btn btn-quiet btn-small"),
    ]
    return html.Article(
        [
            html.Div(head, className="up-head"),
            html.Div([html.Span(html.Span(className="up-fill progress-fill"), className="progress-track"),
                      html.Span(className="up-text progress-text")], className="up-progress job-progress", hidden=True),
            html.Div([icon("warning"), html.Div(className="up-message-text")], className="up-message notice notice-warning",
                     role="alert", hidden=True),
            html.Div([html.Dl(className="up-facts fact-list"), html.Ul(className="up-findings sentences")],
                     className="up-header", hidden=True),
            _patient_form(),
        ],
        className="upload-card panel",
    )


def _patient_form() -> Component:
    sexes = [{"label": "unknown", "value": "unknown"}, {"label": "female", "value": "F"}, {"label": "male", "value": "M"}]
    new = [
        _labelled("Name", dbc.Input(class_name="up-new-name", size="sm", maxLength=200, autoComplete="off")),
        _labelled("Record number", dbc.Input(class_name="up-new-number", size="sm", maxLength=80, autoComplete="off")),
        _labelled("Birth date", dbc.Input(class_name="up-new-birth", size="sm", type="date")),
        _labelled("Sex", dbc.Select(options=sexes, value="unknown", class_name="up-new-sex", size="sm")),
    ]
    search = dbc.Input(class_name="up-search", size="sm", type="search", placeholder="Name or record number", autoComplete="off")
    known = [html.H3("Whose recording is it?"), _labelled("Patient of this clinic", search),
             html.Div(className="up-found", role="group", **FOUND_LABEL)]
    accept = html.Label([dbc.Input(type="checkbox", class_name="up-accept form-check-input"),
                         html.Span("It is right: the file belongs to this patient.")], className="up-accept-line", hidden=True)
    go = html.Button("Confirm and upload for the new patient", type="button", className="up-confirm btn btn-primary")
    return html.Div(
        [
            html.Div([html.Div(known), html.Div([html.H3("or a new patient"), html.Div(new, className="field-grid")])],
                     className="up-choices"),
            accept,
            html.Div(go, className="form-actions"),
        ],
        className="up-form", hidden=True,
    )


def none_open() -> Component:
    """Shown while the list is empty."""
    return html.Div([html.Strong("No uploads"), html.P("Files that you choose appear here and stay until you remove them. "
                                                       "Finished ones are listed for a day; their studies stay.")], className="state upload-none")


def _labelled(text: str, control: Component) -> Component:
    return html.Label([html.Span(text, className="form-label"), control], className="field")
