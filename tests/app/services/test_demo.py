"""The demo: asked for once, marked synthetic everywhere."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.work import Job
from app.services import demo, patients, studies
from tests import builders

MADE = demo.Made(number=0, sha256="c" * 64, size=9, name="synthetic.edf", title="Synthetic: nothing", info=builders.info())


def test_an_empty_clinic_gets_the_demo_once(session: Session, alice: Actor) -> None:
    for _ in range(2):
        demo.ask(session, alice)
    assert len(session.scalars(select(Job).where(Job.kind == "load_demo")).all()) == demo.N_RECORDINGS


def test_a_clinic_with_studies_gets_none(session: Session, alice: Actor) -> None:
    builders.study(session, alice)
    assert demo.ask(session, alice) == 0


def test_a_demo_study_is_marked_synthetic_everywhere(session: Session, alice: Actor) -> None:
    view = studies.find(session, alice, demo.load(session, alice, MADE))
    assert view.synthetic
    assert view.patient.synthetic
    assert view.patient.name.startswith("Synthetic")
    assert view.patient.record_number.startswith("SYNTHETIC")
    assert view.age_warning == ""


def test_loading_the_same_recording_twice_is_one_study_with_one_analysis(session: Session, alice: Actor) -> None:
    assert demo.load(session, alice, MADE) == demo.load(session, alice, MADE)
    assert len(studies.worklist(session, alice)) == 1
    assert patients.search(session, alice)[1] == 1
    assert len(session.scalars(select(Job).where(Job.kind == "analyse")).all()) == 1
