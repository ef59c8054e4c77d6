"""One look and one behaviour for every grid: dense rows, our colours, a row opens by click or Enter."""

from __future__ import annotations

from typing import Any, Final

import dash_ag_grid as dag
from dash.development.base_component import Component

THEME: Final = (
    "themeQuartz.withParams({"
    "backgroundColor: 'var(--surface)', foregroundColor: 'var(--text)', headerBackgroundColor: 'var(--surface-2)',"
    "headerTextColor: 'var(--text-2)', borderColor: 'var(--line)', rowHoverColor: 'var(--surface-2)',"
    "selectedRowBackgroundColor: 'var(--accent-weak)', accentColor: 'var(--accent)',"
    "oddRowBackgroundColor: 'var(--surface)',"
    "fontFamily: 'inherit', fontSize: 13, headerFontSize: 12, headerHeight: 34, rowHeight: 44, spacing: 6,"
    "wrapperBorderRadius: 6, cellHorizontalPadding: 10})"
)


def make_grid(
    grid_id: str,
    columns: list[dict[str, Any]],
    *,
    empty: str,
    rows: list[dict[str, Any]] | None = None,
    infinite: bool = False,
    row_height: int = 44,
    chosen_if: str = "",
) -> Component:
    """A grid whose rows carry ``id`` and, where they open something, ``href``.

    Parameters
    ----------
    rows
        What it shows from the start; ``None`` leaves it loading until a callback sets ``rowData``.
    infinite
        Rows come block by block from a callback on ``getRowsRequest`` instead of ``rowData``.
    chosen_if
        Which rows have a box to choose them by, as an expression of the grid; they are told by ``selectedRows``.
    """
    options: dict[str, Any] = {
        "theme": {"function": THEME},
        "rowHeight": row_height,
        "suppressCellFocus": False,
        "animateRows": False,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "localeText": {"noRowsToShow": empty},
        "suppressDragLeaveHidesColumns": True,
    }
    if infinite:
        options |= {"cacheBlockSize": 100, "maxBlocksInCache": 5, "rowBuffer": 0}
    if chosen_if:
        options["rowSelection"] = {
            "mode": "multiRow", "headerCheckbox": False, "hideDisabledCheckboxes": True, "isRowSelectable": {"function": chosen_if},
        }
        options["selectionColumnDef"] = {"width": 38, "maxWidth": 38, "cellClass": "choose-cell"}
    grid: Component = dag.AgGrid(
        id=grid_id,
        rowData=rows,
        columnDefs=columns,
        rowModelType="infinite" if infinite else "clientSide",
        getRowId="params.data.id",
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True},
        dashGridOptions=options,
        className="grid",
        style={"height": None},
    )
    return grid
