"""Facts in pairs, and numbers on cards."""

from __future__ import annotations

from collections.abc import Iterable

from dash import html
from dash.development.base_component import Component

from components.shell import icon


def fact_list(pairs: Iterable[tuple[str, str | Component]]) -> Component:
    """A list of name and value, without those that are empty; values come from files and stay text."""
    return html.Dl(
        [part for name, value in pairs if value for part in (html.Dt(name), html.Dd(value))], className="fact-list"
    )


def card(label: str, value: str | Component, note: str | Component = "", *, tone: str = "") -> Component:
    return html.Div(
        [
            html.Span(label, className="card-label"),
            html.Span(value, className="card-value"),
            html.Span(note, className="card-note"),
        ],
        className=f"card-number tone-{tone}" if tone else "card-number",
    )


def cards(*items: Component | None) -> Component:
    return html.Div(list(items), className="card-row")


def sentences(items: Iterable[str], *, icon_name: str = "info") -> Component:
    """Findings and warnings as a list of sentences."""
    return html.Ul([html.Li([icon(icon_name), html.Span(item)]) for item in items], className="sentences")
