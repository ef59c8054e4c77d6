"""How a person looks at recordings: montages of one's own, and electrodes of a study marked as bad."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import channel_marks, montages
from app.services.channel_marks import MarkView
from app.services.montages import NAME_LETTERS
from ml.own_montage import MAX_CHARACTERS

router = APIRouter(tags=["viewing"], responses=DOCUMENTED)
Electrode = Annotated[str, Path(min_length=1, max_length=64, description="As the page names it: Fp1, T3, Cz")]


class MontageIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=4 * NAME_LETTERS)
    text: str = Field(max_length=2 * MAX_CHARACTERS, description="One derivation to a line: Fp1-F7, C3-avg, T3-(M1+M2), Cz or ECG; an empty line parts groups")


class MontageOut(BaseModel):
    """A montage of one's own; pages name it by its id."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    text: str
    changed_at: datetime


class MarkOut(BaseModel):
    """For looking only: the electrode is left out of the common average, the analysis is not changed."""

    model_config = ConfigDict(from_attributes=True)

    electrode: str
    user_name: str
    at: datetime


@router.get("/montages")
def own(who: SignedIn) -> list[MontageOut]:
    """Your own montages in their order."""
    with reading() as session:
        return [MontageOut.model_validate(view) for view in montages.own(session, who)]


@router.post("/montages", status_code=201)
def create(body: MontageIn, who: SignedIn) -> MontageOut:
    """Add a montage of your own."""
    with writing() as session:
        return MontageOut.model_validate(montages.create(session, who, name=body.name, text=body.text))


@router.get("/montages/{montage_id}")
def find(montage_id: UUID, who: SignedIn) -> MontageOut:
    """One montage of your own."""
    with reading() as session:
        return MontageOut.model_validate(montages.find(session, who, montage_id))


@router.put("/montages/{montage_id}")
def save(montage_id: UUID, body: MontageIn, who: SignedIn) -> MontageOut:
    """Replace name and lines of a montage of your own."""
    with writing() as session:
        return MontageOut.model_validate(montages.save(session, who, montage_id, name=body.name, text=body.text))


@router.delete("/montages/{montage_id}", status_code=204)
def remove(montage_id: UUID, who: SignedIn) -> Response:
    """Delete a montage of your own."""
    with writing() as session:
        montages.remove(session, who, montage_id)
    return Response(status_code=204)


@router.get("/montages/{montage_id}/file")
def download(montage_id: UUID, who: SignedIn) -> Response:
    """A montage of your own as the file that a colleague imports."""
    with reading() as session:
        view = montages.find(session, who, montage_id)
    return Response(view.to_json(), media_type="application/json", headers={"Content-Disposition": 'attachment; filename="montage.json"'})


@router.get("/studies/{study_id}/marked-electrodes")
def marks(study_id: UUID, who: SignedIn) -> list[MarkOut]:
    """Electrodes that people marked as bad, with who and when."""
    with reading() as session:
        return _out(channel_marks.of_study(session, who, study_id))


@router.put("/studies/{study_id}/marked-electrodes/{electrode}")
def mark(study_id: UUID, electrode: Electrode, who: SignedIn) -> list[MarkOut]:
    """Mark an electrode as bad, for looking only; all marks that stand then."""
    with writing() as session:
        return _out(channel_marks.mark(session, who, study_id, electrode))


@router.delete("/studies/{study_id}/marked-electrodes/{electrode}")
def take_back(study_id: UUID, electrode: Electrode, who: SignedIn) -> list[MarkOut]:
    """Take a mark back; all marks that stand then."""
    with writing() as session:
        return _out(channel_marks.take_back(session, who, study_id, electrode))


def _out(found: list[MarkView]) -> list[MarkOut]:
    return [MarkOut.model_validate(view) for view in found]
