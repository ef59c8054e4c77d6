"""Spectrograms, the model's probabilities, band powers and trends of a study: one figure on one time axis, the recorder's clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from app.services.time_frequency import Pictures
from components import trend_strips
from components.ribbon import pooled
from components.time_strips import HOVER_TIME, IMAGE_PX, Clock, Row, color_stops, origin_of
from components.trend_strips import ONE_COLOR
from ml.analysis import Spans
from ml.classes import CLASSES

PLACES: Final = {"LL": "left temporal", "RL": "right temporal", "LP": "left parasagittal", "RP": "right parasagittal"}
CODES: Final = {"seizure": "SZ", "lpd": "LPD", "gpd": "GPD", "lrda": "LRDA", "grda": "GRDA", "other": "Other"}
GRID: Final = "rgba(128, 136, 144, 0.28)"
GAP: Final = "#8A939C"
"""Of the hatching: 3:1 to the paper of both themes."""
HATCH: Final = {"shape": "/", "fgcolor": GAP, "bgcolor": "rgba(0,0,0,0)", "fillmode": "replace", "size": 7, "solidity": 0.18}
HATCH_AXIS: Final = 99
"""Lies over all strips; ``clinical.css`` lets the pointer through to them."""
PROBABILITY: Final = ((0.0, "rgba(178, 94, 16, 0)"), (0.15, "rgba(178, 94, 16, 0.08)"), (1.0, "rgba(178, 94, 16, 1)"))
TALL_IMAGE_PX, RIBBON_PX, SPACE_PX = 300, 90, 20
TOP_TICKS_PX: Final = 18
MARGINS: Final = {"l": 74, "r": 74, "t": 74, "b": 42}
CLOCK_TICKS: Final = [
    {"dtickrange": [None, 60000], "value": "%H:%M:%S"},
    {"dtickrange": [60000, 86400000], "value": "%H:%M"},
    {"dtickrange": [86400000, None], "value": "%H:%M<br>%d %b"},
]


def spectrogram_figure(
    made: Pictures,
    *,
    start: datetime | None,
    spans: Spans | None,
    low_db: float,
    high_db: float,
    color_map: str,
    shown: Sequence[str],
) -> go.Figure:
    """The whole page as one figure.

    Parameters
    ----------
    made
        What ``app.services.time_frequency`` gave.
    start
        Recorder's clock at second 0; without one the axis counts from the start.
    spans
        Probabilities of the newest analysis, if any.
    low_db, high_db, color_map
        Of the images; the page changes them without asking again.
    shown
        Keys of ``TREND_ROWS`` to draw below.
    """
    clock = Clock(origin_of(start))
    rows = [*_ribbon(spans, made, clock), *_images(made, clock), *trend_strips.bands(made, clock), *trend_strips.strips_of(made.trends, clock, shown)]
    figure = go.Figure()
    total = sum(row.height_px for row in rows) + SPACE_PX * (len(rows) - 1)
    top = total
    for number, row in enumerate(rows, start=1):
        _place(figure, row, number, ((top - row.height_px) / total, top / total), total)
        top -= row.height_px + SPACE_PX
    _frame(figure, made, clock, total, start is not None)
    bar = {"title": {"text": "dB re 1 µV²/Hz", "side": "right"}, "thickness": 10, "x": 1.005, "xpad": 0, **_beside(rows, total)}
    figure.update_layout(coloraxis={"cmin": low_db, "cmax": high_db, "colorscale": color_stops(color_map), "colorbar": bar})
    return figure


def _beside(rows: Sequence[Row], total: int) -> dict[str, Any]:
    """Where the color bar stands: beside the images."""
    heights = [row.height_px + SPACE_PX for row in rows]
    images = [k for k, row in enumerate(rows) if row.unit == "Hz" and row.traces[0].coloraxis]
    above = sum(heights[: images[0]]) if images else 0
    length = sum(heights[images[0] : images[-1] + 1]) - SPACE_PX if images else total
    return {"len": min(length, 240) / total, "lenmode": "fraction", "y": 1.0 - above / total, "yanchor": "top"}


def _place(figure: go.Figure, row: Row, number: int, domain: tuple[float, float], total: int) -> None:
    name = "y" if number == 1 else f"y{number}"
    for trace in row.traces:
        figure.add_trace(trace.update(yaxis=name, xaxis="x2" if number == 1 else "x"))
    axis = {
        "domain": list(domain),
        "fixedrange": True,
        "gridcolor": GRID,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 3,
        "title": {"text": row.unit, "standoff": 4},
    }
    figure.update_layout({f"yaxis{'' if number == 1 else number}": axis | row.axis})
    figure.add_annotation(
        text=row.title,
        xref="paper",
        yref="paper",
        x=0,
        y=domain[1],
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        yshift=TOP_TICKS_PX if number == 1 else 1,
        font={"size": 11},
    )


def _frame(figure: go.Figure, made: Pictures, clock: Clock, total: int, knows_time: bool) -> None:
    """Time axis, margins, gaps, and what was done to the signal."""
    said = "recorder's clock" if knows_time else "time from the start (the file states no clock)"
    axis = {
        "type": "date",
        "range": [clock.at(made.span.start_s), clock.at(made.span.stop_s)],
        "anchor": "free",
        "nticks": 12,
        "gridcolor": GRID,
        "ticks": "outside",
        "ticklen": 3,
        "tickformatstops": CLOCK_TICKS,
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": ONE_COLOR,
    }
    figure.update_layout(
        height=total + MARGINS["t"] + MARGINS["b"],
        margin=MARGINS,
        showlegend=False,
        hovermode="closest",
        dragmode="zoom",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 11, "family": "system-ui, sans-serif"},
        uirevision=f"{made.span}",
        hoverlabel={"font": {"size": 12}},
        xaxis=axis | {"position": 0, "side": "bottom", "title": {"text": said, "standoff": 6}},
        xaxis2=axis | {"position": 1, "side": "top", "matches": "x", "showgrid": True},
    )
    _say_settings(figure, made)
    _mark_gaps(figure, made, clock)


def _say_settings(figure: go.Figure, made: Pictures) -> None:
    together = (
        f"each column ({made.column_s:g} s) is the highest of {made.joined}"
        if made.joined > 1
        else f"a column every {made.column_s:g} s"
    )
    figure.add_annotation(
        text=f"{made.settings}<br>{together}",
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=TOP_TICKS_PX + 16,
        align="left",
        showarrow=False,
        font={"size": 11},
    )


def _mark_gaps(figure: go.Figure, made: Pictures, clock: Clock) -> None:
    """Hatch what was not recorded through all strips, as the viewer does: by one trace on an axis of its own, since shapes have no patterns."""
    gaps = [gap for gap in made.gaps if gap[0] < made.span.stop_s and gap[1] > made.span.start_s]
    if not gaps:
        return
    corners = [[clock.at(at) for at in (begin, begin, end, end)] for begin, end in gaps]
    figure.add_trace(
        go.Scatter(
            x=[at for four in corners for at in (*four, None)],
            y=[0, 1, 1, 0, None] * len(gaps),
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillpattern=HATCH,
            hoverinfo="skip",
            name="not recorded",
            xaxis="x",
            yaxis=f"y{HATCH_AXIS}",
        )
    )
    figure.update_layout({f"yaxis{HATCH_AXIS}": {"domain": [0, 1], "range": [0, 1], "visible": False, "fixedrange": True}})
    for begin, end in gaps:
        if end - begin > 0.06 * made.span.length_s:
            figure.add_annotation(
                text="not recorded", x=clock.at((begin + end) / 2), xref="x", y=1, yref="paper", yanchor="top", showarrow=False, font={"size": 11}
            )


def _ribbon(spans: Spans | None, made: Pictures, clock: Clock) -> Iterator[Row]:
    """Six rows of probability, the highest of each column, seizure on top."""
    if spans is None or not spans.assessed.any():
        return
    columns = min(1000, max(1, round(made.span.length_s / 2.0)))
    inside = (spans.label_start_s + 10.0 > made.span.start_s) & (spans.label_start_s < made.span.stop_s) & spans.assessed
    part = Spans(
        spans.label_start_s[inside] - made.span.start_s, spans.context[inside], spans.prob[inside], spans.assessed[inside], spans.step_s
    )
    prob = pooled(part, made.span.length_s, columns)
    step_s = max(made.span.length_s, 10.0) / columns
    trace = go.Heatmap(
        z=np.round(prob, 2),
        y=[CODES[name] for name in CLASSES],
        zmin=0,
        zmax=1,
        colorscale=[list(stop) for stop in PROBABILITY],
        showscale=False,
        hoverongaps=False,
        hovertemplate=f"{HOVER_TIME} · %{{y}}: %{{z:.2f}}<extra></extra>",
        **clock.columns(made.span.start_s + step_s / 2.0, step_s),
    )
    yield Row(
        "model suggests: probability of each class (stronger is more; seizure shows its highest)",
        RIBBON_PX,
        (trace,),
        {"autorange": "reversed", "showgrid": False, "tickfont": {"size": 10}},
    )


def _images(made: Pictures, clock: Clock) -> Iterator[Row]:
    assert made.power_db is not None
    assert made.freqs_hz is not None
    wavelets = len(made.freqs_hz) > 1 and not np.allclose(np.diff(made.freqs_hz), made.freqs_hz[1] - made.freqs_hz[0])
    axis = (
        {"type": "log", "tickvals": [0.5, 1, 2, 5, 10, 20, 40]}
        if wavelets
        else {"dtick": 5 if made.freqs_hz[-1] <= 20 else 10, "tick0": 0}
    )
    places = {"y": made.freqs_hz} if wavelets else {"y0": float(made.freqs_hz[0]), "dy": float(made.freqs_hz[1] - made.freqs_hz[0])}
    for row, name in enumerate(made.names):
        trace = go.Heatmap(
            z=made.power_db[row],
            coloraxis="coloraxis",
            hoverongaps=False,
            **places,
            **clock.columns(made.first_s, made.column_s),
            hovertemplate=f"{HOVER_TIME} · {name} · %{{y:.2f}} Hz · %{{z:.1f}} dB<extra></extra>",
        )
        yield Row(
            f"<b>{name}</b> {PLACES.get(name, '')}",
            IMAGE_PX if len(made.names) > 1 else TALL_IMAGE_PX,
            (trace,),
            axis | {"showgrid": False},
            "Hz",
        )
