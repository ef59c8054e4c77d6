"""The frame around every page: top bar, person menu, toasts and the footer that says what this is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final, Protocol

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components.attributes import aria, data

FOOTER: Final = (
    "Research software, not a medical device. The model suggests; every finding needs review by a qualified reader."
)
Link = tuple[str, str, str, str]   # title, address, icon, place ("bar", "person" or "none")


class NamedPerson(Protocol):
    """What the menu shows of the person who is signed in."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def clinic_name(self) -> str: ...


def icon(name: str) -> Component:
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))


def frame(pages: Component) -> Component:
    """The whole document; ``shell-nav`` and ``shell-person`` are filled once it is known who looks."""
    return html.Div(
        [
            html.A("Skip to content", href="#shell-main", className="skip-link"),
            dcc.Location(id="shell-address", refresh="callback-nav"),
            top_bar(),
            html.Main(pages, id="shell-main", tabIndex="-1"),
            html.Footer(FOOTER, className="shell-footer"),
            html.Div(id="shell-toasts", className="shell-toasts", role="status", **aria(live="polite")),
        ],
        className="shell",
    )


def top_bar() -> Component:
    return html.Header(
        [
            dcc.Link(
                [html.Span(className="brand-mark", **aria(hidden="true")), "HMS EEG"], href="/", className="brand"
            ),
            html.Nav(id="shell-nav", className="shell-nav", **aria(label="Main")),
            html.Div(
                dcc.Link([icon("upload"), "Upload"], href="/upload", className="btn btn-bar"),
                id="shell-upload",
                hidden=True,
            ),
            html.Button(
                [
                    html.Span(className="icon icon-moon theme-to-dark"),
                    html.Span(className="icon icon-sun theme-to-light"),
                ],
                id="shell-theme",
                type="button",
                className="btn-icon",
                title="Light or dark",
                **aria(label="Switch between light and dark"),
                **data(theme_choice="toggle"),
            ),
            html.Div(id="shell-person", className="shell-person"),
        ],
        className="shell-bar",
    )


def bar_links(links: Iterable[Link], counts: Mapping[str, int]) -> list[Component]:
    """Links of the bar; ``counts`` puts a number of what waits beside an address."""
    return [
        dbc.NavLink(
            [icon(name), html.Span(title), _count(counts.get(href, 0))],
            href=href,
            active="exact" if href == "/" else "partial",
            className="bar-link",
        )
        for title, href, name, place in links
        if place == "bar"
    ]


def _count(waiting: int) -> Component | None:
    return html.Span(str(waiting), className="bar-count", title=f"{waiting} waiting for review") if waiting else None


def person_menu(person: NamedPerson, links: Iterable[Link]) -> Component:
    items = [
        dbc.DropdownMenuItem([icon(name), title], href=href) for title, href, name, place in links if place == "person"
    ]
    who = html.Div(
        [html.Strong(person.name), html.Span(f"{person.role}, {person.clinic_name}")], className="menu-person"
    )
    leave = html.Form(
        html.Button([icon("leave"), "Sign out"], type="submit", className="dropdown-item"),
        action="/logout",
        method="POST",
    )
    label = html.Span([icon("person"), html.Span(person.name, className="menu-name")])
    menu: Component = dbc.DropdownMenu(
        [who, *items, dbc.DropdownMenuItem(divider=True), leave], label=label, align_end=True, size="sm"
    )
    return menu


def page_head(title: str, subtitle: str | Component | None = None, *, actions: Sequence[Component] = ()) -> Component:
    """Title line of a page with its buttons on the right."""
    return html.Div(
        [
            html.Div([html.H1(title), html.P(subtitle, className="subtitle") if subtitle is not None else None]),
            html.Div(list(actions), className="page-actions"),
        ],
        className="page-head",
    )


def panel(
    title: str,
    *body: Component | str | None,
    panel_id: str = "",
    actions: Sequence[Component] = (),
    flush: bool = False,
) -> Component:
    """A titled box; give ``panel_id`` where a callback fills its body, ``flush`` where its lines reach the edges."""
    attributes: dict[str, Any] = {"id": panel_id} if panel_id else {}
    head = html.Div([html.H2(title), html.Div(list(actions), className="panel-actions")], className="panel-head")
    return html.Section(
        [head, html.Div(list(body), className="panel-body flush" if flush else "panel-body", **attributes)],
        className="panel",
    )


def toast(sentence: str, *, kind: str = "note") -> Component:
    """One message in the corner; it stays until it is closed because it may be the only sign of a failure."""
    header = "Done" if kind == "ok" else "Please note"
    duration = 5000 if kind == "ok" else None
    message: Component = dbc.Toast(
        sentence, header=header, dismissable=True, is_open=True, duration=duration, className=f"toast-{kind}"
    )
    return message


def plain_page(sentence: str, status: int) -> str:
    """A complete HTML document for an error outside Dash."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>HMS EEG</title>'
        '<link rel="stylesheet" href="/assets/vendor/bootstrap-5.3.9.min.css">'
        '<link rel="stylesheet" href="/assets/tokens.css">'
        '<link rel="stylesheet" href="/assets/app.css"></head><body><main class="plain-page">'
        f'<h1>{status}</h1><p>{escape(sentence)}</p><p><a href="/">Go to the overview</a></p></main>'
        f'<footer class="shell-footer">{FOOTER}</footer></body></html>'
    )
