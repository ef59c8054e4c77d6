"""A table of many short rows that scrolls within its panel."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component


def dense_table(columns: Sequence[str | Component], rows: Sequence[Component], *, class_name: str = "") -> Component:
    """Table with a head that stays in view; an empty name stands over a column of buttons."""
    head = html.Thead(html.Tr([name if isinstance(name, Component) else heading(name) for name in columns]))
    table = html.Table([head, html.Tbody(list(rows))], className=f"dense-table {class_name}".strip())
    return html.Div(table, className="table-scroll", tabIndex="0")   # focusable: the arrow keys scroll it


def heading(name: str, class_name: str = "") -> Component:
    return html.Th(name or html.Span("Actions", className="visually-hidden"), className=class_name, scope="col")
