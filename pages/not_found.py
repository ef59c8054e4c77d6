"""An address that is not on the site map."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from components import states


def layout(**_query: str) -> Component:
    again = dcc.Link("Go to the overview", href="/", className="btn btn-primary")
    return html.Div(
        states.empty(
            "There is no page at this address.", "Check the address, or begin again from the overview.", again
        ),
        className="page page-narrow",
    )
