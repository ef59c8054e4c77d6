"""Results in the formats of others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import writing
from app.services import exports

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}, "description": "One line for each event"}}

router = APIRouter(tags=["exports"], responses=DOCUMENTED)


@router.get("/studies/{study_id}/events.csv", response_class=Response, responses=CSV)
def events_csv(study_id: UUID, who: SignedIn) -> Response:
    """Events of the newest result with the decisions that hold, as CSV."""
    with writing() as session:
        table = exports.events_csv(session, who, study_id)
    name = f"events-{str(study_id)[:8]}.csv"
    return Response(table, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
