"""Small labels: status, class, decision. Colour always comes with a word or a code."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from components.shell import icon
from ml.classes import CLASSES, DISPLAY_NAMES, LONG_NAMES, PatternClass

LETTERS: Final[dict[PatternClass, str]] = {
    "seizure": "SZ", "lpd": "LPD", "gpd": "GPD", "lrda": "LRDA", "grda": "GRDA", "other": "OTH",
}
STATUS: Final[dict[str, tuple[str, str, str]]] = {   # status: word, tone, icon
    "queued": ("Queued", "plain", "clock"),
    "analysing": ("Analysing", "calm", "cpu"),
    "running": ("Running", "calm", "cpu"),
    "analysed": ("To review", "note", "wave"),
    "in_review": ("In review", "calm", "search"),
    "reported": ("Reported", "ok", "check"),
    "done": ("Done", "ok", "check"),
    "failed": ("Failed", "strong", "warning"),
    "quarantined": ("Stopped", "strong", "warning"),
    "cancelled": ("Cancelled", "plain", "cross"),
}
DECISION: Final[dict[str, tuple[str, str, str]]] = {
    "": ("Unreviewed", "note", "clock"),
    "accepted": ("Accepted", "ok", "check"),
    "dismissed": ("Dismissed", "plain", "cross"),
    "unsure": ("Unsure", "calm", "search"),
}


def chip(word: str, *, tone: str = "plain", icon_name: str = "") -> Component:
    """A label in one of the tones "plain", "calm", "note", "ok", "strong"."""
    return html.Span([icon(icon_name) if icon_name else None, word], className=f"chip chip-{tone}")


def status_chip(status: str) -> Component:
    word, tone, icon_name = STATUS.get(status, (status, "plain", ""))
    return chip(word, tone=tone, icon_name=icon_name)


def decision_chip(decision: str | None) -> Component:
    word, tone, icon_name = DECISION["" if decision in (None, "withdrawn") else str(decision)]
    return chip(word, tone=tone, icon_name=icon_name)


def class_chip(pattern: PatternClass) -> Component:
    return html.Span(LETTERS[pattern], className=f"class-chip class-{pattern}", title=LONG_NAMES[pattern])


def class_name(pattern: PatternClass) -> Component:
    """Code and, where it says more, the name: ``SZ Seizure``, ``LPD``."""
    name = DISPLAY_NAMES[pattern]
    return html.Span(
        [class_chip(pattern), html.Span(name) if name != LETTERS[pattern] else None], className="class-name"
    )


def synthetic_badge() -> Component:
    return html.Span("SYNTHETIC", className="synthetic-badge", title="Made by the signal generator; not a person")


def class_legend() -> Component:
    return html.Div([class_name(pattern) for pattern in CLASSES], className="class-legend")
