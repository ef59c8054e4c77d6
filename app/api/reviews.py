"""Findings of a study, what readers do about them, and first reads without the model."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading, writing
from app.services import agreement, analyses, blind_reads, review_acts, review_log, reviews, seizure_time
from app.services.agreement import Comparison
from app.services.review_acts import Act, Done, Wish
from ml.agreement import Interval
from ml.classes import CLASSES
from ml.seizure_burden import FORMULA, SeizureBurden, Window

router = APIRouter(tags=["reviews"], responses=DOCUMENTED)
Seconds = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class EventOut(BaseModel):
    """A rhythmic or periodic pattern that the model suggests or a reader labelled, and the decision that holds, if any."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    pattern: str
    start_s: float
    stop_s: float
    max_prob: float | None = Field(description="That the model gives the pattern there; empty where it assessed nothing or is hidden")
    mean_prob: float | None
    clock: str = Field(description="Recorder's clock at the start, or time from the start where it is unknown")
    decision: str = Field(description='"accepted", "dismissed", "unsure", or empty while nobody has decided')
    reviewed_by: str
    frequency_hz: float | None = Field(None, description="Of the discharges or waves; empty for seizures")
    laterality: float | None = Field(None, description="By amplitude: -1 left only to +1 right only")
    extent: float | None = Field(None, description="Share of the 18 bipolar pairs that take part")
    event_id: UUID | None = Field(None, description="The model's event that it is or was made of; empty: labelled by a reader")
    changed: bool = Field(False, description="Pattern or borders are a reader's")
    revision: int = Field(0, description="Acts on it so far; an act names the one that was on the screen")
    disagrees: bool = Field(False, description="A reader dismissed it, or labelled what is not the likeliest to the model there")


class DecisionIn(BaseModel):
    decision: Literal["accepted", "dismissed", "withdrawn"]
    reason: str = Field(default="", max_length=1000)
    seen: dict[str, Any] = Field(default_factory=dict, description="Montage and filters on the screen")


class DecisionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    event_id: UUID
    decision: str
    reason: str
    user_name: str
    at: datetime


class TargetIn(BaseModel):
    id: UUID
    revision: int = Field(default=0, ge=0)


class ActIn(BaseModel):
    """One act of a reader on findings, or on a span where none is named."""

    model_config = ConfigDict(extra="forbid")

    act: Act
    targets: list[TargetIn] = Field(default_factory=list, max_length=review_acts.MOST_AT_ONCE)
    pattern: str = Field(default="", max_length=10, description='Of "label": seizure, lpd, gpd, lrda, grda or other')
    start_s: Seconds | None = Field(default=None, description='Of a span, or the new borders of "move"')
    stop_s: Seconds | None = None
    at_s: Seconds | None = Field(default=None, description='Where "split" cuts')
    spans: list[tuple[Seconds, Seconds]] = Field(default_factory=list, max_length=review_acts.MOST_AT_ONCE, description="Many spans at once")
    reason: str = Field(default="", max_length=1000)
    seen: dict[str, Any] = Field(default_factory=dict, description="Montage and filters on the screen")


class DoneOut(BaseModel):
    """What an act changed, and everything that stands now."""

    batch_id: UUID
    n_changed: int
    sentence: str
    events: list[EventOut]


class RowOut(BaseModel):
    """One immutable row: who did what, when, to what, with what on the screen."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    batch_id: UUID | None
    at: datetime
    user_name: str
    act: str
    decision: str
    reason: str
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    model_sha256: str
    model_visible: bool | None
    seen: dict[str, Any]
    undoes_id: UUID | None


class RestIn(BaseModel):
    rest: Literal["other", ""] = Field(description='What time without a label is: "other", or empty for not read')


class BlindOut(BaseModel):
    hidden: bool = Field(description="Whether the model's output is kept from this reader now")


class WindowOut(BaseModel):
    start_s: float
    stop_s: float
    seizure_s: float
    assessed_s: float
    share: float = Field(description="Of the assessed time, 0 to 1")


class BurdenSideOut(BaseModel):
    total: WindowOut
    busiest_hour: WindowOut = Field(description="The 60 min with the most seizure, or all of a shorter recording")
    meets_hour: bool = Field(description="At least 12 min in it (20 % of 60 min, ACNS 2021): the criterion of duration, if confirmed")
    longest: tuple[float, float] | None
    meets_stretch: bool = Field(description="At least 10 min at a stretch (ACNS 2021)")
    peak_of_five_minutes: float | None = Field(description="Highest share of any rolling 5 min, 0 to 1")
    seconds_at_10_50_90: tuple[float, ...] = Field(description="Time for which the rolling share was at least 10, 50 and 90 %")
    seizures: tuple[tuple[float, float], ...]


class BurdenOut(BaseModel):
    formula: str
    reviewed: BurdenSideOut = Field(description="Accepted or labelled by a reader")
    unreviewed: BurdenSideOut | None = Field(description="Suggested by the model and open; empty without a result that may be shown")


class IntervalOut(BaseModel):
    """A figure with its 95 % interval, from a bootstrap over blocks of a minute."""

    value: float | None
    low: float | None
    high: float | None


class ClassOut(BaseModel):
    n_first: int
    n_second: int
    n_both: int
    specific: IntervalOut = Field(description="2 both / (first + second)")
    kappa: float | None = Field(description="Of this class against the rest")


class ComparisonOut(BaseModel):
    first: str
    second: str = Field(description='A reader, or "model"')
    kind: str = Field(description='"without the model", "model was known" or "model in view"')
    n: int = Field(description="Windows of 10 s that both labelled")
    n_unsure: int
    counts: list[list[int]] = Field(description="First by second, in the order seizure, LPD, GPD, LRDA, GRDA, other")
    same: IntervalOut
    kappa: IntervalOut
    pabak: float | None
    classes: dict[str, ClassOut]


@router.get("/studies/{study_id}/events")
def events(study_id: UUID, who: SignedIn) -> list[EventOut]:
    """What stands of a study in order of time; only one's own labels while one reads without the model."""
    with reading() as session:
        return [EventOut.model_validate(event) for event in analyses.events(session, who, study_id)]


@router.post("/events/{event_id}/decision")
def decide(event_id: UUID, asked: DecisionIn, who: SignedIn) -> DecisionOut:
    """Accept or dismiss an event, or withdraw one's decision; the model's output stays as it was."""
    with writing() as session:
        return DecisionOut.model_validate(
            reviews.decide(session, who, event_id, decision=asked.decision, reason=asked.reason, seen=asked.seen))


@router.post("/studies/{study_id}/reviews", status_code=201)
def act(study_id: UUID, asked: ActIn, who: SignedIn) -> DoneOut:
    """Label, agree, accept, dismiss, move, merge, split, or take back; 409 where somebody changed the finding since it was shown."""
    wish = Wish(asked.act, tuple((target.id, target.revision) for target in asked.targets), asked.pattern, asked.start_s, asked.stop_s,
                asked.at_s, tuple(asked.spans), asked.reason, asked.seen)
    with writing() as session:
        return _done(session, who, study_id, review_acts.act(session, who, study_id, wish))


@router.get("/studies/{study_id}/seizure-burden")
def seizure_burden(study_id: UUID, who: SignedIn) -> BurdenOut:
    """Seizure time in five minutes and in an hour, reviewed and unreviewed apart; a criterion of duration is no diagnosis."""
    with reading() as session:
        found = seizure_time.of_study(session, who, study_id)
    return BurdenOut(formula=FORMULA, reviewed=_burden(found.reviewed), unreviewed=_burden(found.unreviewed) if found.unreviewed else None)


@router.get("/studies/{study_id}/agreement")
def agreements(study_id: UUID, who: SignedIn) -> list[ComparisonOut]:
    """Readers against the model and against each other, in windows of 10 s; 403 while one reads without the model."""
    with reading() as session:
        return [_comparison(found) for found in agreement.of_study(session, who, study_id)]


@router.get("/studies/{study_id}/reviews")
def rows(study_id: UUID, who: SignedIn, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> list[RowOut]:
    """The rows of acts on a study, the newest first; only one's own while one reads without the model."""
    with reading() as session:
        return [RowOut.model_validate(row) for row in review_log.rows(session, who, study_id, limit=limit)]


@router.post("/studies/{study_id}/first-read", status_code=201)
def begin_first_read(study_id: UUID, who: SignedIn) -> BlindOut:
    """Hide the model's output and others' decisions from oneself until the read is saved or given up."""
    with writing() as session:
        blind_reads.begin(session, who, study_id)
    return BlindOut(hidden=True)


@router.post("/studies/{study_id}/first-read/save", status_code=201)
def save_first_read(study_id: UUID, asked: RestIn, who: SignedIn) -> BlindOut:
    """Keep the read as it is and show the model."""
    with writing() as session:
        blind_reads.save(session, who, study_id, rest=asked.rest)
    return BlindOut(hidden=False)


@router.post("/studies/{study_id}/first-read/leave", status_code=201)
def leave_first_read(study_id: UUID, who: SignedIn) -> BlindOut:
    """Give the read up and show the model; what was labelled does not count as read without it."""
    with writing() as session:
        blind_reads.leave(session, who, study_id)
    return BlindOut(hidden=False)


def _burden(found: SeizureBurden) -> BurdenSideOut:
    def window(one: Window) -> WindowOut:
        return WindowOut(start_s=one.start_s, stop_s=one.stop_s, seizure_s=one.seizure_s, assessed_s=one.assessed_s, share=one.share)

    return BurdenSideOut(
        total=window(found.total), busiest_hour=window(found.hour), meets_hour=found.meets_hour, longest=found.longest,
        meets_stretch=found.meets_stretch, peak_of_five_minutes=found.peak, seconds_at_10_50_90=found.band_s(), seizures=found.seizures)


def _comparison(found: Comparison) -> ComparisonOut:
    of = found.agreement
    return ComparisonOut(
        first=found.first, second=found.second, kind=found.kind, n=of.n, n_unsure=of.n_unsure, counts=of.counts.tolist(), same=_interval(of.same),
        kappa=_interval(of.kappa), pabak=of.pabak,
        classes={name: ClassOut(n_first=one.n_first, n_second=one.n_second, n_both=one.n_both, specific=_interval(one.specific), kappa=one.kappa)
                 for name, one in zip(CLASSES, of.classes, strict=True)})


def _interval(found: Interval) -> IntervalOut:
    return IntervalOut(value=found.value, low=found.low, high=found.high)


def _done(session: Any, who: SignedIn, study_id: UUID, done: Done) -> DoneOut:
    stands = [EventOut.model_validate(event) for event in analyses.events(session, who, study_id)]
    return DoneOut(batch_id=done.batch_id, n_changed=done.n_changed, sentence=done.sentence, events=stands)
