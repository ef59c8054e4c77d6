"""Seizure burden in numbers and over time, what readers confirmed apart from what the model suggests."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component
from numpy.typing import NDArray

from app.services.seizure_time import SeizureTime
from components import clock, states
from components.dense_table import dense_table, heading
from components.ribbon import ticks
from ml.seizure_burden import BANDS, FORMULA, SeizureBurden

POINTS: Final = 1200
"""Of the curve: more than a screen shows; neighbors are pooled to their highest value."""
WIDE: Final = 1200
LISTED: Final = 50
IF_CONFIRMED: Final = "What the model suggests meets the duration criterion for electrographic status if confirmed"
REVIEWED: Final = "What readers confirmed meets the duration criterion for electrographic status"
CAUTION: Final = "A criterion of duration is not a diagnosis: a reader decides on the signal and the patient."


def burden_numbers(time: SeizureTime, study_id: UUID, start: datetime | None) -> Component:
    """The two conventions in numbers, the formula and the seizures behind them; narrow enough for the viewer's panel."""
    sides = [time.reviewed, *([time.unreviewed] if time.unreviewed else [])]
    columns = [heading(""), heading(f"Reviewed ({time.n_reviewed})", "number"), *([heading(f"Unreviewed ({time.n_unreviewed})", "number")] if time.unreviewed else [])]
    table = dense_table(columns, [_row(name, [tell(side) for side in sides]) for name, tell in _rows(study_id, start)], class_name="burden-table")
    return html.Div([*_verdicts(time), table, _basis(time, study_id, start)])


def burden_figure(time: SeizureTime, start: datetime | None) -> Component:
    """Share of the last five minutes in seizure over the whole recording, with the three bands: a picture of a few kilobytes."""
    sides = [(time.reviewed, "fill:#B5392B59;stroke:#B5392B"), *([(time.unreviewed, "fill:none;stroke:#2882B9;stroke-dasharray:5 3")] if time.unreviewed else [])]
    lines = [f'<line x1="0" x2="{WIDE}" y1="{100 - 100 * band:g}" y2="{100 - 100 * band:g}" style="stroke:#80808099;stroke-dasharray:6 5"/>' for band in BANDS]
    drawn = "".join([*lines, *(_path(side, style) for side, style in sides)])
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -2 {WIDE} 104" preserveAspectRatio="none">{drawn}</svg>'
    peaks = ", ".join(f"{name} at most {100 * (side.peak or 0):.0f} %" for name, (side, _) in zip(("reviewed", "unreviewed"), sides, strict=False))
    picture = html.Img(src="data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode(), alt=f"Share of the last five minutes in seizure: {peaks}")
    bands = [html.Span(f"{100 * band:g} %", style={"top": f"{100 - 100 * band:g}%"}) for band in BANDS]
    legend: list[Component | str] = [html.Span(className="burden-reviewed"), "reviewed"]
    if time.unreviewed:
        legend += [html.Span(className="burden-unreviewed"), "unreviewed, model suggests"]
    return html.Div([html.Div([html.Div(bands, className="burden-bands"), picture], className="burden-plot"), ticks(time.reviewed.total.stop_s, start), html.P(legend)], className="burden-figure")


def _path(side: SeizureBurden, style: str) -> str:
    """One outline for each part that could be judged, closed along the base so that it can be filled."""
    at_s, share = pooled(side)
    x = np.round(WIDE * at_s / max(side.total.stop_s, 1.0), 1)
    runs = np.split(np.arange(len(x)), np.flatnonzero(np.diff(np.isfinite(share).astype(int))) + 1)
    parts = []
    for run in runs:
        if len(run) and np.isfinite(share[run[0]]):
            points = " ".join(f"L{x[k]:g} {100 - 100 * share[k]:.1f}" for k in run)
            parts.append(f"M{x[run[0]]:g} 100 {points} L{x[run[-1]]:g} 100")
    return f'<path d="{" ".join(parts)}" vector-effect="non-scaling-stroke" style="stroke-width:1.5;{style}"/>'


def pooled(side: SeizureBurden) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of the windows and their shares, neighbors pooled to the highest so that no more than ``POINTS`` are left."""
    at_s, share = side.rolling_at_s, side.rolling_share
    step = max(1, -(-len(at_s) // POINTS))
    pad = -len(at_s) % step
    shares = np.pad(share, (0, pad), constant_values=np.nan).reshape(-1, step)
    best = np.where(np.isnan(shares).all(axis=1), np.nan, np.nan_to_num(shares, nan=-1.0).max(axis=1))
    return (at_s[step - 1 :: step] if not pad else np.append(at_s[step - 1 :: step], at_s[-1])), best


def _rows(study_id: UUID, start: datetime | None) -> list[tuple[str, Callable[[SeizureBurden], Component | str]]]:
    def length(side: SeizureBurden) -> Component | str:
        return _link(study_id, start, side.longest[0], clock.duration(side.longest_s)) if side.longest else "–"

    def hour(side: SeizureBurden) -> Component | str:
        words = f"{clock.duration(side.hour.seizure_s)} ({100 * side.hour.share:.0f} %)"
        return _link(study_id, start, side.hour.start_s, words) if side.hour.seizure_s else "–"

    return [
        ("Total", lambda side: f"{clock.duration(side.total.seizure_s)} ({100 * side.total.share:.1f} %)"),
        ("of assessed", lambda side: clock.duration(side.total.assessed_s)),
        ("Longest", length),
        ("Most in 60 min", hour),
        ("Peak of 5 min", lambda side: "–" if side.peak is None else f"{100 * side.peak:.0f} %"),
        ("At 10 % or more", lambda side: clock.duration(side.band_s()[0])),
        ("At 50 % or more", lambda side: clock.duration(side.band_s()[1])),
        ("At 90 % or more", lambda side: clock.duration(side.band_s()[2])),
    ]


def _row(name: str, values: list[Component | str]) -> Component:
    return html.Tr([html.Th(name, scope="row"), *(html.Td(value, className="number") for value in values)])


def _verdicts(time: SeizureTime) -> list[Component]:
    said = [(REVIEWED, time.reviewed), *([(IF_CONFIRMED, time.unreviewed)] if time.unreviewed else [])]
    return [states.notice(f"{words} ({_why(side)}). {CAUTION}", kind="warning") for words, side in said if side.meets_hour or side.meets_stretch]


def _why(side: SeizureBurden) -> str:
    found = [f"{clock.duration(side.longest_s)} at a stretch, at least 10 min"] if side.meets_stretch else []
    hour = [f"{clock.duration(side.hour.seizure_s)} of 60 min, at least 12 min"] if side.meets_hour else []
    return "; ".join([*found, *hour])


def _basis(time: SeizureTime, study_id: UUID, start: datetime | None) -> Component:
    """The formula, and the seizures that the figures are made of."""
    sides = [("Reviewed", time.reviewed), *([("Unreviewed", time.unreviewed)] if time.unreviewed else [])]
    lists = [html.Div([html.Strong(f"{name}: "), *_seizures(side, study_id, start)]) for name, side in sides]
    whose = "the model" if time.by_model else "nobody but the recorder: all that was recorded counts as"
    return html.Details([html.Summary("Formula and what is behind it"), html.P(f"{FORMULA} Assessed by {whose} assessed."), *lists], className="burden-basis")


def _seizures(side: SeizureBurden, study_id: UUID, start: datetime | None) -> list[Component | str]:
    links: list[Component | str] = [
        html.Span([_link(study_id, start, from_s, f"{clock.recorder_time(start, from_s)} ({clock.duration(to_s - from_s)})"), " "])
        for from_s, to_s in side.seizures[:LISTED]
    ]
    more = [f"and {len(side.seizures) - LISTED} more"] if len(side.seizures) > LISTED else []
    return [*links, *more] or ["none"]


def _link(study_id: UUID, start: datetime | None, at_s: float, words: str) -> Component:
    return dcc.Link(words, href=f"/studies/{study_id}/review?t={at_s:g}", title=f"Open the EEG at {clock.recorder_time(start, at_s)}")
