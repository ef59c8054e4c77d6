"""What the model used for a window: bars and a head of regions, cells of regions by time, how it was computed."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from dash import html
from dash.development.base_component import Component
from numpy.typing import NDArray

from app.services.explanations import ExplanationView
from components.attributes import aria, data
from components.chips import class_chip
from components.job_progress import progress_bar
from ml.analysis import LABEL_S
from ml.channels import CHAIN_PAIRS
from ml.explain.attribution import Attribution
from ml.explain.cells import SIGNAL_REGIONS

MEANING: Final = "This shows what the model used, not why the brain does it: how much its probability changes when parts of the EEG are replaced by plain noise of the recording's own level."
WORDS: Final = {"LL": "left temporal", "RL": "right temporal", "LP": "left parasagittal", "RP": "right parasagittal", "midline": "midline"}
QUICK: Final = "Quick estimate: each part was taken away alone, so parts that say the same count too little and nothing adds up. The full one follows."
ENDED: Final = {"none": "Nobody has asked for this window, and your role may not.", "cancelled": "The computation was cancelled.", "failed": "The computation failed."}
NONE: Final = "The model judged no window here, so there is nothing to explain."
OTHER_VIEW: Final = {"signal": ("bands", "By bands", "Regions, frequency bands and time"), "bands": ("signal", "By signal", "Regions and time")}
LEAST: Final = 0.05
"""Cells below this share of the greatest one are not shaded."""


def explanation(found: ExplanationView | None) -> list[Component]:
    """All of the section; the script finds in it what to shade over the EEG."""
    if found is None:
        return [_quiet(NONE), _close()]
    best = found.attribution
    head = html.P([class_chip(found.pattern), f" {found.window.clock}, {LABEL_S:g} s, from the 50 s around it"], className="explain-head")
    shown = [] if best is None else [_sum(best), _head_and_bars(best), _table(best, found), _legend(best), _quiet(_how(best))]
    shades = html.Div(hidden=True, **data(shades=json.dumps(shading(found))))
    return [head, *_work(found), *shown, _quiet(MEANING), html.Div([_other_view(found), _close()], className="viewer-group"), shades]


def shading(found: ExplanationView) -> dict[str, Any]:
    """What the script draws: traces (``None``: all together), from, to, and weight from -1 to 1; seconds from the start of the recording."""
    start_s = found.window.start_s
    told: dict[str, Any] = {"from": start_s, "to": start_s + LABEL_S, "cells": []}
    if found.attribution is None:
        return told
    cells, values = found.attribution.cells, found.attribution.values.sum(axis=1)              # (regions, times)
    edges = [found.start_s + edge for edge in cells.edges_s]
    rows: list[tuple[list[str] | None, NDArray[np.float64]]] = [
        ([f"{first}-{second}" for first, second in (CHAIN_PAIRS[pair] for pair in SIGNAL_REGIONS[name])], _weights(values)[row])
        for row, name in enumerate(cells.regions)
    ]
    rows.append((None, _weights(values.sum(axis=0))))
    told["cells"] = [[names, edges[k], edges[k + 1], round(float(weight), 3)]
                     for names, weights in rows for k, weight in enumerate(weights) if abs(weight) >= LEAST]
    return told


def _weights(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values beside the greatest of them, -1 .. 1."""
    return values / max(float(np.abs(values).max(initial=0.0)), 1e-9)


def _work(found: ExplanationView) -> list[Component]:
    if not found.ended:
        stop = html.Button("Cancel", type="button", className="btn btn-secondary btn-small", **data(action="explain-cancel", argument=str(found.job_id)))
        quick = [_quiet(QUICK)] if found.attribution else []
        return [html.Div([progress_bar(found.state, "explaining", found.done, found.total), stop], className="explain-work"), *quick]
    if found.state == "done":
        return []
    again = html.Button("Try again", type="button", className="btn btn-secondary btn-small", **data(action="explain-view", argument=found.view))
    words = f"{ENDED[found.state]} {found.problem} "
    return [html.P([words, again if found.state != "none" else None], className="viewer-quiet", role="alert")]


def _sum(best: Attribution) -> Component:
    """The additivity line."""
    if best.additivity_error is None:
        return html.P(f"Probability {best.prob:.2f}; {best.base:.2f} with all parts replaced.", className="explain-sum")
    error = "under 0.000001" if best.additivity_error < 1e-6 else f"{best.additivity_error:.6f}"
    return html.P(
        [f"{best.base:.2f} with all parts replaced ", html.Strong(f"{best.values.sum():+.2f}"), f" from the parts = {best.prob:.2f}",
         html.Small(f" (adds up; error {error})")], className="explain-sum", role="status",
    )


def _head_and_bars(best: Attribution) -> Component:
    values = best.by_region()
    weights = _weights(values)
    zones = [html.Span(className=f"explain-zone explain-{name.lower()}{_lowered(w)}", style={"opacity": f"{abs(w):.2f}"})
             for name, w in zip(best.cells.regions, weights, strict=True)]
    said = ", ".join(f"{WORDS[name]} {value:+.2f}" for name, value in zip(best.cells.regions, values, strict=True))
    head = html.Div([html.Span(className="explain-nose"), *zones], className="explain-scalp", role="img", **aria(label=f"Head from above: {said}"))
    rows = [
        html.Tr([html.Th(name, scope="row", title=WORDS[name]), html.Td(f"{value:+.2f}", className="viewer-number"),
                 html.Td(html.Span(className=f"explain-bar{_lowered(w)}", style={"width": f"{100 * abs(w):.0f}%"}), className="viewer-meter")])
        for name, value, w in zip(best.cells.regions, values, weights, strict=True)
    ]
    return html.Div([head, html.Table(html.Tbody(rows), className="viewer-probs")], className="explain-regions")


def _table(best: Attribution, found: ExplanationView) -> Component:
    """Cells of the whole 50 s; the labelled 10 s are marked in the head of the table."""
    weights, edges = _weights(best.values), best.cells.edges_s
    label = (found.window.start_s - found.start_s, found.window.start_s - found.start_s + LABEL_S)
    heads = [html.Th(f"{edge:g}", scope="col", className="explain-label" if edges[k + 1] > label[0] and edge < label[1] else None)
             for k, edge in enumerate(edges[:-1])]
    body = []
    for row, region in enumerate(best.cells.regions):
        for band in range(best.cells.shape[1]):
            name = region if not best.cells.bands_hz else f"{region} {best.cells.bands_hz[band][0]:g}–{best.cells.bands_hz[band][1]:g}"
            inner = [_cell(value, w) for value, w in zip(best.values[row, band], weights[row, band], strict=True)]
            body.append(html.Tr([html.Th(name, scope="row"), *inner], className="explain-first" if best.cells.bands_hz and band == 0 else None))
    unit = "Hz" if best.cells.bands_hz else "s"
    head = html.Thead(html.Tr([html.Th(unit if unit == "s" else "Hz, s", scope="col"), *heads]))
    caption = html.Caption("Seconds of the 50 s; underlined: the 10 s that the class is about")
    return html.Table([caption, head, html.Tbody(body)], className=f"explain-cells{' explain-dense' if best.cells.bands_hz else ''}")


def _cell(value: float, weight: float) -> Component:
    words = f"{value:+.3f}"
    return html.Td([html.Span(className=f"explain-cell{_lowered(weight)}", style={"opacity": f"{abs(weight):.2f}"}),
                    html.Span(words, className="visually-hidden")], title=words)


def _legend(best: Attribution) -> Component:
    greatest = float(np.abs(best.values).max(initial=0.0))
    return html.P([html.Span(className="explain-key"), f"raised the probability (full: {greatest:.2f}) ", html.Span(className="explain-key explain-lowered"),
                   "lowered it. The lane above the traces is all regions together; traces are shaded in the longitudinal montage."],
                  className="viewer-quiet explain-legend")


def _how(best: Attribution) -> str:
    name = "Shapley values of the served ensemble" if best.method == "shap" else "Occlusion of the served ensemble"
    return f"{name}: {best.n_evaluations} evaluations in {best.elapsed_s:.1f} s, seed {best.seed}."


def _other_view(found: ExplanationView) -> Component:
    view, words, title = OTHER_VIEW[found.view]
    return html.Button(words, type="button", title=title, className="btn btn-secondary btn-small", **data(action="explain-view", argument=view))


def _close() -> Component:
    return html.Button("Close", type="button", title="Close (E, Esc)", className="btn btn-secondary btn-small", **data(action="explain-close"))


def _lowered(weight: float) -> str:
    return " explain-lowered" if weight < 0 else ""


def _quiet(sentence: str) -> Component:
    return html.P(sentence, className="viewer-quiet")
