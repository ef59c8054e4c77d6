"""How readers agree with the model and with each other, as tables with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dash import html
from dash.development.base_component import Component

from app.services.agreement import Comparison
from components import states
from components.chips import LETTERS, class_chip
from components.dense_table import dense_table, heading
from ml.agreement import Agreement, Interval
from ml.classes import CLASSES, LONG_NAMES

KINDS: Final = {
    "without the model": "first read, without the model",
    "model was known": "first read, but the model had been seen before",
    "model in view": "with the model in view",
}
NOTE: Final = (
    "Windows of 10 s that do not overlap and that both have labelled. Intervals: 95 %, bootstrap over blocks of a minute, since neighboring "
    "windows are alike; none below five blocks. A dismissed event counts as OTH. κ: Cohen; PABAK: adjusted for prevalence and bias. What "
    "was read with the model in view leans towards it."
)


def agreement_panel(found: Sequence[Comparison]) -> Component:
    """One foldable part per comparison, its figures in the line that is always seen."""
    if not found:
        return states.empty("Nobody has read this study yet.", "Label windows or decide about events in the viewer; B begins a first read without the model.")
    return html.Div([*(_comparison(one, opened=number == 0) for number, one in enumerate(found)), html.P(NOTE, className="more")])


def _comparison(one: Comparison, *, opened: bool) -> Component:
    of, kind = one.agreement, KINDS[one.kind]
    title = f"{one.first} and {one.second}" + (f", {kind}" if one.with_model else f": {kind}")
    line = f"same class in {_figure(of.same, 100, ' %')} of {of.n} windows · κ {_figure(of.kappa)} · PABAK {_plain(of.pabak)}"
    unsure = f" · {of.n_unsure} more unsure" if of.n_unsure else ""
    return html.Details(
        [html.Summary([html.Strong(title), html.Span(line + unsure)]), html.Div([_classes(of, one), _confusion(of, one)], className="agreement-tables")],
        open=opened, className="agreement",
    )


def _classes(of: Agreement, one: Comparison) -> Component:
    columns = ("Class", heading(f"n {one.first}", "number"), heading(f"n {one.second}", "number"), heading("n both", "number"),
               heading("Agreement (95 %)", "number"), heading("κ", "number"))
    rows = [
        html.Tr([
            html.Th(class_chip(name), scope="row", title=LONG_NAMES[name]), html.Td(str(each.n_first), className="number"),
            html.Td(str(each.n_second), className="number"), html.Td(str(each.n_both), className="number"),
            html.Td(_figure(each.specific, 100, " %"), className="number"), html.Td(_plain(each.kappa), className="number"),
        ])
        for name, each in zip(CLASSES, of.classes, strict=True)
    ]
    return dense_table(columns, rows)


def _confusion(of: Agreement, one: Comparison) -> Component:
    """Counts of the first reading (rows) by the second (columns); the diagonal is where they agree."""
    head: list[str | Component] = [f"{one.first} ↓ {one.second} →", *(heading(LETTERS[name], "number") for name in CLASSES)]
    rows = [
        html.Tr([html.Th(LETTERS[name], scope="row"), *(
            html.Td(str(int(n)) if n else "·", className="number agree" if column == row else "number") for column, n in enumerate(of.counts[row]))])
        for row, name in enumerate(CLASSES)
    ]
    return dense_table(head, rows, class_name="agreement-counts")


def _figure(value: Interval, factor: float = 1.0, unit: str = "") -> str:
    """``"77 % (61–90)"``; only the figure where there is no interval, a dash where it is not defined."""
    digits = 0 if factor > 1 else 2
    if value.value is None:
        return "–"
    shown = f"{factor * value.value:.{digits}f}{unit}"
    return shown if value.low is None or value.high is None else f"{shown} ({factor * value.low:.{digits}f} to {factor * value.high:.{digits}f})"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
