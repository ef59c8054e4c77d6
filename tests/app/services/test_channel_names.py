"""What people say of channels: it counts at once, is remembered for the site, and never crosses to another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.studies import Study
from app.db.work import Job
from app.errors import Forbidden, Invalid, NotFound
from app.services import channel_names, studies
from ml.recording import RecordingInfo, Signal
from tests import builders

ABOUT = RecordingInfo("EDF+C", tuple(Signal(label, 200.0, "uV") for label in ("Fp1", "X1", "X2")), 600.0, datetime(2026, 5, 4))
SAID = {"X1": "F7", "X2": "ECG"}


def corrected(session: Session, who: Actor, names: Mapping[str, str] = SAID, *, remember: bool = False) -> Study:
    study_id = builders.study(session, who, about=ABOUT)
    builders.analysis(session, study_id)
    channel_names.correct(session, who, study_id, names, remember=remember)
    return session.get_one(Study, study_id)


def test_a_correction_counts_on_the_page_and_in_the_viewer(session: Session) -> None:
    alice = builders.actor(session, "alice")
    study = corrected(session, alice)
    view = studies.find(session, alice, study.id)
    assert view.read_as == ("Fp1", "F7", "ECG")
    assert dict(studies.recording(session, alice, study.id).channel_names) == SAID
    assert any("2 of the 19 electrodes" in finding for finding in view.findings)


def test_the_new_run_is_asked_for_with_the_corrections(session: Session) -> None:
    study = corrected(session, builders.actor(session, "alice"))
    job = session.query(Job).filter_by(study_id=study.id, state="queued").one()
    assert (job.run_number, job.parameters) == (2, {"channel_names": SAID})


def test_an_emptied_field_takes_a_correction_back(session: Session) -> None:
    alice = builders.actor(session, "alice")
    study = corrected(session, alice)
    view = studies.find(session, alice, study.id)
    assert channel_names.typed(view, ["Fp1", "", "ECG"]) == {"X1": ""}
    assert channel_names._merged(study.channel_names, {"X1": ""}) == {"X2": "ECG"}


def test_only_what_is_to_be_remembered_is_known_at_the_site(session: Session) -> None:
    alice, bob = builders.actor(session, "alice"), builders.actor(session, "bob")
    corrected(session, bob)
    corrected(session, alice, remember=True)
    assert channel_names.of_site(session, alice.clinic_id, ["X1", "Fp1"]) == {"X1": "F7"}
    assert channel_names.of_site(session, bob.clinic_id) == {}


@pytest.mark.parametrize("names", [{"X9": "F7"}, {"X1": "Q7"}, {"X1": "Fp1-Q7"}])
def test_what_is_no_channel_is_refused(session: Session, names: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        corrected(session, builders.actor(session, "alice"), names)


def test_a_viewer_corrects_nothing_and_nobody_anothers_study(session: Session) -> None:
    alice, bob = builders.actor(session, "alice"), builders.actor(session, "bob")
    study = corrected(session, alice)
    viewer = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    with pytest.raises(Forbidden):
        channel_names.correct(session, viewer, study.id, SAID, remember=False)
    with pytest.raises(NotFound):
        channel_names.correct(session, bob, study.id, SAID, remember=False)
