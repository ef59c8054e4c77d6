"""What a header says, whom it names, and the checks around an upload."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.columns import utc_now
from app.errors import Forbidden, TooLarge
from app.services import recording_check, uploads
from app.services.header_facts import HeaderFacts, differences, info_from_json, info_to_json
from app.services.recording_check import Refused, check
from app.services.uploads import NewPatient, OtherIdentity
from app.settings import Settings
from ml.recording import PatientField, RecordingInfo, Signal
from tests import builders
from tests.edf_files import edf

JANE = {"name": "Jane Doe", "record_number": "MRN-0077", "birth_date": date(1950, 7, 4), "sex": "F"}


@pytest.mark.parametrize("said", [
    PatientField(),
    PatientField(name="Doe Jane", code="mrn 0077", sex="F", birth_date=date(1950, 7, 4)),
    PatientField(name="DOE_JANE_MARIE"),
    PatientField(name="Jané Doe"),
    PatientField(code="00MRN.0077"),
])
def test_the_same_person_written_otherwise_is_the_same(said: PatientField) -> None:
    assert differences(said, **JANE) == ()


@pytest.mark.parametrize("said, differing", [
    (PatientField(name="John Doe"), ("name",)),
    (PatientField(code="MRN-0078"), ("record number",)),
    (PatientField(birth_date=date(1950, 4, 7)), ("birth date",)),
    (PatientField(sex="M"), ("sex",)),
    (PatientField(name="Roe Richard", code="9", sex="M", birth_date=date(2001, 1, 1)), ("name", "record number", "birth date", "sex")),
])
def test_another_person_is_named_by_what_differs(said: PatientField, differing: tuple[str, ...]) -> None:
    assert differences(said, **JANE) == differing


def test_what_the_clinic_does_not_know_is_no_contradiction() -> None:
    said = PatientField(name="Jane Doe", sex="F", birth_date=date(1950, 7, 4))
    assert differences(said, name="Jane Doe", record_number="1", birth_date=None, sex=None) == ()


@given(st.text(max_size=300))
def test_a_shown_name_is_never_a_path(name: str) -> None:
    shown = uploads.shown_name(name)
    assert 1 <= len(shown) <= 255
    assert "/" not in shown
    assert "\\" not in shown
    assert shown.isprintable()


def test_a_header_survives_storage_as_json() -> None:
    info = RecordingInfo("EDF+C", (Signal("EEG Fp1-Ref", 200.0),), 60.0, patient=PatientField(raw="x", name="Jane", birth_date=date(1950, 7, 4)))
    assert info_from_json(json.loads(json.dumps(info_to_json(info)))) == info


def test_facts_name_electrodes_and_what_is_missing() -> None:
    facts = HeaderFacts.of(builders.info())
    assert [channel.electrode for channel in facts.channels] == ["Fp1", "Fz", None]
    assert (facts.n_electrodes, len(facts.missing)) == (2, 17)


def test_a_sound_file_passes_the_check_in_the_child(tmp_path: Path) -> None:
    path = tmp_path / "a.edf"
    path.write_bytes(edf(30.0))
    found = check(path, name="a.edf", memory_mib=2048)
    assert isinstance(found, RecordingInfo)
    assert found.duration_s == 30.0


@pytest.mark.parametrize("harm", ["import os; os.kill(os.getpid(), 11)", "raise SystemExit(0)", "print('[')", "bytearray(8 << 30)"])
def test_a_parser_that_breaks_down_is_a_refusal_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    """The interpreter of the child is replaced by one that misbehaves."""
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\nimport resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30,) * 2)\n{harm}\n")
    python.chmod(0o755)
    monkeypatch.setattr(recording_check.sys, "executable", str(python))
    found = check(tmp_path, name="a.edf", memory_mib=1024)
    assert isinstance(found, Refused)
    assert "could not be read within the limits" in found.sentence


def test_the_child_sees_no_secret_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\nimport os, json; print(json.dumps({{'refused': str(sorted(os.environ)), 'code': 'x'}}))\n")
    python.chmod(0o755)
    monkeypatch.setattr(recording_check.sys, "executable", str(python))
    monkeypatch.setitem(os.environ, "HMS_DATABASE_URL", "postgresql://secret")
    found = check(tmp_path, name="a.edf", memory_mib=1024)
    assert isinstance(found, Refused)
    assert "HMS_" not in found.sentence


def confirming(session: Session, who: Actor, database: Settings, content: bytes) -> uploads.UploadView:
    made = uploads.create(session, who, database, name="a.edf", size=len(content), fingerprint="", now=utc_now())
    return uploads.check_head(session, who, made.id, content[:65536], now=utc_now())


def test_another_identity_passes_only_when_accepted(session: Session, alice: Actor, database: Settings) -> None:
    upload = confirming(session, alice, database, edf(patient="MRN-77 F 04-JUL-1950 Doe_Jane"))
    chosen = builders.patient(session, alice, "Rosa Ito", "R-1")
    with pytest.raises(OtherIdentity, match="name and record number in its header differ"):
        uploads.confirm(session, alice, upload.id, patient=chosen, accept_other_identity=False, now=utc_now())
    passed = uploads.confirm(session, alice, upload.id, patient=chosen, accept_other_identity=True, now=utc_now())
    assert (passed.state, passed.patient_id) == ("receiving", chosen)


def test_a_new_patient_is_made_with_the_confirmation(session: Session, alice: Actor, database: Settings) -> None:
    upload = confirming(session, alice, database, edf())
    done = uploads.confirm(session, alice, upload.id, patient=NewPatient("Rosa Ito", "R-1"), accept_other_identity=False, now=utc_now())
    assert done.patient_id is not None


def test_a_patient_of_another_clinic_cannot_be_chosen(session: Session, alice: Actor, bob: Actor, database: Settings) -> None:
    upload = confirming(session, alice, database, edf())
    theirs = builders.patient(session, bob)
    with pytest.raises(uploads.NotFound):
        uploads.confirm(session, alice, upload.id, patient=theirs, accept_other_identity=True, now=utc_now())


def test_the_limit_is_told_with_both_sizes(session: Session, alice: Actor, database: Settings) -> None:
    with pytest.raises(TooLarge, match=r"5\.00 GB; at most 4\.29 GB"):
        uploads.create(session, alice, database, name="a.edf", size=5_000_000_000, fingerprint="", now=utc_now())


def test_who_may_not_upload_cannot_announce(session: Session, alice: Actor, database: Settings) -> None:
    viewer = builders.actor(session, "vera", role=builders.Role.VIEWER, clinic="Clinic of alice")
    with pytest.raises(Forbidden):
        uploads.create(session, viewer, database, name="a.edf", size=10, fingerprint="", now=utc_now())
