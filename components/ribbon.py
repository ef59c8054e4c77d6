"""The probability ribbon of a whole recording: six rows, one per class, strength of colour = probability.

Each row is a one-pixel-high image used as a mask over the colour of its class, so it follows the theme and weighs a few
hundred bytes.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component
from numpy.typing import NDArray

from components import clock
from components.attributes import aria
from components.chips import LETTERS
from ml.analysis import LABEL_S, Spans
from ml.classes import CLASSES, LONG_NAMES

COLUMNS = 900
"""Columns of the preview: more than a screen of 1280 pixels shows of it."""


def pooled(spans: Spans, duration_s: float, n_columns: int = COLUMNS) -> NDArray[np.float32]:
    """Probabilities per column, ``(6, n_columns)``, NaN where nothing was assessed.

    Seizure takes the maximum of its column, so that ten seconds in a day stay visible; the other classes take the mean.
    """
    sums = np.zeros((len(CLASSES), n_columns))
    peaks = np.zeros((len(CLASSES), n_columns))
    counts = np.zeros(n_columns)
    width_s = max(duration_s, LABEL_S) / n_columns
    for start_s, prob in zip(spans.label_start_s[spans.assessed], spans.prob[spans.assessed], strict=True):
        first = min(int(start_s / width_s), n_columns - 1)
        last = min(max(int(np.ceil((start_s + LABEL_S) / width_s)), first + 1), n_columns)
        sums[:, first:last] += prob[:, None]
        peaks[:, first:last] = np.maximum(peaks[:, first:last], prob[:, None])
        counts[first:last] += 1
    with np.errstate(invalid="ignore"):
        mean = np.where(counts > 0, sums / counts, np.nan)
    mean[0] = np.where(counts > 0, peaks[0], np.nan)
    return mean.astype(np.float32)


def ribbon(
    spans: Spans, *, duration_s: float, start: datetime | None, gaps: Sequence[tuple[float, float]], href: str,
) -> Component:
    """Six labelled rows with gaps hatched and the recorder's clock below; a click opens the viewer at ``href``."""
    prob = pooled(spans, duration_s)
    rows = [_row(index, prob[index]) for index in range(len(CLASSES))]
    marks = [hatch(start_s / duration_s, (stop_s - start_s) / duration_s, "gap") for start_s, stop_s in gaps]
    empty = hatch(0.0, 1.0, "not assessed") if not spans.assessed.any() else None
    body = html.Div([*rows, html.Div([*marks, empty], className="ribbon-marks")], className="ribbon-rows")
    return html.Div([dcc.Link(body, href=href, title="Open the EEG"), ticks(duration_s, start)], className="ribbon")


def _row(index: int, prob: NDArray[np.float32]) -> Component:
    pattern = CLASSES[index]
    peak = float(np.nanmax(prob)) if np.isfinite(prob).any() else 0.0
    label = f"{LONG_NAMES[pattern]}, highest probability {peak:.2f}"
    mask = f"url({_mask(prob)})"
    strip = html.Div(className=f"ribbon-strip fill-{pattern}", style={"maskImage": mask, "WebkitMaskImage": mask})
    return html.Div([html.Span(LETTERS[pattern], className="ribbon-code"), html.Div(strip, className="ribbon-track")],
                    className="ribbon-row", role="img", title=label, **aria(label=label))


def _mask(prob: NDArray[np.float32]) -> str:
    """A PNG of one row, grey + alpha, whose alpha is the probability (PNG specification, colour type 4)."""
    alpha = np.round(np.nan_to_num(prob) * 255).astype(np.uint8)
    raw = b"\x00" + np.stack([np.zeros_like(alpha), alpha], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", len(alpha), 1, 8, 4, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(png).decode()


def hatch(left: float, width: float, what: str) -> Component:
    """A hatched part of a strip, by its share of the width."""
    return html.Span(
        className="ribbon-hatch", title=what, style={"left": f"{100 * left:.3f}%", "width": f"{100 * width:.3f}%"}
    )


def ticks(duration_s: float, start: datetime | None) -> Component:
    """The recorder's clock below a strip."""
    steps = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600)
    step_s = next((step for step in steps if duration_s / step <= 9), steps[-1])
    ticks = [
        html.Span(clock.recorder_time(start, at_s), style={"left": f"{100 * at_s / duration_s:.3f}%"})
        for at_s in np.arange(0, duration_s * 0.96, step_s).tolist()
    ]
    return html.Div(ticks, className="ribbon-ticks", **aria(hidden="true"))
