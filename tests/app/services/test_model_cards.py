"""Model cards: what serves, and what has served."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.errors import Forbidden, NotFound
from app.services import analyses, model_cards
from app.settings import current, use
from tests import builders


def test_the_active_card_names_the_served_weights(session: Session, alice: Actor) -> None:
    card = model_cards.active(session, alice)
    assert card["sha256"] == analyses.served_model_sha256()
    assert card["name"]


def test_absent_weights_are_told_in_a_sentence(session: Session, alice: Actor, tmp_path: Path) -> None:
    use(current().model_copy(update={"weights_dir": tmp_path}))
    with pytest.raises(NotFound):
        model_cards.active(session, alice)
    assert analyses.served_model_sha256() == ""


def test_a_new_ensemble_retires_the_one_before(session: Session, alice: Actor) -> None:
    for name in ("first", "second", "second"):
        model_cards.register(session, name=name, sha256=name)
    rows = {row.name: row.retired_at for row in model_cards.served(session, alice)}
    assert rows.keys() == {"first", "second"}
    assert rows["second"] is None
    assert rows["first"] is not None


def test_a_viewer_does_not_see_model_metrics(session: Session, alice: Actor) -> None:
    viewer = builders.actor(session, "vera", role=Role.VIEWER, clinic="Clinic of alice")
    with pytest.raises(Forbidden):
        model_cards.active(session, viewer)
