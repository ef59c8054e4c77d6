"""Studies: the list, one study, joining, its analysis as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app import settings
from app.api.errors import DOCUMENTED
from app.api.patients import PatientOut
from app.auth import SignedIn
from app.db.session import reading, writing
from app.errors import NotFound
from app.file_store import open_store
from app.services import analyses, channel_names, joining, studies
from app.services.studies import Status

router = APIRouter(tags=["studies"], responses=DOCUMENTED)


class StudyRowOut(BaseModel):
    """One line of the worklist."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    patient_id: UUID
    patient_name: str
    record_number: str
    original_name: str
    start_local: datetime | None = Field(description="The recorder's own clock; EDF states no time zone")
    duration_s: float
    uploaded_at: datetime
    status: Status
    synthetic: bool
    job_id: UUID | None
    job_state: str
    job_step: str
    done_units: int
    total_units: int
    error_sentence: str
    seconds_by_class: dict[str, float]
    n_events: int
    n_unreviewed: int


class SignalOut(BaseModel):
    label: str
    sfreq_hz: float
    unit: str
    calibrated: bool
    transducer: str = ""
    prefilter: str = ""


class CorrectionIn(BaseModel):
    """What signals are, by their labels; an empty meaning takes a correction back."""

    channel_names: dict[Annotated[str, Field(max_length=80)], Annotated[str, Field(max_length=20)]] = Field(max_length=512)
    remember: bool = Field(default=False, description="Read these labels so in later recordings of the site")


class QueuedOut(BaseModel):
    job_id: UUID


class JoinIn(BaseModel):
    """Studies of one patient whose files are parts of one recording, in any order."""

    study_ids: list[UUID] = Field(min_length=2, max_length=joining.MAX_PARTS)


class JoinedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    study_id: UUID = Field(description="Of the joined recording")
    job_id: UUID | None = Field(description="Of its newest analysis")


class SeparatedOut(BaseModel):
    study_ids: tuple[UUID, ...] = Field(description="Of the parts, which are studies of their own again")


class PartOut(BaseModel):
    """A file of a joined recording, in seconds on the one clock; where two overlap the earlier one is read."""

    model_config = ConfigDict(from_attributes=True)

    study_id: UUID
    original_name: str
    start_s: float
    stop_s: float


class StudyOut(BaseModel):
    """One study with its patient and what its header says."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    patient: PatientOut
    age_warning: str
    original_name: str
    sha256: str
    size: int
    format: str
    start_local: datetime | None
    duration_s: float
    uploaded_at: datetime
    status: Status
    signals: tuple[SignalOut, ...]
    read_as: tuple[str, ...] = Field(description="Of each signal: electrode, pair, ECG, EOG, EMG, ignore, or empty")
    channel_names: dict[str, str] = Field(description="What people said of labels")
    gaps: tuple[tuple[float, float], ...]
    findings: tuple[str, ...]
    equipment: str
    synthetic: bool
    parts: tuple[PartOut, ...] = Field(description="Of a joined recording, in order of their start")
    joined_into: UUID | None = Field(description="The study that this one is a part of")
    separated: bool = Field(description="A joined recording that was taken apart again")


@router.get("/studies")
def list_studies(who: SignedIn, text: Annotated[str, Query(max_length=200)] = "", status: Status | None = None,
                 limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> list[StudyRowOut]:
    """Studies of the clinic, newest first."""
    with reading() as session:
        found = studies.worklist(session, who, text=text, status=status, limit=limit)
    return [StudyRowOut.model_validate(row) for row in found]


@router.post("/studies/join", status_code=201)
def join(asked: JoinIn, who: SignedIn) -> JoinedOut:
    """Make one study on one clock of files that a recorder split, and queue its analysis; the same studies twice are one.

    409 where one is joined already, not converted yet, or was decided or reported on; 422 where they are of several patients,
    state no start time, differ in channels or rates, or lie more than a day apart.
    """
    with reading() as session:
        parts = joining.begin(session, who, asked.study_ids)
    whole = joining.put_together(parts, open_store(settings.current()))
    with writing() as session:
        return JoinedOut.model_validate(joining.finish(session, who, whole))


@router.post("/studies/{study_id}/separate")
def separate(study_id: UUID, who: SignedIn) -> SeparatedOut:
    """Make the files of a joined recording studies of their own again; 409 once findings were decided or a report was written."""
    with writing() as session:
        return SeparatedOut(study_ids=joining.separate(session, who, study_id))


@router.get("/studies/{study_id}")
def show(study_id: UUID, who: SignedIn) -> StudyOut:
    """One study of the clinic."""
    with reading() as session:
        return StudyOut.model_validate(studies.find(session, who, study_id))


@router.post("/studies/{study_id}/channels", status_code=202)
def correct_channels(study_id: UUID, asked: CorrectionIn, who: SignedIn) -> QueuedOut:
    """Say which signal is which electrode and analyse again; earlier results stay as they were."""
    with writing() as session:
        return QueuedOut(job_id=channel_names.correct(session, who, study_id, asked.channel_names, remember=asked.remember))


@router.get("/studies/{study_id}/analysis")
def analysis(study_id: UUID, who: SignedIn) -> dict[str, Any]:
    """The newest result, as ``hms analyse --json`` prints it; 404 while there is none."""
    with reading() as session:
        if analyses.latest(session, who, study_id, though_hidden=True) is None:
            raise NotFound("This study has no result yet. Follow its job and ask again when it is done.")
        return analyses.result_json(session, who, study_id)
