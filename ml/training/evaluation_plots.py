"""The evaluation in pictures; what people reach is a line in each."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ml.classes import CLASSES, DISPLAY_NAMES
from ml.training.evaluation_report import SETS

Figures = Mapping[str, Any]
LINES: Final[dict[str, tuple[str, str]]] = {
    "single_expert": ("single expert", "dotted"), "half_committee": ("half committee", "dashed"), "oracle": ("oracle (ceiling of label noise)", "solid"),
}
INK, MODEL, FAINT = "#1d2733", "#2f6fb2", "#9fb4c7"


def draw(report: Figures, out: Path) -> list[Path]:
    """Write PNG files; returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    found, human = report["held_out_virtual_patients"], report.get("human", {})
    return [
        _save(out / "sets.png", (10, 4.2), 2, lambda axes: _sets(axes, report, human)),
        _save(out / "reliability.png", (5, 5), 1, lambda axes: _reliability(axes[0], found, human)),
        _save(out / "agreement.png", (6.5, 4.2), 1, lambda axes: _agreement(axes[0], found, human)),
        _save(out / "confusion.png", (5.4, 5), 1, lambda axes: _confusion(axes[0], found, human)),
        *([_save(out / "robustness.png", (9, 7), 1, lambda axes: _robustness(axes[0], report["robustness"], human))] if "robustness" in report else []),
    ]


def _save(path: Path, size: tuple[float, float], n: int, fill: Any) -> Path:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    fill([figure.add_subplot(1, n, k + 1) for k in range(n)])
    figure.savefig(path, dpi=110)
    return path


def _anchors(axes: Axes, human: Figures, figure: str, *, across: bool = False) -> None:
    """Lines of what people reach in one figure."""
    for key, (name, style) in LINES.items():
        if figure in human.get(key, {}):
            value = human[key][figure]
            line = axes.axvline if across else axes.axhline
            line(value, color=INK, linestyle=style, linewidth=1, label=f"{name} {value:.2f}", zorder=1)


def _sets(axes: Sequence[Axes], report: Figures, human: Figures) -> None:
    for place, figure in zip(axes, ("accuracy", "kl"), strict=True):
        _by_set(place, report, human, figure)


def _by_set(axes: Axes, report: Figures, human: Figures, figure: str) -> None:
    names = [key for key in SETS if key in report]
    for place, key in enumerate(names):
        found = report[key]
        rows = [("ensemble", found), *((n, f) for n, f in found["members"].items() if n != "ensemble")]
        rows += [("SPaRCNet", found["sparcnet_published"])] if "sparcnet_published" in found else []
        for k, (name, row) in enumerate(rows):
            x = place + (k - (len(rows) - 1) / 2) * 0.18
            color = MODEL if name == "ensemble" else INK if name == "SPaRCNet" else FAINT
            interval = row.get("accuracy_95") if figure == "accuracy" else row.get("bootstrap_by_patient_95", {}).get("kl")
            if interval:
                axes.plot([x, x], interval, color=color, linewidth=1.5)
            axes.plot([x], [row[figure]], "D" if name == "SPaRCNet" else "o", color=color, label=name if place == _first(report, names, name) else None)
        if figure == "kl":
            axes.plot([place - 0.35, place + 0.35], [found["kl_uniform"]] * 2, color="#b4553a", linewidth=1, label="uniform" if place == 0 else None)
    _anchors(axes, human, figure)
    titles = [textwrap.fill(SETS[key], 16) + f"\nn = {report[key]['n']}" for key in names]
    axes.set_xticks(range(len(names)), titles, fontsize=8)
    axes.set_ylabel("share right" if figure == "accuracy" else "KL(votes ‖ p), nats")
    axes.set_ylim(0, 1.02 if figure == "accuracy" else 1.4 * max(report[key]["kl_uniform"] for key in names))
    axes.legend(fontsize=7, loc="lower left" if figure == "accuracy" else "upper left", ncols=1 if figure == "accuracy" else 2)


def _first(report: Figures, names: list[str], member: str) -> int:
    """The first set in which a member is drawn, which names it."""
    return next(k for k, key in enumerate(names) if member != "SPaRCNet" or "sparcnet_published" in report[key])


def _reliability(axes: Axes, found: Figures, human: Figures) -> None:
    rows = found["reliability"]
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    axes.plot([row["prob"] for row in rows], [row["votes"] for row in rows], "o-", color=MODEL, label=f"ensemble, error {found['expected_calibration_error']:.3f}")
    _anchors(axes, {key: {"top": row["accuracy"]} for key, row in human.items()}, "top")
    axes.set(xlabel="probability", ylabel="share of votes", xlim=(0, 1), ylim=(0, 1), title=f"Generated patients, n = {found['n']}; lines: accuracy of people")
    axes.title.set_fontsize(9)
    axes.legend(fontsize=7)


def _agreement(axes: Axes, found: Figures, human: Figures) -> None:
    rows = found["by_agreement"]
    for k, row in enumerate(rows):
        axes.plot([k, k], row["accuracy_95"], color=MODEL, linewidth=1.5)
    axes.plot(range(len(rows)), [row["accuracy"] for row in rows], "o", color=MODEL, label="ensemble, generated patients")
    _anchors(axes, human, "accuracy")
    axes.set_xticks(range(len(rows)), [f"{row['majority_share'][0]:g}–{row['majority_share'][1]:g}\nn = {row['n']}" for row in rows], fontsize=8)
    axes.set(xlabel="share of votes that the majority has", ylabel="share right", ylim=(0, 1.02))
    axes.legend(fontsize=7, loc="lower right")


def _confusion(axes: Axes, found: Figures, human: Figures) -> None:
    counts = np.array(found["confusion"], dtype=float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*share.shape):
        axes.text(column, row, f"{share[row, column]:.2f}", ha="center", va="center", fontsize=8, color="white" if share[row, column] > 0.6 else INK)
    names = [DISPLAY_NAMES[name] for name in CLASSES]
    axes.set_xticks(range(6), names, fontsize=8)
    axes.set_yticks(range(6), names, fontsize=8)
    said = ", ".join(f"{LINES[key][0].split(' (')[0]} {row['accuracy']:.2f}" for key, row in human.items())
    axes.set(xlabel="model", ylabel="majority of votes", title=f"Right: {found['accuracy']:.2f} (generated)" + (f"\npeople on real EEG: {said}" if said else ""))
    axes.title.set_fontsize(8)


def _robustness(axes: Axes, found: Figures, human: Figures) -> None:
    rows = list(found["variants"].items())[::-1]
    for k, (_, row) in enumerate(rows):
        if row["accuracy"] is None:
            axes.text(0.02, k, "not assessed", fontsize=7, va="center")
        else:
            axes.plot(row["accuracy_95"], [k, k], color=MODEL, linewidth=1.5)
            axes.plot([row["accuracy"]], [k], "o", color=MODEL)
    _anchors(axes, human, "accuracy", across=True)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    axes.set(xlabel=f"share right, generated windows, n = {found['n']}", xlim=(0, 1.02))
    axes.legend(fontsize=7, loc="lower left")
