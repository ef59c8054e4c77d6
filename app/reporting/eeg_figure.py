"""An EEG page for print: true millimetres, with montage, filters and scales on the figure."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

MM_PER_INCH: Final = 25.4
WIDTH_MM, LABEL_MM, RIGHT_MM, ROW_MM, FOOT_MM, TRACES_MM = 174.0, 15.0, 5.0, 5.2, 8.0, 200.0
SENSITIVITIES_UV_MM: Final = (2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 200.0, 500.0)
"""Clinical steps; 7 µV/mm is the usual one on screen (ACNS Guideline 1)."""


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What is drawn: traces in microvolts (n_traces, n_samples), NaN where nothing was recorded."""

    traces_uv: NDArray[np.float32]
    names: tuple[str, ...]
    kinds: tuple[str, ...]           # "ecg" is drawn at its own scale and left out of the choice of sensitivity
    sfreq_hz: float
    tick_labels: tuple[str, ...]     # clock of every second, first to last
    status: str                      # montage and filters
    mark: tuple[float, float] | None = None   # stretch of the event in seconds from the page's start

    @property
    def row_mm(self) -> float:
        """Less than usual where many traces would else be higher than the paper."""
        return min(ROW_MM, TRACES_MM / max(1, len(self.names)))


def sensitivity_uv_mm(page: PrintedPage) -> float:
    """The finest clinical step at which nine tenths of the EEG stay within one and a half rows."""
    eeg = page.traces_uv[[kind != "ecg" for kind in page.kinds]]
    swing = np.nanpercentile(np.abs(eeg - np.nanmedian(eeg, axis=1, keepdims=True)), 98) if np.isfinite(eeg).any() else 0.0
    return next((step for step in SENSITIVITIES_UV_MM if swing / step <= 1.5 * page.row_mm / 2), SENSITIVITIES_UV_MM[-1])


def draw(page: PrintedPage) -> bytes:
    """SVG of the page, 174 mm wide. Negative is up. Text is drawn as paths, so no font is needed to set it."""
    n_traces, n_samples = page.traces_uv.shape
    seconds = n_samples / page.sfreq_hz
    mm_s, uv_mm = (WIDTH_MM - LABEL_MM - RIGHT_MM) / seconds, sensitivity_uv_mm(page)
    height = n_traces * page.row_mm + FOOT_MM
    figure = Figure(figsize=(WIDTH_MM / MM_PER_INCH, height / MM_PER_INCH))
    axes = figure.add_axes((LABEL_MM / WIDTH_MM, FOOT_MM / height, 1 - (LABEL_MM + RIGHT_MM) / WIDTH_MM, 1 - FOOT_MM / height))
    _traces(axes, page, uv_mm)
    _frame(axes, page, seconds)
    status = f"{page.status} | {uv_mm:g} µV/mm | {mm_s:.3g} mm/s on paper | negative up"
    figure.text(LABEL_MM / WIDTH_MM, 0.8 / height, status, fontsize=5.6, va="bottom", parse_math=False)
    _scale_bar(axes, uv_mm, mm_s, n_traces * page.row_mm)
    return _svg(figure)


def _traces(axes: mpl.axes.Axes, page: PrintedPage, uv_mm: float) -> None:
    times = np.arange(page.traces_uv.shape[1]) / page.sfreq_hz
    for row, (trace, name, kind) in enumerate(zip(page.traces_uv, page.names, page.kinds, strict=True)):
        ecg = kind == "ecg"
        scale = max(uv_mm, float(np.nanmax(np.abs(trace), initial=1.0)) / page.row_mm) if ecg else uv_mm
        middle = -(row + 0.5) * page.row_mm
        axes.plot(times, middle + (trace if ecg else -trace) / scale, color="#7a1f1f" if ecg else "black", linewidth=0.35)
        axes.text(-0.012, middle, name, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=5.6, parse_math=False)


def _frame(axes: mpl.axes.Axes, page: PrintedPage, seconds: float) -> None:
    axes.set_xlim(0, seconds)
    axes.set_ylim(-len(page.names) * page.row_mm, 0)
    axes.set_yticks([])
    marks = np.arange(len(page.tick_labels))
    axes.set_xticks(marks, page.tick_labels, fontsize=4.6)
    axes.tick_params(length=1.5, pad=1)
    axes.grid(axis="x", color="#b8bcc4", linewidth=0.3)
    for spine in axes.spines.values():
        spine.set_linewidth(0.3)
    for start, stop in _empty(page):
        axes.axvspan(start, stop, facecolor="none", edgecolor="#9a9fa8", hatch="////", linewidth=0)
    if page.mark:
        axes.axvspan(max(0.0, page.mark[0]), min(seconds, page.mark[1]), color="#f3c96b", alpha=0.25, linewidth=0)


def _empty(page: PrintedPage) -> list[tuple[float, float]]:
    """Stretches in which no trace has a value."""
    empty = np.concatenate(([False], np.isnan(page.traces_uv).all(axis=0), [False]))
    edges = np.flatnonzero(np.diff(empty.astype(np.int8)))
    return [(float(a), float(b)) for a, b in (edges.reshape(-1, 2) / page.sfreq_hz)]


def _scale_bar(axes: mpl.axes.Axes, uv_mm: float, mm_s: float, traces_mm: float) -> None:
    """An upright bar of 10 mm, named in microvolts, and one of a second."""
    right, foot = 0.25 / mm_s * 10, -traces_mm + 1.0
    x = axes.get_xlim()[1] - right
    axes.plot([x, x, x - 1], [foot + 10, foot, foot], color="#00539c", linewidth=0.8)
    axes.text(x - 0.02, foot + 10.3, f"{10 * uv_mm:g} µV, 1 s", color="#00539c", fontsize=4.8, ha="right", va="bottom",
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})


def _svg(figure: Figure) -> bytes:
    out = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "hms-eeg", "path.simplify": True, "path.simplify_threshold": 0.05}):
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": "HMS EEG"})  # type: ignore[no-untyped-call]
    return out.getvalue()
