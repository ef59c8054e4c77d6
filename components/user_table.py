"""The users of a clinic as their administrator sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from dash import html
from dash.development.base_component import Component

from app.access import ROLE_PERMISSIONS, Role
from app.services.accounts import UserRow
from components import clock
from components.attributes import aria
from components.chips import chip
from components.dense_table import dense_table
from components.shell import icon

ROLES: Final = {role.value: role.value.capitalize() for role in Role}


def user_table(rows: Iterable[UserRow], zone: str, own_id: UUID) -> Component:
    return dense_table(
        ("Name", "Role", "Signs in by", "Added", "Last seen", "State", ""), [_row(row, zone, own_id) for row in rows]
    )


def _row(row: UserRow, zone: str, own_id: UUID) -> Component:
    state = (
        chip("Disabled", tone="plain", icon_name="cross")
        if row.disabled
        else chip("Active", tone="ok", icon_name="check")
    )
    means = "password" if row.has_password else "link"
    cells = (html.Strong(row.name), ROLES[row.role], means, clock.moment(row.created_at, zone)[:10],
             clock.moment(row.last_seen_at, zone) or "never",
             state, html.Div(_buttons(row, own_id), className="event-actions"))
    return html.Tr([html.Td(cell, className="nowrap") for cell in cells])


def _buttons(row: UserRow, own_id: UUID) -> list[Component]:
    if row.disabled:
        return []
    link = _button(row, "link", "arrow", "Sign-in link")
    return [link] if row.id == own_id else [link, _button(row, "disable", "cross", "Disable")]


def _button(row: UserRow, verb: str, icon_name: str, label: str) -> Component:
    return html.Button([icon(icon_name), label], id={"type": f"users-{verb}", "user": str(row.id)}, type="button",
                       className="btn btn-secondary btn-small", **aria(label=f"{label}: {row.name}"))


def sign_in_link(address: str, name: str) -> Component:
    """A fresh one-time link, shown once for the administrator to hand over."""
    return html.Div(
        [
            html.P(
                [
                    html.Strong(name),
                    " signs in once by this link. It is shown only here and only now; hand it over in person.",
                ]
            ),
            html.Code(address, className="one-time-link"),
        ]
    )


def role_table() -> Component:
    """What each role may do, from the permission table itself."""
    rows = [
        html.Tr([html.Th(words, scope="row"), html.Td(", ".join(sorted(ROLE_PERMISSIONS[Role(value)])))])
        for value, words in ROLES.items()
    ]
    return html.Table(html.Tbody(rows), className="dense-table")
