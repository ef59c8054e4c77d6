"""Events that the model suggests, with what a reader decides about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, cast
from uuid import UUID

from dash import dcc, html
from dash.development.base_component import Component

from app.services.analyses import EventView
from components import clock, states
from components.attributes import aria
from components.chips import chip, class_name, decision_chip
from components.dense_table import dense_table, heading
from components.shell import icon
from ml.classes import PatternClass
from ml.evolution import Evolution

ONE_SIDED: Final = 1.0 / 3.0
"""One side at most half as large as the other: marked asymmetry (ACNS Critical Care EEG Terminology 2021, section B)."""
MAINLY: Final = 0.15
"""Below this the sides count as alike: so are most generalized and hardly any lateralized windows of GROND (BDSP)."""
SHOWN: Final = 300
"""Rows of one table; a browser lays out a few hundred at once without delay."""


def events_table(
    events: Sequence[EventView], study_id: UUID, *, page: str, may_review: bool, evolutions: Mapping[UUID, Evolution] = MappingProxyType({})
) -> Component:
    """Table with links to the signal and buttons with the ids ``{"type": "<page>-decide", "event", "decision"}``."""
    if not events:
        return states.empty("The model suggests no events.", "No findings does not mean a normal EEG.")
    columns = ("Start", "Pattern", "Length", "Highest p", heading("Mean p", "col-mean"), "Frequency", "Side", "Extent", "Evolution", "Reviewer", "")
    ordered = sorted(events, key=lambda event: (event.pattern != "seizure", event.start_s))   # a decision moves no row
    rows = [_row(event, study_id, page, may_review, evolutions.get(event.id)) for event in ordered[:SHOWN]]
    more = f"{len(events) - SHOWN} more events are listed in the viewer." if len(events) > SHOWN else ""
    return html.Div(
        [dense_table(columns, rows, class_name="events-table"), html.P(more, className="more") if more else None]
    )


def _row(event: EventView, study_id: UUID, page: str, may_review: bool, change: Evolution | None) -> Component:
    there = f"/studies/{study_id}/review?t={event.start_s:g}"
    return html.Tr(
        [
            html.Td(dcc.Link(event.clock, href=there, title="Open the EEG here"), className="nowrap"),
            html.Td(class_name(cast("PatternClass", event.pattern))),
            html.Td(clock.duration(event.stop_s - event.start_s), className="nowrap"),
            html.Td("–" if event.max_prob is None else _prob(event.max_prob, event.pattern)),
            html.Td("–" if event.mean_prob is None else f"{event.mean_prob:.2f}", className="col-mean"),
            html.Td(f"{event.frequency_hz:.1f} Hz" if event.frequency_hz is not None else "–"),
            html.Td(_side(event.laterality) or "–", title=_facts_title(event)),
            html.Td("–" if event.extent is None else f"{event.extent:.0%}", title="Share of the 18 bipolar pairs that take part"),
            html.Td(evolution_text(change), title=_evolution_title(change)),
            html.Td(_reviewed(event)),
            html.Td(_buttons(event, page) if may_review else None),
        ],
        className=f"event-{event.decision}" if event.decision else "",
    )


def evolution_text(change: Evolution | None) -> str:
    """``"5.3 → 2.7 Hz"`` where both steps go one way by at least 0.5 Hz, else ``"steady"``; a dash where it cannot be told."""
    if change is None:
        return "–"
    return f"{change.frequency_hz[0]:.1f} → {change.frequency_hz[2]:.1f} Hz" if change.steady else "steady"


def _evolution_title(change: Evolution | None) -> str:
    if change is None:
        return ""
    thirds = ", ".join(f"{hz:.1f}" for hz in change.frequency_hz)
    return f"Measured by the program: dominant frequency {thirds} Hz in the three thirds, region {change.region}; power {change.power_db:+.0f} dB. ACNS evolution is judged by a reader."


def _reviewed(event: EventView) -> Component:
    """What holds of it and by whom; a reader's own label and a changed event say so."""
    if event.event_id is None and event.decision == "accepted":
        mark = chip("Labelled", tone="ok", icon_name="check")
    else:
        mark = decision_chip(event.decision)
    more = [part for part in ("changed" if event.changed and event.event_id else "", event.reviewed_by) if part]
    return html.Span([mark, html.Span(", ".join(more), className="reviewed-by") if more else None])


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
        own = event.event_id is None
        return html.Div(_button(event, page, "remove" if own else "withdraw", "undo", "Remove" if own else "Undo"), className="event-actions")
    return html.Div(
        [_button(event, page, "accept", "check", "Accept"), _button(event, page, "dismiss", "cross", "Dismiss")],
        className="event-actions",
    )


def _button(event: EventView, page: str, decision: str, icon_name: str, label: str) -> Component:
    control = {"type": f"{page}-decide", "event": str(event.id), "decision": decision}
    return html.Button([icon(icon_name), label], id=control, type="button", className="btn btn-secondary btn-small",
                       **aria(label=f"{label} {event.pattern} at {event.clock}"))
