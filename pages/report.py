"""The report of one study: the reader's texts, the accepted findings, the PDF and the signature."""

from __future__ import annotations

from uuid import UUID

from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.access import Actor, Permission
from app.auth import current_actor
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.reporting.report_data import SECTIONS
from app.services import reports, studies
from app.services.reports import ReportView
from components import report_parts, states
from components.patient_banner import patient_banner, study_tabs


def layout(study_id: str | None = None, **_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="report-study", data=study_id),
            dcc.Store(id="report-id"),
            dcc.Interval(id="report-poll", interval=1500, disabled=True),
            html.Div(id="report-banner"),
            study_tabs(study_id or ""),
            html.Div(states.loading("Loading the report"), id="report-body", className="page"),
        ],
    )


@callback(
    Output("report-banner", "children"), Output("report-body", "children"), Output("report-id", "data"),
    Output("report-poll", "disabled"),
    Input("report-study", "data"),
)
def open_report(study_id: str) -> tuple[Component, Component, str | None, bool]:
    who = current_actor()
    with writing() as session:
        study = studies.find(session, who, UUID(study_id))
        may_begin = who.may(Permission.WRITE_REPORT)
        view = reports.draft_for(session, who, study.id, now=utc_now()) if may_begin else reports.find_for(session, who, study.id)
        rows = reports.findings(session, who, view.id) if view else ()
    if view is None:
        return patient_banner(study), states.empty("No report yet", "A neurologist of your clinic can begin one here."), None, True
    texts = report_parts.text_fields(view.texts, locked=view.status == "final" or not may_begin)
    body = report_parts.report_columns(texts, report_parts.findings_table(rows, study_id), _state(view, who))
    return patient_banner(study), body, str(view.id), not view.pdf_pending


@callback(
    Output("report-state", "children", allow_duplicate=True),
    *(Input(f"report-{key}", "value") for key in SECTIONS),
    State("report-id", "data"),
    prevent_initial_call=True,
)
def save_texts(indication: str, description: str, impression: str, correlation: str, report_id: str) -> Component:
    texts = dict(zip(SECTIONS, (indication, description, impression, correlation), strict=True))
    who = current_actor()
    with writing() as session:
        if reports.find(session, who, UUID(report_id)).status == "final":
            raise PreventUpdate
        view = reports.save(session, who, UUID(report_id), texts, now=utc_now())
    return _state(view, who)


@callback(
    Output("report-state", "children", allow_duplicate=True), Output("report-poll", "disabled", allow_duplicate=True),
    Input("report-make", "n_clicks"),
    State("report-id", "data"),
    prevent_initial_call=True,
)
def make_pdf(n_clicks: int | None, report_id: str) -> tuple[Component, bool]:
    if not n_clicks:
        raise PreventUpdate
    who = current_actor()
    with writing() as session:
        view = reports.ask_pdf(session, who, UUID(report_id), now=utc_now())
    return _state(view, who), not view.pdf_pending


@callback(
    Output("report-state", "children", allow_duplicate=True), Output("report-poll", "disabled", allow_duplicate=True),
    Input("report-poll", "n_intervals"),
    State("report-id", "data"),
    prevent_initial_call=True,
)
def follow_pdf(_beats: int, report_id: str) -> tuple[Component, bool]:
    who = current_actor()
    with reading() as session:
        view = reports.find(session, who, UUID(report_id))
    return _state(view, who), not view.pdf_pending


@callback(
    Output("report-study", "data", allow_duplicate=True),
    Input("report-sign", "submit_n_clicks"),
    State("report-id", "data"),
    prevent_initial_call=True,
)
def sign_report(n_clicks: int | None, report_id: str) -> str:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        view = reports.sign(session, current_actor(), UUID(report_id), now=utc_now())
    return str(view.study_id)


def _state(view: ReportView, who: Actor) -> Component:
    return report_parts.document_state(
        view, may_write=who.may(Permission.WRITE_REPORT), may_sign=who.may(Permission.SIGN_REPORT), may_download=who.may(Permission.DOWNLOAD),
    )
