"""Parts of the report page: the reader's texts, the accepted findings and the state of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.reporting.report_data import NOT_A_DEVICE, SECTIONS, STATEMENT, FindingRow
from app.services.reports import ReportView
from components import clock, fields, states
from components.chips import chip
from components.shell import panel

ROWS = {"indication": 3, "description": 6, "impression": 6, "correlation": 3}
HINTS = {
    "indication": "Why the EEG was asked for; state, medication and sedation",
    "description": "The model assesses none of this: reader to complete",
    "impression": "Numbered; needed before signing. The model writes no impression",
    "correlation": "What it means for this patient",
}


def text_fields(texts: Mapping[str, str], *, locked: bool) -> list[Component]:
    """One text area for each section that the reader writes; saved a second after the last key."""
    return [
        fields.field(title, dbc.Textarea(id=f"report-{key}", value=texts.get(key, ""), rows=ROWS[key], debounce=800, readonly=locked), HINTS[key])
        for key, title in SECTIONS.items()
    ]


def findings_table(rows: Sequence[FindingRow], study_id: str) -> Component:
    """What the reader accepted, as it will be printed."""
    if not rows:
        review = dcc.Link("Review the EEG", href=f"/studies/{study_id}/review", className="btn btn-secondary")
        return states.empty("Nothing accepted yet", "The report prints only findings that a reader has accepted. " + STATEMENT, review)
    head = html.Thead(html.Tr([html.Th(name) for name in ("Pattern", "Events", "Total", "Prevalence", "Longest", "Highest p")]))
    body = [
        html.Tr([html.Th(row.pattern, scope="row"), html.Td(str(row.count), className="number"), html.Td(row.total),
                 html.Td(f"{row.prevalence}, {row.share}"), html.Td(row.longest), html.Td(row.max_prob, className="number")])
        for row in rows
    ]
    return html.Table([head, html.Tbody(body)], className="dense-table")


def document_state(view: ReportView, *, may_write: bool, may_sign: bool, may_download: bool) -> Component:
    """Draft or final, and the way to its PDF."""
    state = chip("Final", tone="ok", icon_name="check") if view.status == "final" else chip("Draft", tone="note", icon_name="page")
    changed = f"Version {view.version}, changed {clock.moment(view.changed_at)} UTC by {view.author}"
    signed = f"Signed by {view.signed_by}, {clock.moment(view.signed_at)} UTC" if view.signed_at else ""
    return html.Div([html.Div([state, html.Span(changed)], className="report-state-line"), html.P(signed) if signed else None,
                     _pdf_line(view), _buttons(view, may_write=may_write, may_sign=may_sign, may_download=may_download),
                     html.P(NOT_A_DEVICE, className="subtitle")])


def _pdf_line(view: ReportView) -> Component:
    if view.pdf_pending:
        return states.loading("Making the PDF")
    if view.pdf_problem:
        return states.notice(f"The PDF could not be made: {view.pdf_problem}", kind="warning")
    return html.P("The PDF of this version is ready." if view.pdf_ready else "The PDF of this version has not been made yet.")


def _buttons(view: ReportView, *, may_write: bool, may_sign: bool, may_download: bool) -> Component:
    address = f"/api/v1/studies/{view.study_id}/report.pdf"
    make = may_write and not view.pdf_ready and not view.pdf_pending
    sign = dcc.ConfirmDialogProvider(
        html.Button("Sign the report", type="button", className="btn btn-secondary"), id="report-sign",
        message="Sign this report? It becomes final and can no longer be changed, nor can its findings.",
    )
    items = [
        fields.button("Make the PDF", "report-make", kind="primary", hidden=not make),
        html.A("Download the PDF", href=address, id="report-download", className="btn btn-primary") if view.pdf_ready and may_download else None,
        html.A("Open the PDF", href=address + "?inline=true", target="_blank", rel="noopener", className="btn btn-secondary")
        if view.pdf_ready and may_download else None,
        html.Div(sign, hidden=not (may_sign and view.status == "draft")),
    ]
    return html.Div(items, className="state-actions")


def report_columns(texts: Sequence[Component], findings: Component, state: Component) -> Component:
    return html.Div(
        [panel("Texts by the reader", *texts), html.Div([panel("Findings accepted by the reader", findings, panel_id="report-findings"),
                                                        panel("Document", state, panel_id="report-state")], className="report-side")],
        className="report-columns",
    )
