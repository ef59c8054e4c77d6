"""Patients of the clinic: looked up and added where an upload or a program needs one."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from app.api.errors import DOCUMENTED
from app.api.uploads import PatientIn
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import patients

router = APIRouter(prefix="/patients", tags=["patients"], responses=DOCUMENTED)


class PatientOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    record_number: str
    name: str
    sex: str | None
    birth_date: date | None
    synthetic: bool


class PatientPage(BaseModel):
    """Some of the patients found, and how many there are in all."""

    total: int
    patients: list[PatientOut]


@router.get("")
def search(who: SignedIn, text: Annotated[str, Query(max_length=200)] = "", start: Annotated[int, Query(ge=0)] = 0,
           limit: Annotated[int, Query(ge=1, le=200)] = 20) -> PatientPage:
    """Patients whose name or record number holds ``text``, by name."""
    with reading() as session:
        rows, total = patients.search(session, who, text=text, start=start, stop=start + limit)
    return PatientPage(total=total, patients=[PatientOut.model_validate(row) for row in rows])


@router.get("/{patient_id}")
def show(patient_id: UUID, who: SignedIn) -> PatientOut:
    """One patient of the clinic."""
    with reading() as session:
        return PatientOut.model_validate(patients.find(session, who, patient_id))


@router.post("", status_code=201)
def create(patient: PatientIn, who: SignedIn) -> PatientOut:
    """Add a patient; record numbers are unique in a clinic."""
    with writing() as session:
        return PatientOut.model_validate(patients.create(session, who, **patient.model_dump()))
