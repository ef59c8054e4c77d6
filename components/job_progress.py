"""How far a job is, in a bar and in words."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.attributes import aria


def progress_text(state: str, step: str, done: int, total: int) -> str:
    """``"analysing 12 of 40"``, ``"waiting"``."""
    if state == "queued":
        return "waiting"
    if not total:
        return step or state
    return f"{step or state} {done} of {total}"


def progress_bar(state: str, step: str, done: int, total: int) -> Component:
    share = min(1.0, done / total) if total else 0.0
    text = progress_text(state, step, done, total)
    bar = html.Span(
        html.Span(className="progress-fill", style={"width": f"{100 * share:.1f}%"}), className="progress-track"
    )
    return html.Div([bar, html.Span(text, className="progress-text")], className="job-progress", role="progressbar",
                    **aria(valuenow=round(100 * share), valuemin=0, valuemax=100, label=text))
