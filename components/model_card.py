"""A model card: what the ensemble is, how it was tested, where people stand, what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from app.services.model_cards import ModelRow
from components import clock, confusion, facts, states
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
    "grond": ("GROND windows", "Real EEG with votes of many experts; evaluation only."),
}
Figures = Mapping[str, Any]


def card_page(card: Figures, served: Sequence[ModelRow], zone: str) -> Component:
    """The whole model page below its head."""
    sets = {
        name: figures
        for name, figures in card.get("evaluation", {}).items()
        if isinstance(figures, Mapping) and "confusion" in figures
    }
    return html.Div(
        [
            html.Div(
                [panel("What it is", _about(card)), panel("What it cannot do", _limits(card))], className="columns-even"
            ),
            panel("Figures by test set", _overview(sets, card), flush=True),
            *(_set_panel(name, figures) for name, figures in sets.items()),
            html.Div(
                [
                    panel("Events on generated recordings", _events(card), flush=True),
                    panel("Ensembles that served here", _served(served, zone), flush=True),
                ],
                className="columns-even",
            ),
            panel("Sources", facts.sentences(card.get("attributions", ()), icon_name="file")),
        ],
    )


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
                    *((f"Network: {name}", str(text)) for name, text in card.get("networks", {}).items()),
                )
            ),
        ]
    )


def _limits(card: Figures) -> Component:
    return facts.sentences(card.get("limits", ()), icon_name="warning")


def _overview(sets: Mapping[str, Figures], card: Figures) -> Component:
    names = (
        "Set",
        "Windows",
        "KL divergence",
        "KL of a uniform output",
        "Agreement with the majority",
        "95 % interval",
        "Macro F1",
        "Calibration error",
    )
    body = [html.Tr([html.Td(SETS.get(name, (name, ""))[0]), *_numbers(figures)]) for name, figures in sets.items()]
    if not body:
        return states.empty("This card holds no evaluation.")
    human = card.get("human_anchors")
    anchor = (
        html.Tr([html.Td("People: half a committee against the other half"), *_numbers(human)], className="anchor-row")
        if human
        else None
    )
    return html.Div([_table(names, [*body, anchor]), _healthy(card.get("evaluation", {}).get("healthy_adults"))])


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
    members = figures.get("members", {})
    compared = {
        **{f"{member} alone": row for member, row in members.items() if member != "ensemble"},
        "SPaRCNet, as published": figures.get("sparcnet_published"),
    }
    lines = [
        f"{label}: agreement {_percent(row.get('accuracy'))}, KL {_figure(row, 'kl')}"
        for label, row in compared.items()
        if row
    ]
    body = html.Div(
        [
            confusion.confusion_graph(f"models-confusion-{name}", figures["confusion"]),
            html.Div([_per_class(figures), html.P("; ".join(lines), className="more")]),
        ],
        className="columns-even",
    )
    return panel(f"{title} (n = {figures['n']})", html.P(note, className="more"), body)


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
