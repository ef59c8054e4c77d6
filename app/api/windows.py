"""Windows of the model one by one, for programs and for the viewer's panel."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import windows

router = APIRouter(tags=["windows"], responses=DOCUMENTED)
Index = Annotated[int, Path(ge=0, description="Number of the window in the newest result, counted from 0, as in its JSON")]


class MemberOut(BaseModel):
    """One network of the ensemble."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    weight: float = Field(description="In the pool; they sum to 1")
    prob: tuple[float, ...] = Field(description="What it alone would give, with the calibration of the pool")


class WindowOut(BaseModel):
    """Ten seconds that the model judged; null is what was not kept, not fitted or not assessed."""

    model_config = ConfigDict(from_attributes=True)

    index: int
    start_s: float
    stop_s: float
    clock: str
    assessed: bool
    context: float = Field(description="Share of the 50 s around it that was recorded")
    prob: tuple[float, ...] = Field(description="Of seizure, LPD, GPD, LRDA, GRDA, other; empty where not assessed")
    prior: str
    members: tuple[MemberOut, ...]
    total_nats: float | None = Field(description="Entropy of the mean of the networks, at most 1.79")
    aleatoric_nats: float | None = Field(description="The part on which the networks agree")
    epistemic_nats: float | None = Field(description="The part by which they differ: mutual information of class and network")
    cannot_rule_out: tuple[str, ...] | None = Field(description="Classes of the conformal set")
    coverage: float | None = Field(description="Share of windows whose class is meant to be in the set; fitted on virtual patients")
    unsure: bool | None = Field(description="Whether the highest probability is below unsure_below")
    unsure_below: float | None
    model_name: str
    model_sha256: str


class SimilarOut(BaseModel):
    """A window that looks alike to the networks."""

    model_config = ConfigDict(from_attributes=True)

    study_id: UUID
    original_name: str
    index: int
    start_s: float
    stop_s: float
    clock: str
    cosine: float = Field(description="Of the networks' embeddings; 1 is the same to them")
    likeliest: str
    prob: float = Field(description="Of the likeliest class")


@router.get("/studies/{study_id}/windows/{index}")
def window(study_id: UUID, index: Index, who: SignedIn) -> WindowOut:
    """One window of the newest result: probabilities, what each network says, and how sure that leaves the model."""
    with reading() as session:
        return WindowOut.model_validate(windows.show(session, who, study_id, index))


@router.get("/studies/{study_id}/windows/{index}/similar")
def similar(
    study_id: UUID, index: Index, who: SignedIn, count: Annotated[int, Query(ge=1, le=windows.MOST)] = 10,
    everywhere: Annotated[bool, Query(description="Also in other studies of the clinic that the same model analysed; audited")] = False,
) -> list[SimilarOut]:
    """Windows that look like one to the networks, the most alike first; none that shares EEG with it.

    Of windows that overlap one another only the most alike is listed. Empty where the window was not assessed.
    """
    with writing() if everywhere else reading() as session:
        return [SimilarOut.model_validate(found) for found in windows.similar(session, who, study_id, index, count=count, everywhere=everywhere)]
