"""Tables of the model page: what was asked, figures with intervals, events, healthy adults; n beside every figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from components import states
from components.chips import chip, class_name, synthetic_badge
from components.dense_table import dense_table, heading
from ml.classes import CLASSES, PATTERNS

Figures = Mapping[str, Any]
Cell = str | Component | None
NOT_MEASURED: Final = "This card does not hold it. hms evaluate --card measures it and puts it here."
FIGURE_NAMES: Final = {
    "kl": "KL(votes ‖ p), nats", "accuracy": "Agreement with the majority", "nll": "Negative log-likelihood, nats", "brier": "Brier score",
    "kappa": "Cohen's κ", "macro_f1": "Macro F1", "expected_calibration_error": "Calibration error, against shares of votes",
}
PEOPLE_NAMES: Final = {"single_expert": "A single expert against the others", "half_committee": "Half a committee against the other half",
                       "oracle": "An oracle that knows the votes' distribution"}
METHOD_NAMES: Final = {"shap": "Shapley values", "occlusion": "Occlusion", "random": "A random order"}
TOLERANCE_NAMES: Final = {"with_tolerance": "with", "without_tolerance": "without"}


def kind_badge(kind: str | None) -> Component | None:
    """Whether figures are of generated or of real EEG."""
    if kind == "synthetic":
        return synthetic_badge()
    return chip("REAL", tone="calm") if kind == "real" else None


def bars(rows: Sequence[Figures] | None) -> Component:
    """What was asked beside what was found."""
    if not rows:
        return states.empty("Not measured.", NOT_MEASURED)
    return table(("Figure", "On", "", "Asked", "Found", "n", ""), [
        (row["what"], row["on"], kind_badge(row["kind"]), row["wanted"], f"{row['found']:.4g}", f"{row['n']:g} {row['unit']}",
         chip("Met", tone="ok", icon_name="check") if row["met"] else chip("Not met", tone="note", icon_name="warning"))
        for row in rows], numbers=(4, 5))


def whole(found: Figures) -> Component:
    """Figures of the ensemble on generated windows with intervals by patient."""
    ends = found.get("bootstrap_by_patient_95", {})
    rows = [(title, figure(found.get(key)), interval(ends.get(key)), str(found["n"])) for key, title in FIGURE_NAMES.items() if found.get(key) is not None]
    if gain := found.get("gain_over_best_member"):
        rows.append((f"KL below that of the best network alone ({gain['best_member']})", figure(gain["kl"]), interval(gain["kl_95"]), str(gain["n"])))
    rows += list(_doubt(found))
    return table(("Figure", "Value", "95 % interval", "n"), rows, numbers=(1, 2, 3))


def _doubt(found: Figures) -> Iterable[tuple[str, str, str, str]]:
    for key, title in (("conformal", "90 % sets"), ("served_sets", "90 % sets as they serve")):
        if sets := found.get(key):
            yield f"{title}: coverage", percent(sets["coverage"]), f"{sets['mean_size']:.2f} classes each", str(sets["n"])
    if (sets := found.get("served_sets")) and sets["accuracy_where_sure"] is not None:
        yield "Says nothing, as it serves", percent(sets["unsure_share"]), "", str(sets["n"])
        yield "Right where it says something", percent(sets["accuracy_where_sure"]), percents(sets["accuracy_where_sure_95"]), str(sets["n_sure"])
    for name, row in found.get("uncertainty", {}).items():
        if row["auroc_of_errors"] is not None:
            yield f"{name.capitalize()} entropy: AUROC of errors", figure(row["auroc_of_errors"]), f"mean {row['mean_nats']:.2f} nats", str(found["n"])


def discrimination(found: Figures) -> Component:
    """AUROC and average precision of every class, and the mean of each network."""
    rows: list[Sequence[Cell]] = [
        (class_name(name), *_areas(row), str(row["n"])) for name in CLASSES for row in (found["discrimination"][name],)
    ]
    named = {"Mean over classes, ensemble": found, **{f"Mean, {name} alone": row for name, row in found.get("members", {}).items()}}
    rows += [(name, *_areas(row["discrimination"]["mean"]), str(row["discrimination"]["mean"]["n"]))
             for name, row in named.items() if "mean" in row.get("discrimination", {})]
    return table(("Class", "AUROC", "95 %", "Average precision", "95 %", "n"), rows, numbers=(1, 2, 3, 4, 5))


def _areas(row: Figures) -> tuple[str, str, str, str]:
    return figure(row["auroc"]), interval(row.get("auroc_95")), figure(row["average_precision"]), interval(row.get("average_precision_95"))


def natural_prior(found: Figures | None) -> Component:
    """Figures where classes are as frequent as in the vote table."""
    if not found:
        return states.empty("Not measured.", NOT_MEASURED)
    ends, said = found["bootstrap_by_patient_95"], f"{found['n']} (like {found['n_effective']:g})"
    rows: list[Sequence[Cell]] = [(FIGURE_NAMES[key], figure(found[key]), interval(ends[key]), said) for key in ends]
    rows.append(("KL of the constant prior", figure(found["kl_constant_prior"]), "", said))
    classes = [
        (class_name(name), percent(found["prior"][name]), percent(row["sensitivity"]), percent(row["precision"]), figure(row["average_precision"]), str(row["n"]))
        for name in CLASSES for row in (found["per_class"][name],)
    ]
    note = "Probabilities are multiplied by the prior and windows weighted by it; nothing is drawn anew. In brackets: windows of equal weight that tell as much."
    return html.Div([
        table(("Figure", "Value", "95 % interval", "n"), rows, numbers=(1, 2, 3)),
        table(("Class", "Prior", "Sensitivity", "Precision", "Average precision", "n"), classes, numbers=(1, 2, 3, 4, 5)), html.P(note, className="more table-note"),
    ])


def who(found: Figures) -> Component:
    """The ensemble beside each network, others as published, a uniform output and the natural prior, on one set of windows."""
    n = str(found["n"])
    named = {"Ensemble": found, "Ensemble, calibration leave-one-out": found.get("leave_one_out"),
             **{f"{name} alone": row for name, row in found.get("members", {}).items() if name != "ensemble"}, "SPaRCNet, as published": found.get("sparcnet_published")}
    rows = [(name, f"{row['right']} of {n}", percents(row.get("accuracy_95")), figure(row["kl"]), interval(row.get("bootstrap_by_patient_95", {}).get("kl")),
             figure(row.get("macro_f1")), figure(row.get("brier"))) for name, row in named.items() if row]
    rows += [(title, "–", "–", figure(found[key]), "–", "–", "–") for key, title in (("kl_uniform", "Uniform output"), ("kl_prior", "Natural prior")) if key in found]
    return table(("Who", "Right", "95 %", "KL", "95 % by patient", "Macro F1", "Brier"), rows, numbers=range(1, 7))


def pairs(found: Figures) -> Component | None:
    """Two patterns against each other beside what the authors of the set publish for their programs."""
    if "pairs" not in found:
        return None
    said = [f"{name.replace('_', ' ').upper().replace('AGAINST', 'against')}: AUROC {figure(row['auroc'])} (n = {row['n']}; {row['published']:.3f} published "
            "for the authors' own program on all their data)" for name, row in found["pairs"].items()]
    right, ends = found["right_among_the_four"], found["right_among_the_four_95"]
    return html.P(f"Right among the four patterns: {right} of {found['n']} ({percents(ends)}). {'; '.join(said)}.", className="more")


def people(human: Figures) -> Component:
    """What experts reach, from the table of votes."""
    rows = [(PEOPLE_NAMES.get(key, key), percent(row["accuracy"]), figure(row.get("kl")), figure(row.get("kappa")), figure(row.get("macro_f1")),
             figure(row.get("auroc")), str(row["n"]) if "n" in row else f"{row['raters']} raters") for key, row in human.items()]
    return table(("People, real segments with ten or more votes", "Accuracy", "KL", "κ", "Macro F1", "AUROC", "n"), rows, numbers=range(1, 7))


def healthy(found: Figures | None) -> Component:
    """Windows and events of healthy adults by whether training met them."""
    if not found or "groups" not in found:
        return states.empty("Not measured by group.", NOT_MEASURED)
    rows = [
        (row["title"], "yes" if row["trained_on"] else "no", str(row["people"]), f"{row['hours']:.2f}", f"{row['false_positives']} of {row['n']}",
         percent(row["share"], 1), percents(row["share_95"], 1), str(sum(row["events"].values())), str(row["seizure_events"]), str(row["seizure_events_over_10_s"]))
        for row in found["groups"].values()
    ]
    names = ("Healthy adults", "Background trained on", "People", "Hours", "Windows called a pattern", "Share", "95 %", "Events", "Seizures", "over 10 s")
    return table(names, rows, numbers=range(2, 10))


def events(kind: Figures) -> Component:
    """One kind of generated recording: each pattern with and without tolerance; where nothing happens only what is false."""
    if not kind["eventful"]:
        return _false_alarms(kind)
    rows = [_event_row(pattern, name, kind["patterns"][pattern]) for pattern in (*PATTERNS, "all") for name in TOLERANCE_NAMES]
    names = ("Pattern", "Tolerance", "Found", "Sensitivity (95 %)", "F1", "False", "per hour (95 %)", "per day", "Start off by", "Named after")
    return table(names, rows, numbers=range(2, 10))


def _event_row(pattern: str, name: str, found: Figures) -> tuple[Cell, ...]:
    f, late, first = found[name], found.get("latency", {}), name == "with_tolerance"
    return (
        _pattern(pattern) if first else None,
        TOLERANCE_NAMES[name], f"{f['found']} of {f['true_events']}", _with(percent(f["sensitivity"]), percents(f["sensitivity_95"])), figure(f["f1"], 2),
        str(f["false_alarms"]), _with(figure(f["false_alarms_per_hour"], 2), interval(f["false_alarms_per_hour_95"], 2)), f"{f['false_alarms_per_day']:.1f}",
        _spread(late.get("start_error_s")) if first else None, _spread(late.get("delay_s"), sign="") if first else None,
    )


def _false_alarms(kind: Figures) -> Component:
    rows = [
        (_pattern(pattern), str(f["false_alarms"]), figure(f["false_alarms_per_hour"], 2), interval(f["false_alarms_per_hour_95"], 2),
         f"{f['false_alarms_per_day']:.1f}", interval(f["false_alarms_per_day_95"], 1))
        for pattern in (*PATTERNS, "all") for f in (kind["patterns"][pattern]["without_tolerance"],)
    ]
    return table(("Pattern", "False alarms", "per hour", "95 %", "per day", "95 %"), rows, numbers=range(1, 6))


def _pattern(name: str) -> Cell:
    return class_name(name) if name in PATTERNS else "All patterns"


def _with(value: str, ends: str) -> str:
    return value if ends == "–" else f"{value} ({ends})"


def _spread(values: Figures | None, *, sign: str = "+") -> str:
    if not values:
        return "–"
    middle, low, high = (f"{round(values[key]):{sign}d}" for key in ("median", "p10", "p90"))
    return f"{middle} s ({low} to {high})"


def seizures(found: Figures | None) -> Component:
    """Recordings of one whole seizure."""
    if not found:
        return states.empty("Not measured.", NOT_MEASURED)
    n = found["n"]
    rows: list[Sequence[Cell]] = [
        ("Found", f"{found['found']} of {n}", percents(found["found_95"])),
        ("No false seizure before it", f"{found['without_false_alarm_before']} of {n}", percents(found["without_false_alarm_before_95"])),
        ("Both", f"{found['found_and_none_before']} of {n}", percents(found["found_and_none_before_95"])),
        ("Found beginning against the true one, median", _seconds(found["start_error_s_median"]), ""),
        ("Signal after the onset before it is named, median", _seconds(found["delay_s_median"]), ""),
    ]
    return html.Div([table(("One whole seizure", "", "95 %"), rows, numbers=(1, 2)), html.P(found["note"].capitalize() + ".", className="more table-note")])


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def intensive_care(found: Figures | None) -> Component:
    """The recording with one expert's labels of every 2 s, beside SPaRCNet."""
    if not found:
        return states.empty("Not measured.", NOT_MEASURED)
    rows = [(title, percent(row["balanced_accuracy"]), percent(row["balanced_accuracy_among_three"]), *(figure(value) for value in row["auroc"].values()), str(found["n"]))
            for key, title in (("ensemble", "Ensemble"), ("sparcnet_published", "SPaRCNet, as published")) for row in (found[key],)]
    names = ("Who", "Balanced accuracy", "among the three", *(f"AUROC {name.upper() if name != 'other' else 'other'}" for name in found["ensemble"]["auroc"]), "n")
    return html.Div([table(names, rows, numbers=range(1, len(names))), html.P(found["note"].capitalize() + ".", className="more table-note")])


def not_assessed(found: Figures) -> Component | None:
    """Which of the windows recorded worse the analysis refuses to judge."""
    lost = [name for name, row in found["variants"].items() if row["accuracy"] is None]
    return html.P(f"Not assessed at all, on purpose: {', '.join(lost)}.", className="more") if lost else None


def explanations(found: Figures | None) -> Component:
    """Whether explanations point where the generator put the pattern."""
    if not found:
        return states.empty("Not measured.", NOT_MEASURED)
    rows = [(METHOD_NAMES.get(name, name), percent(row["pointing"]), percents(row["pointing_95"]), _side(row), percent(row["within"]), figure(row["deletion"]), figure(row["insertion"]), str(row["n"]))
            for name, row in found["methods"].items()]
    note = "Generated windows that the model names rightly. Pointing game: the strongest cell lies in the pattern. Deletion: lower is better; insertion: higher."
    return html.Div([table(("Method", "Pointing game", "95 %", "Right side", "Attribution within", "Deletion AUC", "Insertion AUC", "n"), rows, numbers=range(1, 8)), html.P(note, className="more table-note")])


def _side(row: Figures) -> str:
    return f"{percent(row['side'])} of {row['n_lateralized']}" if row.get("n_lateralized") else "–"


def table(names: Sequence[str], rows: Iterable[Sequence[Cell]], *, numbers: Iterable[int]) -> Component:
    """A dense table; ``numbers`` are the columns that are set to the right."""
    right = set(numbers)
    body = [html.Tr([html.Td(cell, className="number" if k in right else "") for k, cell in enumerate(row)]) for row in rows]
    columns = [heading(name, "number" if k in right else "") if name else html.Th(scope="col") for k, name in enumerate(names)]
    return dense_table(columns, body)


def percent(share: float | None, digits: int = 0) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def percents(ends: Sequence[float] | None, digits: int = 0) -> str:
    return f"{100 * ends[0]:.{digits}f} to {100 * ends[1]:.{digits}f} %" if ends else "–"


def figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def interval(ends: Sequence[float] | None, digits: int = 3) -> str:
    return f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}" if ends else "–"
