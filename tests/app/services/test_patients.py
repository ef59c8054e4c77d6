"""Patients of a clinic."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.columns import utc_now
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import patients
from tests import builders


def names(session: Session, who: Actor, **search: object) -> list[str]:
    rows, _ = patients.search(session, who, **search)  # type: ignore[arg-type]
    return [row.name for row in rows]


def test_a_created_patient_is_found(session: Session, alice: Actor) -> None:
    made = patients.create(session, alice, name=" Rosa   Ito ", record_number="17", sex="F", birth_date=date(1960, 2, 3))
    assert patients.find(session, alice, made.id) == made
    assert made.name == "Rosa Ito"


def test_bob_cannot_find_alices_patient(session: Session, alice: Actor, bob: Actor) -> None:
    patient_id = builders.patient(session, alice)
    with pytest.raises(NotFound):
        patients.find(session, bob, patient_id)
    with pytest.raises(NotFound):
        patients.edit(session, bob, patient_id, name="Mine", record_number="1")
    assert names(session, bob) == []


def test_a_record_number_is_unique_in_its_clinic_only(session: Session, alice: Actor, bob: Actor) -> None:
    builders.patient(session, alice, record_number="17")
    builders.patient(session, bob, record_number="17")
    with pytest.raises(Conflict), session.begin_nested():
        builders.patient(session, alice, record_number="17")


def test_a_viewer_changes_nothing(session: Session, alice: Actor) -> None:
    viewer = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    patient_id = builders.patient(session, alice)
    with pytest.raises(Forbidden):
        patients.edit(session, viewer, patient_id, name="Other", record_number="1")
    assert patients.find(session, viewer, patient_id).name == "Rosa Ito"


@pytest.mark.parametrize("wrong", [
    {"name": "  "}, {"record_number": ""}, {"sex": "X"}, {"birth_date": date(1700, 1, 1)},
    {"birth_date": utc_now().date() + timedelta(days=2)},
])
def test_impossible_particulars_are_refused(session: Session, alice: Actor, wrong: dict[str, object]) -> None:
    good: dict[str, object] = {"name": "Rosa Ito", "record_number": "17"}
    with pytest.raises(Invalid):
        patients.create(session, alice, **(good | wrong))  # type: ignore[arg-type]


def test_search_looks_in_names_and_numbers_without_case(session: Session, alice: Actor) -> None:
    for name, number in (("Rosa Ito", "A-1"), ("Max Roth", "B-2"), ("Ann 50%", "C-3")):
        builders.patient(session, alice, name, number)
    assert names(session, alice, text="ro") == ["Max Roth", "Rosa Ito"]
    assert names(session, alice, text="b-2") == ["Max Roth"]
    assert names(session, alice, text="%") == ["Ann 50%"]


def test_search_ignores_case_beyond_ascii(session: Session, alice: Actor) -> None:
    builders.patient(session, alice, "Łucja Żółć")
    assert names(session, alice, text="ŁUCJA ŻÓ") == ["Łucja Żółć"]


def test_search_pages_and_counts(session: Session, alice: Actor) -> None:
    for number in range(5):
        builders.patient(session, alice, f"P{number}")
    rows, total = patients.search(session, alice, start=1, stop=3, sort="name", descending=True)
    assert ([row.name for row in rows], total) == (["P3", "P2"], 5)


def test_search_counts_studies(session: Session, alice: Actor) -> None:
    patient_id = builders.patient(session, alice)
    builders.patient(session, alice, "Nobody")
    builders.study(session, alice, patient_id)
    builders.study(session, alice, patient_id)
    rows, _ = patients.search(session, alice, sort="n_studies", descending=True)
    assert [(row.name, row.n_studies, row.last_study_at is None) for row in rows] == [
        ("Rosa Ito", 2, False), ("Nobody", 0, True)]
