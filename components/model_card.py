"""A model card: what the ensemble is, how it was tested, where people stand, what it cannot do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from app.services.model_cards import ModelRow
from components import chips, clock, confusion, facts, model_figures, model_tables, states
from components.chips import chip, class_name
from components.dense_table import dense_table, heading
from components.shell import panel
from ml.classes import CLASSES, PATTERNS

SETS: Final = {
    "held_out_virtual_patients": (
        "Generated windows",
        "Virtual patients that no training met; their labels are the generator's own.",
    ),
    "iiic50": (
        "IIIC windows of 50 s",
        "Real EEG with votes of many experts; used while the model was chosen: development figures.",
    ),
    "iiic10": (
        "IIIC windows of 10 s",
        "Real EEG with votes of many experts; used while the model was chosen: development figures.",
    ),
    "grond": (
        "GROND windows",
        "Real EEG with votes of many experts; used while the model was chosen: development figures.",
    ),
}
Figures = Mapping[str, Any]


def card_page(card: Figures, served: Sequence[ModelRow], zone: str) -> Component:
    """The whole model page below its head."""
    evaluation = card.get("evaluation", {})
    sets = {
        name: figures for name, figures in evaluation.items() if isinstance(figures, Mapping) and "confusion" in figures
    }
    human = evaluation.get("human", {}) or _half_committee(card)
    return html.Div(
        [
            html.Div(
                [panel("What it is", _about(card)), panel("What it cannot do", _limits(card))], className="columns-even"
            ),
            panel("What was asked, what was found", model_tables.bars(evaluation.get("bars")), flush=True),
            panel("Figures by test set", _overview(sets, evaluation, human), flush=True),
            _sets_drawn(sets, human),
            *_generated(sets.get("held_out_virtual_patients"), human),
            *(_set_panel(name, figures) for name, figures in sets.items()),
            *_recordings(card, evaluation, human),
            html.Div(
                [
                    panel("Explanations against the generator's truth", model_tables.explanations(evaluation.get("explanations")), flush=True),
                    panel("Ensembles that served here", _served(served, zone), flush=True),
                ],
                className="columns-even",
            ),
            panel("How it was measured", _measured(evaluation)),
            panel("Sources", facts.sentences(card.get("attributions", ()), icon_name="file")),
        ],
        className="model-page",
    )


def _half_committee(card: Figures) -> Figures:
    """What cards of before hold of people."""
    found = card.get("human_anchors")
    return {"half_committee": found} if found else {}


def _about(card: Figures) -> Component:
    runs = card.get("training_data", {})
    return html.Div(
        [
            html.P(card.get("summary", "")),
            facts.fact_list(
                (
                    ("Ensemble", str(card["name"])),
                    ("Manifest", html.Code(card["sha256"][:16], title=card["sha256"])),
                    ("Date", str(card.get("date", ""))),
                    ("For", str(card.get("intended_use", ""))),
                    ("Not for", str(card.get("not_intended", ""))),
                    ("Input", str(card.get("input", ""))),
                    ("Prior", str(card.get("class_prior", ""))),
                    ("Trained on", str(runs.get("kind", ""))),
                    ("Labels", str(runs.get("labels", ""))),
                    ("Calibrated on", str(card.get("calibrated_on", ""))),
                    *(("Training", told) for told in runs.get("shipped", ())),
                    *((f"Network: {name}", str(text)) for name, text in card.get("networks", {}).items()),
                )
            ),
        ]
    )


def _limits(card: Figures) -> Component:
    return facts.sentences(card.get("limits", ()), icon_name="warning")


def _overview(sets: Mapping[str, Figures], evaluation: Figures, human: Figures) -> Component:
    names = (
        "Set",
        "",
        "Windows",
        "KL",
        "KL, uniform",
        "Majority met",
        "95 %",
        "Macro F1",
        "Calibration error",
    )
    body = [
        html.Tr([html.Td(SETS.get(name, (name, ""))[0]), html.Td(model_tables.kind_badge(_kind(name))), *_numbers(figures)])
        for name, figures in sets.items()
    ]
    if not body:
        return states.empty("This card holds no evaluation.")
    half = human.get("half_committee")
    anchor = (
        html.Tr(
            [
                html.Td("People: half a committee against the other half"),
                html.Td(model_tables.kind_badge("real")),
                *_numbers(half),
            ],
            className="anchor-row",
        )
        if half
        else None
    )
    return html.Div([_table(names, [*body, anchor]), _healthy(evaluation.get("healthy_adults"))])


def _kind(name: str) -> str:
    return "synthetic" if name == "held_out_virtual_patients" else "real"


def _healthy(figures: Figures | None) -> Component | None:
    if not figures:
        return None
    low, high = figures["share_95"]
    return html.P(
        f"Healthy adults: {figures['false_positives']} of {figures['n']} windows of {figures['recordings']} recordings "
        "were called one of the five "
        f"patterns ({100 * figures['share']:.1f} %, 95 % interval {100 * low:.1f} to {100 * high:.1f} %).",
        className="more healthy-line",
    )


def _sets_drawn(sets: Mapping[str, Figures], human: Figures) -> Component | None:
    if not sets:
        return None
    return html.Div(
        [
            panel(title, model_figures.model_graph(f"models-sets-{key}", model_figures.sets_figure(sets, human, key)))
            for key, title in (("accuracy", "Share right, beside people"), ("kl", "Divergence from the votes, beside people"))
        ],
        className="columns-even",
    )


def _generated(found: Figures | None, human: Figures) -> Iterator[Component]:
    """Panels of the held-out virtual patients."""
    if not found:
        return
    title = f"Generated windows (n = {found['n']}, {found.get('patients', '–')} virtual patients)"
    drawn = [
        panel(name, model_figures.model_graph(f"models-{key}", draw(found, human)))
        for key, name, needs, draw in (
            ("reliability", "Reliability against shares of votes", "reliability", model_figures.reliability_figure),
            ("agreement", "By agreement of the votes", "by_agreement", model_figures.agreement_figure),
            ("discrimination", "Each class against all others", "discrimination", model_figures.discrimination_figure),
        )
        if needs in found and (needs != "by_agreement" or "accuracy_95" in found[needs][0])
    ]
    areas = model_tables.discrimination(found) if "discrimination" in found else states.empty("Not measured.", model_tables.NOT_MEASURED)
    natural = panel("Generated windows under the natural prior", model_tables.natural_prior(found.get("natural_prior")), flush=True)
    if human:
        yield panel("People", model_tables.people(human), flush=True)
    yield html.Div(
        [
            panel(title, model_tables.whole(found), flush=True, actions=[chips.synthetic_badge()]),
            panel("Classes told apart", areas, flush=True, actions=[chips.synthetic_badge()]),
            *drawn,
            natural,
        ],
        className="columns-even",
    )


def _recordings(card: Figures, evaluation: Figures, human: Figures) -> Iterator[Component]:
    """Panels of whole recordings, generated and real."""
    found = evaluation.get("events")
    if found:
        yield panel(
            "Events on whole generated recordings",
            _scorer(found),
            model_figures.model_graph("models-events", model_figures.events_figure(found["kinds"], human)),
            actions=[chips.synthetic_badge()],
        )
        yield from (_kind_panel(kind) for kind in found["kinds"].values() if kind["eventful"])
        yield html.Div([_kind_panel(kind) for kind in found["kinds"].values() if not kind["eventful"]], className="columns-even")
    fitted = panel("Events when thresholds were fitted", _events(card), flush=True, actions=[chips.synthetic_badge()])
    whole = model_tables.seizures(evaluation.get("whole_seizures"))
    yield html.Div([fitted, panel("A whole seizure", whole, flush=True, actions=[chips.synthetic_badge()])], className="columns-even")
    real = [chips.chip("REAL", tone="calm")]
    yield panel("Healthy adults", model_tables.healthy(evaluation.get("healthy_adults")), flush=True, actions=real)
    yield panel("Intensive-care recording", model_tables.intensive_care(evaluation.get("icu_recording")), flush=True, actions=real)
    worse = evaluation.get("robustness")
    drawn = (
        [model_figures.model_graph("models-robustness", model_figures.robustness_figure(worse, human)), model_tables.not_assessed(worse)]
        if worse
        else [states.empty("Not measured.", model_tables.NOT_MEASURED)]
    )
    yield panel("The same windows recorded worse", *drawn, actions=[chips.synthetic_badge()])


def _kind_panel(kind: Figures) -> Component:
    patients = f"{kind['virtual_patients']} virtual patient{'s' if kind['virtual_patients'] > 1 else ''}"
    title = f"{kind['title'].capitalize()}: {kind['hours']:g} h, {patients}"
    return panel(title, model_tables.events(kind), flush=True, actions=[chips.synthetic_badge()])


def _scorer(found: Figures) -> Component:
    said = "; ".join(f"{model_tables.TOLERANCE_NAMES[name]} tolerance: {text}" for name, text in found["tolerance"].items())
    late = "Named after: signal from the true onset until the last window that names the event is complete; median and 10th to 90th percentile."
    return html.P(f"Scorer: {found['scorer']}; {said}. A label every {found['step_s']:g} s. {found['note'].capitalize()}. {late}", className="more")


def _measured(evaluation: Figures) -> Component:
    if not evaluation:
        return states.empty("This card holds no evaluation.")
    wall = evaluation.get("wall_s", {})
    took = f"{sum(wall.values()) / 60:.0f} min: " + ", ".join(f"{name.replace('_', ' ')} {value:.0f} s" for name, value in wall.items()) if wall else ""
    pairs = (
        ("Command", html.Code(evaluation.get("command", "–"))),
        ("Of", f"{evaluation.get('model', '–')}, manifest {evaluation.get('manifest_sha256', '')[:16]} before this card"),
        ("It took", took),
        ("Intervals", "of shares exact binomial, of rates of false alarms exact Poisson, of other figures percentiles of a bootstrap that draws patients; all 95 %"),
    )
    return facts.fact_list(pairs)


def _numbers(figures: Figures) -> list[Component]:
    low, high = figures.get("accuracy_95", (None, None))
    interval = f"{100 * low:.0f} to {100 * high:.0f} %" if low is not None and high is not None else "–"
    cells = (
        str(figures.get("n", "–")),
        _figure(figures, "kl"),
        _figure(figures, "kl_uniform"),
        _percent(figures.get("accuracy")),
        interval,
        _figure(figures, "macro_f1"),
        _figure(figures, "expected_calibration_error"),
    )
    return [html.Td(cell, className="number") for cell in cells]


def _set_panel(name: str, figures: Figures) -> Component:
    title, note = SETS.get(name, (name, ""))
    body = html.Div(
        [
            confusion.confusion_graph(f"models-confusion-{name}", figures["confusion"]),
            html.Div([_per_class(figures), model_tables.who(figures), model_tables.pairs(figures)]),
        ],
        className="columns-even",
    )
    badge = model_tables.kind_badge(_kind(name))
    known = figures.get("patients", figures["n"])             # as many as windows where it is not known who they are of
    people = f", {known} patients" if known < figures["n"] else ""
    lost = f" {figures['not_assessed']} of them were not assessed and count as uniform." if figures.get("not_assessed") else ""
    return panel(f"{title} (n = {figures['n']}{people})", html.P(note + lost, className="more"), body, actions=[badge] if badge else [])


def _per_class(figures: Figures) -> Component:
    rows = figures.get("per_class", {})
    body = [
        html.Tr(
            [
                html.Td(class_name(pattern)),
                html.Td(str(rows[pattern]["n"]), className="number"),
                html.Td(_percent(rows[pattern]["sensitivity"]), className="number"),
                html.Td(_interval(rows[pattern].get("sensitivity_95")), className="number"),
                html.Td(_percent(rows[pattern]["precision"]), className="number"),
            ]
        )
        for pattern in CLASSES
        if pattern in rows
    ]
    return _table(("Class", "Windows", "Sensitivity", "95 % interval", "Precision"), body)


def _events(card: Figures) -> Component:
    found = card.get("events_on_generated_recordings", {})
    patients, healthy = found.get("patients", {}), found.get("healthy", {})
    body = [
        html.Tr(
            [
                html.Td(class_name(pattern)),
                html.Td(f"{patients[pattern]['found']} of {patients[pattern]['true_events']}", className="number"),
                html.Td(_percent(patients[pattern]["sensitivity"]), className="number"),
                html.Td(str(patients[pattern]["false_events_per_24_h"]), className="number"),
                html.Td(str(healthy.get(pattern, {}).get("false_events_per_24_h", "–")), className="number"),
            ]
        )
        for pattern in PATTERNS
        if pattern in patients
    ]
    if not body:
        return states.empty("Not measured.")
    return _table(("Pattern", "Found", "Sensitivity", "False per 24 h", "False per 24 h, healthy"), body)


def _served(rows: Sequence[ModelRow], zone: str) -> Component:
    body = [
        html.Tr(
            [
                html.Td(row.name),
                html.Td(html.Code(row.sha256[:12])),
                html.Td(clock.moment(row.since, zone), className="nowrap"),
                html.Td(chip("Retired") if row.retired_at else chip("Serves", tone="ok", icon_name="check")),
            ]
        )
        for row in rows
    ]
    return (
        _table(("Name", "Manifest", "Since", ""), body)
        if body
        else states.empty("None yet.", "A worker notes its ensemble with its first analysis.")
    )


def _table(names: Sequence[str], body: Sequence[Component | None]) -> Component:
    columns = [heading(name, "number" if index else "") for index, name in enumerate(names)]
    return dense_table(columns, [row for row in body if row is not None])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _interval(ends: Sequence[float] | None) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f} %" if ends else "–"


def _figure(figures: Figures, key: str) -> str:
    value = figures.get(key)
    return "–" if value is None else f"{value:.3f}"
