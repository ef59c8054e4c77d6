"""Which of a person's acts stand and which were taken back: the one rule behind every Undo and Redo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Made:
    """One act as its log keeps it."""

    id: UUID
    at: datetime                         # aware UTC
    act: str                             # "undo" and "redo" speak of another act, all others are new
    undoes_id: UUID | None = None        # the act that an undo or redo speaks of
    kind: Literal["review", "annotation"] = "review"


def stacks(acts: Iterable[Made]) -> tuple[list[Made], list[Made]]:
    """Acts that stand and acts that were taken back, the last one at the end of each; ``acts`` in the order in which they were made.

    Something new ends the doing again of what was taken back before it.
    """
    done: list[Made] = []
    undone: list[Made] = []
    for made in acts:
        if made.act == "undo":
            undone += [taken for taken in done if taken.id == made.undoes_id]
            done = [kept for kept in done if kept.id != made.undoes_id]
        elif made.act == "redo":
            done += [again for again in undone if again.id == made.undoes_id]
            undone = [left for left in undone if left.id != made.undoes_id]
        else:
            done, undone = [*done, made], []
    return done, undone
