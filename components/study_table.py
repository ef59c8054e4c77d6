"""The worklist of studies: columns and rows of its grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash.development.base_component import Component

from app.services.studies import StudyRow
from components import clock
from components.chips import STATUS
from components.class_minutes import shares
from components.grid import make_grid
from components.job_progress import progress_text

UNFINISHED = ("queued", "analysing")


def study_grid(grid_id: str) -> Component:
    """Grid of studies; a row opens its study by click or Enter, its box (or the space bar) chooses it for joining."""
    return make_grid(grid_id, _columns(), empty="No study fits. Change the filter, or upload a recording.", chosen_if="params.data.can_join")


def row_data(rows: Iterable[StudyRow], zone: str, *, may_join: bool = False) -> list[dict[str, Any]]:
    return [_row(row, zone) | {"can_join": may_join and row.is_known and not row.is_joined} for row in rows]


def _row(row: StudyRow, zone: str) -> dict[str, Any]:
    word, tone, icon = STATUS[row.status]
    running = row.status in UNFINISHED
    progress = (
        progress_text(row.job_state, row.job_step, row.done_units, row.total_units) if running and row.job_id else ""
    )
    return {
        "id": str(row.id),
        "href": f"/studies/{row.id}",
        "name": row.patient_name,
        "record": row.record_number,
        "synthetic": row.synthetic,
        "file": row.original_name,
        "start": clock.recorder_start(row.start_local, is_known=row.is_known),
        "duration_s": row.duration_s,
        "length": clock.length(row.duration_s),
        "uploaded": clock.moment(row.uploaded_at, zone),
        "status": f"{word} {progress}",
        "word": word,
        "tone": tone,
        "icon": icon,
        "progress": progress.removeprefix("analysing "),
        "share": row.done_units / row.total_units if running and row.total_units else 0.0,
        "problem": row.error_sentence if row.status == "failed" else "",
        "bar": shares(row.seconds_by_class),
        "pattern_s": sum(s for c, s in row.seconds_by_class.items() if c != "other"),
        "unreviewed": row.n_unreviewed,
        "events": f"{row.n_unreviewed} of {row.n_events}" if row.n_events else "",
    }


def _columns() -> list[dict[str, Any]]:
    return [
        {"field": "name", "headerName": "Patient", "cellRenderer": "PatientCell", "minWidth": 165, "flex": 3},
        {"field": "file", "headerName": "Recording", "cellRenderer": "RecordingCell", "minWidth": 150, "flex": 3},
        {"field": "duration_s", "headerName": "Length", "cellRenderer": "LengthCell", "width": 94},
        {"field": "status", "headerName": "Status", "cellRenderer": "StatusCell", "minWidth": 158, "flex": 2},
        {
            "field": "pattern_s",
            "headerName": "Minutes by class",
            "cellRenderer": "ClassBarCell",
            "minWidth": 114,
            "flex": 2,
        },
        {"field": "unreviewed", "headerName": "Unreviewed", "cellRenderer": "UnreviewedCell", "width": 112},
        {"field": "uploaded", "headerName": "Uploaded", "width": 140, "sort": "desc"},
    ]

