"""The list of patients: columns, and rows for the block that the grid asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from dash.development.base_component import Component

from app.services.patients import PatientRow, SortKey
from components import clock
from components.grid import make_grid
from components.patient_banner import SEX

SORT_KEYS: Final[dict[str, SortKey]] = {
    "name": "name", "record": "record_number", "born": "birth_date", "last": "last_study_at", "studies": "n_studies",
}


def patient_grid(grid_id: str) -> Component:
    columns: list[dict[str, Any]] = [
        {
            "field": "name",
            "headerName": "Patient",
            "cellRenderer": "NameCell",
            "minWidth": 220,
            "flex": 3,
            "sort": "asc",
            "filter": "agTextColumnFilter",
            "suppressHeaderFilterButton": True,
        },
        {"field": "record", "headerName": "Record no.", "minWidth": 130, "flex": 2},
        {"field": "born", "headerName": "Born", "width": 120},
        {"field": "sex", "headerName": "Sex", "width": 100, "sortable": False},
        {"field": "studies", "headerName": "Studies", "width": 100},
        {"field": "last", "headerName": "Last upload", "width": 150},
    ]
    return make_grid(grid_id, columns, infinite=True, empty="No patient fits.", row_height=36)


def order_of(request: Mapping[str, Any]) -> tuple[SortKey, bool]:
    """Sort key and whether descending, as the grid's request says; by name where it says nothing."""
    first = cast("dict[str, str]", next(iter(request.get("sortModel") or []), {}))
    return SORT_KEYS.get(first.get("colId", ""), "name"), first.get("sort") == "desc"


def row_data(rows: Iterable[PatientRow], zone: str) -> list[dict[str, Any]]:
    return [
        {"id": str(row.id), "href": f"/patients/{row.id}", "name": row.name, "record": row.record_number,
         "synthetic": row.synthetic, "born": clock.day(row.birth_date), "sex": SEX.get(row.sex or "", "not stated"),
         "studies": row.n_studies, "last": clock.moment(row.last_study_at, zone)}
        for row in rows
    ]
