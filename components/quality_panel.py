"""How good the electrodes were, at one look: a strip of electrodes over time, figures, and what was not assessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from dash import html
from dash.development.base_component import Component
from numpy.typing import NDArray

from app.services.studies import StudyView
from components import clock, states
from components.attributes import aria
from components.dense_table import dense_table, heading
from components.ribbon import hatch, ticks
from components.shell import icon, panel
from ml.electrode_seconds import DEFINITIONS, MARKS, NOT_RECORDED, ElectrodeSeconds
from ml.not_assessed import NotAssessed

if TYPE_CHECKING:
    from ml.quality_report import QualityReport

COLUMNS: Final = 200
"""Cells of the strip: some four pixels each on a screen of 1280; a day has 7 minutes in one."""
SHOWN_SHARE: Final = 0.1
"""Share of a cell's seconds from which a mark gives it its color; one that is bad for the model comes before one that informs."""
LISTED: Final = 100
INFORMS: Final = frozenset({"muscle", "movement"})


def quality_panel(report: QualityReport | None, view: StudyView, *, may_download: bool) -> Component:
    """Everything about the signals of an analysed study; ``None`` where the analysis did not keep it."""
    if report is None:
        said = states.empty(
            "Quality second by second is not stored by this version of the analysis.",
            "Analyse the recording again to see it here. Recordings that could not be assessed at all have none.")
        return panel("Signal quality", said, panel_id="study-quality", flush=True)
    figures = html.Details([html.Summary("Figures of every electrode"), _figures(report)], className="quality-more")
    return panel(
        "Signal quality", _strip(report.seconds, view), _legend(report.seconds), _not_assessed(report.not_assessed or (), view.start_local),
        figures, panel_id="study-quality", actions=[_downloads(view)] if may_download else [],
    )


def cells(seconds: ElectrodeSeconds, row: int) -> Iterator[tuple[int, int, str]]:
    """Runs of equal cells of a channel that are worth a color: first second, last second (exclusive), mark."""
    n = seconds.marks.shape[1]
    edges = np.unique(np.linspace(0, n, min(COLUMNS, n) + 1).round().astype(int))
    found = [_mark(seconds.marks[row, first:stop]) for first, stop in pairwise(edges)]
    begin = 0
    for at in range(1, len(found) + 1):
        if at == len(found) or found[at] != found[begin]:
            if found[begin]:
                yield int(edges[begin]), int(edges[at]), found[begin]
            begin = at


def _mark(marks: NDArray[np.uint8]) -> str:
    """What a cell is called: its commonest reason to be bad, else its commonest activity, else nothing."""
    shares = _shares(marks)
    for those in ([mark for mark in MARKS if mark not in INFORMS], sorted(INFORMS)):
        best = max(those, key=lambda mark: shares[mark])
        if shares[best] >= SHOWN_SHARE:
            return best
    return ""


def _shares(marks: NDArray[np.uint8]) -> dict[str, float]:
    known = marks[marks != NOT_RECORDED]
    return {mark: float((known >> number & 1).mean()) if len(known) else 0.0 for number, mark in enumerate(MARKS)}


def _strip(seconds: ElectrodeSeconds, view: StudyView) -> Component:
    rows = [_row(seconds, row, view) for row in range(len(seconds.names))]
    gaps = [hatch(start / view.duration_s, (stop - start) / view.duration_s, "not recorded") for start, stop in view.gaps]
    body = html.Div([*rows, html.Div(gaps, className="ribbon-marks")], className="ribbon-rows")
    return html.Div([body, ticks(view.duration_s, view.start_local)], className="ribbon quality-strip")


def _row(seconds: ElectrodeSeconds, row: int, view: StudyView) -> Component:
    name, duration_s = seconds.names[row], view.duration_s
    label = f"{name}: {_words(seconds, row, 0, seconds.marks.shape[1])}"
    parts = [
        html.Span(className=f"quality-cell mark-{mark.replace(' ', '-')}", title=f"{name}, {_when(view.start_local, first, stop)}: {_words(seconds, row, first, stop)}",
                  style={"left": f"{100 * first / duration_s:.2f}%", "width": f"{100 * (min(stop, duration_s) - first) / duration_s:.2f}%"})
        for first, stop, mark in cells(seconds, row)
    ]
    return html.Div([html.Span(name, className="ribbon-code"), html.Div(parts, className="ribbon-track")],
                    className="ribbon-row", role="img", title=label, **aria(label=label))


def _words(seconds: ElectrodeSeconds, row: int, first: int, stop: int) -> str:
    """Marks with their share of the recorded seconds, and the figures of a stretch of a channel."""
    shares = _shares(seconds.marks[row, first:stop])
    said = [f"{mark} {100 * share:.0f} %" for mark, share in sorted(shares.items(), key=lambda item: -item[1]) if share >= 0.005]
    snr, hum = seconds.snr_db[row, first:stop], seconds.hum_uv[row, first:stop]
    figures = [f"SNR {np.nanmedian(snr):.0f} dB", f"line noise {np.nanmedian(hum):.1f} µV"] if np.isfinite(snr).any() else []
    return "; ".join([", ".join(said) or "good", *figures])


def _when(start: datetime | None, first: float, stop: float) -> str:
    return f"{clock.recorder_time(start, first)} to {clock.recorder_time(start, stop)}"


def _legend(seconds: ElectrodeSeconds) -> Component:
    known = seconds.marks[seconds.marks != NOT_RECORDED]
    present = [mark for number, mark in enumerate(MARKS) if (known >> number & 1).any()]
    entries = [
        html.Span([html.Span(className=f"quality-key mark-{mark.replace(' ', '-')}"), mark], title=DEFINITIONS[mark]) for mark in present
    ]
    note = "High bars are left out by the model; low ones (muscle, movement) inform only. Recorded reference, EEG 0.5-40 Hz, mains notched where found."
    return html.Div([*entries, html.Span(note, className="more")], className="quality-legend")


def _not_assessed(parts: tuple[NotAssessed, ...], start: datetime | None) -> Component:
    if not parts:
        return html.P("Every recorded window of 10 s was assessed.", className="more")
    items = [html.Li([html.Strong(_when(start, part.start_s, part.stop_s)), f" {part.reason}"]) for part in parts[:LISTED]]
    more = [html.Li(f"… and {len(parts) - LISTED} more, in the JSON of the quality report.")] if len(parts) > LISTED else []
    total = clock.duration(sum(part.stop_s - part.start_s for part in parts))
    head = html.Summary(f"Not assessed: {total} in {len(parts)} stretch{'es' if len(parts) > 1 else ''}")
    return html.Details([head, html.Ul([*items, *more])], className="quality-more", open=len(parts) <= 3)


def _figures(report: QualityReport) -> Component:
    """One line per channel: share of the recorded seconds with each mark, signal to noise, line noise."""
    channels = {channel.name: channel for channel in report.quality.channels}
    columns = ("", "SNR", "Artifacts", "Line noise", *(mark.capitalize() for mark in MARKS))
    names = ("", "snr_db", "artifact_share", "hum_uv", *MARKS)
    head = [html.Th(words, title=DEFINITIONS.get(name), className="number", scope="col") if name else heading("Electrode")
            for words, name in zip(columns, names, strict=True)]
    rows = []
    for row, name in enumerate(report.seconds.names):
        channel = channels.get(name)
        first = (_unit(channel.snr_db, " dB", 0), _unit(100 * channel.artifact_share, " %", 0), _unit(channel.hum_uv, " µV", 1)) if channel else ("", "", "")
        shares = [_unit(100 * share, " %", 1 if share < 0.01 else 0) if share else "" for share in report.seconds.shares(row).values()]
        rows.append(html.Tr([html.Th(name, scope="row"), *(html.Td(words, className="number") for words in (*first, *shares))]))
    return dense_table(head, rows, class_name="quality-table")


def _unit(value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}{unit}"


def _downloads(view: StudyView) -> Component:
    offered = (
        ("quality.pdf", "PDF", "Quality report, one page"), ("quality.json", "JSON", "Quality report with every window and stretch"),
        ("quality.parquet", "Parquet", "Every electrode and second"),
    )
    return html.Span([
        html.A([icon("download"), word], href=f"/api/v1/studies/{view.id}/{file}", download="", title=title, className="btn btn-quiet btn-small")
        for file, word, title in offered
    ])
