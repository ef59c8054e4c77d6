"""Events that the model suggests, with what a reader decides about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from dash import dcc, html
from dash.development.base_component import Component

from app.services.analyses import EventView
from components import clock, states
from components.attributes import aria
from components.chips import class_name, decision_chip
from components.dense_table import dense_table, heading
from components.shell import icon
from ml.classes import PatternClass

ONE_SIDED: Final = 1.0 / 3.0
"""One side at most half as large as the other: marked asymmetry (ACNS Critical Care EEG Terminology 2021, section B)."""
MAINLY: Final = 0.15
"""Below this the sides count as alike: so are most generalized and hardly any lateralized windows of GROND (BDSP)."""
SHOWN: Final = 300
"""Rows of one table; a browser lays out a few hundred at once without delay."""


def events_table(events: Sequence[EventView], study_id: UUID, *, page: str, may_review: bool) -> Component:
    """Table with links to the signal and buttons with the ids ``{"type": "<page>-decide", "event", "decision"}``."""
    if not events:
        return states.empty("The model suggests no events.", "No findings does not mean a normal EEG.")
    columns = ("Start", "Pattern", "Length", "Highest p", heading("Mean p", "col-mean"), "Frequency, side", "Decision", "")
    ordered = sorted(events, key=lambda event: (event.pattern != "seizure", event.start_s))   # a decision moves no row
    rows = [_row(event, study_id, page, may_review) for event in ordered[:SHOWN]]
    more = f"{len(events) - SHOWN} more events are listed in the viewer." if len(events) > SHOWN else ""
    return html.Div(
        [dense_table(columns, rows, class_name="events-table"), html.P(more, className="more") if more else None]
    )


def _row(event: EventView, study_id: UUID, page: str, may_review: bool) -> Component:
    there = f"/studies/{study_id}/review?t={event.start_s:g}"
    return html.Tr(
        [
            html.Td(dcc.Link(event.clock, href=there, title="Open the EEG here"), className="nowrap"),
            html.Td(class_name(cast("PatternClass", event.pattern))),
            html.Td(clock.duration(event.stop_s - event.start_s), className="nowrap"),
            html.Td(_prob(event.max_prob, event.pattern)),
            html.Td(f"{event.mean_prob:.2f}", className="col-mean"),
            html.Td(facts_text(event), title=_facts_title(event)),
            html.Td(decision_chip(event.decision), title=f"by {event.reviewed_by}" if event.reviewed_by else ""),
            html.Td(_buttons(event, page) if may_review else None),
        ],
        className=f"event-{event.decision}" if event.decision else "",
    )


def facts_text(event: EventView) -> str:
    """Frequency and side as ``"1.2 Hz, left"``; a dash where neither can be told."""
    frequency = f"{event.frequency_hz:.1f} Hz" if event.frequency_hz is not None else ""
    return ", ".join(filter(None, (frequency, _side(event.laterality)))) or "–"


def _side(laterality: float | None) -> str:
    if laterality is None:
        return ""
    side = "left" if laterality < 0 else "right"
    return "both sides" if abs(laterality) < MAINLY else side if abs(laterality) >= ONE_SIDED else f"mainly {side}"


def _facts_title(event: EventView) -> str:
    if event.extent is None or event.laterality is None:
        return ""
    return f"Measured by the program. Asymmetry {event.laterality:+.2f} (−1 left, +1 right); takes part in {event.extent:.0%} of the 18 pairs"


def _prob(value: float, pattern: str) -> Component:
    bar = html.Span(
        html.Span(className=f"fill-{pattern}", style={"width": f"{100 * value:.0f}%"}), className="share-bar"
    )
    return html.Span([f"{value:.2f}", bar], className="prob")


def _buttons(event: EventView, page: str) -> Component:
    if event.decision:
        return html.Div(_button(event, page, "withdrawn", "undo", "Undo"), className="event-actions")
    return html.Div(
        [_button(event, page, "accepted", "check", "Accept"), _button(event, page, "dismissed", "cross", "Dismiss")],
        className="event-actions",
    )


def _button(event: EventView, page: str, decision: str, icon_name: str, label: str) -> Component:
    control = {"type": f"{page}-decide", "event": str(event.id), "decision": decision}
    return html.Button([icon(icon_name), label], id=control, type="button", className="btn btn-secondary btn-small",
                       **aria(label=f"{label} {event.pattern} at {event.clock}"))
