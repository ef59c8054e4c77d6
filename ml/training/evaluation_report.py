"""The evaluation as files: JSON, and Markdown that a person reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ml.classes import CLASSES, DISPLAY_NAMES, PATTERNS

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
    yield "development: figures on them are development figures. Intervals of accuracy are exact binomial ones (95 %), of the other"
    yield "figures percentiles of a bootstrap that draws patients, of rates of false alarms exact Poisson ones."
    yield from _bars(report.get("bars", ()))
    yield from _sets(report)
    yield from _human(report.get("human", {}))
    yield from _generated(report["held_out_virtual_patients"])
    yield from _natural(report["held_out_virtual_patients"].get("natural_prior"))
    yield from _recordings(report)
    yield from _healthy(report.get("healthy_adults"))
    yield from _events(report.get("events"))
    yield from _seizures(report.get("whole_seizures"))
    yield from _explanations(report.get("explanations"))
    yield from _robustness(report.get("robustness"))
    yield from _table("What it took", ("Part", "Seconds"), [[name.replace("_", " "), value] for name, value in report.get("wall_s", {}).items()])
    for plot in plots:
        yield from ("", f"![{plot.stem.replace('_', ' ')}]({plot.name})")


def _bars(rows: Sequence[Figures]) -> Iterator[str]:
    yield from _table("What was asked", ("Figure", "On", "", "Asked", "Found", "n", ""), [
        [row["what"], row["on"], row["kind"], row["wanted"], float(row["found"]), f"{row['n']:g} {row['unit']}", "met" if row["met"] else "**not met**"]
        for row in rows])


def _sets(report: Figures) -> Iterator[str]:
    rows = []
    for key, title in SETS.items():
        if key not in report:
            continue
        found = report[key]
        for name, figures in (("**ensemble**", found), ("ensemble, leave one out", found.get("leave_one_out")),
                              *((n, f) for n, f in found["members"].items() if n != "ensemble"),
                              ("SPaRCNet, published", found.get("sparcnet_published"))):
            if figures:
                rows.append([title, name, found["n"], _accuracy(figures), _with_ends(figures, "kl"), figures["macro_f1"],
                             figures.get("brier"), figures.get("nll"), figures.get("kappa"), figures.get("expected_calibration_error")])
        rows.append([title, "uniform", found["n"], "", found["kl_uniform"], *[""] * 5])
        rows.append([title, "natural prior", found["n"], "", found["kl_prior"], *[""] * 5])
    names = ("Set", "Who", "n", "Right", "KL(votes ‖ p)", "Macro F1", "Brier", "NLL", "κ", "Calibration error")
    yield from _table("Windows with votes", names, rows)
    if pairs := report.get("grond", {}).get("pairs"):
        yield from _table("Two patterns against each other (GROND, real)", ("Pair", "n", "AUROC", "Published for programs of GROND's authors, all their data"), [
            [name.replace("_", " "), row["n"], row["auroc"], row["published"]] for name, row in pairs.items()])


def _human(human: Figures) -> Iterator[str]:
    rows = [[name.replace("_", " "), f.get("n", f"{f.get('raters')} raters"), f["accuracy"], f.get("kl", ""), f.get("kappa", ""), f.get("macro_f1", ""),
             f.get("auroc", ""), f.get("average_precision", "")]
            for name, f in human.items()]
    names = ("Who", "n", "Accuracy", "KL", "κ", "Macro F1", "AUROC", "Average precision")
    yield from _table("People, from the vote tables (real segments with ten or more votes)", names, rows)


def _generated(found: Figures) -> Iterator[str]:
    ends, n = found["bootstrap_by_patient_95"], f"{found['n']} windows of {found['patients']} patients"
    names = {"kl": "KL", "accuracy": "accuracy", "nll": "negative log-likelihood", "brier": "Brier score", "kappa": "κ", "macro_f1": "macro F1",
             "expected_calibration_error": "calibration error (15 bins, against shares of votes)"}
    yield from _table(f"Held-out generated patients, ensemble ({n})", ("Figure", "Value", "95 % by patient"), [
        *([title, found[key], ends.get(key)] for key, title in names.items()),
        ["calibration error by class", found["class_calibration_error"], ""],
        ["90 % sets: coverage", found["conformal"]["coverage"], f"mean size {found['conformal']['mean_size']}, {found['conformal']['fitted_on']} windows fitted"],
        ["says nothing (three classes or more)", found["conformal"]["abstains"], f"else right {found['conformal']['accuracy_where_it_does_not']}"],
        *_gain(found.get("gain_over_best_member")), *_served_sets(found.get("served_sets")),
    ])
    yield from _table("By class", ("Class", "n", "Sensitivity", "Precision", "AUROC", "95 %", "Average precision", "95 %"), [
        [DISPLAY_NAMES[name], found["per_class"][name]["n"], found["per_class"][name]["sensitivity"], found["per_class"][name]["precision"],
         row["auroc"], row.get("auroc_95"), row["average_precision"], row.get("average_precision_95")]
        for name in CLASSES for row in (found["discrimination"][name],)])
    yield from _table("Mean AUROC and average precision of each network", ("Who", "n", "AUROC", "95 %", "Average precision", "95 %"), [
        [name, row["mean"]["n"], row["mean"]["auroc"], row["mean"]["auroc_95"], row["mean"]["average_precision"], row["mean"]["average_precision_95"]]
        for name, member in {**found["members"], "ensemble": found}.items() if "mean" in (row := member.get("discrimination", {}))])
    yield from _table("By agreement of the votes", ("Who", "Majority share", "n", "Right", "KL"), [
        [name, f"{row['majority_share'][0]:g} to {row['majority_share'][1]:g}", row["n"], _accuracy(row), row["kl"]]
        for name, member in {"ensemble": found, **{n: f for n, f in found["members"].items() if n != "ensemble"}}.items()
        for row in member.get("by_agreement", ())])
    yield from _table("Doubt", ("Entropy", "n", "Mean, nats", "AUROC of errors"), [
        [name, row.get("n", found["n"]), row["mean_nats"], row["auroc_of_errors"]] for name, row in found["uncertainty"].items()])


def _gain(found: Figures | None) -> Iterator[list[Any]]:
    if found:
        yield [f"KL below that of the best member ({found['best_member']})", found["kl"], found["kl_95"]]


def _served_sets(found: Figures | None) -> Iterator[list[Any]]:
    if found:
        yield ["sets as they serve: coverage", found["coverage"], f"mean size {found['mean_size']}, n {found['n']}"]
        yield ["silent as it serves", found["unsure_share"], f"else right {found['accuracy_where_sure']}, n {found['n_sure']}"]


def _natural(found: Figures | None) -> Iterator[str]:
    if not found:
        return
    ends = found["bootstrap_by_patient_95"]
    yield from _table(f"Natural prior (probabilities multiplied by it, windows weighted; n {found['n']}, effective {found['n_effective']})",
                      ("Figure", "Value", "95 % by patient"),
                      [*([key.replace("_", " "), found[key], ends[key]] for key in ends), ["KL of the constant prior", found["kl_constant_prior"], ""]])
    yield from _table("Natural prior, by class", ("Class", "Prior", "n", "Sensitivity", "Precision", "Average precision"), [
        [DISPLAY_NAMES[name], found["prior"][name], row["n"], row["sensitivity"], row["precision"], row["average_precision"]]
        for name in CLASSES for row in (found["per_class"][name],)])


def _recordings(report: Figures) -> Iterator[str]:
    if icu := report.get("icu_recording"):
        yield from _table(f"Intensive-care recording, real, {icu['n']} units of 2 s ({icu['note']})",
                          ("Who", "Balanced accuracy, six classes", "among the three", "AUROC LRDA", "AUROC GRDA", "AUROC other"),
                          [[name, icu[key]["balanced_accuracy"], icu[key]["balanced_accuracy_among_three"], *icu[key]["auroc"].values()]
                           for key, name in (("ensemble", "ensemble"), ("sparcnet_published", "SPaRCNet, published"))])


def _healthy(found: Figures | None) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield (f"Healthy adults: {found['false_positives']} of {found['n']} windows of {found['recordings']} recordings called a pattern "
           f"({100 * found['share']:.1f} %, 95 % interval {100 * found['share_95'][0]:.1f} to {100 * found['share_95'][1]:.1f} %).")
    yield from _table("Healthy adults, real", ("Who", "Backgrounds trained on", "People", "Hours", "Windows", "Called a pattern", "Share (95 %)",
                                               "Events", "Seizure events", "longer than 10 s"), [
        [row["title"], "yes" if row["trained_on"] else "no", row["people"], row["hours"], row["n"], row["false_positives"],
         f"{100 * row['share']:.1f} % ({100 * row['share_95'][0]:.1f} to {100 * row['share_95'][1]:.1f})", sum(row["events"].values()), row["seizure_events"], row["seizure_events_over_10_s"]]
        for row in found.get("groups", {}).values()])


def _events(found: Figures | None) -> Iterator[str]:
    if not found:
        return
    names = ("Pattern", "Tolerance", "True", "Found", "Sensitivity", "95 %", "F1", "False", "per hour", "95 %", "per day", "Start off by, s", "Delay, s")
    for kind in found["kinds"].values():
        rows = []
        for pattern in (*PATTERNS, "all"):
            row = kind["patterns"][pattern]
            late = row.get("latency", {})
            for name in found["tolerance"] if kind["eventful"] else ("without_tolerance",):
                f = row[name]
                rows.append([pattern, name.split("_")[0], f["true_events"], f["found"], f["sensitivity"], f["sensitivity_95"], f["f1"], f["false_alarms"],
                             f["false_alarms_per_hour"], f["false_alarms_per_hour_95"], f["false_alarms_per_day"],
                             _middle(late.get("start_error_s")), _middle(late.get("delay_s"))])
        yield from _table(f"Events, generated: {kind['title']}, {kind['hours']:g} h, {kind['virtual_patients']} virtual patient(s)", names, rows)
    yield ""
    yield f"Scorer: {found['scorer']}. " + "; ".join(f"{name.replace('_', ' ')}: {said}" for name, said in found["tolerance"].items()) + "."
    yield f"Delays are medians from the true onset until the last window that names the event is complete. {found['note'].capitalize()}."


def _seizures(found: Figures | None) -> Iterator[str]:
    if not found:
        return
    yield from _table(f"One whole seizure ({found['note']})", ("n", "Found", "95 %", "No false seizure before", "95 %", "Both", "Start off by, s", "Delay, s"), [[
        found["n"], found["found"], found["found_95"], found["without_false_alarm_before"], found["without_false_alarm_before_95"],
        found["found_and_none_before"], found["start_error_s_median"], found["delay_s_median"]]])


def _explanations(found: Figures | None) -> Iterator[str]:
    if found:
        yield from _table("Explanations against the generator's truth", ("Method", "n", "Pointing game", "95 %", "Side right", "n", "Within the pattern",
                                                                          "Deletion AUC", "Insertion AUC"), [
            [name, row["n"], row["pointing"], row["pointing_95"], row["side"], row["n_lateralized"], row["within"], row["deletion"], row["insertion"]]
            for name, row in found["methods"].items()])


def _robustness(found: Figures | None) -> Iterator[str]:
    if found:
        yield from _table(f"Recorded worse ({found['note']}; n = {found['n']})", ("Variant", "Assessed", "Right", "KL", "Change"), [
            [name, row["assessed"], _accuracy(row), row["kl"], row["change"]] for name, row in found["variants"].items()])


def _accuracy(figures: Figures) -> str:
    if figures["accuracy"] is None:
        return "not assessed"
    low, high = figures["accuracy_95"]
    return f"{100 * figures['accuracy']:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _with_ends(figures: Figures, key: str) -> str:
    ends = figures.get("bootstrap_by_patient_95", {}).get(key)
    return f"{figures[key]:.3f}" + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")


def _middle(spread: Figures | None) -> float | None:
    return spread["median"] if spread else None


def _cell(cell: Any) -> str:
    if isinstance(cell, list | tuple):
        return " to ".join(_cell(part) for part in cell)
    return "–" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _table(title: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"## {title}", "", "| " + " | ".join(names) + " |", "|" + " --- |" * len(names))
    for row in rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"
