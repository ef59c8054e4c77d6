"""Montages of one's own: kept, listed, passed on, and never anybody else's."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.errors import Conflict, Invalid, NotFound
from app.services import accounts, audit, montages, report_material, reports
from app.services.montages import MAX_FILE_CHARACTERS, MAX_MONTAGES
from tests import builders

TEXT = "fp1-f7\nF7-T7\n\n\nC3-avg\nekg"


@pytest.fixture
def eve(session: Session, alice: Actor) -> Actor:
    """A colleague in Alice's own clinic."""
    return builders.actor(session, "eve", clinic="Clinic of alice")


def test_a_montage_is_kept_in_the_usual_spelling(session: Session, alice: Actor) -> None:
    made = montages.create(session, alice, name="  Left   chain ", text=TEXT)
    assert (made.name, made.text) == ("Left chain", "Fp1-F7\nF7-T3\n\nC3-avg\nECG")
    assert montages.own(session, alice) == [made]
    assert [trace.name for trace in made.montage.traces] == ["Fp1-F7", "F7-T3", "C3-avg", "ECG"]


def test_a_change_replaces_name_and_lines(session: Session, alice: Actor) -> None:
    made = montages.create(session, alice, name="Mine", text=TEXT)
    changed = montages.save(session, alice, made.id, name="mine", text="Cz")
    assert (changed.id, changed.name, changed.text) == (made.id, "mine", "Cz")
    assert changed.changed_at > made.changed_at


def test_nobody_else_finds_a_montage_not_even_in_the_same_clinic(session: Session, alice: Actor, bob: Actor, eve: Actor, ada: Actor) -> None:
    made = montages.create(session, alice, name="Mine", text=TEXT)
    for other in (bob, eve, ada):
        assert montages.own(session, other) == []
        for act in (lambda who: montages.find(session, who, made.id), lambda who: montages.save(session, who, made.id, name="x", text="Cz"),
                    lambda who: montages.remove(session, who, made.id), lambda who: montages.move(session, who, made.id, 1),
                    lambda who: montages.resolve(session, who, made.id)):
            with pytest.raises(NotFound):
                act(other)
    assert montages.find(session, alice, made.id) == made


def test_others_may_use_the_same_name_but_one_has_it_once(session: Session, alice: Actor, bob: Actor) -> None:
    montages.create(session, alice, name="Mine", text=TEXT)
    montages.create(session, bob, name="Mine", text=TEXT)
    with pytest.raises(Conflict, match="You have a montage named MINE already"):
        montages.create(session, alice, name="MINE", text=TEXT)


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "tab\x07", "\u202eabc"])
def test_a_name_that_is_none_is_refused(session: Session, alice: Actor, name: str) -> None:
    with pytest.raises(Invalid, match="needs a name"):
        montages.create(session, alice, name=name, text=TEXT)


@pytest.mark.parametrize("name", ["average", "Longitudinal  Bipolar", "cz"])
def test_no_montage_is_called_like_a_built_in_one(session: Session, alice: Actor, name: str) -> None:
    with pytest.raises(Conflict, match="built-in"):
        montages.create(session, alice, name=name, text=TEXT)


def test_names_of_other_scripts_are_welcome(session: Session, alice: Actor) -> None:
    assert montages.create(session, alice, name="Подвійний банан 左", text="Cz").name == "Подвійний банан 左"


def test_a_mistake_is_told_with_its_line_and_nothing_is_kept(session: Session, alice: Actor) -> None:
    with pytest.raises(Invalid, match=r"Line 2: “Fq1” is no electrode .* There are 2 more mistakes\."):
        montages.create(session, alice, name="Mine", text="Cz\nFq1\nFq2\nFq3")
    assert montages.own(session, alice) == []


def test_there_is_an_end_to_the_number_of_montages(session: Session, alice: Actor) -> None:
    for number in range(MAX_MONTAGES):
        montages.create(session, alice, name=f"Mine {number}", text="Cz")
    with pytest.raises(Conflict, match="as many as there may be"):
        montages.create(session, alice, name="one more", text="Cz")


def test_the_order_of_the_list_is_ones_own(session: Session, alice: Actor) -> None:
    first, second, third = (montages.create(session, alice, name=name, text="Cz") for name in ("1", "2", "3"))
    montages.move(session, alice, third.id, -1)
    montages.move(session, alice, first.id, -1)
    assert [view.name for view in montages.own(session, alice)] == ["1", "3", "2"]
    montages.move(session, alice, second.id, 1)
    montages.remove(session, alice, third.id)
    assert [view.name for view in montages.own(session, alice)] == ["1", "2"]


def test_a_montage_reaches_a_colleague_as_a_file(session: Session, alice: Actor, bob: Actor) -> None:
    made = montages.create(session, alice, name="Mine ✓", text=TEXT)
    name, text = montages.read_file(made.to_json())
    got = montages.create(session, bob, name=montages.free_name(session, bob, name), text=text)
    assert (got.name, got.text) == (made.name, made.text)
    assert montages.free_name(session, bob, "mine ✓") == "mine ✓ 2"
    assert montages.free_name(session, bob, "average") == "average 2"


@pytest.mark.parametrize("content", [
    "", "nonsense", "[]", "{}", '{"format": "HMS EEG montage", "version": 2, "name": "x", "lines": []}', '{"format": "HMS EEG montage", "version": 1, "lines": ["Cz"]}',
    '{"format": "HMS EEG montage", "version": 1, "name": "x", "lines": [1]}', "[" * 40_000, '"' + "x" * MAX_FILE_CHARACTERS + '"',
])
def test_a_file_that_is_no_montage_is_refused(content: str) -> None:
    with pytest.raises(Invalid, match=r"file is (no montage|of a kind|too long)"):
        montages.read_file(content)


def test_the_file_holds_no_id_and_no_person(session: Session, alice: Actor) -> None:
    made = montages.create(session, alice, name="Mine", text=TEXT)
    assert set(json.loads(made.to_json())) == {"format", "version", "name", "lines"}


def test_the_viewer_may_open_with_an_own_montage_until_it_is_deleted(session: Session, alice: Actor, bob: Actor) -> None:
    made = montages.create(session, alice, name="Mine", text=TEXT)
    accounts.save_settings(session, alice, {"montage": str(made.id)})
    accounts.save_settings(session, bob, {"montage": str(made.id)})        # a stranger who has learned the id gets nothing by it
    assert montages.default_of(session, alice.user_id) == made.montage
    assert montages.default_of(session, bob.user_id) == "longitudinal"
    montages.remove(session, alice, made.id)
    assert montages.default_of(session, alice.user_id) == "longitudinal"
    assert accounts.save_settings(session, alice, {})["montage"] == "longitudinal"


@pytest.mark.parametrize(("wanted", "found"), [("average", "average"), ("gone", "longitudinal"), (str(UUID(int=5)), "longitudinal"), (None, "longitudinal")])
def test_a_default_that_is_not_there_is_the_first_montage(session: Session, alice: Actor, wanted: str | None, found: str) -> None:
    accounts.save_settings(session, alice, {"montage": wanted})
    assert montages.default_of(session, alice.user_id) == found


def test_the_figures_of_a_report_have_the_montage_of_its_author(session: Session, alice: Actor) -> None:
    made = montages.create(session, alice, name="Mine", text=TEXT)
    accounts.save_settings(session, alice, {"montage": str(made.id)})
    study_id = builders.study(session, alice)
    builders.analysis(session, study_id)
    draft = reports.draft_for(session, alice, study_id, now=made.changed_at)
    assert report_material.gather(session, draft.id, now=made.changed_at).montage == made.montage


def test_what_is_done_to_montages_is_audited_without_their_names(session: Session, alice: Actor, ada: Actor) -> None:
    made = montages.create(session, alice, name="Mine", text=TEXT)
    montages.save(session, alice, made.id, name="Mine too", text=TEXT)
    montages.remove(session, alice, made.id)
    rows = audit.entries(session, ada, limit=3)
    assert [row.action for row in rows] == ["montage_deleted", "montage_changed", "montage_created"]
    assert {row.object_id for row in rows} == {made.id}
    assert all(row.detail == {} for row in rows)


def test_any_role_may_have_montages(session: Session) -> None:
    vic = builders.actor(session, "vic", role=Role.VIEWER)
    assert montages.create(session, vic, name="Mine", text="Cz").name == "Mine"
    with pytest.raises(NotFound):
        montages.find(session, vic, uuid4())
