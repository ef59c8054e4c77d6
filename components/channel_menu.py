"""The menu of single traces in the viewer; its script makes one line for each trace from the first."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from components.attributes import aria, data

NOTE: Final = ("Hidden traces and gains are of this screen, and stay until the viewer is left. A mark stays with the study, with your name and the "
               "time, and leaves the electrode out of the common average. It is for looking only: the model's analysis is not changed.")


def channel_menu() -> Component:
    """All traces, or one beside its label: hide, gain, mark an electrode as bad."""
    reset = html.Button("Show all, gains ×1", type="button", className="btn btn-secondary btn-small", **data(action="channels-reset"))
    return html.Dialog(
        [
            html.Div([html.H2("Channels"), _button("all", "All channels"), reset, _button("close", "Close")], className="form-actions"),
            html.Ol(_line()), html.P(NOTE, className="viewer-quiet"),
        ],
        className="viewer-dialog viewer-channels", **data(part="channels"), **aria(label="Channels"),
    )


def _line() -> Component:
    """What the script copies for each trace."""
    gains = [_button("smaller", "×½", "Half the gain of"), _button("larger", "×2", "Twice the gain of"), _button("plain", "×1", "Gain 1 of")]
    return html.Li([html.Span(**data(part="trace")), _button("hide", "Hide"), html.Span(gains, className="viewer-group"), html.Span(_button("mark", "bad"))], hidden=True)


def _button(do: str, words: str, said: str = "") -> Component:
    attributes = data(do=do) | (data(words=said) if said else {})
    return html.Button(words, type="button", className="btn btn-secondary btn-small", **attributes)
