"""Clinics and users."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.columns import utc_now
from app.errors import Conflict, Forbidden, Invalid, NotFound, WrongPassword
from app.services import accounts, audit, passwords, sign_in
from tests import builders


def test_a_sign_in_name_exists_once_whatever_its_case(session: Session, alice: Actor) -> None:
    with pytest.raises(Conflict):
        accounts.add_user(session, name="ALICE", role=Role.VIEWER, clinic=alice.clinic_id)


@pytest.mark.parametrize("password", ["short", "x" * 129, "password1234", "aaaaaaaaaaaaaa", "my-alice-is-here"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_choice(password, "alice")


def test_a_long_plain_password_is_welcome() -> None:
    passwords.check_choice("seven grey herons", "alice")


def test_hashes_are_argon2id_with_64_mib() -> None:
    assert passwords.hashed("seven grey herons").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_nobody_matches_no_hash() -> None:
    assert not passwords.matches(None, "seven grey herons")


def test_users_lists_the_own_clinic_only(session: Session, alice: Actor, bob: Actor, ada: Actor) -> None:
    assert [row.name for row in accounts.users(session, ada)] == ["ada", "alice"]


def test_users_shows_who_was_seen_last(session: Session, alice: Actor, ada: Actor) -> None:
    now = utc_now()
    builders.signed_in(session, alice, now)
    assert {row.name: row.last_seen_at for row in accounts.users(session, ada)} == {"ada": None, "alice": now}


def test_only_administrators_manage_users(session: Session, alice: Actor) -> None:
    with pytest.raises(Forbidden):
        accounts.users(session, alice)
    with pytest.raises(Forbidden):
        accounts.invite(session, alice, name="eve", role=Role.VIEWER)


def test_the_log_says_who_added_a_user(session: Session, ada: Actor) -> None:
    accounts.invite(session, ada, name="eve", role=Role.VIEWER)
    accounts.add_user(session, name="tom", role=Role.TECHNOLOGIST, clinic=ada.clinic_id)
    rows = audit.entries(session, ada, limit=2, action="user_created")
    assert [(row.user_name, row.detail) for row in rows] == [("", {"role": "technologist"}), ("ada", {"role": "viewer"})]


def test_an_invited_user_signs_in_by_link(session: Session, ada: Actor) -> None:
    now = utc_now()
    user_id = accounts.invite(session, ada, name="Eve", role=Role.VIEWER)
    token = sign_in.with_link(session, accounts.link_for(session, ada, user_id, now=now), now=now)
    found = sign_in.find(session, token, now=now)
    assert found is not None
    assert found.actor == Actor(user_id, ada.clinic_id, Role.VIEWER)


def test_another_clinics_user_is_not_found(session: Session, bob: Actor, ada: Actor) -> None:
    with pytest.raises(NotFound):
        accounts.disable(session, ada, bob.user_id)
    with pytest.raises(NotFound):
        accounts.link_for(session, ada, bob.user_id, now=utc_now())


def test_nobody_locks_himself_out(session: Session, ada: Actor) -> None:
    with pytest.raises(Conflict):
        accounts.disable(session, ada, ada.user_id)


def test_changing_a_password_needs_the_current_one(session: Session, alice: Actor) -> None:
    builders.give_password(session, alice)
    with pytest.raises(WrongPassword):
        accounts.set_password(session, alice, new="another heron colony", current="guess")
    accounts.set_password(session, alice, new="another heron colony", current=builders.PASSWORD)


def test_settings_are_merged_and_stay_small(session: Session, alice: Actor) -> None:
    accounts.save_settings(session, alice, {"montage": "average"})
    assert accounts.save_settings(session, alice, {"px_per_mm": 3.8}) == {"montage": "average", "px_per_mm": 3.8}
    with pytest.raises(Invalid):
        accounts.save_settings(session, alice, {"blob": "x" * 5000})


def test_the_local_users_are_made_once(session: Session) -> None:
    first = accounts.ensure_local_users(session)
    assert set(first) == {Role.NEUROLOGIST, Role.ADMINISTRATOR}
    assert accounts.ensure_local_users(session) == first
