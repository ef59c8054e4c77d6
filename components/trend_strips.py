"""Band powers and trends as strips of the spectrogram page, left beside right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.services.time_frequency import Pictures
from app.services.trend_tiles import semi_log
from components.time_strips import HOVER_TIME, IMAGE_PX, LINES_PX, Clock, Row, color_stops, line
from ml.analysis import Trends
from ml.time_frequency import BANDS_HZ

LEFT_COLOR, RIGHT_COLOR, ONE_COLOR = "#2F7FC1", "#C9532B", "#71797F"
BAND_COLORS: Final = {"delta": "#2F7FC1", "theta": "#12866B", "alpha": "#A7660A", "beta": "#B5508C", "gamma": "#71797F"}
"""Lines have a contrast of at least 3:1 to the paper of both themes; their dashes tell them apart without colors."""
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash")
BLUE_RED: Final = ((0.0, "#2166AC"), (0.25, "#92C5DE"), (0.5, "#F7F7F7"), (0.75, "#F4A582"), (1.0, "#B2182B"))
"""Diverging map (ColorBrewer RdBu): blue is left, red is right, white is alike."""


def bands(made: Pictures, clock: Clock) -> Iterator[Row]:
    if made.bands_uv2 is None:
        return
    columns = clock.columns(made.bands_first_s, made.bands_step_s)
    lines = tuple(
        line(np.maximum(made.bands_uv2[k], 1e-3), columns, name, BAND_COLORS[name], DASHES[k], "%{y:.3s} µV²")
        for k, name in enumerate(BANDS_HZ)
    )
    yield Row(
        f"<b>Band powers</b> {made.bands_of}: {_key(BAND_COLORS)}",
        LINES_PX + 30,
        lines,
        {"type": "log", "dtick": 1, "exponentformat": "power"},
        "µV²",
    )


def _key(colors: dict[str, str]) -> str:
    signs = dict(zip(DASHES, ("──", "╌╌", "····", "─·─", "─ ─"), strict=True))
    return " ".join(
        f'<span style="color:{color}">{signs[dash]}</span> {name}' for (name, color), dash in zip(colors.items(), DASHES, strict=False)
    )


SIDES_KEY: Final = f'<span style="color:{LEFT_COLOR}">──</span> left <span style="color:{RIGHT_COLOR}">╌╌</span> right'
TREND_ROWS: Final = {
    "aeeg": "aEEG",
    "asymmetry": "Asymmetry",
    "alpha_delta": "Alpha/delta ratio",
    "suppression": "Suppression ratio",
    "rhythmicity": "Rhythmicity",
}


def strips_of(found: Trends | None, clock: Clock, shown: Sequence[str]) -> Iterator[Row]:
    if found is None:
        return
    columns = clock.columns(float(found.times_s[0]), found.step_s)
    rows = {
        "aeeg": _aeeg,
        "asymmetry": _asymmetry,
        "alpha_delta": _alpha_delta,
        "suppression": _suppression,
        "rhythmicity": _rhythmicity,
    }
    for name in TREND_ROWS:
        if name in shown:
            yield from rows[name](found, columns)


def _aeeg(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    """Both margins of each side, linear to 10 µV and logarithmic above."""
    ticks = (0, 5, 10, 25, 50, 100, 200)
    lines = [
        _margins(found.aeeg_uv[side], columns, name, color, dash)
        for side, (name, color, dash) in enumerate((("left", LEFT_COLOR, "solid"), ("right", RIGHT_COLOR, "dash")))
    ]
    axis = {
        "tickvals": [semi_log(np.array(tick, dtype=float)) for tick in ticks],
        "ticktext": [str(tick) for tick in ticks],
        "range": [0, semi_log(np.array(200.0))],
    }
    yield Row(
        f"<b>aEEG</b> 10th and 90th percentile of the envelope: {SIDES_KEY}",
        LINES_PX + 24,
        tuple(line for pair in lines for line in pair),
        axis,
        "µV",
    )


def _margins(uv: NDArray[np.float32], columns: dict[str, Any], name: str, color: str, dash: str) -> list[go.Scatter]:
    made = []
    for row, margin in enumerate(("lower", "upper")):
        drawn = line(semi_log(uv[row]), columns, f"{name} {margin} margin", color, dash, "%{customdata:.1f} µV")
        made.append(drawn.update(customdata=np.round(uv[row], 1)))
    return made


def _asymmetry(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    title = "<b>Relative asymmetry</b> (R − L)/(R + L): blue = more left, red = more right, ±0.75"
    stops = [list(stop) for stop in BLUE_RED]
    yield _image(title, np.round(found.asymmetry, 2), found, columns, (-0.75, 0.75), stops, "%{y:.2f} Hz · %{z:+.2f}")
    index = line(100 * found.asymmetry_index, columns, "asymmetry index", ONE_COLOR, "solid", "%{y:.0f} %")
    yield Row("<b>Asymmetry index</b> mean of |(R − L)/(R + L)|, 1-20 Hz", LINES_PX - 20, (index,), {"rangemode": "tozero"}, "%")


def _alpha_delta(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    yield Row(
        f"<b>Alpha/delta ratio</b> 8-13 Hz over 1-4 Hz: {SIDES_KEY}",
        LINES_PX - 20,
        _both(found.alpha_delta, columns, "alpha/delta", "%{y:.2f}"),
        {"rangemode": "tozero"},
        "ratio",
    )


def _suppression(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    yield Row(
        f"<b>Suppression ratio</b> of the last 60 s: {SIDES_KEY}",
        LINES_PX - 20,
        _both(100 * found.suppression, columns, "suppressed", "%{y:.0f} %"),
        {"range": [-2, 102], "tickvals": [0, 50, 100]},
        "%",
    )


def _both(by_side: NDArray[np.floating], columns: dict[str, Any], name: str, form: str) -> tuple[go.Scatter, ...]:
    return (
        line(by_side[0], columns, f"{name} left", LEFT_COLOR, "solid", form),
        line(by_side[1], columns, f"{name} right", RIGHT_COLOR, "dash", form),
    )


def _rhythmicity(found: Trends, columns: dict[str, Any]) -> Iterator[Row]:
    for side, name in enumerate(("left", "right")):
        title = f"<b>Rhythmicity</b> {name}: dB above the background, 1 to 12"
        form = f"{name} · %{{y:.2f}} Hz · %{{z:.1f}} dB"
        yield _image(title, np.round(found.rhythmicity_db[side], 1), found, columns, (1, 12), color_stops("magma"), form)


def _image(
    title: str,
    z: NDArray[np.floating],
    found: Trends,
    columns: dict[str, Any],
    limits: tuple[float, float],
    stops: list[list[Any]],
    form: str,
) -> Row:
    """A trend over frequency (rows of ``z``) and time as an image."""
    image = go.Heatmap(
        z=z,
        zmin=limits[0],
        zmax=limits[1],
        colorscale=stops,
        showscale=False,
        hoverongaps=False,
        y0=float(found.freqs_hz[0]),
        dy=float(found.freqs_hz[1] - found.freqs_hz[0]),
        hovertemplate=f"{HOVER_TIME} · {form}<extra></extra>",
        **columns,
    )
    return Row(title, IMAGE_PX - 14, (image,), {"dtick": 5, "tick0": 0, "showgrid": False}, "Hz")
