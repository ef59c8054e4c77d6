"""How the signals of a file were read: label in the file, electrode of the 10-20 system, rate, quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from components import states
from components.dense_table import dense_table
from ml.channels import ChannelLayout

KINDS: Final = {"eeg": "electrode", "pair": "pair", "ecg": "ECG", "eog": "EOG", "emg": "EMG", "other": "not used"}

COLUMNS: Final = ("#", "In the file", "Read as", "Kind", "Rate", "Bad share", "Artifacts", "SNR", "Mains", "Remarks")
"""Bad for the model; bad, muscle or movement; EEG over noise; line noise: see ``ml.quality_measures``."""
NOTED_SHARE: Final = 0.05
"""Share of the time from which muscle or movement is a remark."""


def channel_table(signals: Sequence[Mapping[str, Any]], layout: ChannelLayout, quality: Mapping[str, Any]) -> Component:
    """One line per signal; ``quality`` is that of the analysis as its JSON has it, or empty."""
    names = {index: name for name, index in layout.electrodes.items()}
    names |= {index: "-".join(pair) for pair, index in layout.pairs.items()}
    marks = {channel["name"]: channel for channel in quality.get("channels", ())}
    rows = [_row(index, signal, names.get(index, ""), layout, marks) for index, signal in enumerate(signals)]
    missing = (
        states.notice(f"Not in this file: {', '.join(layout.missing)}.", kind="warning") if layout.missing else None
    )
    return html.Div([missing, dense_table(COLUMNS, rows)])


def channel_panel(signals: Sequence[Mapping[str, Any]], layout: ChannelLayout, quality: Mapping[str, Any]) -> Component:
    """The table folded away: a technologist opens it, a reader rarely does."""
    count = (
        f"{len(layout.electrodes)} of 19 electrodes" if layout.electrodes else f"{len(layout.pairs)} electrode pairs"
    )
    head = html.Summary(
        [html.H2("Signals and electrodes"), html.Span(f"{len(signals)} signals, {count}", className="more")]
    )
    return html.Details(
        [head, html.Div(channel_table(signals, layout, quality), className="panel-body")], className="panel folded"
    )


def _row(
    index: int, signal: Mapping[str, Any], name: str, layout: ChannelLayout, marks: Mapping[str, Any]
) -> Component:
    mark = marks.get(name, {})
    unread = "" if signal.get("calibrated", True) else "no usable scale, not read"
    cells = (
        str(index + 1),
        signal["label"],
        name or "–",
        KINDS[layout.kinds[index]],
        f"{signal['sfreq_hz']:g} Hz",
        *_figures(mark),
        ", ".join([*mark.get("reasons", ()), *_activities(mark)]) or unread,
    )
    return html.Tr([html.Td(cell) for cell in cells])


def _figures(mark: Mapping[str, Any]) -> list[str]:
    """Quality in the units of ``COLUMNS``; empty where it was not measured (older analyses, signals that are no EEG)."""
    units = (("bad_share", 100.0, ".0f", " %"), ("artifact_share", 100.0, ".0f", " %"), ("snr_db", 1.0, ".0f", " dB"))
    known = [(mark.get(key), scale, form, unit) for key, scale, form, unit in (*units, ("hum_uv", 1.0, ".1f", " µV"))]
    return ["" if value is None else f"{scale * value:{form}}{unit}" for value, scale, form, unit in known]


def _activities(mark: Mapping[str, Any]) -> list[str]:
    shares = {name: mark.get(f"{name}_share", 0.0) for name in ("muscle", "movement")}
    return [f"{name} {100 * share:.0f} %" for name, share in shares.items() if share >= NOTED_SHARE]
