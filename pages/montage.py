"""Montages of one's own: written as text or line by line, tried on the 10-20 system, passed on as files."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, callback, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.auth import current_actor
from app.db.session import reading, writing
from app.services import montages
from components import montage_editor, states
from components.shell import page_head, panel, toast
from ml import montage_lines
from ml.montage import MONTAGES
from ml.own_montage import SENSORS
from pages.addresses import object_id

SUBTITLE = "Your own follow the built-in ones in the viewer; Shift + 0 goes through them there."
NAME, TEXT, EDITED = (Output(name, part, allow_duplicate=True) for name, part in (("montage-name", "value"), ("montage-text", "value"), ("montage-id", "data")))
CHANGED = Output("montage-changed", "data", allow_duplicate=True)
TOASTS = Output("shell-toasts", "children", allow_duplicate=True)


def layout(**_query: str) -> Component:
    return html.Div(
        [
            dcc.Store(id="montage-id", data=""),
            dcc.Store(id="montage-changed", data=0),
            page_head("Montages", SUBTITLE),
            html.Div(
                [
                    panel("Montage", montage_editor.editor()),
                    html.Div([
                        panel("My montages", states.loading(), panel_id="montage-own", flush=True),
                        panel("A new one", states.loading(), panel_id="montage-new"),
                    ]),
                ],
                className="columns",
            ),
        ],
        className="page",
    )


@callback(Output("montage-own", "children"), Output("montage-new", "children"), Input("montage-changed", "data"))
def list_own(_changed: int) -> tuple[Component, Component]:
    with reading() as session:
        mine = montages.own(session, current_actor())
    return montage_editor.own_list(mine), montage_editor.starts(mine)


@callback(Output("montage-lines", "children"), Output("montage-told", "children"), Input("montage-text", "value"))
def show_lines(text: str | None) -> tuple[Component | None, Component | None]:
    """The text as a list, and what is wrong with it."""
    if not (text or "").strip():
        return None, None
    found, mistakes = montage_lines.read(text or "")
    return montage_editor.lines(found), montage_editor.told(found, mistakes)


@callback(
    TEXT, Input({"line": ALL, "do": "up"}, "n_clicks"), Input({"line": ALL, "do": "down"}, "n_clicks"), Input({"line": ALL, "do": "remove"}, "n_clicks"),
    State("montage-text", "value"), prevent_initial_call=True,
)
def change_line(_up: list[int], _down: list[int], _remove: list[int], text: str | None) -> str:
    asked: Any = ctx.triggered_id
    if not ctx.triggered[0]["value"] or not isinstance(asked["line"], int):
        raise PreventUpdate
    if asked["do"] == "remove":
        return montage_lines.removed(text or "", asked["line"])
    return montage_lines.moved(text or "", asked["line"], -1 if asked["do"] == "up" else 1)


@callback(
    TEXT, Input("montage-add", "n_clicks"), Input("montage-part", "n_clicks"),
    State("montage-text", "value"), State("montage-first", "value"), State("montage-second", "value"), prevent_initial_call=True,
)
def add_line(_add: int | None, _part: int | None, text: str | None, first: str, second: str) -> str:
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    if ctx.triggered_id == "montage-part":
        return montage_lines.begun(text or "")
    return montage_lines.added(text or "", first if not second or first in SENSORS else f"{first}-{second}")


@callback(
    NAME, TEXT, EDITED, Input("montage-copy", "n_clicks"), Input("montage-empty", "n_clicks"), State("montage-from", "value"), prevent_initial_call=True,
)
def start(_copy: int | None, _empty: int | None, source: str | None) -> tuple[str, str, str]:
    """A new montage, not kept until it is saved."""
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    if ctx.triggered_id == "montage-empty" or not source:
        return "", "", ""
    built_in = next((name for name in MONTAGES if name == source), None)
    with reading() as session:
        return *montages.copy_of(session, current_actor(), built_in or object_id(source)), ""


@callback(NAME, TEXT, EDITED, Input("montage-file", "contents"), prevent_initial_call=True)
def import_file(contents: str | None) -> tuple[str, str, str]:
    """A colleague's montage comes into the editor; it is kept when it is saved."""
    if not contents:
        raise PreventUpdate
    name, text = montages.read_data_url(contents)
    with reading() as session:
        return montages.free_name(session, current_actor(), name), text, ""


@callback(NAME, TEXT, EDITED, Input({"montage": ALL, "do": "edit"}, "n_clicks"), prevent_initial_call=True)
def edit(_clicks: list[int]) -> tuple[str, str, str]:
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    asked: Any = ctx.triggered_id
    with reading() as session:
        view = montages.find(session, current_actor(), object_id(asked["montage"]))
    return view.name, view.text, str(view.id)


@callback(
    CHANGED, Input({"montage": ALL, "do": "up"}, "n_clicks"), Input({"montage": ALL, "do": "down"}, "n_clicks"),
    State("montage-changed", "data"), prevent_initial_call=True,
)
def arrange(_up: list[int], _down: list[int], changed: int | None) -> int:
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    asked: Any = ctx.triggered_id
    with writing() as session:
        montages.move(session, current_actor(), object_id(asked["montage"]), -1 if asked["do"] == "up" else 1)
    return (changed or 0) + 1


@callback(
    NAME, TEXT, EDITED, CHANGED, TOASTS, Input("montage-save", "n_clicks"), State("montage-id", "data"), State("montage-name", "value"),
    State("montage-text", "value"), State("montage-changed", "data"), prevent_initial_call=True,
)
def save(n_clicks: int | None, montage_id: str, name: str | None, text: str | None, changed: int) -> tuple[Any, ...]:
    if not n_clicks:
        raise PreventUpdate
    who = current_actor()
    with writing() as session:
        if montage_id:
            kept = montages.save(session, who, object_id(montage_id), name=name or "", text=text or "")
        else:
            kept = montages.create(session, who, name=name or "", text=text or "")
    return kept.name, kept.text, str(kept.id), (changed or 0) + 1, toast(f"{kept.name} is saved; it is in the viewer's list.", kind="ok")


@callback(
    NAME, TEXT, EDITED, CHANGED, TOASTS, Input({"montage": ALL, "do": "remove"}, "n_clicks"), State("montage-changed", "data"),
    prevent_initial_call=True,
)
def remove(_clicks: list[int], changed: int | None) -> tuple[str, str, str, int, Component]:
    """What was deleted stays in the editor, so that Save keeps it again."""
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    asked: Any = ctx.triggered_id
    with writing() as session:
        view = montages.find(session, current_actor(), object_id(asked["montage"]))
        montages.remove(session, current_actor(), view.id)
    gone = toast(f"{view.name} is deleted. Its lines are still in the editor: Save keeps it again.", kind="ok")
    return view.name, view.text, "", (changed or 0) + 1, gone
