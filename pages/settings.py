"""Settings of the reader, and those of the site for its administrator."""

from __future__ import annotations

from dash import Input, Output, State, callback, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app.access import Permission
from app.auth import current_actor, current_person, current_signed_in
from app.db.session import reading, writing
from app.services import accounts, annotation_classes, montages, site
from app.services.site import SiteSettings
from components import settings_forms, states
from components.shell import page_head, panel, toast

TOASTS = Output("shell-toasts", "children", allow_duplicate=True)


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Settings"),
            html.Div(
                [
                    html.Div([
                        panel("Viewer", states.loading(), panel_id="settings-reader"),
                        panel("Annotation classes", states.loading(), panel_id="settings-classes"),
                        panel("Screen calibration", states.loading(), panel_id="settings-screen"),
                    ]),
                    html.Div([
                        panel("Appearance", settings_forms.theme_buttons()),
                        panel("Password", states.loading(), panel_id="settings-password-panel"),
                        panel("Site", states.loading(), panel_id="settings-site"),
                    ]),
                ],
                className="columns-even",
            ),
        ],
        className="page",
    )


@callback(
    Output("settings-reader", "children"),
    Output("settings-classes", "children"),
    Output("settings-screen", "children"),
    Output("settings-password-panel", "children"),
    Output("settings-site", "children"),
    Input("settings-reader", "id"),
)
def show(_start: str) -> tuple[Component, ...]:
    who, person = current_actor(), current_person()
    with reading() as session:
        of_site, own = site.find(session, who), montages.own(session, who)
    return (
        settings_forms.reader_form(person.settings, own), settings_forms.classes_form(annotation_classes.of(person.settings)), settings_forms.screen_form(person.settings),
        settings_forms.password_form(has_password=person.has_password),
        settings_forms.site_form(of_site, may_change=who.may(Permission.MANAGE_SITE)),
    )


@callback(
    TOASTS, Input("settings-save-reader", "n_clicks"),
    State("settings-montage", "value"), State("settings-polarity", "value"), State("settings-lff", "value"),
    State("settings-hff", "value"), State("settings-sensitivity", "value"), State("settings-keys", "value"),
    prevent_initial_call=True,
)
def save_reader(
    n_clicks: int | None, montage: str, polarity: str, lff: str, hff: str, sensitivity: str, keys: str
) -> Component:
    if not n_clicks:
        raise PreventUpdate
    chosen = {"montage": montage, "polarity": polarity, "lff_hz": lff, "hff_hz": hff, "sensitivity_uv_mm": sensitivity,
              "single_keys": keys == "on"}
    with writing() as session:
        accounts.save_settings(session, current_actor(), chosen)
    return toast("The viewer will open like this.", kind="ok")


@callback(
    Output("settings-classes", "children", allow_duplicate=True), TOASTS, Input("settings-save-classes", "n_clicks"),
    *(State(f"settings-class-{digit}", "value") for digit in (*range(1, 10), "more")), prevent_initial_call=True,
)
def save_classes(n_clicks: int | None, *named: str | None) -> tuple[Component, Component]:
    if not n_clicks:
        raise PreventUpdate
    *by_digit, further = [name or "" for name in named]
    with writing() as session:
        kept = annotation_classes.save(session, current_actor(), by_digit, further)
    return settings_forms.classes_form(kept), toast("The classes are saved; the viewer offers them when it is opened next.", kind="ok")


@callback(Output("settings-ruler", "children"), Input("settings-px", "value"), prevent_initial_call=True)
def show_ruler(px_per_mm: str) -> Component:
    return settings_forms.card_ruler(float(px_per_mm))


@callback(
    Output("settings-screen", "children", allow_duplicate=True),
    TOASTS,
    Input("settings-save-screen", "n_clicks"),
    Input("settings-forget-screen", "n_clicks"),
    State("settings-px", "value"),
    prevent_initial_call=True,
)
def save_screen(_save: int | None, _forget: int | None, px_per_mm: str) -> tuple[Component, Component]:
    if not ctx.triggered[0]["value"]:
        raise PreventUpdate
    kept = float(px_per_mm) if ctx.triggered_id == "settings-save-screen" else None
    with writing() as session:
        mine = accounts.save_settings(session, current_actor(), {"px_per_mm": kept})
    return settings_forms.screen_form(mine), toast(
        "The calibration of this screen is saved." if kept else "The screen counts as not calibrated.", kind="ok"
    )


@callback(
    TOASTS, Input("settings-save-password", "n_clicks"),
    State("settings-password", "value"), State("settings-new-password", "value"), prevent_initial_call=True,
)
def save_password(n_clicks: int | None, current: str | None, new: str | None) -> Component:
    if not n_clicks:
        raise PreventUpdate
    with writing() as session:
        accounts.set_password(
            session, current_actor(), new=new or "", current=current or "", keep=current_signed_in().token_id
        )
    return toast("The password is set. Your other sessions have ended.", kind="ok")


@callback(
    TOASTS,
    Input("settings-save-site", "n_clicks"),
    State("settings-mains", "value"),
    State("settings-zone", "value"),
    State("settings-letterhead", "value"),
    State("settings-order", "value"),
    prevent_initial_call=True,
)
def save_site(n_clicks: int | None, mains: str, zone: str | None, letterhead: str | None, order: str) -> Component:
    if not n_clicks:
        raise PreventUpdate
    wanted = SiteSettings(int(mains), zone or "", letterhead or "", right_first=order == "right")
    with writing() as session:
        site.save(session, current_actor(), wanted)
    return toast("The site settings are saved.", kind="ok")
