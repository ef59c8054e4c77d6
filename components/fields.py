"""Form fields with their label and hint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component


def field(label: str, control: Component, hint: str = "") -> Component:
    """A labelled control; ``hint`` says what is expected."""
    text = dbc.Label(label, html_for=getattr(control, "id", None))
    return html.Div([text, control, html.Small(hint, className="field-hint") if hint else None], className="field")


def text(control_id: str, *, value: str = "", kind: str = "text", placeholder: str = "", **rest: Any) -> Component:
    control: Component = dbc.Input(
        id=control_id, value=value, type=kind, placeholder=placeholder, autoComplete="off", size="sm", **rest
    )
    return control


def search(control_id: str, label: str, placeholder: str) -> Component:
    """A search box that asks a moment after the last key; its label is for screen readers."""
    box = text(control_id, kind="search", placeholder=placeholder, debounce=0.3)
    return html.Div([html.Label(label, htmlFor=control_id, className="visually-hidden"), box])


def choice(control_id: str, options: Mapping[str, str], value: str | None = None) -> Component:
    """A pick list; ``options`` maps stored value to shown words."""
    items = [{"value": key, "label": words} for key, words in options.items()]
    control: Component = dbc.Select(id=control_id, options=items, value=value, size="sm")
    return control


def filter_chips(control_id: str, options: Mapping[str, str], value: str = "") -> Component:
    """One choice out of a few, as a row of chips that the arrow keys move through."""
    items = [{"value": key, "label": words} for key, words in options.items()]
    chips: Component = dbc.RadioItems(
        id=control_id, options=items, value=value, inline=True, className="filter-chips",
        input_class_name="btn-check", label_class_name="chip chip-choice", label_checked_class_name="active",
    )
    return chips


def button(
    label: str | Sequence[Component | str], control_id: str | dict[str, str], *, kind: str = "secondary", **rest: Any
) -> Component:
    """A button of kind "primary", "secondary" or "quiet"."""
    return html.Button(label, id=control_id, type="button", className=f"btn btn-{kind}", **rest)
