"""How the signals of a file were read: label in the file, electrode of the 10-20 system, rate, quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from app.services.channel_marks import MarkView
from app.services.studies import StudyView
from components import fields, states
from components.dense_table import dense_table
from components.shell import icon
from ml.channels import ELECTRODES, IGNORE, ChannelLayout

KINDS: Final = {"eeg": "electrode", "pair": "pair", "ecg": "ECG", "eog": "EOG", "emg": "EMG", "other": "not used"}

COLUMNS: Final = ("#", "In the file", "Read as", "Kind", "Rate", "Bad share", "Artifacts", "SNR", "Mains", "Remarks")
"""Bad for the model; bad, muscle or movement; EEG over noise; line noise: see ``ml.quality_measures``."""
NOTED_SHARE: Final = 0.05
"""Share of the time from which muscle or movement is a remark."""


def channel_table(
    signals: Sequence[Mapping[str, Any]], layout: ChannelLayout, quality: Mapping[str, Any], *, typed: Sequence[str] = ()
) -> Component:
    """One line per signal.

    Parameters
    ----------
    quality
        Of the analysis as its JSON has it, or empty.
    typed
        What stands in the field of each signal, for who may correct; empty for everybody else.
    """
    names = layout.names
    marks = {channel["name"]: channel for channel in quality.get("channels", ())}
    rows = []
    for index, signal in enumerate(signals):
        name = names.get(index, "")
        read_as = _field(index, signal["label"], typed[index]) if typed else name or "–"
        rows.append(_row(index, signal, read_as, KINDS[layout.kinds[index]], marks.get(name, {})))
    missing = (
        states.notice(f"Not in this file: {', '.join(layout.missing)}.", kind="warning") if layout.missing else None
    )
    return html.Div([missing, dense_table(COLUMNS, rows), _corrections() if typed else None])


def channel_panel(view: StudyView, quality: Mapping[str, Any], *, may_correct: bool = False, marks: Sequence[MarkView] = ()) -> Component:
    """The table folded away: a technologist opens it, a reader rarely does; ``marks`` are electrodes that people marked as bad."""
    layout = view.layout
    count = (
        f"{len(layout.electrodes)} of 19 electrodes" if layout.electrodes else f"{len(layout.pairs)} electrode pairs"
    )
    said = f", {len(view.channel_names)} corrected by hand" if view.channel_names else ""
    said += f", {len(marks)} marked as bad" if marks else ""
    head = html.Summary(
        [html.H2("Signals and electrodes"), html.Span(f"{len(view.signals)} signals, {count}{said}", className="more")]
    )
    table = channel_table(view.signals, layout, quality, typed=view.read_as if may_correct else ())
    return html.Details([head, html.Div([_marked(marks), table], className="panel-body")], className="panel folded")


def _marked(marks: Sequence[MarkView]) -> Component | None:
    named = "; ".join(f"{mark.electrode} ({mark.words})" for mark in marks)
    return states.notice(f"Marked as bad in the viewer, for looking only: {named}. The model's analysis is not changed by that.") if marks else None


def _corrections() -> Component:
    """What is offered to type, and what to do with it."""
    offered = [html.Option(value=name) for name in (*ELECTRODES, "ECG", "EOG", "EMG", IGNORE)]
    remember: Component = dbc.Checkbox(
        id="study-remember", value=False, label="Read these labels so in later recordings of this site"
    )
    save = fields.button([icon("check"), "Save and analyse again"], "study-correct")
    hint = html.Span(f"An electrode, a pair (Fp1-F7), ECG, EOG, EMG or {IGNORE}; empty: as the label says.", className="more")
    return html.Div([html.Datalist(offered, id="study-names"), hint, html.Div([save, remember], className="form-actions")])


def _row(index: int, signal: Mapping[str, Any], read_as: str | Component, kind: str, mark: Mapping[str, Any]) -> Component:
    unread = "" if signal.get("calibrated", True) else "no usable scale, not read"
    about = " · ".join(filter(None, (signal.get("transducer"), signal.get("prefilter"))))
    cells = (
        str(index + 1),
        html.Span(signal["label"], title=about) if about else signal["label"],
        read_as,
        kind,
        f"{signal['sfreq_hz']:g} Hz",
        *_figures(mark),
        ", ".join([*mark.get("reasons", ()), *_activities(mark)]) or unread,
    )
    return html.Tr([html.Td(cell) for cell in cells])


def _field(index: int, label: str, value: str) -> Component:
    control = dbc.Input(
        id={"type": "study-channel", "index": index}, value=value, size="sm", list="study-names", maxlength=20,
        autocomplete="off", style={"width": "6.5rem"},
    )
    return html.Label([html.Span(f"What {label} is", className="visually-hidden"), control])


def _figures(mark: Mapping[str, Any]) -> list[str]:
    """Quality in the units of ``COLUMNS``; empty where it was not measured (older analyses, signals that are no EEG)."""
    units = (("bad_share", 100.0, ".0f", " %"), ("artifact_share", 100.0, ".0f", " %"), ("snr_db", 1.0, ".0f", " dB"))
    known = [(mark.get(key), scale, form, unit) for key, scale, form, unit in (*units, ("hum_uv", 1.0, ".1f", " µV"))]
    return ["" if value is None else f"{scale * value:{form}}{unit}" for value, scale, form, unit in known]


def _activities(mark: Mapping[str, Any]) -> list[str]:
    shares = {name: mark.get(f"{name}_share", 0.0) for name in ("muscle", "movement")}
    return [f"{name} {100 * share:.0f} %" for name, share in shares.items() if share >= NOTED_SHARE]
