"""Files of one recording: that they look so, which they are, and the buttons to join and to separate them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from dash import dcc, html
from dash.development.base_component import Component

from app.services.split_recordings import Suggestion
from app.services.studies import PartView, StudyView
from components import clock, fields, states
from components.dense_table import dense_table

COLUMNS: Final = ("#", "File", "Begins", "Length", "Before it")
EXACT_S: Final = 0.001


def about_parts(view: StudyView, suggestion: Suggestion | None, *, may_join: bool) -> list[Component]:
    """What stands above a study that is joined, is a part, or looks like one."""
    shown = [suggested(suggestion, view.id, may_join=may_join)] if suggestion else []
    if view.joined_into:
        there = dcc.Link("review it there", href=f"/studies/{view.joined_into}")
        shown.append(states.notice(html.Span(["Part of a joined recording: ", there, "."])))
    if view.separated:
        shown.append(states.notice("This joined recording was separated: its files are studies of their own again.", kind="warning"))
    return [*shown, _files(view, may_separate=may_join and not view.separated)] if view.parts else shown


def suggested(found: Suggestion, study_id: UUID | None = None, *, may_join: bool) -> Component:
    """One line: these look like files of one recording, with the button that joins them."""
    first, count = found.parts[0], len(found.parts)
    who = "This looks like" if study_id else f"{found.patient_name}, {found.record_number}:"
    which = f"file {found.number_of(study_id)} of {count} of one recording" if study_id else f"{count} files look like one recording"
    words = f"{who} {which}, {clock.duration(found.length_s)} from {clock.recorder_start(first.start_local)}{_breaks(found)}."
    key = {"type": "study-join", "study": str(first.study_id)}
    join = fields.button("Join as one recording", key) if may_join else None
    names = ", ".join(part.original_name for part in found.parts)
    return states.notice(html.Div([html.Span(words, title=names, className="grow"), join], className="notice-line"))


def _breaks(found: Suggestion) -> str:
    gaps = [pause for pause in found.pauses_s if pause > EXACT_S]
    overlaps = [-pause for pause in found.pauses_s if pause < -EXACT_S]
    words = [_counted(word, spans) for word, spans in (("gap", gaps), ("overlap", overlaps)) if spans]
    return f", with {' and '.join(words)}" if words else ""


def _counted(word: str, spans_s: Sequence[float]) -> str:
    """``"1 gap of 20 s"``, ``"2 gaps of 3 min in all"``."""
    whole = clock.duration(round(sum(spans_s), 2))
    return f"{len(spans_s)} {word}s of {whole} in all" if len(spans_s) > 1 else f"1 {word} of {whole}"


def _files(view: StudyView, *, may_separate: bool) -> Component:
    reached = view.parts[0].start_s
    rows = []
    for number, part in enumerate(view.parts, 1):
        rows.append(_row(view, number, part, reached))
        reached = max(reached, part.stop_s)
    separate = fields.button("Separate again", "study-separate") if may_separate else None
    head = html.Summary([html.H2("Files of this recording"), html.Span(f"{len(view.parts)} on one clock", className="more")])
    rule = html.P("Separating makes each file a study of its own again. It is possible until a finding is decided or a report is written.",
                  className="more") if may_separate else None
    foot = html.Div([separate, rule], className="form-actions panel-body") if may_separate else None
    return html.Details([head, dense_table(COLUMNS, rows), foot], className="panel folded", open=True)


def _row(view: StudyView, number: int, part: PartView, reached_s: float) -> Component:
    pause_s = part.start_s - reached_s
    before = f"{clock.duration(round(pause_s, 2))} gap" if pause_s > EXACT_S else (
        f"{clock.duration(round(-pause_s, 2))} overlap, earlier file shown" if pause_s < -EXACT_S else "")
    name = dcc.Link(part.original_name, href=f"/studies/{part.study_id}")
    begins, length = clock.recorder_time(view.start_local, part.start_s), clock.duration(part.stop_s - part.start_s)
    cells = (str(number), name, begins, length, before)
    return html.Tr([html.Td(cell) for cell in cells])
