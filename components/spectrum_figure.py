"""The power spectrum of a selection: one trace and the mean of all, in decibels, over the four bands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from dash.development.base_component import Component
from numpy.typing import NDArray

from components.drawing import line, part, picture
from ml.selection_spectrum import SelectionSpectrum
from ml.time_frequency import decibels

WIDTH, HEIGHT = 264, 150
LEFT, RIGHT, TOP, BOTTOM = 30.0, 258.0, 16.0, 124.0
TOP_HZ: Final = 30.0
SPAN_DB: Final = 40.0
SIGNS: Final = {"delta": "δ", "theta": "θ", "alpha": "α", "beta": "β"}
MOST_POINTS: Final = 500


def spectrum_figure(found: SelectionSpectrum, words: str) -> Component:
    """Both spectra; the trace is the thick line, the mean the dashed one."""
    shown = (found.freqs_hz >= found.resolution_hz * 0.999) & (found.freqs_hz <= TOP_HZ)      # without the mean, which was removed
    both = [_thinned(found.freqs_hz[shown], each.power_uv2_hz[shown]) for each in (found.of_mean, found.of_channel)]
    top_db = 10.0 * float(np.ceil(max(float(level.max()) for _, level in both) / 10.0 + 0.1))
    curves = [zip(_x(freqs), _y(np.maximum(level, top_db - SPAN_DB), top_db), strict=True) for freqs, level in both]
    return picture(WIDTH, HEIGHT, [
        *_bands(found), *_axes(top_db),
        line(curves[0], style="stroke:var(--quiet)", stroke_width=1.2, stroke_dasharray="3 2"),
        line(curves[1], style="stroke:var(--accent)", stroke_width=1.8), *_peak(found.of_channel.peak_hz),
    ], words)


def _x(freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(LEFT + freqs_hz / TOP_HZ * (RIGHT - LEFT))


def _y(level_db: NDArray[np.float64], top_db: float) -> NDArray[np.float64]:
    return np.asarray(TOP + (top_db - level_db) / SPAN_DB * (BOTTOM - TOP))


def _thinned(freqs_hz: NDArray[np.float64], power: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most ``MOST_POINTS`` points; the highest of those that share one."""
    n = -(-len(power) // MOST_POINTS)
    whole = len(power) // n * n
    return freqs_hz[: whole : n], decibels(power[:whole].reshape(-1, n).max(axis=1)).astype(np.float64)


def _bands(found: SelectionSpectrum) -> Iterator[str]:
    for k, band in enumerate(found.of_channel.bands):
        left, right = _x(np.array([band.low_hz, band.high_hz]))
        if k % 2 == 0:
            yield part("rect", x=float(left), y=TOP, width=float(right - left), height=BOTTOM - TOP, style="fill:var(--band)")
        yield part("text", SIGNS[band.name], x=float(left + right) / 2, y=TOP - 5, text_anchor="middle")


def _axes(top_db: float) -> Iterator[str]:
    for db in np.arange(top_db - SPAN_DB, top_db + 1.0, 10.0).tolist():
        y = float(_y(np.array(db), top_db))
        yield line([(LEFT, y), (RIGHT, y)], style="stroke:var(--line)", stroke_width=0.7)
        yield part("text", f"{db:.0f}".replace("-", "−"), x=LEFT - 4, y=y + 3.5, text_anchor="end")
    for hertz in range(0, 31, 5):
        yield part("text", str(hertz), x=float(_x(np.array(float(hertz)))), y=BOTTOM + 12, text_anchor="middle")
    yield part("text", "Hz", x=RIGHT, y=HEIGHT - 3, text_anchor="end", class_="quiet")
    yield part("text", "dB re 1 µV²/Hz", x=LEFT, y=HEIGHT - 3, class_="quiet")


def _peak(hertz: float | None) -> Iterator[str]:
    if hertz is not None and hertz <= TOP_HZ:
        x = float(_x(np.array(hertz)))
        yield line([(x, TOP), (x, BOTTOM)], style="stroke:var(--accent)", stroke_width=0.8, stroke_dasharray="2 2")
