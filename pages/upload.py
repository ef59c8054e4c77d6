"""Upload: files in, header first, then whose they are, then bytes that survive anything. Drawn by ``assets/upload.mjs``."""

from __future__ import annotations

from dash import Input, Output, callback, dcc, html
from dash.development.base_component import Component

from app.access import Permission
from app.auth import current_actor
from app.db.columns import utc_now
from app.db.session import reading
from app.services import split_recordings
from app.services.uploads import SHOWN_FOR
from components import joined_parts, upload_card
from components.shell import page_head


def layout(**_query: str) -> Component:
    head = page_head("Upload recordings", "The header of a file is checked first. You confirm the patient; then the recording "
                     "moves, is verified and queued for analysis. An upload goes on after a lost connection or a restart.")
    return html.Div(
        [
            head,
            upload_card.drop_zone(),
            html.Div(id="upload-together"),
            html.Div(id="upload-list", className="upload-list"),
            upload_card.none_open(),
            html.Div(upload_card.prototype(), id="upload-prototype", hidden=True),
            dcc.Interval(id="upload-tick", interval=5000),
        ],
        className="page page-narrow",
    )


@callback(Output("upload-together", "children"), Input("upload-tick", "n_intervals"))
def offer_to_join(_ticks: int | None) -> list[Component]:
    """What was uploaded within a day and looks like one recording that was split."""
    who = current_actor()
    if not who.may(Permission.UPLOAD):
        return []
    with reading() as session:
        found = split_recordings.uploaded_by(session, who, since=utc_now() - SHOWN_FOR)
    return [joined_parts.suggested(one, may_join=True) for one in found]
