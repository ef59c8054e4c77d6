"""Upload: files in, header first, then whose they are, then bytes that survive anything. Drawn by ``assets/upload.mjs``."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components import upload_card
from components.shell import page_head


def layout(**_query: str) -> Component:
    head = page_head("Upload recordings", "The header of a file is checked first. You confirm the patient; then the recording "
                     "moves, is verified and queued for analysis. An upload goes on after a lost connection or a restart.")
    return html.Div(
        [
            head,
            upload_card.drop_zone(),
            html.Div(id="upload-list", className="upload-list"),
            upload_card.none_open(),
            html.Div(upload_card.prototype(), id="upload-prototype", hidden=True),
        ],
        className="page page-narrow",
    )
