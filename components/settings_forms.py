"""Forms of the settings page: site, reader, screen, password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import available_timezones

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.services.annotation_classes import NAME_CHARS, AnnotationClass
from app.services.montages import MontageView
from app.services.site import SiteSettings
from components import fields
from components.attributes import aria, data
from components.shell import icon
from ml.montage import MONTAGES, TITLES
from ml.page import HFF_HZ, LFF_HZ

ORDERS: Final = {"left": "left side first", "right": "right side first"}
CARD_MM: Final = 85.60
"""Width of a bank card (ISO/IEC 7810, format ID-1)."""
PX_PER_MM: Final = 96 / 25.4
"""What a browser takes for a millimetre when nobody has measured (CSS reference pixel)."""


def site_form(site: SiteSettings, *, may_change: bool) -> Component:
    """Mains frequency, time zone and letterhead; only an administrator may save them."""
    zones = html.Datalist([html.Option(value=name) for name in sorted(available_timezones())], id="settings-zones")
    save = fields.button(
        [icon("check"), "Save site settings"], "settings-save-site", kind="primary", disabled=not may_change
    )
    hint = "" if may_change else "Only an administrator of your clinic may change these."
    return html.Div(
        [
            html.Div(
                [
                    fields.field(
                        "Mains frequency",
                        fields.choice("settings-mains", {"50": "50 Hz", "60": "60 Hz"}, str(site.mains_hz)),
                        "Offered first by the notch filter",
                    ),
                    fields.field(
                        "Order of the montages",
                        fields.choice("settings-order", ORDERS, "right" if site.right_first else "left"),
                        "Of every montage, on the screen and in reports",
                    ),
                    fields.field(
                        "Time zone",
                        fields.text("settings-zone", value=site.time_zone, list="settings-zones"),
                        "For our own events; recordings keep the recorder's clock",
                    ),
                    fields.field(
                        "Letterhead",
                        fields.text("settings-letterhead", value=site.letterhead, maxLength=500),
                        "Printed on reports",
                    ),
                ],
                className="field-grid",
            ),
            zones,
            html.Div([save, html.Span(hint, className="more")], className="form-actions"),
        ],
    )


def reader_form(mine: Mapping[str, Any], own: Sequence[MontageView] = ()) -> Component:
    """How the viewer opens for this reader; ``own`` are the montages that he or she has made."""
    montages = {name: TITLES[name] for name in MONTAGES} | {str(view.id): view.name for view in own}
    montage = str(mine.get("montage", ""))
    lff = {f"{hz:g}": f"{hz:g} Hz" for hz in LFF_HZ if hz}
    hff = {f"{hz:g}": f"{hz:g} Hz" for hz in HFF_HZ if hz}
    controls = (
        (
            "Montage",
            fields.choice("settings-montage", montages, montage if montage in montages else MONTAGES[0]),
        ),
        (
            "Polarity",
            fields.choice(
                "settings-polarity", {"up": "Negative up", "down": "Negative down"}, str(mine.get("polarity", "up"))
            ),
        ),
        ("Low-frequency filter", fields.choice("settings-lff", lff, str(mine.get("lff_hz", "1")))),
        ("High-frequency filter", fields.choice("settings-hff", hff, str(mine.get("hff_hz", "70")))),
        (
            "Sensitivity",
            fields.choice(
                "settings-sensitivity",
                {str(uv): f"{uv} µV/mm" for uv in (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)},
                str(mine.get("sensitivity_uv_mm", "7")),
            ),
        ),
        (
            "Single-letter keys",
            fields.choice(
                "settings-keys", {"on": "On", "off": "Off"}, "on" if mine.get("single_keys", True) else "off"
            ),
        ),
    )
    save = fields.button([icon("check"), "Save viewer settings"], "settings-save-reader", kind="primary")
    return html.Div([html.Div([fields.field(label, control) for label, control in controls], className="field-grid"),
                     html.Div([save, dcc.Link("Montages of your own", href="/settings/montages")], className="form-actions")])


def classes_form(classes: Sequence[AnnotationClass]) -> Component:
    """The classes by which this reader annotates: one for each digit after A, and further ones."""
    by_digit = {each.digit: each.name for each in classes if each.digit}
    rows = [fields.field(f"A then {digit}", fields.text(f"settings-class-{digit}", value=by_digit.get(str(digit), ""), maxLength=NAME_CHARS)) for digit in range(1, 10)]
    further = ", ".join(each.name for each in classes if not each.digit)
    more = fields.field("Further classes", fields.text("settings-class-more", value=further), "Separated by commas; without a digit")
    save = fields.button([icon("check"), "Save classes"], "settings-save-classes", kind="primary")
    hint = html.Span("0 is always free text. All empty: the classes of the beginning. Annotations keep the name that they were given.", className="more")
    return html.Div([html.Div([*rows, more], className="field-grid"), html.Div([save, hint], className="form-actions")])


def screen_form(mine: Mapping[str, Any]) -> Component:
    """Millimetres of this screen, measured with a bank card."""
    measured = mine.get("px_per_mm")
    value = float(measured or PX_PER_MM)
    slider = dbc.Input(id="settings-px", type="range", min=2, max=14, step=0.01, value=value, className="form-range")
    state = (
        f"Calibrated: {value:.2f} px/mm." if measured else "Not calibrated: the viewer says so beside its sensitivity."
    )
    return html.Div(
        [
            html.P(
                "Hold a bank card against the bar and move the slider, or use the arrow keys, until both are as wide. "
                "Measure again after changing the zoom or the monitor."
            ),
            html.Div(card_ruler(value), id="settings-ruler"),
            fields.field("Width of the bar", slider),
            html.P(state, id="settings-screen-state", className="more"),
            html.Div(
                [
                    fields.button([icon("check"), "Save calibration"], "settings-save-screen", kind="primary"),
                    fields.button("Forget it", "settings-forget-screen"),
                ],
                className="form-actions",
            ),
        ],
    )


def card_ruler(px_per_mm: float) -> Component:
    return html.Div(className="card-ruler", role="img", style={"width": f"{CARD_MM * px_per_mm:.1f}px"},
                    **aria(label=f"Bar of {CARD_MM * px_per_mm:.0f} pixels, as wide as a bank card should be"))


def password_form(*, has_password: bool) -> Component:
    current = fields.field("Current password", fields.text("settings-password", kind="password"))
    return html.Div(
        [
            html.Div(
                [
                    html.Div(current, hidden=not has_password),
                    fields.field(
                        "New password",
                        fields.text("settings-new-password", kind="password"),
                        "At least 12 characters; a sentence is good",
                    ),
                ],
                className="field-grid",
            ),
            html.Div(
                fields.button(
                    [icon("check"), "Change password" if has_password else "Set a password"], "settings-save-password"
                ),
                className="form-actions",
            ),
        ],
    )


def theme_buttons() -> Component:
    choices = (("light", "sun", "Light"), ("dark", "moon", "Dark"), ("system", "cpu", "As the system"))
    return html.Div(
        [
            html.Button([icon(name), words], type="button", className="btn btn-secondary", **data(theme_choice=theme))
            for theme, name, words in choices
        ],
        className="form-actions",
    )
