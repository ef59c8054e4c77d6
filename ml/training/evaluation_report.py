"""The evaluation as files: JSON, and Markdown that a person reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ml.classes import CLASSES, DISPLAY_NAMES

SETS: Final[dict[str, str]] = {
    "held_out_virtual_patients": "held-out generated patients", "iiic50": "IIIC, 50 s, real", "iiic10": "IIIC, 10 s, real",
    "grond": "GROND, 10 s, real, four patterns",
}
Figures = Mapping[str, Any]


def write(report: Figures, out: Path, *, plots: Sequence[Path] = ()) -> Path:
    """Write ``evaluation.json`` and ``evaluation.md``; returns the latter."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(json.dumps(report, indent=1) + "\n")
    path = out / "evaluation.md"
    path.write_text("\n".join(_lines(report, plots)) + "\n")
    return path


def _lines(report: Figures, plots: Sequence[Path]) -> Iterator[str]:
    yield f"# Evaluation of {report['model']}"
    yield ""
    yield f"Manifest `{report['manifest_sha256'][:16]}`. Made by `{report['command']}`. Real windows are few and were looked at during"
    yield "development: figures on them are development figures. Intervals of accuracy are exact binomial ones (95 %)."
    yield from _sets(report)
    yield from _human(report.get("human", {}))
    yield from _generated(report["held_out_virtual_patients"])
    yield from _recordings(report)
    yield from _robustness(report.get("robustness"))
    for plot in plots:
        yield from ("", f"![{plot.stem.replace('_', ' ')}]({plot.name})")


def _sets(report: Figures) -> Iterator[str]:
    rows = []
    for key, title in SETS.items():
        if key not in report:
            continue
        found = report[key]
        for name, figures in (("**ensemble**", found), *((n, f) for n, f in found["members"].items() if n != "ensemble"),
                              ("SPaRCNet, published", found.get("sparcnet_published"))):
            if figures:
                rows.append([title, name, found["n"], _accuracy(figures), figures["kl"], figures["macro_f1"]])
        rows.append([title, "uniform", found["n"], "", found["kl_uniform"], ""])
        rows.append([title, "natural prior", found["n"], "", found["kl_prior"], ""])
    yield from _table("Windows with votes", ("Set", "Who", "n", "Right", "KL(votes ‖ p)", "Macro F1"), rows)


def _human(human: Figures) -> Iterator[str]:
    rows = [[name.replace("_", " "), f.get("n", f"{f.get('raters')} raters"), f["accuracy"], f.get("kl", ""), f.get("kappa", ""), f.get("macro_f1", "")]
            for name, f in human.items()]
    yield from _table("People, from the vote tables (real segments with ten or more votes)", ("Who", "n", "Accuracy", "KL", "κ", "Macro F1"), rows)


def _generated(found: Figures) -> Iterator[str]:
    interval = found["bootstrap_by_patient_95"]
    yield from _table("Held-out generated patients, ensemble", ("Figure", "Value", "95 % by patient"), [
        ["KL", found["kl"], interval["kl"]], ["accuracy", found["accuracy"], interval["accuracy"]],
        ["negative log-likelihood", found["nll"], ""], ["Brier score", found["brier"], ""], ["κ", found["kappa"], ""], ["macro F1", found["macro_f1"], ""],
        ["calibration error (15 bins, against shares of votes)", found["expected_calibration_error"], ""],
        ["calibration error by class", found["class_calibration_error"], ""],
        ["90 % sets: coverage", found["conformal"]["coverage"], f"mean size {found['conformal']['mean_size']}, {found['conformal']['fitted_on']} windows fitted"],
        ["says nothing (three classes or more)", found["conformal"]["abstains"], f"else right {found['conformal']['accuracy_where_it_does_not']}"],
    ])
    yield from _table("By class", ("Class", "n", "Sensitivity", "Precision", "AUROC", "Average precision"), [
        [DISPLAY_NAMES[name], found["per_class"][name]["n"], found["per_class"][name]["sensitivity"], found["per_class"][name]["precision"],
         found["discrimination"][name]["auroc"], found["discrimination"][name]["average_precision"]] for name in CLASSES])
    yield from _table("By agreement of the votes", ("Majority share", "n", "Right", "KL"), [
        [f"{row['majority_share'][0]:g} to {row['majority_share'][1]:g}", row["n"], _accuracy(row), row["kl"]] for row in found["by_agreement"]])
    yield from _table("Doubt", ("Entropy", "Mean, nats", "AUROC of errors"), [
        [name, row["mean_nats"], row["auroc_of_errors"]] for name, row in found["uncertainty"].items()])


def _recordings(report: Figures) -> Iterator[str]:
    if icu := report.get("icu_recording"):
        yield from _table(f"Intensive-care recording, {icu['n']} units of 2 s ({icu['note']})",
                          ("Who", "Balanced accuracy, six classes", "among the three", "AUROC LRDA", "AUROC GRDA", "AUROC other"),
                          [[name, icu[key]["balanced_accuracy"], icu[key]["balanced_accuracy_among_three"], *icu[key]["auroc"].values()]
                           for key, name in (("ensemble", "ensemble"), ("sparcnet_published", "SPaRCNet, published"))])
    if well := report.get("healthy_adults"):
        yield from ("", f"Healthy adults: {well['false_positives']} of {well['n']} windows of {well['recordings']} recordings called a pattern "
                    f"({100 * well['share']:.1f} %, 95 % interval {100 * well['share_95'][0]:.1f} to {100 * well['share_95'][1]:.1f} %).")


def _robustness(found: Figures | None) -> Iterator[str]:
    if found:
        yield from _table(f"Recorded worse ({found['note']}; n = {found['n']})", ("Variant", "Assessed", "Right", "KL", "Change"), [
            [name, row["assessed"], _accuracy(row), row["kl"], row["change"]] for name, row in found["variants"].items()])


def _accuracy(figures: Figures) -> str:
    if figures["accuracy"] is None:
        return "not assessed"
    low, high = figures["accuracy_95"]
    return f"{100 * figures['accuracy']:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _table(title: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"## {title}", "", "| " + " | ".join(names) + " |", "|" + " --- |" * len(names))
    for row in rows:
        yield "| " + " | ".join("–" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row) + " |"
