"""What stands below the controls of the spectrogram page: the figure, what it says in words, and what is missing."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from app.services.studies import StudyView
from app.services.time_frequency import Pictures
from components import clock, states
from components.attributes import aria

CONFIG: Final[dict[str, Any]] = {"displaylogo": False, "displayModeBar": False, "doubleClick": "reset", "scrollZoom": False}


def spectrogram_stage(figure: go.Figure, made: Pictures, study: StudyView) -> Component:
    """The figure as an image with a text of what it shows."""
    begins, ends = (clock.recorder_time(study.start_local, at_s) for at_s in (made.span.start_s, made.span.stop_s))
    label = f"Spectrogram of {', '.join(made.names)} from {begins} to {ends}, {made.settings}"
    missing = None if made.trends is not None else _no_trends(study)
    graph = dcc.Graph(id="spectrogram-figure", figure=figure, config=CONFIG,  # type: ignore[arg-type]   # as documented
                      className="spectrogram-figure", responsive=True, style={"height": f"{figure.layout.height}px"})
    return html.Div([missing, html.Div(graph, role="img", className="panel", **aria(label=label))])


def _no_trends(study: StudyView) -> Component:
    if study.status in ("queued", "analysing"):
        return states.notice("Trends and the model's probabilities are made by the analysis, which has not ended yet.")
    return states.notice("There are no trends here: the newest analysis was made before they were kept, or could not assess this span. "
                         "A new run of the analysis, on the summary page, adds them.")
