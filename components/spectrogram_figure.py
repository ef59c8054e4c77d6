"""Spectrograms, the model's probabilities, band powers and trends of a study: one figure on one time axis, the recorder's clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.services.time_frequency import Pictures
from components.ribbon import pooled
from ml.analysis import Spans, Trends
from ml.classes import CLASSES
from ml.colormaps import table
from ml.time_frequency import BANDS_HZ

NO_CLOCK: Final = datetime(2000, 1, 1)
"""Stands for the start where the file states no clock: hours then count from it."""
PLACES: Final = {"LL": "left temporal", "RL": "right temporal", "LP": "left parasagittal", "RP": "right parasagittal"}
CODES: Final = {"seizure": "SZ", "lpd": "LPD", "gpd": "GPD", "lrda": "LRDA", "grda": "GRDA", "other": "Other"}
LEFT_COLOR, RIGHT_COLOR, ONE_COLOR = "#2F7FC1", "#C9532B", "#71797F"
BAND_COLORS: Final = {"delta": "#2F7FC1", "theta": "#12866B", "alpha": "#A7660A", "beta": "#B5508C", "gamma": "#71797F"}
"""Lines have a contrast of at least 3:1 to the paper of both themes; their dashes tell them apart without colors."""
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash")
GRID: Final = "rgba(128, 136, 144, 0.28)"
GAP: Final = "rgba(128, 136, 144, 0.30)"
BLUE_RED: Final = ((0.0, "#2166AC"), (0.25, "#92C5DE"), (0.5, "#F7F7F7"), (0.75, "#F4A582"), (1.0, "#B2182B"))
"""Diverging map (ColorBrewer RdBu): blue is left, red is right, white is alike."""
PROBABILITY: Final = ((0.0, "rgba(178, 94, 16, 0)"), (0.15, "rgba(178, 94, 16, 0.08)"), (1.0, "rgba(178, 94, 16, 1)"))
IMAGE_PX, TALL_IMAGE_PX, LINES_PX, RIBBON_PX, SPACE_PX = 104, 300, 92, 90, 20
TOP_TICKS_PX: Final = 18
MARGINS: Final = {"l": 74, "r": 74, "t": 74, "b": 42}
HOVER_TIME: Final = "%{x|%H:%M:%S}"
CLOCK_TICKS: Final = [
    {"dtickrange": [None, 60000], "value": "%H:%M:%S"}, {"dtickrange": [60000, 86400000], "value": "%H:%M"}, {"dtickrange": [86400000, None], "value": "%H:%M<br>%d %b"},
]


@dataclass(frozen=True, slots=True)
class Row:
    """One strip of the figure."""

    title: str
    height_px: int
    traces: tuple[Any, ...]
    axis: dict[str, Any]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds of the recording as what a date axis takes."""

    origin: datetime

    def at(self, seconds: float) -> str:
        return (self.origin + timedelta(seconds=float(seconds))).isoformat(timespec="milliseconds")

    def columns(self, first_s: float, step_s: float) -> dict[str, Any]:
        return {"x0": self.at(first_s), "dx": step_s * 1000.0}


def origin_of(start: datetime | None) -> datetime:
    """What second 0 is on the time axis."""
    return start or NO_CLOCK


def color_stops(name: str) -> list[list[Any]]:
    """A color map as Plotly takes it, in 32 steps."""
    shown = table(name)[np.rint(np.linspace(0, 255, 32)).astype(int)]
    return [[k / (len(shown) - 1), f"rgb({r}, {g}, {b})"] for k, (r, g, b) in enumerate(shown.tolist())]


def spectrogram_figure(
    made: Pictures, *, start: datetime | None, spans: Spans | None, low_db: float, high_db: float, color_map: str,
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
    rows = [*_ribbon(spans, made, clock), *_images(made, clock), *_bands(made, clock), *_trends(made.trends, clock, shown)]
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
    axis = {"domain": list(domain), "fixedrange": True, "gridcolor": GRID, "zeroline": False, "ticks": "outside", "ticklen": 3,
            "title": {"text": row.unit, "standoff": 4}}
    figure.update_layout({f"yaxis{'' if number == 1 else number}": axis | row.axis})
    figure.add_annotation(text=row.title, xref="paper", yref="paper", x=0, y=domain[1], xanchor="left", yanchor="bottom", showarrow=False,
                          yshift=TOP_TICKS_PX if number == 1 else 1, font={"size": 11})


def _frame(figure: go.Figure, made: Pictures, clock: Clock, total: int, knows_time: bool) -> None:
    """Time axis, gaps and margins."""
    said = "recorder's clock" if knows_time else "time from the start (the file states no clock)"
    axis = {
        "type": "date", "range": [clock.at(made.span.start_s), clock.at(made.span.stop_s)], "anchor": "free", "nticks": 12,
        "gridcolor": GRID, "ticks": "outside", "ticklen": 3, "tickformatstops": CLOCK_TICKS,
        "showspikes": True, "spikemode": "across", "spikesnap": "cursor", "spikethickness": 1, "spikedash": "dot", "spikecolor": ONE_COLOR,
    }
    figure.update_layout(
        height=total + MARGINS["t"] + MARGINS["b"], margin=MARGINS, showlegend=False, hovermode="closest", dragmode="zoom",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", font={"size": 11, "family": "system-ui, sans-serif"},
        uirevision=f"{made.span}", hoverlabel={"font": {"size": 12}},
        xaxis=axis | {"position": 0, "side": "bottom", "title": {"text": said, "standoff": 6}},
        xaxis2=axis | {"position": 1, "side": "top", "matches": "x", "showgrid": True},
    )
    together = f"each column ({made.column_s:g} s) is the highest of {made.joined}" if made.joined > 1 else f"a column every {made.column_s:g} s"
    figure.add_annotation(text=f"{made.settings}<br>{together}", xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom",
                          yshift=TOP_TICKS_PX + 16, align="left", showarrow=False, font={"size": 11})
    for gap_start_s, gap_stop_s in made.gaps:
        if gap_start_s < made.span.stop_s and gap_stop_s > made.span.start_s:
            wide = gap_stop_s - gap_start_s > 0.06 * made.span.length_s
            figure.add_shape(type="rect", xref="x", yref="paper", x0=clock.at(gap_start_s), x1=clock.at(gap_stop_s), y0=0, y1=1, fillcolor=GAP,
                             line={"width": 0}, label={"text": "not recorded" if wide else "", "textposition": "top center"})


def _ribbon(spans: Spans | None, made: Pictures, clock: Clock) -> Iterator[Row]:
    """Six rows of probability, the highest of each column, seizure on top."""
    if spans is None or not spans.assessed.any():
        return
    columns = min(1000, max(1, round(made.span.length_s / 2.0)))
    inside = (spans.label_start_s + 10.0 > made.span.start_s) & (spans.label_start_s < made.span.stop_s) & spans.assessed
    part = Spans(spans.label_start_s[inside] - made.span.start_s, spans.context[inside], spans.prob[inside], spans.assessed[inside], spans.step_s)
    prob = pooled(part, made.span.length_s, columns)
    step_s = max(made.span.length_s, 10.0) / columns
    trace = go.Heatmap(
        z=np.round(prob, 2), y=[CODES[name] for name in CLASSES], zmin=0, zmax=1, colorscale=[list(stop) for stop in PROBABILITY], showscale=False,
        hoverongaps=False, hovertemplate=f"{HOVER_TIME} · %{{y}}: %{{z:.2f}}<extra></extra>",
        **clock.columns(made.span.start_s + step_s / 2.0, step_s),
    )
    yield Row("model suggests: probability of each class (stronger is more; seizure shows its highest)", RIBBON_PX, (trace,),
              {"autorange": "reversed", "showgrid": False, "tickfont": {"size": 10}})


def _images(made: Pictures, clock: Clock) -> Iterator[Row]:
    assert made.power_db is not None
    assert made.freqs_hz is not None
    wavelets = len(made.freqs_hz) > 1 and not np.allclose(np.diff(made.freqs_hz), made.freqs_hz[1] - made.freqs_hz[0])
    axis = {"type": "log", "tickvals": [0.5, 1, 2, 5, 10, 20, 40]} if wavelets else {"dtick": 5 if made.freqs_hz[-1] <= 20 else 10, "tick0": 0}
    places = {"y": made.freqs_hz} if wavelets else {"y0": float(made.freqs_hz[0]), "dy": float(made.freqs_hz[1] - made.freqs_hz[0])}
    for row, name in enumerate(made.names):
        trace = go.Heatmap(z=made.power_db[row], coloraxis="coloraxis", hoverongaps=False, **places, **clock.columns(made.first_s, made.column_s),
                           hovertemplate=f"{HOVER_TIME} · {name} · %{{y:.2f}} Hz · %{{z:.1f}} dB<extra></extra>")
        yield Row(f"<b>{name}</b> {PLACES.get(name, '')}", IMAGE_PX if len(made.names) > 1 else TALL_IMAGE_PX, (trace,), axis | {"showgrid": False}, "Hz")


def _bands(made: Pictures, clock: Clock) -> Iterator[Row]:
    if made.bands_uv2 is None:
        return
    columns = clock.columns(made.bands_first_s, made.bands_step_s)
    lines = tuple(_line(np.maximum(made.bands_uv2[k], 1e-3), columns, name, BAND_COLORS[name], DASHES[k], "%{y:.3s} µV²") for k, name in enumerate(BANDS_HZ))
    yield Row(f"<b>Band powers</b> {made.bands_of}: {_key(BAND_COLORS)}", LINES_PX + 30, lines, {"type": "log", "dtick": 1, "exponentformat": "power"}, "µV²")


def _key(colors: dict[str, str]) -> str:
    signs = dict(zip(DASHES, ("──", "╌╌", "····", "─·─", "─ ─"), strict=True))
    return " ".join(f'<span style="color:{color}">{signs[dash]}</span> {name}' for (name, color), dash in zip(colors.items(), DASHES, strict=False))


def _line(values: NDArray[np.floating], columns: dict[str, Any], name: str, color: str, dash: str, form: str) -> go.Scatter:
    known = np.isfinite(np.pad(values, 1, constant_values=np.nan))
    alone = known[1:-1] & ~known[:-2] & ~known[2:]           # between two gaps there is no line to draw
    marks = {"mode": "lines+markers", "marker": {"color": color, "size": 3 * alone.astype(np.uint8), "line": {"width": 0}}} if alone.any() else {"mode": "lines"}
    return go.Scatter(y=np.asarray(values, dtype=np.float32), line={"color": color, "width": 1.3, "dash": dash}, connectgaps=False,
                      hovertemplate=f"{HOVER_TIME} · {name} {form}<extra></extra>", **marks, **columns)


SIDES_KEY: Final = f'<span style="color:{LEFT_COLOR}">──</span> left <span style="color:{RIGHT_COLOR}">╌╌</span> right'
TREND_ROWS: Final = {
    "aeeg": "aEEG", "asymmetry": "Asymmetry", "alpha_delta": "Alpha/delta ratio", "suppression": "Suppression ratio", "rhythmicity": "Rhythmicity",
}


def _trends(found: Trends | None, clock: Clock, shown: Sequence[str]) -> Iterator[Row]:
    if found is None:
        return
    columns = clock.columns(float(found.times_s[0]), found.step_s)
    rows = {"aeeg": _aeeg, "asymmetry": _asymmetry, "alpha_delta": _alpha_delta, "suppression": _suppression, "rhythmicity": _rhythmicity}
    for name in TREND_ROWS:
        if name in shown:
            yield from rows[name](found, columns)


def _aeeg(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    """Both margins of each side, linear to 10 µV and logarithmic above."""
    ticks = (0, 5, 10, 25, 50, 100, 200)
    lines = [_margins(found.aeeg_uv[side], columns, name, color, dash)
             for side, (name, color, dash) in enumerate((("left", LEFT_COLOR, "solid"), ("right", RIGHT_COLOR, "dash")))]
    axis = {"tickvals": [_semi_log(np.array(tick, dtype=float)) for tick in ticks], "ticktext": [str(tick) for tick in ticks], "range": [0, _semi_log(np.array(200.0))]}
    yield Row(f"<b>aEEG</b> 10th and 90th percentile of the envelope: {SIDES_KEY}", LINES_PX + 24, tuple(line for pair in lines for line in pair), axis, "µV")


def _margins(uv: NDArray[np.float32], columns: dict[str, Any], name: str, color: str, dash: str) -> list[go.Scatter]:
    made = []
    for row, margin in enumerate(("lower", "upper")):
        line = _line(_semi_log(uv[row]), columns, f"{name} {margin} margin", color, dash, "%{customdata:.1f} µV")
        made.append(line.update(customdata=np.round(uv[row], 1)))
    return made


def _semi_log(uv: NDArray[np.floating]) -> NDArray[np.floating]:
    """Height on the paper of the aEEG: linear from 0 to 10 µV, then one decade for the same height."""
    return np.asarray(np.where(uv <= 10.0, uv / 10.0, 1.0 + np.log10(np.maximum(uv, 10.0) / 10.0)))


def _asymmetry(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    image = go.Heatmap(
        z=np.round(found.asymmetry, 2), zmin=-0.75, zmax=0.75, colorscale=[list(stop) for stop in BLUE_RED], showscale=False, hoverongaps=False,
        y0=float(found.freqs_hz[0]), dy=float(found.freqs_hz[1] - found.freqs_hz[0]), hovertemplate=f"{HOVER_TIME} · %{{y:.2f}} Hz · %{{z:+.2f}}<extra></extra>", **columns)
    yield Row("<b>Relative asymmetry</b> (R − L)/(R + L): blue = more left, red = more right, ±0.75", IMAGE_PX - 14, (image,), {"dtick": 5, "tick0": 0, "showgrid": False}, "Hz")
    line = _line(100 * found.asymmetry_index, columns, "asymmetry index", ONE_COLOR, "solid", "%{y:.0f} %")
    yield Row("<b>Asymmetry index</b> mean of |(R − L)/(R + L)|, 1-20 Hz", LINES_PX - 20, (line,), {"rangemode": "tozero"}, "%")


def _alpha_delta(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    yield Row(f"<b>Alpha/delta ratio</b> 8-13 Hz over 1-4 Hz: {SIDES_KEY}", LINES_PX - 20, _both(found.alpha_delta, columns, "alpha/delta", "%{y:.2f}"),
              {"rangemode": "tozero"}, "ratio")


def _suppression(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    yield Row(f"<b>Suppression ratio</b> of the last 60 s: {SIDES_KEY}", LINES_PX - 20, _both(100 * found.suppression, columns, "suppressed", "%{y:.0f} %"),
              {"range": [-2, 102], "tickvals": [0, 50, 100]}, "%")


def _both(by_side: NDArray[np.floating], columns: dict[str, Any], name: str, form: str) -> tuple[go.Scatter, ...]:
    return (_line(by_side[0], columns, f"{name} left", LEFT_COLOR, "solid", form), _line(by_side[1], columns, f"{name} right", RIGHT_COLOR, "dash", form))


def _rhythmicity(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    for side, name in enumerate(("left", "right")):
        image = go.Heatmap(
            z=np.round(found.rhythmicity_db[side], 1), zmin=1, zmax=12, colorscale=color_stops("magma"), showscale=False, hoverongaps=False,
            y0=float(found.freqs_hz[0]), dy=float(found.freqs_hz[1] - found.freqs_hz[0]), hovertemplate=f"{HOVER_TIME} · {name} · %{{y:.2f}} Hz · %{{z:.1f}} dB<extra></extra>", **columns)
        yield Row(f"<b>Rhythmicity</b> {name}: dB above the background, 1 to 12", IMAGE_PX - 14, (image,), {"dtick": 5, "tick0": 0, "showgrid": False}, "Hz")
