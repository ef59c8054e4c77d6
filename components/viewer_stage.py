"""The stage of the EEG viewer: canvases and places that its script fills."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from app.services.analyses import AnalysisView, EventView
from app.services.annotation_classes import AnnotationClass
from app.services.montages import MontageView
from app.services.standing import Finding
from app.services.studies import StudyView
from components.annotation_parts import annotation_controls, annotation_dialog
from components.attributes import aria, data
from components.channel_menu import channel_menu
from components.chips import LETTERS, class_chip
from components.trend_strips import TREND_ROWS
from components.viewer_toolbar import (
    blind_dialog,
    bulk_dialog,
    display_controls,
    event_controls,
    key_sheet,
    label_controls,
    measure_controls,
    strip_controls,
    viewer_toolbar,
)
from ml.classes import CLASSES, LONG_NAMES

STATES: Final = {
    "queued": "The analysis has not begun yet. The EEG can be read meanwhile.",
    "analysing": "The analysis is running. The EEG can be read meanwhile.",
    "failed": "The analysis has failed; the page of the study says why. The EEG can be read all the same.",
    "cancelled": "The analysis was cancelled. The EEG can be read all the same.",
}
SPECTROGRAM_NOTE: Final = "Spectrogram: longitudinal bipolar pairs of each region, 0.5-40 Hz zero-phase Butterworth, hum notched."
BLIND: Final = "You read this study without the model: its output and what others decided are hidden. Save your first read with B."
UNSURE_BELOW: Final = 0.5
"""C steps to windows in which no class has the greater part of the probability, where weights came without a limit of their own."""
LISTED: Final = 40
"""Findings as lines in the panel: each costs a browser some 20 ms, when the viewer opens and after every act."""
CLOCK_HINT: Final = "14:26:08, day 2 14:26:08, 90 (seconds from the start), +90 or -1:30 (from here)"


def viewer_facts(
    study: StudyView, analysis: AnalysisView | None, events: Sequence[EventView], *, may_review: bool, settings: dict[str, Any],
    suggested: Sequence[Finding] = (), blind: bool = False, may_annotate: bool = False, may_mark: bool = False,
) -> dict[str, Any]:
    """What the script needs to know of a study: no identity, seconds from the start of the recording.

    Parameters
    ----------
    settings
        Of the reader; ``px_per_mm`` is the measured resolution of the screen, absent until it is measured.
    suggested
        The model's events as it found them, whatever readers made of them.
    blind
        The reader reads without the model: nothing of ``analysis`` but that it is there goes to the script.
    may_mark
        Whether the reader may mark electrodes as bad.
    """
    assessed = analysis is not None and analysis.assessed_s > 0
    return {
        "study": str(study.id),
        "durationS": study.duration_s,
        "startLocal": study.start_local.isoformat() if study.start_local else None,
        "gaps": study.gaps,
        "analysed": assessed,
        "blind": blind,
        "state": BLIND if blind else _state(study, analysis),
        "events": [
            {"id": str(event.id), "pattern": event.pattern, "start": event.start_s, "stop": event.stop_s, "max": event.max_prob, "mean": event.mean_prob,
             "decision": event.decision, "revision": event.revision, "own": event.event_id is None, "changed": event.changed, "disagrees": event.disagrees}
            for event in events
        ],
        "suggested": [{"pattern": event.pattern, "start": event.start_s, "stop": event.stop_s} for event in suggested],
        "unsureBelow": (analysis.unsure_below if analysis else None) or UNSURE_BELOW,
        "mayReview": may_review,
        "mayAnnotate": may_annotate,
        "mayMark": may_mark,
        "pxPerMm": settings.get("px_per_mm"),
        "letters": settings.get("single_keys", True),
    }


def _state(study: StudyView, analysis: AnalysisView | None) -> str:
    if analysis is None:
        return STATES.get(study.status, STATES["queued"])
    if analysis.assessed_s > 0:
        return ""
    return "Not assessed. " + (" ".join(analysis.findings) or "The recording has no stretch of 10 s that the model can judge.")


def viewer_stage(
    facts: dict[str, Any], events: Sequence[EventView], *, mains_hz: int, settings: dict[str, Any], model: str,
    classes: Sequence[AnnotationClass] = (), own: Sequence[MontageView] = (),
) -> Component:
    """Everything below the banner of the viewer; ``model`` names the ensemble, empty before the analysis, ``own`` are the reader's montages."""
    paper = html.Div(
        [
            html.Canvas(role="img", tabIndex="0", **data(part="eeg"), **aria(label="EEG, loading")),
            html.Canvas(className="viewer-rulers", **data(part="rulers"), **aria(hidden="true")),
            html.Div(className="viewer-cursor", hidden=True, **data(part="cursor")),
            html.Div(className="viewer-playhead", hidden=True, **data(part="playhead")),
            html.P(className="viewer-problem", hidden=True, role="alert", **data(part="problem")),
            channel_menu(),
        ],
        className="viewer-paper", **data(part="paper"),
    )
    status = html.Div(
        [html.Span(className="viewer-playing", **data(part="playing")), html.Span(**data(part="status")), html.Span(className="viewer-readout", **data(part="readout")),
         html.Span(role="status", className="viewer-said-line", **data(part="said"))],
        className="viewer-status",
    )
    live = html.Div(className="visually-hidden", **data(part="live"), **aria(live="polite"))
    toolbar, panel = viewer_toolbar(settings, mains_hz=mains_hz, own=own), _panel(facts, events, display_controls(settings), model)
    body = html.Div([html.Div([_strip(facts), paper], className="viewer-main"), panel], className="viewer-body")
    dialogs = [key_sheet(), _go_to(), *([blind_dialog(blind=facts["blind"]), bulk_dialog()] if facts["mayReview"] else []),
               *([annotation_dialog(classes)] if facts["mayAnnotate"] else [])]
    return html.Div([toolbar, body, status, live, *dialogs], className="viewer no-trends", **data(viewer="viewer", facts=json.dumps(facts)))


def _strip(facts: dict[str, Any]) -> Component:
    label = facts["state"] or f"Probability of six classes and the doubt of the model over the whole recording, {len(facts['events'])} events"
    spectrogram = "Spectrogram of the four regions LL, RL, LP and RP on the same time axis"
    canvases = html.Div(
        [
            html.Canvas(role="img", className="viewer-overview", **data(part="overview"), **aria(label=label)),
            html.Canvas(role="img", className="viewer-spectrogram", hidden=not facts["analysed"],
                        **data(part="spectrogram"), **aria(label=spectrogram)),
            html.Canvas(role="img", className="viewer-trends", hidden=not facts["analysed"],
                        **data(part="trends"), **aria(label="Trends of the left and the right side on the same time axis")),
            html.Canvas(className="viewer-box", **data(part="box"), **aria(hidden="true")),
        ],
        className="viewer-strip", **data(part="strip"),
    )
    return html.Div(canvases, className="viewer-strips")


def _panel(facts: dict[str, Any], events: Sequence[EventView], display: Component, model: str) -> Component:
    calibrated = f"Calibrated for balanced classes; model {model}. The model suggests, a reader decides."
    note = calibrated if facts["analysed"] and not facts["blind"] else facts["state"]
    listed = html.Ol(event_items(events, facts["state"], may_review=facts["mayReview"]), id="viewer-events", className="viewer-list", **data(part="events"))
    said = [_quiet(BLIND), _first_read(blind=True)] if facts["blind"] else [_first_read(blind=False)]
    return html.Aside(
        [
            _measure(),
            _section("Label", *(said if facts["mayReview"] else []), html.P(className="viewer-target", **data(part="target")),
                     label_controls() if facts["mayReview"] else None),
            _section("Findings", event_controls(may_review=facts["mayReview"] and not facts["blind"]), listed),
            _section("Annotations", annotation_controls(may_annotate=facts["mayAnnotate"], may_review=facts["mayReview"])),
            _section("Window", _probabilities(), _window(note)),
            _explanation() if facts["analysed"] and not facts["blind"] else None,
            _section("Seizure burden", html.Div(id="viewer-burden")),
            _section("Overview", strip_controls(facts["durationS"], TREND_ROWS if facts["analysed"] else {}),
                     *([_sides(), _quiet(SPECTROGRAM_NOTE)] if facts["analysed"] else [])),
            _section("Display", display),
        ],
        className="viewer-panel", **aria(label="Findings"),
    )


def event_items(events: Sequence[EventView], state: str, *, may_review: bool) -> list[Component]:
    """The lines of the list, also for drawing it anew after an act."""
    if not events:
        return [html.Li(_quiet(state or "The model suggests no event."))]
    rest = f"The first {LISTED} of {len(events)}. [ and ] go through all of them, the overview shows them, the summary lists them."
    return [*(_event(event, may_review=may_review) for event in events[:LISTED]), *([html.Li(_quiet(rest))] if len(events) > LISTED else [])]


def _first_read(*, blind: bool) -> Component:
    words = "Save the first read … (B)" if blind else "Read without the model … (B)"
    return html.Button(words, type="button", className="btn btn-secondary btn-small", **data(action="blind"))


def _event(event: EventView, *, may_review: bool) -> Component:
    """One line of the list; which of its buttons show follows from ``data-decision``."""
    pattern = next(known for known in CLASSES if known == event.pattern)
    name = f"{LETTERS[pattern]} at {event.clock}"
    length_s = event.stop_s - event.start_s
    length = f"{length_s:.0f} s" if length_s < 100 else f"{length_s / 60:.1f} min"
    prob = "" if event.max_prob is None else f" · {event.max_prob:.2f}"
    facts = f"{event.clock} · {length}{' · ✎' if event.event_id is None or event.changed else prob}"
    go = html.Button([class_chip(pattern), html.Span(facts)], type="button", className="viewer-go",
                     title=f"Go to {name}{prob and f', highest probability {event.max_prob:.2f}'}{event.reviewed_by and f', {event.decision} by {event.reviewed_by}'}")
    said = html.Span("labelled" if event.event_id is None and event.decision == "accepted" else event.decision, className="viewer-decided")
    by_model = (("accept", "✓", f"Accept {name}"), ("dismiss", "✗", f"Dismiss {name}"), ("withdraw", "↶", f"Take back the decision on {name}"))
    choices = by_model if event.event_id else (("remove", "✗", f"Remove the label {name}"),)
    buttons = [
        html.Button(sign, type="button", title=words, className="viewer-decide", **data(decide=decision), **aria(label=words))
        for decision, sign, words in choices if may_review
    ]
    return html.Li([go, said, *buttons], className="viewer-event", key=str(event.id), **data(event=str(event.id), decision=event.decision))


def _probabilities() -> Component:
    rows = [
        html.Tr([html.Th(LETTERS[name], scope="row", title=LONG_NAMES[name]), html.Td("–", className="viewer-number"),
                 html.Td(html.Span(className=f"fill-{name}"), className="viewer-meter")])
        for name in CLASSES
    ]
    return html.Table([html.Caption(), html.Tbody(rows)], className="viewer-probs", **data(part="window"))


def _window(note: str) -> Component:
    """The place of what there is to know of the window at the middle of the page; ``note`` stands there until it is known."""
    return html.Div(_quiet(note), id="viewer-window-detail", tabIndex="-1", role="group", **data(part="detail"), **aria(label="Window in detail"))


def _explanation() -> Component:
    """The place of the explanation of one window, empty until it is asked for."""
    ask = html.Button("Explain this window (E)", type="button", className="btn btn-secondary btn-small", **data(action="explain"))
    return _section("What the model used", ask, html.Div(id="viewer-explanation", className="explain", **data(part="explanation")))


def _measure() -> Component:
    """The place of what two cursors tell, seen while they stand."""
    told = html.Div([html.Div(id=f"viewer-{name}") for name in ("measured", "pattern", "pictures")], **data(part="measure"))
    return html.Section([html.H2("Measure"), measure_controls(), told], className="viewer-measure")


def _sides() -> Component:
    return html.P([html.Span("── left", className="viewer-left"), " ", html.Span("╌╌ right", className="viewer-right")], className="viewer-quiet")


def _quiet(sentence: str) -> Component:
    return html.P(sentence, className="viewer-quiet")


def _section(title: str, *content: Component | None) -> Component:
    return html.Section([html.H2(title), *(part for part in content if part is not None)])


def _go_to() -> Component:
    form = html.Form(
        [
            html.Label([html.Span("Go to"), dcc.Input(type="text", className="form-control", autoComplete="off")]),
            _quiet(CLOCK_HINT),
            html.P(role="alert", className="viewer-refused", **data(part="goto-refused")),
            html.Div([
                html.Button("Go", type="submit", className="btn btn-primary"),
                html.Button("Cancel", type="button", className="btn btn-secondary", **data(action="close-dialog")),
            ], className="form-actions"),
        ],
        **data(part="goto-form"),
    )
    return html.Dialog(form, className="viewer-dialog", **data(part="goto"), **aria(label="Go to a time"))
