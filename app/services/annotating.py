"""Readers' annotations of a recording: own words about an instant or a span, on all channels or one.

They are neither the file's own annotations nor reviews of the model's findings. Nothing is overwritten: each act adds a version,
the highest one holds, and who acts says which version was on the screen. While a reader reads without the model, others'
annotations are hidden as their decisions are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.access import Actor, Permission, require
from app.db.accounts import User
from app.db.findings import AnnotationVersion
from app.db.studies import Study
from app.errors import ChangedMeanwhile, Conflict, Invalid, NotFound
from app.services import audit, blind_reads, studies
from app.services.act_stacks import Made
from app.services.annotation_classes import NAME_CHARS

COMMENT_CHARS: Final = 500
CHANNEL_CHARS: Final = 40
CHANGED: Final = "Somebody changed this annotation after your screen showed it. Nothing of yours was saved; look at what stands now and decide anew."
Act = Literal["add", "change", "remove", "undo", "redo"]


@dataclass(frozen=True, slots=True)
class Words:
    """What an annotation says; seconds from the start of the recording."""

    start_s: float
    stop_s: float | None = None          # None: an instant
    label: str = ""                      # the class; empty: the comment says it all
    channel: str = ""                    # a trace of the montage; empty: all
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationView:
    """One version of an annotation."""

    id: UUID
    version: int
    words: Words
    author: str
    created_at: datetime                 # of this version, aware UTC
    changed_by: str                      # who made this version
    act: str
    removed: bool
    mine: bool


def listed(session: Session, who: Actor, study_id: UUID) -> list[AnnotationView]:
    """What stands of a study in order of time; only what ``who`` wrote while he or she reads without the model."""
    _visible(session, who, study_id)
    own = AnnotationVersion.user_id == who.user_id if blind_reads.hides(session, who, study_id) else None
    newest = select(AnnotationVersion.annotation_id, func.max(AnnotationVersion.version).label("version")).where(AnnotationVersion.study_id == study_id)
    if own is not None:
        newest = newest.where(own, AnnotationVersion.author_id == who.user_id)
    top = newest.group_by(AnnotationVersion.annotation_id).subquery()
    of_top = (AnnotationVersion.annotation_id == top.c.annotation_id) & (AnnotationVersion.version == top.c.version)
    author, changer = aliased(User), aliased(User)
    query = (
        select(AnnotationVersion, author.name, changer.name).join(top, of_top).join(author, AnnotationVersion.author_id == author.id)
        .join(changer, AnnotationVersion.user_id == changer.id).where(AnnotationVersion.removed.is_(False))
        .order_by(AnnotationVersion.start_s, AnnotationVersion.annotation_id)
    )
    return [_view(row, by, changed, who) for row, by, changed in session.execute(query)]


def history(session: Session, who: Actor, study_id: UUID, annotation_id: UUID) -> list[AnnotationView]:
    """All versions of an annotation, the first one first; only one's own while one reads without the model."""
    _visible(session, who, study_id)
    rows = _rows(session, study_id, annotation_id)
    if blind_reads.hides(session, who, study_id):
        rows = [row for row in rows if row.user_id == who.user_id == row.author_id]
    if not rows:
        raise NotFound("There is no such annotation.")
    return _views(session, who, rows)


def add(session: Session, who: Actor, study_id: UUID, words: Words, *, annotation_id: UUID | None = None) -> AnnotationView:
    """Annotate; whoever sends the same ``annotation_id`` again, because the answer was lost, adds nothing twice."""
    study = locked(session, who, study_id)
    said = checked(words, study.duration_s)
    key = annotation_id or uuid4()
    before = session.scalar(select(AnnotationVersion).where(AnnotationVersion.annotation_id == key).order_by(AnnotationVersion.version.desc()).limit(1))
    if before is not None:
        if (before.study_id, before.user_id, before.version, _words(before)) != (study_id, who.user_id, 1, said):
            raise Conflict("There is another annotation with this id. Send none, or a new one.")
        return _views(session, who, [before])[0]
    return _write(session, who, study_id, key, 1, who.user_id, "add", said)


def change(session: Session, who: Actor, study_id: UUID, annotation_id: UUID, words: Words, *, version: int) -> AnnotationView:
    """Put other words in the place of those of ``version``.

    Raises
    ------
    ChangedMeanwhile
        If another version holds.
    """
    study, held = locked(session, who, study_id), _held(session, who, study_id, annotation_id)
    _require_version(held, version)
    said = checked(words, study.duration_s)
    if said == _words(held):
        return _views(session, who, [held])[0]
    return _write(session, who, study_id, annotation_id, held.version + 1, held.author_id, "change", said)


def remove(session: Session, who: Actor, study_id: UUID, annotation_id: UUID, *, version: int) -> AnnotationView:
    """Take an annotation away; its versions stay."""
    locked(session, who, study_id)
    held = _held(session, who, study_id, annotation_id)
    _require_version(held, version)
    return _write(session, who, study_id, annotation_id, held.version + 1, held.author_id, "remove", _words(held), removed=True)


def reverse(session: Session, who: Actor, study_id: UUID, row_id: UUID, word: Literal["undo", "redo"]) -> AnnotationView:
    """Take one's act back, or do it again, if what it left, or found, still stands. For services only."""
    row = session.get_one(AnnotationVersion, row_id)
    rows = _rows(session, study_id, row.annotation_id)
    earlier = next((each for each in rows if each.version == row.version - 1), None)
    wanted, needed = (earlier, row) if word == "undo" else (row, earlier)
    if _state(rows[-1]) != _state(needed):
        raise Conflict("Somebody changed this annotation since. Nothing was taken back; look at what stands now.")
    said, removed = _state(wanted)
    return _write(session, who, study_id, row.annotation_id, rows[-1].version + 1, row.author_id, word, said or _words(row), removed=removed, undoes_id=row.id)


def own_acts(session: Session, who: Actor, study_id: UUID) -> list[Made]:
    """The reader's acts in the order in which they were made. For services only."""
    of = AnnotationVersion
    query = select(of.id, of.created_at, of.act, of.undoes_id).where(of.study_id == study_id, of.user_id == who.user_id)
    return [Made(row.id, row.created_at, row.act, row.undoes_id, "annotation") for row in session.execute(query.order_by(of.created_at, of.version))]


def locked(session: Session, who: Actor, study_id: UUID) -> Study:
    """A study that ``who`` may annotate; the acts of two readers come one after the other. For services only."""
    study = session.scalar(select(Study).where(Study.id == study_id).with_for_update(of=Study).execution_options(populate_existing=True))
    if study is None or study.clinic_id != who.clinic_id:
        raise NotFound("There is no such study.")
    require(who, Permission.ANNOTATE)
    study.require_standing()
    return study


def checked(words: Words, duration_s: float) -> Words:
    """The words as they are kept: times to the millisecond, spaces for line ends and other control characters."""
    start_s, stop_s = round(words.start_s, 3), None if words.stop_s is None else round(words.stop_s, 3)
    if not 0.0 <= start_s <= duration_s or (stop_s is not None and stop_s > duration_s + 0.001):
        raise Invalid(f"An annotation lies within the recording, which has {duration_s:g} s.")
    if stop_s is not None and stop_s < start_s:
        raise Invalid("An annotation ends after it begins. Check the two times.")
    label, channel, comment = (_plain(text) for text in (words.label, words.channel, words.comment))
    if not label and not comment:
        raise Invalid("Choose a class or write a comment.")
    for name, text, limit in (("class", label, NAME_CHARS), ("channel", channel, CHANNEL_CHARS), ("comment", comment, COMMENT_CHARS)):
        if len(text) > limit:
            raise Invalid(f"The {name} has at most {limit} characters; this one has {len(text)}.")
    return Words(start_s, None if stop_s == start_s else stop_s, label, channel, comment)


def _plain(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _visible(session: Session, who: Actor, study_id: UUID) -> None:
    studies.get(session, who, study_id)
    require(who, Permission.READ_STUDIES)


def _rows(session: Session, study_id: UUID, annotation_id: UUID) -> list[AnnotationVersion]:
    of = AnnotationVersion
    return list(session.scalars(select(of).where(of.study_id == study_id, of.annotation_id == annotation_id).order_by(of.version)))


def _held(session: Session, who: Actor, study_id: UUID, annotation_id: UUID) -> AnnotationVersion:
    """The version that holds; one that is not shown to ``who`` is not there."""
    rows = _rows(session, study_id, annotation_id)
    hidden = bool(rows) and rows[-1].author_id != who.user_id and blind_reads.hides(session, who, study_id)
    if not rows or hidden:
        raise NotFound("There is no such annotation.")
    return rows[-1]


def _require_version(held: AnnotationVersion, version: int) -> None:
    if held.removed or held.version != version:
        raise ChangedMeanwhile(CHANGED)


def _words(row: AnnotationVersion) -> Words:
    return Words(row.start_s, row.stop_s, row.label, row.channel, row.comment)


def _state(row: AnnotationVersion | None) -> tuple[Words | None, bool]:
    """What an undo compares; what was removed, or was not there yet, has no words."""
    return (None, True) if row is None or row.removed else (_words(row), False)


def _write(
    session: Session, who: Actor, study_id: UUID, annotation_id: UUID, version: int, author_id: UUID, act: Act, said: Words, *,
    removed: bool = False, undoes_id: UUID | None = None,
) -> AnnotationView:
    row = AnnotationVersion(
        study_id=study_id, annotation_id=annotation_id, version=version, author_id=author_id, user_id=who.user_id, act=act, start_s=said.start_s,
        stop_s=said.stop_s, label=said.label, channel=said.channel, comment=said.comment, removed=removed, undoes_id=undoes_id)
    session.add(row)
    session.flush()
    audit.record(session, who, f"annotation_{act}", "annotation", annotation_id, study_id=study_id, version=version)
    return _views(session, who, [row])[0]


def _views(session: Session, who: Actor, rows: Iterable[AnnotationVersion]) -> list[AnnotationView]:
    kept = list(rows)
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_({key for row in kept for key in (row.author_id, row.user_id)}))).all())
    return [_view(row, names[row.author_id], names[row.user_id], who) for row in kept]


def _view(row: AnnotationVersion, author: str, changed_by: str, who: Actor) -> AnnotationView:
    return AnnotationView(row.annotation_id, row.version, _words(row), author, row.created_at, changed_by, row.act, row.removed, row.author_id == who.user_id)
