"""Studies as lines of a list: for the overview and the timeline of a patient."""

from __future__ import annotations

from collections.abc import Iterable

from dash import dcc, html
from dash.development.base_component import Component

from app.services.monitoring import JobRow
from app.services.studies import StudyRow
from components import clock, states
from components.chips import chip, status_chip, synthetic_badge
from components.class_minutes import class_bar
from components.job_progress import progress_bar
from components.work_tables import KINDS


def progress_lines(rows: Iterable[StudyRow], jobs: Iterable[JobRow] = ()) -> Component:
    """Studies that wait or are being analysed, and jobs that have no study yet, with their progress."""
    lines = [_progress_line(row) for row in rows] + [_job_line(row) for row in jobs if row.study_id is None]
    return (
        html.Div(lines)
        if lines
        else states.empty("Nothing is being analysed.", "Uploaded recordings are analysed at once.")
    )


def recent_lines(rows: Iterable[StudyRow], zone: str) -> Component:
    lines = [_line(row, html.Span(class_bar(row.seconds_by_class), className="line-bar"),
                   html.Small(clock.moment(row.uploaded_at, zone), className="line-time"),
                   html.Span(status_chip(row.status), className="line-status")) for row in rows]
    return html.Div(lines) if lines else states.empty("No studies yet.", "Upload a recording to begin.")


def timeline(rows: Iterable[StudyRow], zone: str) -> Component:
    """The studies of one patient by the recorder's clock, the newest first."""
    ordered = sorted(
        rows, key=lambda row: (row.start_local is not None, row.start_local, row.uploaded_at), reverse=True
    )
    lines = [_timeline_line(row, zone) for row in ordered]
    upload = dcc.Link("Upload a recording", href="/upload", className="btn btn-secondary")
    return (
        html.Div(lines)
        if lines
        else states.empty("No studies yet.", "Recordings of this patient will be listed here.", upload)
    )


def _timeline_line(row: StudyRow, zone: str) -> Component:
    return dcc.Link(
        [
            html.Div(
                [
                    html.Strong(clock.recorder_start(row.start_local, is_known=row.is_known)),
                    html.Small([_badge(row), f"{row.original_name} · {clock.length(row.duration_s)}"]),
                ],
                className="cell-two grow",
            ),
            html.Span(class_bar(row.seconds_by_class), className="line-bar"),
            _unreviewed(row),
            html.Small(clock.moment(row.uploaded_at, zone), className="line-time", title="uploaded"),
            html.Span(status_chip(row.status), className="line-status"),
        ],
        href=f"/studies/{row.id}",
        className="list-line",
    )


def _line(row: StudyRow, *rest: Component | None) -> Component:
    about = html.Small([_badge(row), f"{row.record_number} · {row.original_name} · {clock.length(row.duration_s)}"])
    return dcc.Link(
        [html.Div([html.Strong(row.patient_name), about], className="cell-two grow"), *rest],
        href=f"/studies/{row.id}",
        className="list-line",
    )


def _badge(row: StudyRow) -> Component | None:
    return html.Span([synthetic_badge(), " "]) if row.synthetic else None


def _progress_line(row: StudyRow) -> Component:
    head = html.Div(
        [html.Span([_badge(row), html.Strong(row.patient_name)]), status_chip(row.status)], className="progress-head"
    )
    bar = progress_bar(row.job_state, row.job_step, row.done_units, row.total_units)
    return dcc.Link([head, bar], href=f"/studies/{row.id}", className="progress-line", title=row.original_name)


def _job_line(row: JobRow) -> Component:
    head = html.Div([html.Strong(KINDS.get(row.kind, row.kind)), status_chip(row.state)], className="progress-head")
    return html.Div([head, progress_bar(row.state, row.step, row.done, row.total)], className="progress-line")


def _unreviewed(row: StudyRow) -> Component | None:
    return chip(f"{row.n_unreviewed} of {row.n_events} unreviewed", tone="note") if row.n_unreviewed else None
