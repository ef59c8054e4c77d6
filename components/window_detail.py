"""What there is to know of the window at the middle of the page: doubt, each network, similar windows."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from app.services.windows import SimilarView, WindowView
from components.attributes import aria, data
from components.chips import LETTERS, chip, class_chip
from ml.classes import CLASSES, DISPLAY_NAMES

MOST_NATS = 1.79
"""log 6: the entropy of six equally likely classes."""
LEAST_ALIKE = 0.5
"""Cosine under which a window is not called similar, however near it is of all."""
PRIOR_WORDS = {"balanced": "balanced classes"}


def window_detail(found: WindowView | None, alike: Sequence[SimilarView]) -> list[Component]:
    """Below the table of six probabilities; only for a window that was assessed."""
    if found is None:
        return [_quiet("No window of the model lies at the middle of the page.")]
    head = html.H3(f"At the middle of the page: {found.clock}")
    if not found.assessed:
        return [head, _quiet("Not assessed: the model gives no opinion here.")]
    if not found.members:
        return [head, _quiet("This analysis did not keep what its networks said. Analyse the study again to see it.")]
    return [head, _verdict(found), _doubt(found), _networks(found), *_similar(found, alike), _quiet(_versions(found))]


def _verdict(found: WindowView) -> Component:
    """In words: whether the model is sure, and what it cannot rule out."""
    best = max(found.prob)
    parts: list[Component] = []
    if found.unsure:
        parts.append(html.P([chip("Model unsure", tone="note", icon_name="warning"), f" its highest probability, {best:.2f}, is below {found.unsure_below:.2f}"]))
    if found.cannot_rule_out is not None:
        parts.append(html.P(_set_words(found), title=_set_title(found)))
    if found.context < 0.999:
        parts.append(_quiet(f"Only {found.context:.0%} of the 50 s around it were recorded."))
    return html.Div(parts, className="window-verdict")


def _set_words(found: WindowView) -> str:
    names = [DISPLAY_NAMES[name] for name in found.cannot_rule_out or ()]
    if not names:
        return "No class fits well: the window is unlike those that the limits were fitted on."
    if len(names) == len(CLASSES):
        return "The model cannot rule out any class."
    return f"The model cannot rule out {_listed(names)}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _set_title(found: WindowView) -> str:
    return f"Conformal set: meant to hold the class that an expert names in {found.coverage:.0%} of windows, fitted on virtual patients"


def _doubt(found: WindowView) -> Component:
    """Entropy and its two parts, in numbers."""
    rows = (
        ("Uncertainty", found.total_nats, f"Entropy: 0 is certain, {MOST_NATS} is six equally likely classes"),
        ("of it: ambiguous EEG", found.aleatoric_nats, "Aleatoric: doubt on which the networks agree"),
        ("of it: networks differ", found.epistemic_nats, "Epistemic: mutual information of class and network"),
    )
    return html.Table(
        html.Tbody([
            html.Tr([html.Th(name, scope="row", title=title), html.Td(f"{value:.2f} nats" if value is not None else "–")]) for name, value, title in rows
        ]),
        className="window-table",
    )


def _networks(found: WindowView) -> Component:
    """Probabilities of the model and of each network by itself; the heads tell the weights."""
    heads = [html.Th("", scope="col"), html.Th("model", scope="col"), *(_network_head(each.name, each.weight) for each in found.members)]
    rows = [
        html.Tr([
            html.Th(LETTERS[name], scope="row", title=DISPLAY_NAMES[name]), html.Td(f"{found.prob[k]:.2f}"),
            *(html.Td(f"{each.prob[k]:.2f}") for each in found.members),
        ])
        for k, name in enumerate(CLASSES)
    ]
    caption = html.Caption("What each network alone would give")
    return html.Table([caption, html.Thead(html.Tr(heads)), html.Tbody(rows)], className="window-table window-networks")


def _network_head(name: str, weight: float) -> Component:
    return html.Th([name, html.Small(f"{weight:.0%}")], scope="col", title=f"The network {name} has {weight:.0%} of the weight")


def _similar(found: WindowView, alike: Sequence[SimilarView]) -> list[Component]:
    """Windows of this study that look like it to the networks, each with a button that goes there."""
    if not found.has_vectors:
        return [_quiet("This analysis kept nothing to compare windows by.")]
    near = [_go(each) for each in alike if each.cosine >= LEAST_ALIKE]
    if not near:
        return [_quiet("No other window of this study looks similar to the networks.")]
    buttons = [html.Button(LETTERS[name], type="button", className="btn btn-secondary btn-small", title=f"Label all {len(near)} as {DISPLAY_NAMES[name]} …",
                           **data(action="similar", argument=str(number)), **aria(label=f"Label all {len(near)} similar windows as {DISPLAY_NAMES[name]}"))
               for number, name in enumerate(CLASSES, 1)]
    label = html.Div([html.Span(f"Label these {len(near)}:"), *buttons], className="viewer-labels")
    return [html.H3("Similar windows in this study"), html.Ol(near, className="viewer-list window-similar"), label]


def _go(found: SimilarView) -> Component:
    name = f"Go to {found.clock}: {DISPLAY_NAMES[found.likeliest]} {found.prob:.2f}, likeness {found.cosine:.2f}"
    words = [class_chip(found.likeliest), html.Span(f"{found.clock} · {found.prob:.2f} · likeness {found.cosine:.2f}")]
    return html.Li(html.Button(words, type="button", className="viewer-go", title=name, **data(go=f"{(found.start_s + found.stop_s) / 2:g}"), **aria(label=name)))


def _versions(found: WindowView) -> str:
    prior = PRIOR_WORDS.get(found.prior, f"the prior {found.prior}")
    return f"Model {found.model_name} ({found.model_sha256[:12]}); calibrated on synthetic patients for {prior}."


def _quiet(sentence: str) -> Component:
    return html.P(sentence, className="viewer-quiet")
