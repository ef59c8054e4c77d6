"""First reads without the model: while one lasts, its reader is shown neither the model's output nor what others decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.audit import AuditEntry
from app.db.findings import Analysis, ReadingStep
from app.db.studies import Study
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import audit

Rest = Literal["other", ""]
RESTS: Final[tuple[Rest, ...]] = ("other", "")
HIDDEN: Final = "You read this study without the model. Its output is shown once your first read is saved (B in the viewer)."


class ModelHidden(Forbidden):
    """The model's output was asked for by somebody who reads without it."""

    code = "model_hidden"


@dataclass(frozen=True, slots=True)
class FirstRead:
    """A saved first read."""

    user_id: UUID
    user_name: str
    saved_at: datetime                   # aware UTC
    rest: Rest                           # what time without a label is: "other" or "" (not read)
    model_seen: bool                     # the reader had opened the analysed study before the read began


def hides(session: Session, who: Actor, study_id: UUID) -> bool:
    """Whether the model's output is kept from this reader now. For services only."""
    return _newest(session, who, study_id) == "blind"


def refuse_hidden(session: Session, who: Actor, study_id: UUID) -> None:
    """``ModelHidden`` while the reader reads without the model."""
    if hides(session, who, study_id):
        raise ModelHidden(HIDDEN)


def hidden_among(session: Session, who: Actor, study_ids: Iterable[UUID]) -> set[UUID]:
    """Of these studies, those that the reader reads without the model now. For services only."""
    query = select(ReadingStep.study_id, ReadingStep.step).where(ReadingStep.user_id == who.user_id)
    newest = {study_id: step for study_id, step in session.execute(query.order_by(ReadingStep.created_at))}  # noqa: C416 (the last one holds)
    return {study_id for study_id in study_ids if newest.get(study_id) == "blind"}


def begin(session: Session, who: Actor, study_id: UUID) -> None:
    """Hide the model's output and others' decisions from ``who`` until the read is saved or given up."""
    study = _study(session, who, study_id)
    newest = _newest(session, who, study_id)
    if newest == "blind":
        raise Conflict("You are reading this study without the model already.")
    if newest == "saved":
        raise Conflict("Your first read of this study is saved; a read after the model was shown is not blind.")
    _step(session, who, study, "blind", model_seen=_has_seen(session, who, study_id))


def save(session: Session, who: Actor, study_id: UUID, *, rest: Rest) -> None:
    """End the first read: it is kept as it is now, and the model is shown.

    Parameters
    ----------
    rest
        What time without a label means: ``"other"``, none of the five patterns; ``""``, it was not read.
    """
    study = _study(session, who, study_id)
    if rest not in RESTS:
        raise Invalid(f'The rest of a read is "other" or "" (not read), not {rest!r}.')
    if _newest(session, who, study_id) != "blind":
        raise Conflict("There is no read without the model to save. Begin one with B in the viewer.")
    _step(session, who, study, "saved", rest=rest)


def leave(session: Session, who: Actor, study_id: UUID) -> None:
    """Give the first read up: the model is shown, and what was labelled does not count as a blind read."""
    study = _study(session, who, study_id)
    if _newest(session, who, study_id) != "blind":
        raise Conflict("You are not reading this study without the model.")
    _step(session, who, study, "left")


def saved(session: Session, study_id: UUID) -> list[FirstRead]:
    """The saved first reads of a study in order of time. For services only."""
    query = select(ReadingStep, User.name).join(User, ReadingStep.user_id == User.id).where(ReadingStep.study_id == study_id)
    found, seen = [], dict[UUID, bool]()
    for step, name in session.execute(query.order_by(ReadingStep.created_at)):
        if step.step == "blind":
            seen[step.user_id] = step.model_seen
        elif step.step == "saved":
            found.append(FirstRead(step.user_id, name, step.created_at, "other" if step.rest else "", seen.get(step.user_id, True)))
    return found


def _study(session: Session, who: Actor, study_id: UUID) -> Study:
    study = session.scalar(select(Study).where(Study.id == study_id).with_for_update(of=Study).execution_options(populate_existing=True))      # two tabs at once: one after the other
    if study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such study.")
    require(who, Permission.REVIEW)
    study.require_standing()
    return study


def _newest(session: Session, who: Actor, study_id: UUID) -> str | None:
    query = select(ReadingStep.step).where(ReadingStep.study_id == study_id, ReadingStep.user_id == who.user_id)
    return session.scalar(query.order_by(ReadingStep.created_at.desc()).limit(1))


def _has_seen(session: Session, who: Actor, study_id: UUID) -> bool:
    """Whether ``who`` has opened the recording since its first analysis: then the model was on the screen."""
    first = session.scalar(select(func.min(Analysis.created_at)).where(Analysis.study_id == study_id))
    opened = select(AuditEntry.seq).where(AuditEntry.user_id == who.user_id, AuditEntry.object_id == study_id, AuditEntry.action == "recording_opened")
    return first is not None and session.scalar(opened.where(AuditEntry.at >= first).limit(1)) is not None


def _step(session: Session, who: Actor, study: Study, step: str, *, rest: Rest = "", model_seen: bool = False) -> None:
    session.add(ReadingStep(study_id=study.id, user_id=who.user_id, step=step, rest=rest, model_seen=model_seen))
    session.flush()
    audit.record(session, who, f"first_read_{step}", "study", study.id, rest=rest, model_seen=model_seen)
