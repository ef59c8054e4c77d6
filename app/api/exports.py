"""Results in the formats of others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app import settings
from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading, writing
from app.file_store import open_store
from app.services import deidentified, exports, pseudonyms

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}, "description": "One line for each event or annotation"}}

EDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "An EDF+ file of annotations"}}

PARQUET: dict[int | str, dict[str, Any]] = {200: {"content": {"application/vnd.apache.parquet": {}}, "description": "A Parquet file"}}

PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "One page"}}

RECORDING: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "An EDF or BDF file"}}


class RemovedOut(BaseModel):
    """What a copy without identity leaves behind."""

    model_config = ConfigDict(from_attributes=True)

    notes: int = Field(description="Annotations of the file")
    notes_reworded: int = Field(description="Of these, those whose text is replaced by [removed]")
    labels: list[str] = Field(description="Labels of signals that are replaced by a number")
    silenced: int = Field(description="Signals without a scale, or with text in them, that are written as zeros")


class CodeIn(BaseModel):
    """The code of an export."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=20)


class FoundPatientOut(BaseModel):
    """Whose code it is."""

    patient_id: UUID


router = APIRouter(tags=["exports"], responses=DOCUMENTED)


@router.get("/studies/{study_id}/events.csv", response_class=Response, responses=CSV)
def events_csv(study_id: UUID, who: SignedIn) -> Response:
    """Events of the newest result with the decisions that hold, as CSV."""
    with writing() as session:
        table = exports.events_csv(session, who, study_id)
    return _file(table, "text/csv; charset=utf-8", f"events-{str(study_id)[:8]}.csv")


@router.get("/studies/{study_id}/annotations.edf", response_class=Response, responses=EDF)
def annotations_edf(study_id: UUID, who: SignedIn) -> Response:
    """The recorder's and readers' annotations and the suggested events with the decisions that hold, as EDF+ (annotations only)."""
    with writing() as session:
        material = exports.annotation_material(session, who, study_id)
    content = exports.annotations_edf(material, open_store(settings.current()))
    return _file(content, "application/octet-stream", f"annotations-{str(study_id)[:8]}.edf")


@router.get("/studies/{study_id}/annotations.csv", response_class=Response, responses=CSV)
def annotations_csv(study_id: UUID, who: SignedIn) -> Response:
    """The recorder's and readers' annotations, one line each, as CSV."""
    with writing() as session:
        material = exports.annotation_material(session, who, study_id)
    table = exports.annotations_csv(material, open_store(settings.current()))
    return _file(table, "text/csv; charset=utf-8", f"annotations-{str(study_id)[:8]}.csv")


@router.get("/studies/{study_id}/annotations.parquet", response_class=Response, responses=PARQUET)
def annotations_parquet(study_id: UUID, who: SignedIn) -> Response:
    """The recorder's and readers' annotations, one row each, as Parquet."""
    with writing() as session:
        material = exports.annotation_material(session, who, study_id)
    table = exports.annotations_parquet(material, open_store(settings.current()))
    return _file(table, "application/vnd.apache.parquet", f"annotations-{str(study_id)[:8]}.parquet")


@router.get("/studies/{study_id}/quality.json")
def quality_json(study_id: UUID, who: SignedIn) -> dict[str, Any]:
    """Signal quality of the newest result: channels, windows of 10 s, marked stretches, what was not assessed and why, definitions."""
    from ml.quality_report import to_json  # scientific libraries are loaded when they are needed

    with writing() as session:
        report = exports.quality_report(session, who, study_id)
    return to_json(report)


@router.get("/studies/{study_id}/quality.pdf", response_class=Response, responses=PDF)
def quality_pdf(study_id: UUID, who: SignedIn) -> Response:
    """The same on one page."""
    from app.reporting import quality_page

    with writing() as session:
        report = exports.quality_report(session, who, study_id)
    page = quality_page.draw(report, title=f"Signal quality of study {str(study_id)[:8]}", kind="pdf")
    return _file(page, "application/pdf", f"quality-{str(study_id)[:8]}.pdf")


@router.get("/studies/{study_id}/quality.parquet", response_class=Response, responses=PARQUET)
def quality_parquet(study_id: UUID, who: SignedIn) -> Response:
    """Signal-to-noise ratio, line noise and marks of every electrode in every recorded second, one row each; definitions in the metadata."""
    from app.interop import quality_table

    with writing() as session:
        report = exports.quality_report(session, who, study_id)
    return _file(quality_table.to_parquet(report), "application/vnd.apache.parquet", f"quality-{str(study_id)[:8]}.parquet")


@router.get("/studies/{study_id}/deidentified", response_class=StreamingResponse, responses=RECORDING)
def deidentified_recording(study_id: UUID, who: SignedIn) -> StreamingResponse:
    """The recording under a code: no names, no free text, all dates of the patient moved by the same number of days. EDF and BDF."""
    with writing() as session:
        export = deidentified.begin(session, who, study_id)
    size, blocks = deidentified.content(export, open_store(settings.current()))
    about = {"Content-Disposition": f'attachment; filename="{export.file_name}"', "Content-Length": str(size)}
    return StreamingResponse(blocks, media_type="application/octet-stream", headers=about)


@router.get("/studies/{study_id}/deidentified/preview")
def deidentified_preview(study_id: UUID, who: SignedIn) -> RemovedOut:
    """What such a copy leaves behind: counted annotations and the labels of signals that are replaced."""
    with reading() as session:
        return RemovedOut.model_validate(deidentified.preview(session, who, study_id, open_store(settings.current())))


@router.post("/pseudonyms/find")
def find_pseudonym(who: SignedIn, asked: CodeIn) -> FoundPatientOut:
    """The patient behind the code of an export; audited. In the body, since addresses are logged."""
    with writing() as session:
        return FoundPatientOut(patient_id=pseudonyms.reidentify(session, who, asked.code))


def _file(content: bytes | str, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
