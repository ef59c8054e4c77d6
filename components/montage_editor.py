"""The editor of one's own montages: text, the same as a list, what is wrong, and the montages that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.services.montages import NAME_LETTERS, MontageView
from components import fields, states
from components.attributes import aria
from components.shell import icon
from ml.channels import EARS, ELECTRODES
from ml.montage import MONTAGES, TITLES
from ml.montage_lines import Line
from ml.own_montage import Mistake

TOLD: Final = 12
"""Mistakes that are told at once; the others are counted."""
HINT: Final = ("One derivation to a line: Fp1-F7, C3-avg, T3-(M1+M2) for the mean of both, Cz for the recorded reference, ECG. "
               "An empty line parts groups. T7, T8, P7, P8 may be written for T3, T4, T5, T6.")
REFERENCES: Final = {"avg": "average", "": "as recorded", **{f"({'+'.join(pair)})": " and ".join(pair) for pair in EARS},
                     **{name: name for name in (*ELECTRODES, *EARS[0], *EARS[1])}}
FIRSTS: Final = {name: name for name in (*ELECTRODES, *EARS[0], *EARS[1], "ECG", "EOG", "EMG")}


def editor() -> Component:
    """Name, lines as text and as list; the list is filled by ``lines``."""
    text = dbc.Textarea(id="montage-text", value="", debounce=0.3, rows=24, spellCheck=False, className="montage-text", maxLength=100_000)
    adding = html.Div(
        [
            fields.field("Electrode", fields.choice("montage-first", FIRSTS, "Fp1")), fields.field("against", fields.choice("montage-second", REFERENCES, "avg")),
            fields.button([icon("plus"), "Add the line"], "montage-add"), fields.button("Begin a group", "montage-part"),
        ],
        className="montage-adding",
    )
    return html.Div([
        html.Div([fields.field("Name", fields.text("montage-name", maxLength=NAME_LETTERS), "As it stands in the viewer and on figures"),
                  fields.button([icon("check"), "Save"], "montage-save", kind="primary")], className="montage-naming"),
        html.Div(id="montage-told", role="status"),
        html.Div([
            html.Div(fields.field("Lines as text", text, HINT)),
            html.Div([html.H3("The same as a list"), adding, html.Div(id="montage-lines")]),
        ], className="montage-halves"),
    ])


def starts(mine: Sequence[MontageView]) -> Component:
    """Where a montage begins: a copy of another, nothing, or a file."""
    options: dict[str, str] = {name: TITLES[name] for name in MONTAGES} | {str(view.id): view.name for view in mine}
    upload = dcc.Upload(fields.button([icon("upload"), "Import a file …"], "montage-import"), id="montage-file", accept=".json,application/json", max_size=100_000)
    return html.Div([
        fields.field("Start from a copy of", fields.choice("montage-from", options, MONTAGES[0])),
        html.Div([fields.button("Copy", "montage-copy"), fields.button("Empty", "montage-empty"), upload], className="form-actions"),
    ])


def own_list(mine: Sequence[MontageView]) -> Component:
    """One's own montages in the order of the viewer's list."""
    if not mine:
        return states.empty("You have no montage of your own yet.", "Start from a copy, change its lines, and save it under a name.")
    return html.Ol([_own(view, at, len(mine)) for at, view in enumerate(mine)], className="montage-own")


def _own(view: MontageView, at: int, count: int) -> Component:
    acts = (("up", "↑", "Move up", at == 0), ("down", "↓", "Move down", at == count - 1), ("remove", "✕", "Delete", False))
    buttons = [_small({"montage": str(view.id), "do": do}, sign, f"{words}: {view.name}", disabled=disabled) for do, sign, words, disabled in acts]
    edit = html.Button(view.name, id={"montage": str(view.id), "do": "edit"}, type="button", className="btn btn-quiet montage-edit", title=f"Edit {view.name}",
                       **aria(label=f"Edit {view.name}"))
    export = html.A(icon("download"), href=f"/api/v1/montages/{view.id}/file", download=f"{view.name}.json", className="btn btn-secondary btn-small",
                    title=f"Export {view.name}", **aria(label=f"Export {view.name}"))
    return html.Li([edit, export, *buttons])


def told(lines: Sequence[Line], mistakes: Sequence[Mistake]) -> Component:
    """What is wrong, every mistake in a sentence; or what a recording of the 10-20 system will show."""
    if mistakes:
        more = len(mistakes) - TOLD
        sentences = [html.Li(mistake.sentence) for mistake in mistakes[:TOLD]] + ([html.Li(f"And {more} more.")] if more > 0 else [])
        return states.notice(html.Ul(sentences, className="montage-mistakes"), kind="warning")
    traces = [line for line in lines if line.formula]
    lacking = dict.fromkeys(name for line in traces for name in line.lacking)
    shown = sum(not line.lacking for line in traces)
    words = f"{len(traces)} trace{'' if len(traces) == 1 else 's'}. On a recording of the 10-20 system (19 electrodes, A1, A2, ECG) "
    rest = f"{shown} would be shown; not recorded: {', '.join(lacking)}." if lacking else "all are shown."
    return states.notice(words + rest, kind="info" if lacking else "ok")


def lines(found: Sequence[Line]) -> Component:
    """Every line with what it means, and buttons that move and remove it."""
    return html.Ol([_line(line, len(found)) for line in found], className="montage-lines")


def _line(line: Line, count: int) -> Component:
    name = line.written or "empty line"
    acts = (("up", "↑", "Move up", line.number == 1), ("down", "↓", "Move down", line.number == count), ("remove", "✕", "Remove", False))
    buttons = [_small({"line": line.number, "do": do}, sign, f"{words}: line {line.number}, {name}", disabled=off) for do, sign, words, off in acts]
    lacking = html.Span(f"needs {', '.join(line.lacking)}", className="montage-lacking") if line.lacking else None
    wrong = line.mistake.removeprefix(f"Line {line.number}: ")
    meaning = html.Span(line.formula or wrong or "a group begins", className="montage-wrong" if wrong else "more")
    return html.Li([html.Span(str(line.number), className="montage-number"), html.Code(line.written), html.Span([meaning, lacking]),
                    html.Span(buttons, className="montage-acts")], className="" if line.written else "montage-gap")


def _small(control_id: dict[str, str | int], sign: str, words: str, *, disabled: bool) -> Component:
    return html.Button(sign, id=control_id, type="button", className="btn btn-secondary btn-small", disabled=disabled, title=words, **aria(label=words))
