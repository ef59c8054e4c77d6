"""Studies that look like files of one recording are offered to be joined; others are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.columns import utc_now
from app.errors import NotFound
from app.services import reviews, split_recordings
from app.services.split_recordings import Suggestion
from tests import builders

START = datetime(2026, 5, 4, 22, 0)
HOUR = 3600.0


def file(session: Session, who: Actor, patient_id: UUID, after_h: float, hours: float = 4.0) -> UUID:
    about = builders.info(hours * HOUR, start=START + timedelta(hours=after_h))
    return builders.study(session, who, patient_id, about=about, name=f"{after_h:g}.edf")


def names(found: Suggestion | None) -> list[str]:
    return [part.original_name for part in found.parts] if found else []


@pytest.fixture
def rosa(session: Session, alice: Actor) -> UUID:
    return builders.patient(session, alice)


def test_a_day_in_files_of_four_hours_looks_like_one_recording(session: Session, alice: Actor, rosa: UUID) -> None:
    ids = [file(session, alice, rosa, after_h) for after_h in (8.5, 0.0, 3.75)]
    found = split_recordings.of_study(session, alice, ids[0])
    assert found is not None
    assert names(found) == ["0.edf", "3.75.edf", "8.5.edf"]
    assert (found.number_of(ids[0]), found.pauses_s, found.length_s) == (3, (-0.25 * HOUR, 0.75 * HOUR), 12.5 * HOUR)
    assert split_recordings.uploaded_by(session, alice, since=utc_now() - timedelta(days=1)) == [found]
    assert split_recordings.uploaded_by(session, alice, since=utc_now()) == []


def test_another_patient_other_signals_or_another_day_are_no_part(session: Session, alice: Actor, rosa: UUID) -> None:
    first = file(session, alice, rosa, 0.0)
    file(session, alice, builders.patient(session, alice, "Max Roth"), 4.0)
    file(session, alice, rosa, 5.1)
    other = builders.info(4 * HOUR, start=START + timedelta(hours=4))
    builders.study(session, alice, rosa, about=type(other)("EDF+C", other.signals[:2], other.duration_s, other.start_time))
    assert split_recordings.of_study(session, alice, first) is None


def test_the_same_night_exported_twice_is_not_offered(session: Session, alice: Actor, rosa: UUID) -> None:
    first = file(session, alice, rosa, 0.0)
    file(session, alice, rosa, 0.0)
    file(session, alice, rosa, 1.0, hours=2.0)
    assert split_recordings.of_study(session, alice, first) is None


def test_what_somebody_has_decided_on_is_not_offered(session: Session, alice: Actor, rosa: UUID) -> None:
    first, second, _ = (file(session, alice, rosa, after_h) for after_h in (0.0, 4.0, 8.0))
    event, = builders.analysis(session, first, [("lpd", 0.0, 30.0)])
    reviews.decide(session, alice, event, decision="accepted")
    assert names(split_recordings.of_study(session, alice, second)) == ["4.edf", "8.edf"]
    assert split_recordings.of_study(session, alice, first) is None


def test_bob_is_offered_nothing_of_alices(session: Session, alice: Actor, bob: Actor, rosa: UUID) -> None:
    first, _ = file(session, alice, rosa, 0.0), file(session, alice, rosa, 4.0)
    with pytest.raises(NotFound):
        split_recordings.of_study(session, bob, first)
    assert split_recordings.uploaded_by(session, bob, since=utc_now() - timedelta(days=1)) == []
