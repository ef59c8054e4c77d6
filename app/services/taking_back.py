"""Undo and redo over everything that a reader does to a study: the newest act is taken back, be it a review or an annotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Conflict
from app.services import annotating, review_acts
from app.services.act_stacks import Made, stacks
from app.services.annotating import AnnotationView

_WORDS: Final = {"add": "annotation added", "change": "annotation changed", "remove": "annotation removed"}


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo or redo did."""

    kind: Literal["review", "annotation"]
    sentence: str
    annotation: AnnotationView | None    # as it stands now, also where it was removed; None: a review


def undo(session: Session, who: Actor, study_id: UUID, *, seen: dict[str, Any] | None = None) -> TakenBack:
    """Take back the newest act of ``who`` that stands."""
    done, _ = stacks(_acts(session, who, study_id))
    if not done:
        raise Conflict("There is nothing to undo: you have no act on this study that stands.")
    if done[-1].kind == "review":
        return TakenBack("review", review_acts.undo(session, who, study_id, seen=seen).sentence, None)
    return _annotation(session, who, study_id, done[-1], "undo")


def redo(session: Session, who: Actor, study_id: UUID, *, seen: dict[str, Any] | None = None) -> TakenBack:
    """Do again what the last undo of ``who`` took back; anything new made since has ended that."""
    _, undone = stacks(_acts(session, who, study_id))
    if not undone:
        raise Conflict("There is nothing to do again.")
    if undone[-1].kind == "review":
        return TakenBack("review", review_acts.redo(session, who, study_id, seen=seen).sentence, None)
    return _annotation(session, who, study_id, undone[-1], "redo")


def _acts(session: Session, who: Actor, study_id: UUID) -> list[Made]:
    annotating.locked(session, who, study_id)
    both = [*review_acts.own_acts(session, who, study_id), *annotating.own_acts(session, who, study_id)]
    return sorted(both, key=lambda made: made.at)


def _annotation(session: Session, who: Actor, study_id: UUID, made: Made, word: Literal["undo", "redo"]) -> TakenBack:
    found = annotating.reverse(session, who, study_id, made.id, word)
    said = found.words.label or found.words.comment
    return TakenBack("annotation", f"{'Taken back' if word == 'undo' else 'Done again'}: {_WORDS[made.act]} ({said}).", found)
