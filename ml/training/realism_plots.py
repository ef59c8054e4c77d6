"""Pictures of real and generated windows: their marginals, and the windows themselves beside one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS
from ml.classes import CLASSES

Floats = NDArray[np.floating]

REAL_COLOUR: Final[str] = "#b5442e"
MADE_COLOUR: Final[str] = "#2f6f9f"
SHOWN_HZ: Final[float] = 100.0
GAPS: Final[tuple[int, ...]] = (4, 8, 12, 16)
"""Rows at which a chain begins, set apart in a picture of EEG."""


def marginals(
    path: Path, real: Mapping[str, Floats], made: Mapping[str, Floats], real_class: NDArray[np.int64], made_class: NDArray[np.int64]
) -> None:
    """One small panel for each marginal: 10th, 50th and 90th percentile by class, real beside generated."""
    names = list(real)
    figure = Figure(figsize=(16, 3 * -(-len(names) // 5)), layout="constrained")
    axes = figure.subplots(-(-len(names) // 5), 5).ravel()
    for panel, name in zip(axes, names, strict=False):
        for shift, values, classes, colour in ((-0.15, real, real_class, REAL_COLOUR), (0.15, made, made_class, MADE_COLOUR)):
            _ranges(panel, values[name], classes, shift, colour)
        panel.set_title(name.replace("_", " "), fontsize=9)
        panel.set_xticks(range(len(CLASSES)), CLASSES, fontsize=7)
        panel.tick_params(axis="y", labelsize=7)
    for panel in axes[len(names) :]:
        panel.axis("off")
    figure.suptitle("Median and 10th-90th percentile; real (red, single windows as dots) and generated (blue)", fontsize=11)
    figure.savefig(path, dpi=80)


def windows(path: Path, real_uv: Sequence[Floats], made_uv: Sequence[Floats], titles: Sequence[str], *, sfreq_hz: float = 200.0) -> None:
    """Real windows in the upper row, generated ones in the lower, all at 10 s and one sensitivity per window."""
    columns = max(len(real_uv), len(made_uv))
    figure = Figure(figsize=(5.2 * columns, 13), layout="constrained")
    axes = figure.subplots(2, columns, squeeze=False)
    for row, (shown, colour) in enumerate(((real_uv, REAL_COLOUR), (made_uv, MADE_COLOUR))):
        for column, window in enumerate(shown):
            _traces(axes[row, column], window, sfreq_hz, colour)
            axes[row, column].set_title(titles[row * len(real_uv) + column], fontsize=8)
    figure.savefig(path, dpi=70)


def _ranges(panel: Axes, values: Floats, classes: NDArray[np.int64], shift: float, colour: str) -> None:
    for index in range(len(CLASSES)):
        inside = values[classes == index]
        if len(inside) == 0:
            continue
        low, middle, high = np.percentile(inside, [10, 50, 90])
        panel.plot([index + shift] * 2, [low, high], color=colour, lw=3, alpha=0.35, solid_capstyle="butt")
        panel.plot(index + shift, middle, "_", color=colour, ms=9, mew=2)
        if len(inside) < 40:
            panel.plot(np.full(len(inside), index + shift), inside, ".", color=colour, ms=2.5)


def _traces(panel: Axes, window_uv: Floats, sfreq_hz: float, colour: str) -> None:
    step = max(1, round(sfreq_hz / SHOWN_HZ))
    scale_uv = max(3.5 * float(np.median(window_uv.std(axis=1))), 1.0)
    gap = np.array([sum(row >= start for start in GAPS) for row in range(len(CHAIN_PAIRS))])
    offset = -(np.arange(len(CHAIN_PAIRS)) + 0.8 * gap)
    seconds = np.arange(0, window_uv.shape[1], step) / sfreq_hz
    for row in range(len(CHAIN_PAIRS)):
        panel.plot(seconds, offset[row] - np.clip(window_uv[row, ::step] / scale_uv, -2.5, 2.5), color=colour, lw=0.55)
    panel.set_yticks(offset, ["-".join(pair) for pair in CHAIN_PAIRS], fontsize=6)
    panel.set_xticks(range(11))
    panel.tick_params(axis="x", labelsize=6)
    panel.grid(axis="x", lw=0.3)
    panel.set_xlim(0, seconds[-1])
    panel.set_xlabel(f"s; one row is {scale_uv:.0f} µV, negative up", fontsize=7)
