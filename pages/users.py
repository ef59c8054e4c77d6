"""Users of the clinic: add one, hand out a sign-in link, disable one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, callback, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import request

from app.access import Role
from app.auth import current_actor, current_person
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.services import accounts
from components import fields, states, user_table
from components.shell import icon, page_head, panel, toast


def layout(**_query: str) -> Component:
    add = html.Div(
        [
            fields.field("Sign-in name", fields.text("users-name", maxLength=100), "For example a surname; lower case"),
            fields.field("Role", fields.choice("users-role", user_table.ROLES, Role.NEUROLOGIST.value)),
            html.Div(
                fields.button([icon("plus"), "Add and make a link"], "users-add", kind="primary"),
                className="form-actions",
            ),
            html.Div(id="users-new-link", role="status"),
        ],
    )
    return html.Div(
        [
            page_head("Users", "Everybody who may sign in to this clinic. Accounts are disabled, never deleted."),
            html.Div(
                [
                    panel("Users", states.loading("Loading the users"), panel_id="users-list", flush=True),
                    panel("Add a user", add),
                ],
                className="columns",
            ),
            panel("What each role may do", user_table.role_table(), flush=True),
            dcc.Store(id="users-changed"),
        ],
        className="page",
    )


@callback(Output("users-list", "children"), Input("users-changed", "data"))
def list_users(_changed: str | None) -> Component:
    who = current_actor()
    with reading() as session:
        rows = accounts.users(session, who)
    return user_table.user_table(rows, current_person().time_zone, who.user_id)


@callback(
    Output("users-new-link", "children"),
    Output("users-changed", "data"),
    Input("users-add", "n_clicks"),
    State("users-name", "value"),
    State("users-role", "value"),
    prevent_initial_call=True,
)
def add_user(n_clicks: int | None, name: str | None, role: str) -> tuple[Component, str]:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        user_id = accounts.invite(session, current_actor(), name=name or "", role=Role(role))
        code = accounts.link_for(session, current_actor(), user_id, now=utc_now())
    return user_table.sign_in_link(f"{request.host_url}login/link/{code}", name or ""), code[:6]


@callback(
    Output("users-new-link", "children", allow_duplicate=True),
    Input({"type": "users-link", "user": ALL}, "n_clicks"), prevent_initial_call=True,
)
def make_link(_clicks: Sequence[int | None]) -> Component:
    user_id = _asked_user(ctx.triggered_id, ctx.triggered[0]["value"])
    with writing() as session:
        code = accounts.link_for(session, current_actor(), user_id, now=utc_now())
        name = next(row.name for row in accounts.users(session, current_actor()) if row.id == user_id)
    return user_table.sign_in_link(f"{request.host_url}login/link/{code}", name)


@callback(
    Output("users-changed", "data", allow_duplicate=True), Output("shell-toasts", "children", allow_duplicate=True),
    Input({"type": "users-disable", "user": ALL}, "n_clicks"), prevent_initial_call=True,
)
def disable(_clicks: Sequence[int | None]) -> tuple[str, Component]:
    user_id = _asked_user(ctx.triggered_id, ctx.triggered[0]["value"])
    with writing() as session:
        accounts.disable(session, current_actor(), user_id)
    return str(user_id), toast("The account is disabled and its sessions have ended.", kind="ok")


def _asked_user(triggered: Any, clicks: int | None) -> UUID:
    if not clicks:
        raise PreventUpdate
    return UUID(triggered["user"])
