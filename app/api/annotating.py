"""Readers' annotations of a recording, and Undo over annotations and reviews alike."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import DOCUMENTED, ErrorBody
from app.api.reviews import EventOut
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import analyses, annotating, taking_back
from app.services.annotating import AnnotationView, Words
from app.services.taking_back import TakenBack

router = APIRouter(tags=["annotations"], responses=DOCUMENTED)
Seconds = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
STALE: dict[int | str, dict[str, Any]] = {412: {"model": ErrorBody, "description": "Another version than that of If-Match holds"}}
Version = Annotated[str, Header(alias="If-Match", description='The version that was on the screen, as in `"3"`')]


class WordsIn(BaseModel):
    """What an annotation says; seconds from the start of the recording, kept to the millisecond."""

    model_config = ConfigDict(extra="forbid")

    start_s: Seconds
    stop_s: Seconds | None = Field(default=None, description="Empty: an instant")
    label: str = Field(default="", max_length=200, description="The class; empty where the comment says it all")
    channel: str = Field(default="", max_length=200, description="A trace of the montage; empty: all")
    comment: str = Field(default="", max_length=2000)

    def words(self) -> Words:
        return Words(self.start_s, self.stop_s, self.label, self.channel, self.comment)


class NewIn(WordsIn):
    id: UUID | None = Field(default=None, description="Made by the client: sent again after a lost answer it adds nothing twice")


class AnnotationOut(BaseModel):
    """One version of an annotation."""

    id: UUID
    version: int = Field(description="Sent as If-Match by who changes or removes it")
    start_s: float
    stop_s: float | None
    label: str
    channel: str
    comment: str
    author: str
    changed_by: str = Field(description="Who made this version")
    at: datetime = Field(description="When this version was made")
    act: str = Field(description="add, change, remove, undo or redo")
    removed: bool
    mine: bool


class SeenIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seen: dict[str, Any] = Field(default_factory=dict, description="Montage and filters on the screen")


class TakenBackOut(BaseModel):
    """What was taken back or done again, and what stands now."""

    kind: str = Field(description='"review" or "annotation"')
    sentence: str
    annotation: AnnotationOut | None = Field(description="As it stands now, also where it is removed")
    events: list[EventOut] | None = Field(description="After a review: everything that stands")


@router.get("/studies/{study_id}/reader-annotations")
def listed(study_id: UUID, who: SignedIn) -> list[AnnotationOut]:
    """Readers' annotations in order of time; others' are left out while one reads without the model."""
    with reading() as session:
        return [_out(view) for view in annotating.listed(session, who, study_id)]


@router.post("/studies/{study_id}/reader-annotations", status_code=201)
def add(study_id: UUID, asked: NewIn, who: SignedIn, response: Response) -> AnnotationOut:
    """Annotate an instant or a span."""
    with writing() as session:
        return _tagged(response, annotating.add(session, who, study_id, asked.words(), annotation_id=asked.id))


@router.put("/studies/{study_id}/reader-annotations/{annotation_id}", responses=STALE)
def change(study_id: UUID, annotation_id: UUID, asked: WordsIn, who: SignedIn, if_match: Version, response: Response) -> AnnotationOut:
    """Change class, times, channel and comment; 412 where another version than that of If-Match holds."""
    with writing() as session:
        return _tagged(response, annotating.change(session, who, study_id, annotation_id, asked.words(), version=_version(if_match)))


@router.delete("/studies/{study_id}/reader-annotations/{annotation_id}", responses=STALE)
def remove(study_id: UUID, annotation_id: UUID, who: SignedIn, if_match: Version, response: Response) -> AnnotationOut:
    """Take an annotation away; its versions stay, and Undo brings it back."""
    with writing() as session:
        return _tagged(response, annotating.remove(session, who, study_id, annotation_id, version=_version(if_match)))


@router.get("/studies/{study_id}/reader-annotations/{annotation_id}/versions")
def versions(study_id: UUID, annotation_id: UUID, who: SignedIn) -> list[AnnotationOut]:
    """Everything that an annotation has said, the first version first."""
    with reading() as session:
        return [_out(view) for view in annotating.history(session, who, study_id, annotation_id)]


@router.post("/studies/{study_id}/undo", status_code=201)
def undo(study_id: UUID, asked: SeenIn, who: SignedIn) -> TakenBackOut:
    """Take back one's newest act that stands, be it a review or an annotation."""
    with writing() as session:
        return _taken_back(session, who, study_id, taking_back.undo(session, who, study_id, seen=asked.seen))


@router.post("/studies/{study_id}/redo", status_code=201)
def redo(study_id: UUID, asked: SeenIn, who: SignedIn) -> TakenBackOut:
    """Do again what one's last undo took back."""
    with writing() as session:
        return _taken_back(session, who, study_id, taking_back.redo(session, who, study_id, seen=asked.seen))


def _version(tag: str) -> int:
    """The number of an entity tag; what is none matches no version."""
    number = tag.removeprefix("W/").strip('"')
    return int(number) if number.isascii() and number.isdigit() else -1


def _tagged(response: Response, view: AnnotationView) -> AnnotationOut:
    response.headers["ETag"] = f'"{view.version}"'
    return _out(view)


def _out(view: AnnotationView) -> AnnotationOut:
    said = view.words
    return AnnotationOut(
        id=view.id, version=view.version, start_s=said.start_s, stop_s=said.stop_s, label=said.label, channel=said.channel, comment=said.comment,
        author=view.author, changed_by=view.changed_by, at=view.created_at, act=view.act, removed=view.removed, mine=view.mine)


def _taken_back(session: Any, who: SignedIn, study_id: UUID, done: TakenBack) -> TakenBackOut:
    stands = [EventOut.model_validate(event) for event in analyses.events(session, who, study_id)] if done.kind == "review" else None
    return TakenBackOut(kind=done.kind, sentence=done.sentence, annotation=_out(done.annotation) if done.annotation else None, events=stands)
