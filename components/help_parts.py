"""What the help page explains."""

from __future__ import annotations

from collections.abc import Iterable

from dash import html
from dash.development.base_component import Component

from components.chips import class_name
from ml.classes import CLASSES, LONG_NAMES


def key_sheet(keys: Iterable[tuple[str, str]]) -> Component:
    return html.Dl([part for key, does in keys for part in (html.Dt(html.Kbd(key)), html.Dd(does))], className="keys")


def class_sheet() -> Component:
    """The six classes: code, colour, name."""
    rows = [html.Tr([html.Td(class_name(pattern)), html.Td(LONG_NAMES[pattern])]) for pattern in CLASSES]
    return html.Table(html.Tbody(rows), className="dense-table")


def paragraphs(*texts: str) -> Component:
    return html.Div([html.P(text) for text in texts])
