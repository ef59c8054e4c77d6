"""The summary of one study: what was assessed, what the model suggests, on what grounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from dash import dcc, html
from dash.development.base_component import Component

from app.access import Actor, Permission
from app.services.agreement import Comparison
from app.services.analyses import AnalysisView, EventView
from app.services.seizure_time import SeizureTime
from app.services.studies import StudyRow, StudyView
from components import clock, facts, fields, states
from components.agreement_panel import agreement_panel
from components.class_minutes import minute_table
from components.events_table import events_table
from components.job_progress import progress_bar
from components.quality_panel import quality_panel
from components.ribbon import ribbon
from components.seizure_burden import burden_figure, burden_numbers
from components.shell import icon, panel
from ml.analysis import Spans
from ml.classes import CLASSES, DISPLAY_NAMES
from ml.evolution import Evolution
from ml.result_json import PRIOR_NOTES

if TYPE_CHECKING:
    from ml.quality_report import QualityReport

LIMITS: Final = (
    "The model looks for five patterns; it does not assess background, slowing, spikes or sleep. "
    "No findings does not mean a normal EEG."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the newest analysis says of a study."""

    analysis: AnalysisView
    events: Sequence[EventView]
    spans: Spans
    quality: QualityReport | None        # None where the analysis did not keep it
    evolutions: Mapping[UUID, Evolution]     # by finding, where they can be told
    burden: SeizureTime
    compared: Sequence[Comparison]


def summary(view: StudyView, found: Found, channels: Component, *, who: Actor, zone: str) -> Component:
    """Everything below the banner of an analysed study, with the buttons that ``who`` may press."""
    analysis, events, there = found.analysis, found.events, f"/studies/{view.id}/review"
    strip = ribbon(found.spans, duration_s=view.duration_s, start=view.start_local, gaps=view.gaps, href=there)
    n_events = Counter(event.pattern for event in events if event.event_id)
    table, _open, burden, agreed = reviewed(view, found, may_review=who.may(Permission.REVIEW) and view.stands)
    export = [_export(view)] if events and who.may(Permission.DOWNLOAD) else []
    side = [
        panel("Minutes by class", minute_table(analysis.seconds_by_class, n_events), flush=True),
        panel("Findings and quality", _findings(view, analysis), actions=_without_identity(view, who)),
        panel("Model", _model(analysis, zone), actions=[_again("quiet")] if who.may(Permission.ANALYSE) and view.stands else []),
    ]
    return html.Div(
        [
            states.notice(view.age_warning, kind="warning") if view.age_warning else None,
            _cards(view, analysis, events),
            panel("Seizure burden", burden, panel_id="study-burden"),
            panel("Probability over the recording", strip, html.P(LIMITS, className="more"), actions=_links(view)),
            panel("Findings", table, panel_id="study-events", flush=True, actions=export),
            html.Div([html.Div([panel("Agreement of readers and model", agreed, panel_id="study-agreement"), channels]), html.Div(side)], className="columns"),
            quality_panel(found.quality, view, may_download=who.may(Permission.DOWNLOAD_QUALITY)),
        ],
    )


def reviewed(view: StudyView, found: Found, *, may_review: bool) -> tuple[Component, str, Component, Component]:
    """What changes with every decision: the table, the number of open events, the burden and the agreement."""
    table = events_table(found.events, view.id, page="study", may_review=may_review, evolutions=found.evolutions)
    numbers, curve = burden_numbers(found.burden, view.id, view.start_local), burden_figure(found.burden, view.start_local)
    return table, open_events(found.events), html.Div([curve, numbers], className="burden"), agreement_panel(found.compared)


def not_analysed(view: StudyView, row: StudyRow, channels: Component, *, who: Actor) -> Component:
    """What stands in place of the summary before, during and instead of an analysis."""
    said = [*([view.age_warning] if view.age_warning else []), *view.findings]
    findings = panel("What the file says", facts.sentences(said)) if said else None
    return html.Div([panel("Analysis", _standing(view, row, who), flush=True), findings, channels])


def read_without_model(view: StudyView, channels: Component) -> Component:
    """What stands in place of the summary while its reader reads without the model."""
    viewer = dcc.Link([icon("wave"), "Go on reading"], href=f"/studies/{view.id}/review", className="btn btn-primary")
    words = "The model's output and what others decided are hidden from you until you save your first read (B in the viewer)."
    return html.Div([panel("Analysis", states.empty("You read this study without the model.", words, viewer), flush=True), channels])


def _standing(view: StudyView, row: StudyRow, who: Actor) -> Component:
    viewer = dcc.Link([icon("wave"), "Read the EEG"], href=f"/studies/{view.id}/review", className="btn btn-secondary")
    actions = [_again("primary"), viewer] if who.may(Permission.ANALYSE) and view.stands else [viewer]
    if row.status in ("queued", "analysing"):
        fills = "This page fills by itself. The recording can be read meanwhile."
        return states.empty("The analysis is under way.", fills, viewer)
    if row.status == "failed":
        return states.empty("The analysis failed.", row.error_sentence or "No reason was recorded.", *actions)
    return states.empty("This recording was not analysed.", "Its analysis was cancelled.", *actions)


def progress(row: StudyRow, *, who: Actor) -> Component:
    """The bar of a waiting or running analysis, with a button to cancel it."""
    cancel = (
        fields.button([icon("cross"), "Cancel"], "study-cancel") if row.job_id and who.may(Permission.ANALYSE) else None
    )
    return html.Div(
        [progress_bar(row.job_state, row.job_step, row.done_units, row.total_units), cancel],
        className="panel panel-body progress-panel",
    )


def open_events(events: Sequence[EventView]) -> str:
    return f"{sum(not event.decision for event in events)} unreviewed"


def _export(view: StudyView) -> Component:
    offered = (("events.csv", "CSV", "Events as CSV"), ("annotations.edf", "EDF+", "Annotations of the file and of readers, and events, as EDF+"),
               ("annotations.csv", "Notes CSV", "Annotations of the file and of readers as CSV"),
               ("annotations.parquet", "Notes Parquet", "Annotations of the file and of readers as Parquet"))
    return html.Span([
        html.A(
            [icon("download"), word], href=f"/api/v1/studies/{view.id}/{file}", download="", title=title,
            className="btn btn-quiet btn-small",
        )
        for file, word, title in offered
    ])


def _without_identity(view: StudyView, who: Actor) -> list[Component]:
    """The copy that may leave the clinic, where the format allows one."""
    if not who.may(Permission.EXPORT_DEIDENTIFIED) or view.parts or not view.format.startswith(("EDF", "BDF")):
        return []
    told = "The same samples under a code: no name, no free text, known labels only, all dates of the patient moved by the same number of days"
    return [html.A([icon("download"), "Without identity"], href=f"/api/v1/studies/{view.id}/deidentified", download="", title=told,
                   className="btn btn-quiet btn-small")]


def _again(kind: str) -> Component:
    return fields.button([icon("repeat"), "Analyse again"], "study-again", kind=kind)


def _links(view: StudyView) -> list[Component]:
    return [
        dcc.Link([icon("wave"), "Review EEG"], href=f"/studies/{view.id}/review", className="btn btn-primary btn-small")
    ]


def _cards(view: StudyView, analysis: AnalysisView, events: Sequence[EventView]) -> Component:
    seizure_s = analysis.seconds_by_class.get("seizure", 0.0)
    patterns = [name for name in CLASSES[1:5] if analysis.seconds_by_class.get(name, 0.0) > 0]
    main = max(patterns, key=lambda name: analysis.seconds_by_class[name], default=None)
    return facts.cards(
        facts.card("Recorded", clock.duration(view.duration_s), f"{len(view.gaps)} gap{'s' if len(view.gaps) > 1 else ''}" if view.gaps else "no gaps"),
        facts.card(
            "Assessed", clock.duration(analysis.assessed_s), f"{clock.duration(analysis.not_assessed_s)} not assessed"
        ),
        facts.card(
            "Suspected seizure time",
            clock.duration(seizure_s),
            "as the model suggests",
            tone="note" if seizure_s else "",
        ),
        facts.card("Main pattern", DISPLAY_NAMES[main] if main else "none", "rhythmic or periodic, by time"),
        facts.card("Events", str(len(events)), html.Span(open_events(events), id="study-open")),
    )


def _model(analysis: AnalysisView, zone: str) -> Component:
    return html.Div(
        [
            facts.fact_list(
                (
                    ("Model", dcc.Link(analysis.model_name, href="/admin/models")),
                    ("Weights", html.Code(analysis.model_sha256[:12], title=analysis.model_sha256)),
                    ("Pipeline", analysis.pipeline_version),
                    ("Run", f"{analysis.run_number}, {clock.moment(analysis.created_at, zone)} ({zone})"),
                    ("Took", clock.duration(analysis.elapsed_s)),
                    (
                        "Prior",
                        f"{analysis.prior}: calibrated for balanced classes"
                        if analysis.prior == "balanced"
                        else analysis.prior,
                    ),
                )
            ),
            html.P(PRIOR_NOTES.get(analysis.prior, ""), className="more"),
        ],
    )


def _findings(view: StudyView, analysis: AnalysisView) -> Component:
    found = list(dict.fromkeys((*view.findings, *analysis.findings)))
    return html.Div([
        facts.sentences(found) if found else html.P("Nothing about the file or its signals needs a remark."),
        facts.fact_list(_quality(analysis.quality)),
    ])


def _quality(quality: dict[str, Any]) -> list[tuple[str, str | Component]]:
    bad = [
        f"{channel['name']} ({100 * channel['bad_share']:.0f} %)"
        for channel in quality.get("channels", ())
        if channel["bad_share"] > 0.1
    ]
    hum = quality.get("mains_hz")
    shares = [channel["artifact_share"] for channel in quality.get("channels", ()) if "artifact_share" in channel]
    artifacts = f"{100 * sum(shares) / len(shares):.0f} % of the electrode seconds" if shares else "not measured"
    return [
        ("Poor electrodes", ", ".join(bad) or "none above 10 % of the time"),
        ("Artifacts", artifacts),
        ("Mains hum", f"{hum:g} Hz" if hum else "not found"),
    ]
