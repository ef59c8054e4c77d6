"""What the model used for a window: regions, seconds and bands of the EEG, with how much each moved the probability."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import explanations
from app.services.explanations import ExplanationView
from ml.classes import PatternClass
from ml.explain.attribution import Attribution, Method
from ml.explain.cells import View

router = APIRouter(tags=["windows"], responses=DOCUMENTED)
Index = Annotated[int, Path(ge=0, description="Number of the window in the newest result, counted from 0, as in its JSON")]


class WishIn(BaseModel):
    """What is to be explained."""

    model_config = ConfigDict(extra="forbid")

    pattern: PatternClass | None = Field(default=None, description="Class whose probability is explained; the likeliest by default")
    view: View = Field(default="signal", description="signal: 5 regions x 10 segments; bands: 4 regions x 5 bands x 5 segments")


class AttributionOut(BaseModel):
    """What every cell contributed to the probability of the class."""

    method: Method = Field(description="shap: Shapley values, additive; occlusion: quick and not additive, until the others are there")
    regions: tuple[str, ...]
    bands_hz: tuple[tuple[float, float], ...] = Field(description="Empty: the signal as a whole")
    edges_s: tuple[float, ...] = Field(description="Of the segments, from the start of the 50 s")
    values: list[list[list[float]]] = Field(description="Region, band, segment; in probability")
    prob: float = Field(description="Of the window as it is, computed again")
    base: float = Field(description="With every cell replaced by plain noise of the recording's own level")
    additivity_error: float | None = Field(description="|base + sum of values - prob|; null for occlusion")
    n_evaluations: int
    elapsed_s: float
    seed: int


class ExplanationOut(BaseModel):
    """How far the work is, and the best that is there."""

    window: int
    start_s: float = Field(description="Of the 50 s, from the start of the recording")
    label_start_s: float = Field(description="Of the 10 s that the class is about")
    pattern: PatternClass
    view: View
    state: str = Field(description="none, queued, running, done, failed, cancelled; of the Shapley values")
    job_id: UUID | None
    done: int
    total: int
    problem: str
    attribution: AttributionOut | None


@router.get("/studies/{study_id}/windows/{index}/explanation")
def explanation(study_id: UUID, index: Index, who: SignedIn, wish: Annotated[WishIn, Query()]) -> ExplanationOut:
    """The explanation of a window as far as it is there; starts nothing."""
    with reading() as session:
        return told(explanations.find(session, who, study_id, index, pattern=wish.pattern, view=wish.view))


@router.post("/studies/{study_id}/windows/{index}/explanation", status_code=202)
def explain(study_id: UUID, index: Index, wish: WishIn, who: SignedIn) -> ExplanationOut:
    """Have a window explained; the same wish twice is computed once. 409 where another model serves than the one that judged it."""
    with writing() as session:
        return told(explanations.ask(session, who, study_id, index, pattern=wish.pattern, view=wish.view))


def told(found: ExplanationView) -> ExplanationOut:
    return ExplanationOut(
        window=found.window.index, start_s=found.start_s, label_start_s=found.window.start_s, pattern=found.pattern, view=found.view,
        state=found.state, job_id=found.job_id, done=found.done, total=found.total, problem=found.problem,
        attribution=_attribution(found.attribution) if found.attribution else None,
    )


def _attribution(found: Attribution) -> AttributionOut:
    return AttributionOut(
        method=found.method, regions=found.cells.regions, bands_hz=found.cells.bands_hz, edges_s=found.cells.edges_s,
        values=found.values.tolist(), prob=found.prob, base=found.base, additivity_error=found.additivity_error,
        n_evaluations=found.n_evaluations, elapsed_s=found.elapsed_s, seed=found.seed,
    )
