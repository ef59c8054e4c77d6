"""Exports without identity: who may, under which code, and who finds the way back."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.patients import Patient
from app.db.pseudonyms import Pseudonym
from app.errors import Forbidden, NotFound
from app.services import pseudonyms
from tests import builders


def patient_of(session: Session, who: Actor, name: str = "Rosa Ito", number: str = "77-1") -> Patient:
    return session.get_one(Patient, builders.patient(session, who, name=name, record_number=number))


def test_a_patient_has_one_code_and_one_shift(session: Session, alice: Actor) -> None:
    patient, other = patient_of(session, alice), patient_of(session, alice, "Ada Berg", "77-2")
    first, again = pseudonyms.of_patient(session, alice, patient), pseudonyms.of_patient(session, alice, patient)
    assert first == again
    assert first.code != pseudonyms.of_patient(session, alice, other).code
    assert pseudonyms.LEAST_SHIFT_DAYS <= first.shift_days <= pseudonyms.GREATEST_SHIFT_DAYS


def test_the_map_in_the_database_says_nothing_without_the_key(session: Session, alice: Actor) -> None:
    patient = patient_of(session, alice)
    made = pseudonyms.of_patient(session, alice, patient)
    row = session.scalars(select(Pseudonym)).one()
    stored = row.sealed + row.patient_index.encode() + row.code_index.encode() + row.id.bytes
    for told in (made.code, patient.id.hex, str(patient.id), str(made.shift_days)):
        assert told.encode() not in stored
    assert "patient_id" not in session.execute(text("SELECT * FROM pseudonym")).keys()  # noqa: SIM118 - a Result's keys


def test_an_administrator_finds_the_patient_and_the_trail_says_so(session: Session, alice: Actor) -> None:
    patient = patient_of(session, alice)
    code = pseudonyms.of_patient(session, alice, patient).code
    admin = builders.actor(session, "root", role=Role.ADMINISTRATOR, clinic="Clinic of alice")
    assert pseudonyms.reidentify(session, admin, f" {code.lower()} ") == patient.id
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "patient_reidentified")).one()
    assert (entry.object_id, code in str(entry.detail)) == (patient.id, False)


def test_a_neurologist_may_not_look_codes_up(session: Session, alice: Actor) -> None:
    code = pseudonyms.of_patient(session, alice, patient_of(session, alice)).code
    with pytest.raises(Forbidden):
        pseudonyms.reidentify(session, alice, code)


def test_a_code_of_another_clinic_is_not_found(session: Session, alice: Actor) -> None:
    code = pseudonyms.of_patient(session, alice, patient_of(session, alice)).code
    stranger = builders.actor(session, "eve", clinic="South", role=Role.ADMINISTRATOR)
    with pytest.raises(NotFound, match="No patient of this clinic"):
        pseudonyms.reidentify(session, stranger, code)


def test_an_unknown_code_is_not_found(session: Session) -> None:
    admin = builders.actor(session, "root", role=Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        pseudonyms.reidentify(session, admin, str(UUID(int=0)))
