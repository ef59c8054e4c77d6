"""Reports over REST: the texts of a draft and the PDF."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from app import settings
from app.access import Actor, Permission
from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.errors import Conflict, NotFound
from app.file_store import open_store
from app.services import reports
from app.services.reports import PdfFile, ReportView

PDF_WAIT_S = 25.0
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "The report"}}


class ReportOut(BaseModel):
    """A report and its state: draft or final."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    study_id: UUID
    status: str
    version: int
    texts: dict[str, str]
    n_accepted: int
    changed_at: datetime
    author: str
    signed_by: str
    signed_at: datetime | None
    pdf_ready: bool


class Texts(BaseModel):
    """Texts by the reader: indication, description, impression, correlation."""

    texts: dict[str, str]


router = APIRouter(tags=["reports"], responses=DOCUMENTED)


@router.get("/studies/{study_id}/report")
def show(study_id: UUID, who: SignedIn) -> ReportOut:
    """The newest report of a study."""
    with reading() as session:
        return ReportOut.model_validate(_begun(reports.find_for(session, who, study_id)))


@router.put("/studies/{study_id}/report")
def write(study_id: UUID, body: Texts, who: SignedIn) -> ReportOut:
    """Begin the report of a study if there is none, and save texts of its draft."""
    with writing() as session:
        draft = reports.draft_for(session, who, study_id, now=utc_now())
        return ReportOut.model_validate(reports.save(session, who, draft.id, body.texts, now=utc_now()))


@router.get("/studies/{study_id}/report.pdf", response_class=Response, responses=PDF)
async def download(study_id: UUID, who: SignedIn, inline: Annotated[bool, Query(description="Show instead of save")] = False) -> Response:
    """The report as PDF. One that is not made yet is asked for and waited for; 409 when that takes longer."""
    await run_in_threadpool(_ask, who, study_id)
    waited = 0.0
    while not await run_in_threadpool(_is_ready, who, study_id) and waited < PDF_WAIT_S:
        await asyncio.sleep(0.25)
        waited += 0.25
    file, content = await run_in_threadpool(_fetch, who, study_id)
    way = "inline" if inline else "attachment"
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": f'{way}; filename="{file.name}"'})


def _begun(view: ReportView | None) -> ReportView:
    if view is None:
        raise NotFound("No report has been begun for this study. Open its report page, or PUT its texts, to begin one.")
    return view


def _ask(who: Actor, study_id: UUID) -> None:
    with writing() as session:
        view = reports.find_for(session, who, study_id)
        if who.may(Permission.WRITE_REPORT) and (view is None or view.status == "draft"):
            view = reports.draft_for(session, who, study_id, now=utc_now())
        if not _begun(view).pdf_ready and view is not None and who.may(Permission.WRITE_REPORT):
            reports.ask_pdf(session, who, view.id, now=utc_now())


def _is_ready(who: Actor, study_id: UUID) -> bool:
    with reading() as session:
        view = _begun(reports.find_for(session, who, study_id))
    if view.pdf_problem and not view.pdf_pending:
        raise Conflict(f"The PDF could not be made: {view.pdf_problem}")
    return view.pdf_ready or not view.pdf_pending


def _fetch(who: Actor, study_id: UUID) -> tuple[PdfFile, bytes]:
    with writing() as session:
        view = _begun(reports.find_for(session, who, study_id))
        file = reports.pdf(session, who, view.id)
    return file, open_store(settings.current()).read_bytes(file.sha256)
