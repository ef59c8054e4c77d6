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

from ml.classes import CLASSES, DISPLAY_NAMES, PATTERNS
from ml.training.evaluation_report import SETS

Figures = Mapping[str, Any]
LINES: Final[dict[str, tuple[str, str]]] = {
    "single_expert": ("single expert", "dotted"), "half_committee": ("half committee", "dashed"), "oracle": ("oracle (ceiling of label noise)", "solid"),
}
INK, MODEL, FAINT = "#1d2733", "#2f6fb2", "#8098ad"
SHADES = ("#2f6fb2", "#12866b", "#a7660a")


def draw(report: Figures, out: Path) -> list[Path]:
    """Write PNG files; returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    found, human = report["held_out_virtual_patients"], report.get("human", {})
    return [
        _save(out / "sets.png", (10, 4.2), 2, lambda axes: _sets(axes, report, human)),
        _save(out / "reliability.png", (5, 5), 1, lambda axes: _reliability(axes[0], found, human)),
        _save(out / "agreement.png", (6.5, 4.2), 1, lambda axes: _agreement(axes[0], found, human)),
        _save(out / "confusion.png", (5.4, 5), 1, lambda axes: _confusion(axes[0], found, human)),
        _save(out / "discrimination.png", (7.5, 4.2), 1, lambda axes: _discrimination(axes[0], found, human)),
        *([_save(out / "events.png", (10, 6), 2, lambda axes: _events(axes, report["events"], human))] if "events" in report else []),
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
            axes.plot([x], [row[figure]], _mark(name, found["members"]), color=color, label=name if place == _first(report, names, name) else None)
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


def _mark(name: str, members: Figures) -> str:
    """A marker of its own for every network."""
    alone = [member for member in members if member != "ensemble"]
    return {"ensemble": "o", "SPaRCNet": "D"}.get(name) or "^sv<>P"[alone.index(name) % 6]


def _reliability(axes: Axes, found: Figures, human: Figures) -> None:
    rows = found["reliability"]
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    if people := human.get("half_committee", {}).get("reliability"):
        axes.plot([row["prob"] for row in people], [row["votes"] for row in people], "s--", color=INK, markersize=3, linewidth=1,
                  label=f"half committee against the other half, real, n = {human['half_committee']['n']}")
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


def _discrimination(axes: Axes, found: Figures, human: Figures) -> None:
    """AUROC of every class: each member, the ensemble with its interval, and half a committee."""
    members = {name: f["discrimination"] for name, f in found["members"].items() if "discrimination" in f}
    rows = members | {"ensemble": found["discrimination"]}
    for k, (name, areas) in enumerate(rows.items()):
        color = MODEL if name == "ensemble" else FAINT
        for place, label in enumerate(CLASSES):
            x = place + (k - (len(rows) - 1) / 2) * 0.15
            if areas[label].get("auroc_95"):
                axes.plot([x, x], areas[label]["auroc_95"], color=color, linewidth=1.5)
            if areas[label]["auroc"] is not None:
                axes.plot([x], [areas[label]["auroc"]], _mark(name, found["members"]), color=color, markersize=4, label=name if place == 0 else None)
    people = human.get("half_committee", {}).get("auroc_by_class", {})
    for place, label in enumerate(CLASSES):
        if label in people:
            axes.plot([place - 0.4, place + 0.4], [people[label]] * 2, color=INK, linestyle="dashed", linewidth=1)
    _anchors(axes, human, "accuracy")
    names = [f"{DISPLAY_NAMES[name]}\nn = {found['discrimination'][name]['n']}" for name in CLASSES]
    axes.set_xticks(range(len(CLASSES)), names, fontsize=8)
    axes.set(ylabel="AUROC against all others", ylim=(0.5, 1.01),
             title="Generated patients; short dashes: AUROC of half a committee (real); lines: accuracy of people")
    axes.title.set_fontsize(8)
    axes.legend(fontsize=7, loc="lower right")


def _events(axes: Sequence[Axes], found: Figures, human: Figures) -> None:
    """Sensitivity of each pattern in eventful recordings, and false alarms per hour of all kinds, without tolerance."""
    shown = [row for row in found["kinds"].values() if row["eventful"]]
    for k, row in enumerate(shown):
        for place, pattern in enumerate(PATTERNS):
            f = row["patterns"][pattern]["without_tolerance"]
            if f["sensitivity"] is not None:
                x = place + (k - (len(shown) - 1) / 2) * 0.2
                axes[0].plot([x, x], f["sensitivity_95"], color=SHADES[k], linewidth=1.5)
                axes[0].plot([x], [f["sensitivity"]], "o", color=SHADES[k])
        axes[0].plot([], [], "o", color=SHADES[k], label=f"{row['title']}, {row['hours']:g} h")
    _anchors(axes[0], human, "accuracy")
    axes[0].set_xticks(range(len(PATTERNS)), [DISPLAY_NAMES[name] for name in PATTERNS], fontsize=8)
    axes[0].set(ylabel="share of true events found", ylim=(0, 1.02), title=f"{found['scorer']}, no tolerance; lines: accuracy of people, windows")
    for place, row in enumerate(found["kinds"].values()):
        f = row["patterns"]["all"]["without_tolerance"]
        axes[1].plot([place, place], f["false_alarms_per_hour_95"], color=MODEL, linewidth=1.5)
        axes[1].plot([place], [f["false_alarms_per_hour"]], "o", color=MODEL)
    names = [textwrap.fill(row["title"], 14) + f"\n{row['hours']:g} h" for row in found["kinds"].values()]
    axes[1].set_xticks(range(len(names)), names, fontsize=7)
    axes[1].axhline(1, color="#b4553a", linewidth=1, label="asked: below 1 where nothing happens")
    axes[1].set(ylabel="false alarms per hour, all patterns", title="accuracy of people, windows: " + ", ".join(
        f"{LINES[key][0].split(' (')[0]} {row['accuracy']:.2f}" for key, row in human.items()))
    axes[1].set_ylim(bottom=0)
    for each in axes:
        each.title.set_fontsize(8)
        each.legend(fontsize=7)


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
