"""Signing in: passwords, links, tokens and their ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.accounts import SignInFailure, Token
from app.db.audit import AuditEntry
from app.db.columns import utc_now
from app.db.session import writing
from app.errors import Invalid, LinkUsed, NotFound, TooManyTries, WrongPassword
from app.services import accounts, sign_in
from app.settings import Settings
from tests import builders

NOW = utc_now()


def enter(session: Session, name: str, password: str = builders.PASSWORD, *, address: str = "10.0.0.1", after_s: float = 0) -> str:
    return sign_in.with_password(session, name, password, address=address, now=NOW + timedelta(seconds=after_s))


def fail(session: Session, name: str, times: int, address: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            enter(session, name, "not the password", address=address)


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_the_right_password_opens_a_session(session: Session, alice: Actor) -> None:
    token = enter(session, builders.give_password(session, alice))
    found = sign_in.find(session, token, now=NOW)
    assert found is not None
    assert found.actor == alice
    assert actions(session)[-1] == "signed_in"


def test_sign_in_names_ignore_case(session: Session, alice: Actor) -> None:
    assert enter(session, f" {builders.give_password(session, alice).upper()} ")


def test_the_table_keeps_no_token_and_no_password(session: Session, alice: Actor) -> None:
    token = enter(session, builders.give_password(session, alice))
    kept = session.scalars(select(Token.secret_sha256)).all()
    assert token not in kept
    assert sign_in.digest(token) in kept


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(session: Session, alice: Actor) -> None:
    builders.give_password(session, alice)
    with pytest.raises(WrongPassword) as wrong:
        enter(session, "alice", "not the password")
    with pytest.raises(WrongPassword) as unknown:
        enter(session, "nobody", "not the password")
    assert wrong.value.sentence == unknown.value.sentence


def test_a_user_without_password_cannot_guess_one(session: Session, alice: Actor) -> None:
    fail(session, "alice", 1)


def test_the_sixth_try_within_a_minute_waits(session: Session, alice: Actor) -> None:
    builders.give_password(session, alice)
    fail(session, "alice", 5)
    with pytest.raises(TooManyTries):
        enter(session, "alice")
    assert enter(session, "alice", after_s=61)


def test_an_address_that_tries_many_names_waits(session: Session) -> None:
    for number in range(4):
        fail(session, f"guess{number}", 5)
    with pytest.raises(TooManyTries):
        enter(session, "another")
    fail(session, "another", 1, address="10.0.0.2")


def test_a_failed_try_is_counted_although_the_transaction_fails(database: Settings) -> None:
    with pytest.raises(WrongPassword), writing() as session:
        enter(session, "nobody")
    with writing() as session:
        assert session.scalars(select(SignInFailure.name)).all() == ["nobody"]
        assert actions(session) == ["sign_in_failed"]


def test_parallel_guesses_do_not_outrun_the_limit(database: Settings) -> None:
    def guess(_number: int) -> type[Exception] | None:
        try:
            with writing() as session:
                enter(session, "nobody")
        except (WrongPassword, TooManyTries) as error:
            return type(error)
        return None

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))
    assert (answers.count(WrongPassword), answers.count(TooManyTries)) == (5, 7)


def test_success_forgets_its_own_try(session: Session, alice: Actor) -> None:
    name = builders.give_password(session, alice)
    for _ in range(7):
        enter(session, name)
    assert session.scalars(select(SignInFailure)).all() == []


def test_a_link_signs_in_once(session: Session, alice: Actor) -> None:
    code = sign_in.issue_link(session, alice.user_id, now=NOW)
    assert sign_in.find(session, sign_in.with_link(session, code, now=NOW), now=NOW) is not None
    with pytest.raises(LinkUsed):
        sign_in.with_link(session, code, now=NOW)


def test_a_link_expires(session: Session, alice: Actor) -> None:
    code = sign_in.issue_link(session, alice.user_id, now=NOW)
    with pytest.raises(LinkUsed):
        sign_in.with_link(session, code, now=NOW + timedelta(minutes=11))


def test_a_link_is_no_session(session: Session, alice: Actor) -> None:
    assert sign_in.find(session, sign_in.issue_link(session, alice.user_id, now=NOW), now=NOW) is None


def test_a_link_for_longer_than_a_day_is_refused(session: Session, alice: Actor) -> None:
    with pytest.raises(Invalid):
        sign_in.issue_link(session, alice.user_id, now=NOW, valid_for=timedelta(hours=25))


def test_fifteen_idle_minutes_end_a_session(session: Session, alice: Actor) -> None:
    token = builders.signed_in(session, alice, NOW)
    assert sign_in.find(session, token, now=NOW + timedelta(minutes=14, seconds=59)) is not None
    assert sign_in.find(session, token, now=NOW + timedelta(minutes=15)) is None


def test_polling_does_not_keep_a_session_alive(session: Session, alice: Actor) -> None:
    token = builders.signed_in(session, alice, NOW)
    for minute in range(15):
        assert sign_in.find(session, token, now=NOW + timedelta(minutes=minute)) is not None
    assert sign_in.find(session, token, now=NOW + timedelta(minutes=15)) is None


def test_gestures_keep_a_session_alive_for_twelve_hours_at_most(session: Session, alice: Actor) -> None:
    token = builders.signed_in(session, alice, NOW)
    for ten_minutes in range(1, 72):
        at = NOW + timedelta(minutes=10 * ten_minutes)
        assert sign_in.find(session, token, now=at, gesture=True) is not None
        session.expire_all()
    assert sign_in.find(session, token, now=NOW + timedelta(hours=12), gesture=True) is None


def test_signing_out_ends_the_session_on_the_server(session: Session, alice: Actor) -> None:
    token = builders.signed_in(session, alice, NOW)
    sign_in.sign_out(session, token, NOW)
    assert sign_in.find(session, token, now=NOW) is None
    assert actions(session)[-1] == "signed_out"


def test_disabling_an_account_ends_its_sessions(session: Session, alice: Actor, ada: Actor) -> None:
    token = builders.signed_in(session, alice, NOW)
    accounts.disable(session, ada, alice.user_id)
    session.expire_all()
    assert sign_in.find(session, token, now=NOW) is None
    with pytest.raises(NotFound):
        sign_in.issue_link(session, alice.user_id, now=NOW)


def test_a_new_password_ends_the_other_sessions(session: Session, alice: Actor) -> None:
    other, own = builders.signed_in(session, alice, NOW), builders.signed_in(session, alice, NOW)
    found = sign_in.find(session, own, now=NOW)
    assert found is not None
    accounts.set_password(session, alice, new=builders.PASSWORD, keep=found.token_id)
    session.expire_all()
    assert sign_in.find(session, own, now=NOW) is not None
    assert sign_in.find(session, other, now=NOW) is None


def test_an_api_token_lives_for_its_days_without_gestures(session: Session, alice: Actor) -> None:
    token = sign_in.issue_api_token(session, alice.user_id, label="export", days=30, now=NOW)
    assert token.startswith("hms_")
    found = sign_in.find(session, token, now=NOW + timedelta(days=29))
    assert found is not None
    assert (found.kind, found.actor) == ("api", alice)
    assert sign_in.find(session, token, now=NOW + timedelta(days=30)) is None
