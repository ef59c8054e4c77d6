"""The viewer's tiles: bytes of one recording, authorised per study, never cached outside the page's own memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app import settings
from app.access import Actor
from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading
from app.file_store import open_store
from app.services import analyses, channel_marks, moments, montages, site, studies, tiles, trend_tiles
from app.services.tiles import Cleaning, PageQuery
from app.services.trend_tiles import TrendName
from ml.montage import MontageName
from ml.page import MAX_DURATION_S

T = TypeVar("T")
_AT_ONCE = CapacityLimiter(4)      # pages filtered at the same time; more would only wait for the same cores
OCTETS: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "Bytes; see app/services/tiles.py and ml/page.py"}}

router = APIRouter(tags=["tiles"], responses=DOCUMENTED)


class PageParameters(BaseModel):
    """A page of EEG; a filter that is absent is off."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    t0: float = Field(ge=0.0, description="First second of the page, from the start of the recording")
    dur: float = Field(gt=0.0, le=MAX_DURATION_S, description="Seconds")
    montage: MontageName | UUID = Field(default="longitudinal", description="A built-in one by its name, one of your own by its id")
    lff: float | None = Field(default=None, description="Low-frequency filter in Hz: one of those that the viewer offers")
    hff: float | None = Field(default=None, description="High-frequency filter in Hz")
    notch: float | None = Field(default=None, description="50 or 60")
    cleaning: Cleaning = Field(default="", description="For looking only; ica: without eyes and heart, ica-muscle: without muscle too, wavelet: denoised")
    px: int | None = Field(default=None, ge=100, le=20_000, description="Width: more than 2 samples per pixel become min and max")


class RangeParameters(BaseModel):
    """A part of the spectrogram; without a stop, all of it."""

    model_config = ConfigDict(extra="forbid")

    t0: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    t1: float = Field(default=float("inf"), gt=0.0)
    columns: int = Field(default=tiles.MAX_COLUMNS, ge=10, le=tiles.MAX_COLUMNS)


class TrendParameters(RangeParameters):
    """Which trends, from top to bottom; all of them unless told."""

    show: list[TrendName] = Field(default=list(trend_tiles.STRIPS), min_length=1, max_length=5)


class MomentParameters(BaseModel):
    """What a reader wrote, and where he or she is."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    said: str = Field(max_length=60, description="14:26:08, day 2 14:26:08, 90 (seconds from the start), or +90 and -1:30 from here")
    here_s: float = Field(default=0.0, ge=0.0, description="Seconds from the start that steps are counted from")


class MomentOut(BaseModel):
    at_s: float


class AnnotationOut(BaseModel):
    """One entry of the file's own annotations."""

    onset: float
    duration: float | None
    text: str


class AnnotationsOut(BaseModel):
    annotations: list[AnnotationOut]


@router.get("/studies/{study_id}/page", response_class=Response, responses=OCTETS)
async def page(study_id: UUID, who: SignedIn, asked: Annotated[PageParameters, Query()]) -> Response:
    """A page of EEG in one montage, filtered: 16-bit samples of all traces."""
    return await _in_thread(lambda: _page(who, study_id, asked))


@router.get("/studies/{study_id}/ribbon", response_class=Response, responses=OCTETS)
async def ribbon(study_id: UUID, who: SignedIn) -> Response:
    """Six calibrated probabilities of every label span of the newest analysis."""
    return await _in_thread(lambda: _ribbon(who, study_id))


@router.get("/studies/{study_id}/spectrogram", response_class=Response, responses=OCTETS)
async def spectrogram(study_id: UUID, who: SignedIn, asked: Annotated[RangeParameters, Query()]) -> Response:
    """Power of the four regions in decibels, in as many columns as a screen shows."""
    return await _in_thread(lambda: _spectrogram(who, study_id, asked))


@router.get("/studies/{study_id}/trends", response_class=Response, responses=OCTETS)
async def trends(study_id: UUID, who: SignedIn, asked: Annotated[TrendParameters, Query()]) -> Response:
    """Trends of the newest analysis as levels of 255, in as many columns as a screen shows."""
    return await _in_thread(lambda: _trends(who, study_id, asked))


@router.get("/studies/{study_id}/moment")
async def moment(study_id: UUID, who: SignedIn, asked: Annotated[MomentParameters, Query()]) -> MomentOut:
    """The moment that a reader's words mean: a clock time, seconds from the start, or a step from where the reader is."""
    return await _in_thread(lambda: _moment(who, study_id, asked))


@router.get("/studies/{study_id}/annotations")
async def notes(study_id: UUID, who: SignedIn) -> AnnotationsOut:
    """The file's own annotations in order of onset, in seconds from the start of the recording."""
    return await _in_thread(lambda: _notes(who, study_id))


async def _in_thread(work: Callable[[], T]) -> T:
    return await to_thread.run_sync(work, limiter=_AT_ONCE)


def _page(who: Actor, study_id: UUID, asked: PageParameters) -> Response:
    with reading() as session:
        handle, marks = studies.recording(session, who, study_id), channel_marks.of_study(session, who, study_id)
        right_first, montage = site.find(session, who).right_first, montages.resolve(session, who, asked.montage)
    query = PageQuery(asked.t0, asked.dur, montage, asked.lff, asked.hff, asked.notch, asked.px, asked.cleaning)
    return _octets(tiles.page(open_store(settings.current()), handle, query, right_first=right_first, marks=marks))


def _ribbon(who: Actor, study_id: UUID) -> Response:
    with reading() as session:
        return _octets(tiles.ribbon(analyses.spans(session, who, study_id)))


def _spectrogram(who: Actor, study_id: UUID, asked: RangeParameters) -> Response:
    with reading() as session:
        whole = analyses.spectrogram(session, who, study_id)
    return _octets(tiles.spectrogram(whole, start_s=asked.t0, stop_s=asked.t1, columns=asked.columns))


def _trends(who: Actor, study_id: UUID, asked: TrendParameters) -> Response:
    with reading() as session:
        whole = analyses.trends(session, who, study_id)
    return _octets(trend_tiles.tile(whole, names=asked.show, start_s=asked.t0, stop_s=asked.t1, columns=asked.columns))


def _moment(who: Actor, study_id: UUID, asked: MomentParameters) -> MomentOut:
    with reading() as session:
        return MomentOut(at_s=moments.find(session, who, study_id, asked.said, here_s=asked.here_s))


def _notes(who: Actor, study_id: UUID) -> AnnotationsOut:
    with reading() as session:
        handle = studies.recording(session, who, study_id)
    found = tiles.notes(open_store(settings.current()), handle)
    return AnnotationsOut(annotations=[AnnotationOut(onset=n.onset_s, duration=n.duration_s, text=n.text) for n in found])


def _octets(content: bytes) -> Response:
    tag = hashlib.sha256(content).hexdigest()[:32]
    return Response(content, media_type="application/octet-stream", headers={"ETag": f'"{tag}"', "Cache-Control": "no-store"})
