"""Figures of the model page: points with their 95 % intervals, and lines of what people reach on real segments."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go
from dash import dcc
from dash.development.base_component import Component

from components.chips import LETTERS
from ml.classes import CLASSES, PATTERNS

Figures = Mapping[str, Any]
MODEL: Final = "#2F7FC1"
MEMBERS: Final = (("#A7660A", "triangle-up"), ("#12866B", "square"), ("#B5508C", "cross"), ("#71797F", "star"))
"""Color and shape of every network by itself; contrast of at least 3:1 to the paper of both themes."""
OTHERS, CONSTANT, GRID = "#71797F", "#C9532B", "rgba(128, 136, 144, 0.28)"
PEOPLE: Final = {"single_expert": ("single expert", "dot"), "half_committee": ("half committee", "dash"), "oracle": ("oracle: ceiling of label noise", "solid")}
SHORT_SETS: Final = {
    "held_out_virtual_patients": "generated", "iiic50": "IIIC 50 s, real", "iiic10": "IIIC 10 s, real", "grond": "GROND, real",
}


def sets_figure(sets: Mapping[str, Figures], human: Figures, figure: str) -> go.Figure:
    """Share right (``accuracy``) or divergence (``kl``) on each set of voted windows, by who judged."""
    made = _empty("share right" if figure == "accuracy" else "KL(votes ‖ p), nats", [0, 1.03] if figure == "accuracy" else None)
    names = ["ensemble", *dict.fromkeys(name for row in sets.values() for name in row.get("members", {}) if name != "ensemble"), "SPaRCNet"]
    for k, name in enumerate(names):
        rows = [(place, _of(found, name)) for place, found in enumerate(sets.values())]
        known = [(place + (k - (len(names) - 1) / 2) * 0.14, row) for place, row in rows if row]
        if known:
            ends = [row.get("accuracy_95") if figure == "accuracy" else row.get("bootstrap_by_patient_95", {}).get("kl") for _, row in known]
            _points(made, [x for x, _ in known], [row[figure] for _, row in known], ends, name, _look(name, names))
    if figure == "kl":
        _steps(made, [found.get("kl_uniform") for found in sets.values()], "uniform output", CONSTANT, "solid")
        _steps(made, [found.get("kl_prior") for found in sets.values()], "natural prior", CONSTANT, "dot")
    _people(made, human, figure, len(sets))
    _places(made, [f"{SHORT_SETS.get(name, name)}<br>n = {found['n']}" for name, found in sets.items()])
    return made


def agreement_figure(found: Figures, human: Figures) -> go.Figure:
    """Share right by how far the voters agree: the ensemble on generated windows, half a committee on real ones."""
    made = _empty("share right", [0, 1.03])
    rows = found["by_agreement"]
    _points(made, range(len(rows)), [row["accuracy"] for row in rows], [row.get("accuracy_95") for row in rows], "ensemble", (MODEL, "circle"))
    if people := human.get("half_committee", {}).get("by_agreement"):
        near = {tuple(row["majority_share"]): row for row in people}
        place = [near.get(tuple(row["majority_share"]), {}).get("accuracy") for row in rows]
        made.add_scatter(x=list(range(len(rows))), y=place, mode="lines+markers", name="half committee, by agreement of the other half (real)",
                         line={"color": OTHERS, "dash": "dash", "width": 1}, marker={"symbol": "square-open", "size": 7})
    _people(made, human, "accuracy", len(rows))
    _places(made, [f"{row['majority_share'][0]:g}–{row['majority_share'][1]:g}<br>n = {row['n']}" for row in rows], "share of votes that the majority has")
    return made


def reliability_figure(found: Figures, human: Figures) -> go.Figure:
    """Share of votes that classes really got, by the probability that they were given."""
    made = _empty("share of votes", [0, 1])
    made.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GRID, "width": 1}, showlegend=False, hoverinfo="skip")
    people = human.get("half_committee", {})
    if "reliability" in people:
        rows = people["reliability"]
        made.add_scatter(x=[row["prob"] for row in rows], y=[row["votes"] for row in rows], mode="lines+markers", name=f"half committee (real, n = {people['n']})",
                         line={"color": OTHERS, "dash": "dash", "width": 1}, marker={"symbol": "square-open", "size": 7})
    rows = found["reliability"]
    made.add_scatter(
        x=[row["prob"] for row in rows], y=[row["votes"] for row in rows], mode="lines+markers", name="ensemble", line={"color": MODEL, "width": 1.5},
        marker={"size": 8}, customdata=[row["n"] for row in rows], hovertemplate="given %{x:.2f} · votes %{y:.2f} · n = %{customdata}<extra>ensemble</extra>",
    )
    _people(made, human, "accuracy", 0, ends=(0.0, 1.0))
    made.update_xaxes(title={"text": "probability given", "standoff": 4}, range=[0, 1])
    return made


def discrimination_figure(found: Figures, human: Figures) -> go.Figure:
    """AUROC of every class against all others."""
    made = _empty("AUROC", None)
    members = {name: row["discrimination"] for name, row in found.get("members", {}).items() if "discrimination" in row}
    rows = {"ensemble": found["discrimination"], **members}
    for k, (name, areas) in enumerate(rows.items()):
        known = [(place + (k - (len(rows) - 1) / 2) * 0.16, areas[label]) for place, label in enumerate(CLASSES) if areas.get(label, {}).get("auroc") is not None]
        _points(made, [x for x, _ in known], [row["auroc"] for _, row in known], [row.get("auroc_95") for _, row in known], name, _look(name, list(rows)))
    if areas := human.get("half_committee", {}).get("auroc_by_class"):
        _steps(made, [areas.get(label) for label in CLASSES], "half committee (real)", OTHERS, "dash")
    _places(made, [f"{LETTERS[label]}<br>n = {found['discrimination'][label]['n']}" for label in CLASSES])
    return made


def events_figure(kinds: Mapping[str, Figures], human: Figures) -> go.Figure:
    """Share of true events found in each eventful kind of generated recording, without tolerance."""
    made = _empty("share of true events found", [0, 1.03])
    shown = [row for row in kinds.values() if row["eventful"]]
    looks = ((MODEL, "circle"), *MEMBERS)
    for k, row in enumerate(shown):
        rows = [(place + (k - (len(shown) - 1) / 2) * 0.2, row["patterns"][pattern]["without_tolerance"]) for place, pattern in enumerate(PATTERNS)]
        known = [(x, f) for x, f in rows if f["sensitivity"] is not None]
        _points(made, [x for x, _ in known], [f["sensitivity"] for _, f in known], [f["sensitivity_95"] for _, f in known],
                f"{row['title']}, {row['hours']:g} h", looks[k % len(looks)])
    _people(made, human, "accuracy", len(PATTERNS), said=" of windows")
    _places(made, [LETTERS[pattern] for pattern in PATTERNS])
    return made


def robustness_figure(found: Figures, human: Figures) -> go.Figure:
    """Share right of the same generated windows, recorded worse."""
    rows = {name: row for name, row in found["variants"].items() if row["accuracy"] is not None}
    made = _empty("", None)
    names = list(rows)
    values, ends = [row["accuracy"] for row in rows.values()], [row["accuracy_95"] for row in rows.values()]
    made.add_scatter(
        x=values, y=names, mode="markers", name="ensemble", marker={"color": MODEL, "size": 7}, error_x=_error(values, ends, MODEL),
        customdata=[row["assessed"] for row in rows.values()], hovertemplate="%{y}: %{x:.2f} · %{customdata} assessed<extra></extra>",
    )
    for key, (name, dash) in PEOPLE.items():
        if "accuracy" in human.get(key, {}):
            value = human[key]["accuracy"]
            made.add_scatter(x=[value, value], y=[names[0], names[-1]], mode="lines", line={"color": OTHERS, "dash": dash, "width": 1}, name=f"{name} {value:.2f}")
    made.update_yaxes(autorange="reversed", title=None, showgrid=False)
    made.update_xaxes(title={"text": f"share right, n = {found['n']}", "standoff": 4}, range=[0, 1.03], showgrid=True)
    made.update_layout(height=150 + 20 * len(rows), margin={"l": 170, "b": 84})
    return made


def model_graph(graph_id: str, figure: go.Figure) -> Component:
    return dcc.Graph(
        id=graph_id, figure=figure, config={"displayModeBar": False, "displaylogo": False}, className="model-plot", responsive=True,
        style={"height": f"{figure.layout.height}px"},
    )


def _empty(unit: str, extent: list[float] | None) -> go.Figure:
    axis = {"gridcolor": GRID, "zeroline": False, "fixedrange": True, "linecolor": GRID}
    made = go.Figure()
    made.update_layout(
        height=360, margin={"l": 52, "r": 10, "t": 10, "b": 128}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", dragmode=False,
        font={"size": 12, "family": "system-ui, sans-serif"}, legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        hoverlabel={"bgcolor": "#24313D", "font": {"color": "#FFFFFF"}}, xaxis={**axis, "showgrid": False}, yaxis={**axis, "title": {"text": unit}},
    )
    if extent:
        made.update_yaxes(range=extent)
    else:
        made.update_yaxes(rangemode="normal" if unit == "AUROC" else "tozero")
    return made


def _of(found: Figures, name: str) -> Figures | None:
    """Figures of one who judged: the ensemble itself, a network alone, or another model as published."""
    row: Figures | None = found if name == "ensemble" else found.get("sparcnet_published") if name == "SPaRCNet" else found.get("members", {}).get(name)
    return row


def _look(name: str, names: Sequence[str]) -> tuple[str, str]:
    if name in ("ensemble", "SPaRCNet"):
        return (MODEL, "circle") if name == "ensemble" else (OTHERS, "diamond")
    alone = [member for member in names if member not in ("ensemble", "SPaRCNet")]
    return MEMBERS[alone.index(name) % len(MEMBERS)]


def _points(made: go.Figure, x: Sequence[float], y: Sequence[float], ends: Sequence[Sequence[float] | None], name: str, look: tuple[str, str]) -> None:
    color, symbol = look
    said = [f"{low:.2f} to {high:.2f}" if pair and (low := pair[0]) is not None and (high := pair[1]) is not None else "–" for pair in ends]
    made.add_scatter(
        x=list(x), y=list(y), mode="markers", name=name, marker={"color": color, "symbol": symbol, "size": 8}, error_y=_error(y, ends, color),
        customdata=said, hovertemplate="%{y:.3f} (95 %%: %{customdata})<extra>%{fullData.name}</extra>".replace("%%", "%"),
    )


def _error(values: Sequence[float], ends: Sequence[Sequence[float] | None], color: str) -> dict[str, Any]:
    """Whiskers from each value to the ends of its interval."""
    above = [max(0.0, pair[1] - value) if pair else 0.0 for value, pair in zip(values, ends, strict=True)]
    below = [max(0.0, value - pair[0]) if pair else 0.0 for value, pair in zip(values, ends, strict=True)]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": color, "thickness": 1.3, "width": 0}


def _steps(made: go.Figure, values: Sequence[float | None], name: str, color: str, dash: str) -> None:
    """A short level line at each place."""
    x = [end for place in range(len(values)) for end in (place - 0.4, place + 0.4, None)]
    y = [end for value in values for end in (value, value, None)]
    made.add_scatter(x=x, y=y, mode="lines", name=name, line={"color": color, "dash": dash, "width": 1.3})


def _people(made: go.Figure, human: Figures, figure: str, n: int, *, ends: tuple[float, float] | None = None, said: str = "") -> None:
    """Lines of what people reach on real segments."""
    first, last = ends or (-0.5, n - 0.5)
    for key, (name, dash) in PEOPLE.items():
        value = human.get(key, {}).get(figure)
        if value is not None:
            made.add_scatter(x=[first, last], y=[value, value], mode="lines", name=f"{name} {value:.2f}{said}", line={"color": OTHERS, "dash": dash, "width": 1})


def _places(made: go.Figure, names: Sequence[str], title: str = "") -> None:
    wrapped = ["<br>".join(line for part in name.split("<br>") for line in textwrap.wrap(part, 16)) for name in names]
    made.update_xaxes(tickvals=list(range(len(names))), ticktext=wrapped, range=[-0.55, len(names) - 0.45], title={"text": title, "standoff": 4} if title else None)
