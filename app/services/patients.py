"""Patients of a clinic: add, change, look up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.columns import utc_now
from app.db.patients import Patient
from app.db.studies import Study
from app.errors import Conflict, Invalid, NotFound
from app.services import audit

SortKey = Literal["name", "record_number", "birth_date", "last_study_at", "n_studies"]
EARLIEST_BIRTH: Final = date(1890, 1, 1)


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the patient list."""

    id: UUID
    record_number: str
    name: str
    sex: str | None
    birth_date: date | None
    synthetic: bool
    n_studies: int
    last_study_at: datetime | None   # when it was uploaded


@dataclass(frozen=True, slots=True)
class PatientView:
    """One patient, as the banner and the patient page show it."""

    id: UUID
    record_number: str
    name: str
    sex: str | None                  # "F", "M" or unknown
    birth_date: date | None
    note: str
    synthetic: bool


def create(
    session: Session, who: Actor, *, name: str, record_number: str, sex: str | None = None, birth_date: date | None = None,
    note: str = "", synthetic: bool = False,
) -> PatientView:
    """Add a patient to the clinic of ``who``; record numbers are unique in it."""
    require(who, Permission.EDIT_PATIENTS)
    patient = Patient(clinic_id=who.clinic_id, synthetic=synthetic)
    _write(patient, name=name, record_number=record_number, sex=sex, birth_date=birth_date, note=note)
    session.add(patient)
    _flush(session, patient.record_number)
    audit.record(session, who, "patient_created", "patient", patient.id)
    return view_of(patient)


def edit(
    session: Session, who: Actor, patient_id: UUID, *, name: str, record_number: str, sex: str | None = None,
    birth_date: date | None = None, note: str = "",
) -> PatientView:
    """Replace the particulars of a patient."""
    patient = get(session, who, patient_id)
    require(who, Permission.EDIT_PATIENTS)
    before = view_of(patient)
    _write(patient, name=name, record_number=record_number, sex=sex, birth_date=birth_date, note=note)
    _flush(session, patient.record_number)
    after = view_of(patient)
    changed = [field for field in PatientView.__slots__ if getattr(before, field) != getattr(after, field)]
    audit.record(session, who, "patient_changed", "patient", patient.id, fields=changed)
    return after


def find(session: Session, who: Actor, patient_id: UUID) -> PatientView:
    """One patient of the clinic of ``who``."""
    patient = get(session, who, patient_id)
    require(who, Permission.READ_STUDIES)
    return view_of(patient)


def search(
    session: Session, who: Actor, *, text: str = "", start: int = 0, stop: int = 100, sort: SortKey = "name",
    descending: bool = False,
) -> tuple[list[PatientRow], int]:
    """Rows ``start`` to ``stop`` of the patients whose name or record number holds ``text``, and how many there are."""
    require(who, Permission.READ_STUDIES)
    wanted = _wanted(who, text)
    total = session.scalar(select(func.count()).select_from(Patient).where(*wanted)) or 0
    query, columns = _with_studies(who)
    order = columns[sort].desc() if descending else columns[sort].asc()
    page = query.where(*wanted).order_by(order.nulls_last(), Patient.id).offset(start).limit(max(0, stop - start))
    return [_row(patient, count, last) for patient, count, last in session.execute(page)], total


def get(session: Session, who: Actor, patient_id: UUID) -> Patient:
    """The row of a patient of the clinic of ``who``; for services only."""
    patient = session.get(Patient, patient_id)
    if patient is None or patient.clinic_id != who.clinic_id or patient.deleted_at is not None:
        raise NotFound("There is no such patient.")
    return patient


def _wanted(who: Actor, text: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Patient.clinic_id == who.clinic_id, Patient.deleted_at.is_(None)]
    if text.strip():
        part = text.strip()
        wanted.append(or_(Patient.name.icontains(part, autoescape=True),
                          Patient.record_number.icontains(part, autoescape=True)))
    return wanted


def _with_studies(who: Actor) -> tuple[Select[Any], dict[SortKey, ColumnElement[Any]]]:
    studies = (
        select(Study.patient_id, func.count().label("n"), func.max(Study.created_at).label("last"))
        .where(Study.clinic_id == who.clinic_id, Study.stands()).group_by(Study.patient_id).subquery()
    )
    count = func.coalesce(studies.c.n, 0)
    columns: dict[SortKey, ColumnElement[Any]] = {
        "name": func.lower(Patient.name), "record_number": Patient.record_number.expression,
        "birth_date": Patient.birth_date.expression, "last_study_at": studies.c.last, "n_studies": count,
    }
    return select(Patient, count, studies.c.last).outerjoin(studies, studies.c.patient_id == Patient.id), columns


def _write(
    patient: Patient, *, name: str, record_number: str, sex: str | None, birth_date: date | None, note: str
) -> None:
    name, record_number = " ".join(name.split()), record_number.strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("A patient needs a name of 1 to 200 characters.")
    if not 1 <= len(record_number) <= 80:
        raise Invalid("A patient needs a record number of 1 to 80 characters.")
    if sex not in {"F", "M", None}:
        raise Invalid(f"The sex is F, M or left empty, not {sex}.")
    if birth_date is not None and not EARLIEST_BIRTH <= birth_date <= utc_now().date():
        raise Invalid(f"The birth date {birth_date} lies before {EARLIEST_BIRTH} or in the future. Correct it or leave it empty.")
    patient.name, patient.record_number, patient.note = name, record_number, note.strip()[:4000]
    patient.sex, patient.birth_date = sex, birth_date


def _flush(session: Session, record_number: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(f"Record number {record_number} belongs to another patient of this clinic.") from error


def view_of(patient: Patient) -> PatientView:
    return PatientView(patient.id, patient.record_number, patient.name, patient.sex, patient.birth_date, patient.note,
                       patient.synthetic)


def _row(patient: Patient, n_studies: int, last_study_at: datetime | None) -> PatientRow:
    return PatientRow(patient.id, patient.record_number, patient.name, patient.sex, patient.birth_date, patient.synthetic,
                      n_studies, last_study_at)
