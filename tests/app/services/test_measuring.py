"""Measuring as the viewer asks for it: what may be measured by whom, and that a refusal of one part leaves the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Invalid, NotFound
from app.file_store import FileStore, open_store
from app.services import channel_marks, measuring, montages
from app.services.measuring import Wish
from app.settings import Settings
from tests import builders, viewer_site

TOLD: dict[str, Any] = {"at": [20.0, 24.0], "channel": "C3", "montage": "referential", "lff": "", "hff": "70", "notch": "", "cleaning": "", "active": 1}


@pytest.fixture
def waves(session: Session, alice: Actor, tmp_path: Path) -> UUID:
    """A minute in which C3 swings with 5 Hz and 40 µV."""
    return viewer_site.add_study(session, alice, viewer_site.write_waves(tmp_path / "waves.edf", seconds=60))


@pytest.fixture
def store(database: Settings) -> FileStore:
    return open_store(database)


def test_the_script_tells_a_wish_in_its_own_words() -> None:
    wish = measuring.wish_of(TOLD)
    assert wish == Wish((20.0, 24.0), "C3", "referential", None, 70.0, None, active=1)
    assert measuring.wish_of(TOLD | {"at": [9.0, 3.0]}).span_s == (3.0, 9.0)


@pytest.mark.parametrize("wrong", [{"at": [1.0]}, {"at": ["a", 2]}, {"at": [-1.0, 2.0]}, {"at": [float("nan"), 2.0]}, {"montage": "mine"}, {"lff": "x"}, {"lff": "3"}])
def test_a_wish_that_is_not_offered_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        measuring.wish_of(TOLD | wrong)


def test_all_parts_of_a_wish_are_told_together(session: Session, alice: Actor, waves: UUID, store: FileStore) -> None:
    found = measuring.all_but_pattern(session, alice, store, waves, measuring.wish_of(TOLD))
    assert found.cursors.value
    assert found.spectrum.value
    assert found.head.value
    assert found.cursors.value.peak_to_peak_uv == pytest.approx(80.0, rel=0.02)
    assert found.spectrum.value.of_channel.peak_hz == pytest.approx(5.0, abs=0.01)
    assert found.head.value.at_s == 24.0


def test_what_cannot_be_told_says_why_and_leaves_the_rest(session: Session, alice: Actor, waves: UUID, store: FileStore) -> None:
    wish = measuring.wish_of(TOLD | {"at": [20.0, 20.3]})
    found = measuring.all_but_pattern(session, alice, store, waves, wish)
    assert found.cursors.value
    assert (found.spectrum.value, found.spectrum.problem) == (None, "The selection lasts 0.30 s; a spectrum needs 1 s at least. Move the cursors apart.")
    assert "needs 3 s at least" in measuring.pattern_or_why_not(session, alice, store, waves, wish).problem


def test_a_pattern_is_looked_for_where_it_may_be(session: Session, alice: Actor, waves: UUID, store: FileStore) -> None:
    found = measuring.pattern_or_why_not(session, alice, store, waves, measuring.wish_of(TOLD | {"at": [30.0, 20.0]})).value
    assert found
    assert (found.start_s, found.length_s, found.n_pairs) == (20.0, 10.0, 18)
    assert found.discharges.frequency_hz == pytest.approx(1.0, abs=0.01)      # waves of whole hertz beat once a second
    assert all(20.0 <= at < 30.0 for at in found.discharges_s)


def test_a_montage_of_ones_own_and_electrodes_marked_as_bad_count(session: Session, alice: Actor, waves: UUID, store: FileStore) -> None:
    own = montages.create(session, alice, name="Motor", text="C3-C4")
    channel_marks.mark(session, alice, waves, "F7")
    found = measuring.all_but_pattern(session, alice, store, waves, measuring.wish_of(TOLD | {"montage": str(own.id), "channel": "C3-C4"}))
    assert found.cursors.value
    assert found.head.value
    assert found.head.value.bad["F7"] == "marked as bad by a reader"
    with pytest.raises(NotFound):
        measuring.all_but_pattern(session, builders.actor(session, "carl"), store, waves, measuring.wish_of(TOLD | {"montage": str(own.id)}))


def test_another_clinic_measures_nothing(session: Session, waves: UUID, store: FileStore) -> None:
    bob, wish = builders.actor(session, "bob"), measuring.wish_of(TOLD)
    for verb in (measuring.all_but_pattern, measuring.pattern_or_why_not, measuring.cursors, measuring.spectrum, measuring.head, measuring.pattern):
        with pytest.raises(NotFound):
            verb(session, bob, store, waves, wish)
