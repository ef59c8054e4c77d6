"""Strips of a figure that share one time axis: their clock, lines and color maps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ml.colormaps import table

NO_CLOCK: Final = datetime(2000, 1, 1)
"""Stands for the start where the file states no clock: hours then count from it."""
IMAGE_PX, LINES_PX = 104, 92
HOVER_TIME: Final = "%{x|%H:%M:%S}"


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


def line(values: NDArray[np.floating], columns: dict[str, Any], name: str, color: str, dash: str, form: str) -> go.Scatter:
    known = np.isfinite(np.pad(values, 1, constant_values=np.nan))
    alone = known[1:-1] & ~known[:-2] & ~known[2:]  # between two gaps there is no line to draw
    marks = (
        {"mode": "lines+markers", "marker": {"color": color, "size": 3 * alone.astype(np.uint8), "line": {"width": 0}}}
        if alone.any()
        else {"mode": "lines"}
    )
    return go.Scatter(
        y=np.asarray(values, dtype=np.float32),
        line={"color": color, "width": 1.3, "dash": dash},
        connectgaps=False,
        hovertemplate=f"{HOVER_TIME} · {name} {form}<extra></extra>",
        **marks,
        **columns,
    )
