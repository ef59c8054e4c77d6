"""Suspected seizures that wait for a reader. Notifications, not alarms: no sound, no flashing, no red field."""

from __future__ import annotations

from collections.abc import Iterable

from dash import dcc, html
from dash.development.base_component import Component

from app.services.analyses import AlertRow
from components import clock, states
from components.chips import class_chip, synthetic_badge
from components.shell import icon


def alert_lines(rows: Iterable[AlertRow], zone: str) -> Component:
    """One line per study; each opens the EEG at its first suspected seizure."""
    lines = [_line(row, zone) for row in rows]
    calm = states.empty(
        "No suspected seizures wait for review.", "Finished analyses are listed here when the model suggests a seizure."
    )
    return html.Div(lines) if lines else calm


def _line(row: AlertRow, zone: str) -> Component:
    many = "seizure" if row.n_seizures == 1 else "seizures"
    said = (
        f"{row.n_seizures} suspected {many}, {clock.duration(row.total_s)} in all; "
        f"first at {row.first_clock}, highest p {row.max_prob:.2f}"
    )
    name = dcc.Link(row.patient_name, href=f"/studies/{row.study_id}", className="line-name")
    about = html.Small([synthetic_badge() if row.synthetic else None, f" {row.record_number} · {row.original_name}"])
    return html.Div(
        [
            class_chip("seizure"),
            html.Div([name, about], className="cell-two alert-who"),
            html.Div(
                [said, html.Small(f"The model suggests; analysed {clock.moment(row.analysed_at, zone)}")],
                className="alert-said",
            ),
            dcc.Link(
                [icon("wave"), "Look"],
                href=f"/studies/{row.study_id}/review?t={row.first_start_s:g}",
                className="btn btn-primary btn-small",
                title="Open the EEG at the first suspected seizure",
            ),
        ],
        className="list-line",
    )
