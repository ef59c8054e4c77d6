"""A confusion matrix as a figure: counts and shares of each row, readable in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from dash import dcc
from dash.development.base_component import Component

from components.chips import LETTERS
from ml.classes import CLASSES, LONG_NAMES

SHADES: Final = ((0.0, "rgba(40, 130, 185, 0.04)"), (1.0, "rgba(40, 130, 185, 0.62)"))
"""Part transparent, so that the page shows through and the text keeps its contrast on either theme."""


def confusion_figure(counts: Sequence[Sequence[int]]) -> go.Figure:
    """Rows: majority of the readers; columns: the model. Colour and per cent are shares of the row."""
    table = np.asarray(counts, dtype=float)
    total = table.sum(axis=1, keepdims=True)
    share = np.divide(table, total, out=np.zeros_like(table), where=total > 0)
    text = [[f"{int(n)}<br>{100 * part:.0f} %" if row_total else "–" for n, part in zip(row, parts, strict=True)]
            for row, parts, (row_total,) in zip(table, share, total, strict=True)]
    letters = [LETTERS[name] for name in CLASSES]
    names = [LONG_NAMES[name] for name in CLASSES]
    heat = go.Heatmap(
        z=share,
        x=letters,
        y=letters,
        text=text,
        texttemplate="%{text}",
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        colorscale=[list(stop) for stop in SHADES],
        customdata=[[(row, column) for column in names] for row in names],
        hovertemplate="readers: %{customdata[0]}<br>model: %{customdata[1]}<br>%{text}<extra></extra>",
    )
    figure = go.Figure(heat)
    figure.update_layout(
        margin={"l": 64, "r": 8, "t": 44, "b": 8},
        height=330,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12, "family": "system-ui, sans-serif"},
        dragmode=False,
        xaxis={"side": "top", "title": {"text": "Model"}, "showgrid": False, "fixedrange": True},
        yaxis={"autorange": "reversed", "title": {"text": "Readers"}, "showgrid": False, "fixedrange": True},
    )
    return figure


def confusion_graph(graph_id: str, counts: Sequence[Sequence[int]]) -> Component:
    return dcc.Graph(
        id=graph_id,
        figure=confusion_figure(counts),
        config={"displayModeBar": False, "displaylogo": False},
        className="confusion",
        responsive=True,
    )
