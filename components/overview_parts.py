"""Parts of the overview: what waits, in numbers, and the first steps of a newcomer."""

from __future__ import annotations

from collections.abc import Mapping

from dash import dcc, html
from dash.development.base_component import Component

from components import facts
from components.shell import icon


def number_cards(counts: Mapping[str, int], n_alerts: int) -> Component:
    """Suspected seizures, studies to review, in progress, failed; each opens its list."""
    working = counts.get("queued", 0) + counts.get("analysing", 0)
    return facts.cards(
        _card("Suspected seizures", n_alerts, "studies to look at", "/alerts", "note" if n_alerts else ""),
        _card("To review", counts.get("analysed", 0), "analysed, not begun", "/studies?status=analysed"),
        _card("In review", counts.get("in_review", 0), "begun, no signed report", "/studies?status=in_review"),
        _card("Being analysed", working, f"{counts.get('queued', 0)} of them waiting", "/studies?status=analysing"),
        _card(
            "Failed",
            counts.get("failed", 0),
            "need a look",
            "/studies?status=failed",
            "note" if counts.get("failed") else "",
        ),
        _card("Reported", counts.get("reported", 0), "signed", "/studies?status=reported"),
    )


def first_steps(*, may_upload: bool) -> Component:
    """What to do in an empty clinic."""
    upload = dcc.Link([icon("upload"), "Upload a recording"], href="/upload", className="btn btn-primary")
    steps = (
        (
            "Upload a recording",
            "EDF, EDF+, BDF or HMS Parquet. The header comes first: you confirm the patient before the rest moves.",
        ),
        (
            "Watch it being analysed",
            "A worker looks for seizures and for rhythmic and periodic patterns; progress shows here.",
        ),
        (
            "Review on the signal",
            "Every suggestion opens the EEG at its place. Accept or dismiss it; each decision is kept.",
        ),
        ("Write the report", "The draft takes up what you accepted. Sign it and download the PDF."),
    )
    items = [html.Li(html.Div([html.Strong(title), html.Div(text)])) for title, text in steps]
    return html.Div(
        [html.Ol(items, className="steps"), html.Div(upload if may_upload else None, className="state-actions")]
    )


def _card(label: str, value: int, note: str, href: str, tone: str = "") -> Component:
    return dcc.Link(facts.card(label, str(value), note, tone=tone), href=href, className="card-link")
