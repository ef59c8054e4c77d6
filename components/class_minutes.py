"""How long each pattern prevailed: a bar for a list, a table for a study."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from components import clock
from components.attributes import aria
from components.chips import LETTERS, class_name
from components.dense_table import dense_table, heading
from ml.classes import CLASSES, LONG_NAMES


def shares(seconds: Mapping[str, float]) -> list[dict[str, str | float]]:
    """Parts of a bar by class: ``{"class", "letters", "share" (0..1), "title"}``; absent classes are left out."""
    total = sum(seconds.get(pattern, 0.0) for pattern in CLASSES)
    return [
        {"class": pattern, "letters": LETTERS[pattern], "share": seconds[pattern] / total,
         "title": f"{LONG_NAMES[pattern]}: {clock.minutes(seconds[pattern])} min"}
        for pattern in CLASSES if total > 0 and seconds.get(pattern, 0.0) > 0
    ]


def class_bar(seconds: Mapping[str, float]) -> Component:
    """One bar, a part per class; empty before an analysis."""
    parts = shares(seconds)
    if not parts:
        return html.Span("not analysed", className="progress-text")
    label = ", ".join(str(part["title"]) for part in parts)
    segments = [
        html.Span(part["letters"] if float(part["share"]) > 0.2 else "", className=f"class-{part['class']}",
                  style={"flexGrow": part["share"], "flexBasis": 0}) for part in parts
    ]
    return html.Div(segments, className="class-bar", role="img", title=label, **aria(label=label))


def minute_table(seconds: Mapping[str, float], n_events: Mapping[str, int]) -> Component:
    """Minutes, share of the assessed time and number of events by class."""
    total = sum(seconds.values()) or 1.0
    bar = html.Th(html.Span("Share as a bar", className="visually-hidden"), className="bar-cell")
    columns = ("Pattern", bar, heading("Minutes", "number"), heading("Share", "number"), heading("Events", "number"))
    rows = [
        html.Tr([
            html.Th(class_name(pattern), scope="row"),
            html.Td(_bar(pattern, seconds.get(pattern, 0.0) / total), className="bar-cell"),
            html.Td(clock.minutes(seconds.get(pattern, 0.0)), className="number"),
            html.Td(f"{100 * seconds.get(pattern, 0.0) / total:.1f} %", className="number"),
            html.Td("–" if pattern == "other" else str(n_events.get(pattern, 0)), className="number"),
        ])
        for pattern in CLASSES
    ]
    return dense_table(columns, rows, class_name="minute-table")


def _bar(pattern: str, share: float) -> Component:
    return html.Span(
        html.Span(style={"width": f"{100 * share:.2f}%"}, className=f"fill fill-{pattern}"), className="share-bar"
    )
