"""Whose recording this is: the same line on top of every page about a study, and the tabs of the study."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.services.patients import PatientView
from app.services.studies import StudyView
from components import clock
from components.attributes import aria
from components.chips import status_chip, synthetic_badge
from components.shell import icon

SEX: Final = {"F": "female", "M": "male"}
TABS: Final = (
    ("Summary", "", "list"),
    ("Review EEG", "/review", "wave"),
    ("Spectrogram", "/spectrogram", "grid"),
    ("Report", "/report", "page"),
)


def patient_banner(view: StudyView) -> Component:
    """Name, record number, birth date, sex, age at the recording, recording and its start on the recorder's clock."""
    return html.Div(
        [
            *_person(view.patient, synthetic=view.synthetic),
            _fact("Age at recording", view.age.text),
            _fact(
                "Recording",
                html.Span(
                    [
                        html.Span(view.original_name, className="file-name", title=view.original_name),
                        f", {clock.length(view.duration_s)}",
                    ]
                ),
            ),
            _fact("Start (recorder's clock)", clock.recorder_start(view.start_local, is_known=bool(view.duration_s))),
            html.Div(status_chip(view.status), className="banner-status"),
        ],
        className="patient-banner",
        role="group",
        **aria(label="Patient and recording"),
    )


def person_banner(patient: PatientView) -> Component:
    """The banner of a page about a patient rather than a study."""
    return html.Div(
        _person(patient, synthetic=patient.synthetic), className="patient-banner", role="group", **aria(label="Patient")
    )


def study_tabs(study_id: str | UUID) -> Component:
    """Summary, EEG, spectrogram and report of one study; the address tells which is open."""
    base = f"/studies/{study_id}"
    links = [
        dbc.NavLink([icon(name), title], href=base + rest, active="exact", className="study-tab")
        for title, rest, name in TABS
    ]
    return html.Nav(links, className="study-tabs", **aria(label="Study"))


def _person(patient: PatientView, *, synthetic: bool) -> list[Component]:
    name = html.H1(dcc.Link(patient.name, href=f"/patients/{patient.id}", className="banner-name"))
    return [
        html.Div([name, synthetic_badge() if synthetic else None], className="banner-person"),
        _fact("Record no.", patient.record_number),
        _fact("Born", clock.day(patient.birth_date)),
        _fact("Sex", SEX.get(patient.sex or "", "unknown")),
    ]


def _fact(label: str, value: str | Component) -> Component:
    return html.Div(
        [html.Span(label, className="fact-label"), html.Span(value, className="fact-value")], className="fact"
    )
