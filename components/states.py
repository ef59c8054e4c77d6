"""What a page shows when it has nothing to show: loading, empty, refused, failed."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from components.shell import icon


def loading(what: str = "Loading") -> Component:
    return html.Div(
        [html.Span(className="loading-bar"), html.Span(f"{what} …")], className="state state-loading", role="status"
    )


def empty(title: str, sentence: str = "", *actions: Component) -> Component:
    """Nothing here yet, and what to do about it."""
    return html.Div(
        [
            html.Strong(title),
            html.P(sentence) if sentence else None,
            html.Div(list(actions), className="state-actions"),
        ],
        className="state state-empty",
    )


def failed(sentence: str) -> Component:
    """The page could not be filled; ``sentence`` says why."""
    return html.Div(
        [
            html.Strong([icon("warning"), "This page cannot be shown"]),
            html.P(sentence),
            html.Div(
                dcc.Link("Go to the overview", href="/", className="btn btn-secondary"), className="state-actions"
            ),
        ],
        className="state state-failed",
        role="alert",
    )


def no_permission(title: str, permission: str) -> Component:
    return html.Div(
        [
            html.Strong([icon("shield"), f"{title} is not open to your role"]),
            html.P(f"This page needs the right to {permission}. Ask an administrator of your clinic."),
            html.Div(
                dcc.Link("Go to the overview", href="/", className="btn btn-secondary"), className="state-actions"
            ),
        ],
        className="state state-refused",
    )


def notice(sentence: str | Component, *, kind: str = "info") -> Component:
    """One line that the reader must know; ``kind`` is "info", "warning" or "ok"."""
    name = {"info": "info", "warning": "warning", "ok": "check"}[kind]
    return html.Div([icon(name), html.Div(sentence)], className=f"notice notice-{kind}")
