"""The audit trail."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.session import reading, writing
from app.errors import Forbidden
from app.services import audit
from app.settings import Settings


def test_only_administrators_read_the_log(session: Session, alice: Actor) -> None:
    with pytest.raises(Forbidden):
        audit.entries(session, alice, limit=10)


def test_the_log_is_of_the_own_clinic_newest_first(session: Session, alice: Actor, bob: Actor, ada: Actor) -> None:
    audit.record(session, alice, "first", "study", alice.user_id, n=3)
    audit.record(session, bob, "elsewhere")
    audit.record(session, alice, "second")
    found = audit.entries(session, ada, limit=2)
    assert [(row.action, row.user_name) for row in found] == [("second", "alice"), ("first", "alice")]
    assert found[1].detail == {"n": 3}


def test_the_log_pages_backwards(session: Session, alice: Actor, ada: Actor) -> None:
    for number in range(5):
        audit.record(session, alice, f"act{number}")
    newest = audit.entries(session, ada, limit=2)
    older = audit.entries(session, ada, limit=2, before_seq=newest[-1].seq)
    assert [row.action for row in (*newest, *older)] == ["act4", "act3", "act2", "act1"]


def test_a_row_falls_with_its_transaction(database: Settings) -> None:
    def fail() -> None:
        with writing() as session:
            audit.record(session, None, "never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_entry")) == 0


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_no_row_is_changed_or_deleted(session: Session, statement: str) -> None:
    audit.record(session, None, "kept")
    session.flush()
    with pytest.raises(DatabaseError, match="audit_entry rows are never"), session.begin_nested():
        session.execute(text(statement))
