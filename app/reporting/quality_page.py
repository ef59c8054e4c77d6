"""The quality report of a recording on one page: every electrode in every second, and the figures behind."""

from __future__ import annotations

import io
from typing import Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ml.electrode_seconds import NOT_RECORDED, STATES
from ml.quality_report import QualityReport

SIZE_INCH, DPI = (11.7, 8.3), 150
COLUMNS: Final = 900
TICKS_S: Final = (5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 86400)
COLORS: Final = {
    "good": "#EDF3F0", "muscle": "#E69F00", "movement": "#56B4E9", "no values": "#3B3B3B", "flat": "#7A7A7A", "clipped": "#D55E00",
    "noisy": "#CC79A7", "mains": "#0072B2", "uncorrelated": "#009E73",
}
"""Okabe and Ito's colors, told apart with any color vision (jfly.uni-koeln.de/color, 2008)."""
GAP_COLOR: Final = "#FFFFFF"
FOOT: Final = (
    "Each electrode against the recorded reference (or pairs as recorded), 200 Hz; EEG 0.5-40 Hz zero-phase Butterworth, mains notched where "
    "found; noise, mains, clipping and movement on the unfiltered signal.\n"
    "Muscle and movement inform only; the other marks are what the model leaves out. For research; not a medical device."
)


def draw(report: QualityReport, *, title: str, kind: Literal["png", "pdf"] = "png") -> bytes:
    """One A4 page in landscape; the file's claims of identity are not on it."""
    figure = Figure(figsize=SIZE_INCH, dpi=DPI)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        2, 3, width_ratios=(7, 1.2, 1.2), height_ratios=(3.2, 1), left=0.07, right=0.98, top=0.84, bottom=0.105, wspace=0.06, hspace=0.12,
    )
    states = figure.add_subplot(grid[0, 0])
    _states(states, report)
    _bars(figure.add_subplot(grid[0, 1]), _of_channels(report, "snr_db"), "SNR (dB)", (0.0, 40.0))
    _bars(figure.add_subplot(grid[0, 2]), _of_channels(report, "hum_uv"), "Mains (µV)", None)
    _windows(figure.add_subplot(grid[1, 0], sharex=states), report)
    figure.text(0.07, 0.955, title, fontsize=13, fontweight="bold")
    figure.text(0.07, 0.885, "\n".join(facts(report)), fontsize=8.5, va="bottom")
    notes = "\n".join(_wrapped((*report.findings, *_not_assessed(report)))) or "Nothing about the file or its signals needs a remark."
    figure.text(0.735, 0.265, notes, fontsize=6.5, va="top", wrap=False)
    figure.text(0.07, 0.015, FOOT, fontsize=7, color="#555555")
    file = io.BytesIO()
    figure.savefig(file, format=kind, metadata={"CreationDate": None} if kind == "pdf" else None)
    return file.getvalue()


def facts(report: QualityReport) -> tuple[str, str]:
    """Two lines: what the file is, how good it is."""
    info, windows = report.info, report.seconds.windows()
    start = f"{info.start_time:%Y-%m-%d %H:%M:%S}" if info.start_time else "unknown start"
    states = report.seconds.states
    known = states[states != NOT_RECORDED]
    usable, total = int(windows["assessable"].sum()), len(windows["start_s"])
    hum = f"mains hum {report.quality.mains_hz:g} Hz" if report.quality.mains_hz else "no mains hum"
    measured = (
        f"{np.mean(known > 0):.1%} of the electrode seconds with artifacts; {usable} of {total} window{'' if total == 1 else 's'} of 10 s "
        f"can be assessed; {hum}" if len(known) else "nothing was measured: the file holds no electrode and no pair of the 10-20 system")
    gaps = f"{len(info.gaps) or 'no'} gap{'' if len(info.gaps) == 1 else 's'}"
    return f"{info.format}, {len(info.signals)} signals, {clock(info.duration_s)} from {start}, {gaps}", measured


def clock(seconds: float) -> str:
    """``h:mm:ss``"""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _states(axes: mpl.axes.Axes, report: QualityReport) -> None:
    states = report.seconds.states
    rows = np.flatnonzero((states != NOT_RECORDED).any(axis=1)).tolist()
    names, shown = [report.seconds.names[row] for row in rows], commonest(states[rows])
    image = np.ma.masked_equal(shown, NOT_RECORDED)
    colors = ListedColormap([COLORS[state] for state in STATES]).with_extremes(bad=GAP_COLOR)
    extent = (0.0, max(states.shape[1], 1), max(len(names), 1) - 0.5, -0.5)
    axes.imshow(image, cmap=colors, vmin=-0.5, vmax=len(STATES) - 0.5, aspect="auto", interpolation="nearest", extent=extent)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_facecolor(GAP_COLOR)
    axes.tick_params(labelbottom=False, length=2)
    present = [state for number, state in enumerate(STATES) if (states == number).any()]
    patches = [Patch(facecolor=COLORS[state], edgecolor="#999999", label=state) for state in present]
    patches.append(Patch(facecolor=GAP_COLOR, edgecolor="#999999", hatch="////", label="not recorded"))
    axes.legend(handles=patches, ncols=10, fontsize=6.5, loc="lower left", bbox_to_anchor=(-0.005, 1.0), frameon=False)
    _hatch_gaps(axes, report)


def commonest(states: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most ``COLUMNS`` columns, each the state that most of its seconds have; ``NOT_RECORDED`` only where all of it is."""
    size = -(-states.shape[1] // COLUMNS) if states.shape[1] else 1
    padded = np.pad(states, ((0, 0), (0, -states.shape[1] % size)), constant_values=NOT_RECORDED)
    cells = padded.reshape(len(states), padded.shape[1] // size, size)
    counts = np.stack([(cells == number).sum(axis=2) for number in range(len(STATES))])
    return np.where(counts.any(axis=0), counts.argmax(axis=0), NOT_RECORDED).astype(np.uint8)


def _hatch_gaps(axes: mpl.axes.Axes, report: QualityReport) -> None:
    for gap in report.info.gaps:
        axes.axvspan(gap.start_s, gap.stop_s, facecolor="none", edgecolor="#999999", hatch="////", linewidth=0)


def _of_channels(report: QualityReport, figure: str) -> list[float]:
    rows = np.flatnonzero((report.seconds.marks != NOT_RECORDED).any(axis=1)).tolist()
    values = [getattr(report.quality.channels[row], figure) for row in rows]
    return [np.nan if value is None else float(value) for value in values]


def _bars(axes: mpl.axes.Axes, values: list[float], title: str, limits: tuple[float, float] | None) -> None:
    axes.barh(range(len(values)), values, color="#5B7C8D", height=0.7)
    axes.set_ylim(max(len(values), 1) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlim(limits or (0.0, max(1.0, 1.05 * max(filter(np.isfinite, values), default=0.0))))
    axes.set_title(title, fontsize=8)
    axes.tick_params(labelsize=6.5, length=2)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.5)
    axes.set_axisbelow(True)


def _windows(axes: mpl.axes.Axes, report: QualityReport) -> None:
    windows, seconds = report.seconds.windows(), report.seconds.marks.shape[1]
    edges = np.append(windows["start_s"], windows["start_s"][-1] + 10.0) if len(windows["start_s"]) else np.zeros(1)
    axes.stairs(100.0 * windows["artifact_share"], edges, color="#B04A00", fill=True, alpha=0.75)
    for start in windows["start_s"][~windows["assessable"]]:
        axes.axvspan(start, start + 10.0, color="#C9C9C9", zorder=0, linewidth=0)
    _hatch_gaps(axes, report)
    axes.set_ylim(0, 100)
    axes.set_xlim(0, max(seconds, 1))
    axes.set_ylabel("artifacts (%)\nper 10 s; gray: not assessed", fontsize=7)
    step = next((step for step in TICKS_S if seconds / step <= 10), TICKS_S[-1])
    ticks = np.arange(0, seconds + 1, step)
    axes.set_xticks(ticks, [clock(tick) for tick in ticks], fontsize=7)
    axes.tick_params(labelsize=7, length=2)


def _not_assessed(report: QualityReport) -> tuple[str, ...]:
    return tuple(f"{clock(part.start_s)} to {clock(part.stop_s)} not assessed: {part.reason}." for part in report.not_assessed or ())


def _wrapped(sentences: tuple[str, ...], width: int = 60, lines: int = 17) -> list[str]:
    from textwrap import wrap

    found = [line for sentence in sentences for line in wrap(f"• {sentence}", width, subsequent_indent="  ")]
    return found if len(found) <= lines else [*found[: lines - 1], "… more in the JSON of this report"]
