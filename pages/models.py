"""The served model: its card, its evaluation, its limits."""

from __future__ import annotations

from dash import Input, Output, callback, html
from dash.development.base_component import Component

from app.auth import current_actor, current_person
from app.db.session import reading
from app.services import model_cards
from components import model_card, states
from components.shell import page_head


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Model metrics", "The model card of the ensemble that serves here, as its training wrote it."),
            html.Div(states.loading("Reading the model card"), id="models-card"),
        ],
        className="page",
    )


@callback(Output("models-card", "children"), Input("models-card", "id"))
def show(_start: str) -> Component:
    who, zone = current_actor(), current_person().time_zone
    with reading() as session:
        card, served = model_cards.active(session, who), model_cards.served(session, who)
    return model_card.card_page(card, served, zone)
