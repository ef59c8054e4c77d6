"""Measuring over the API: what two cursors in the viewer tell, for programs and for checking the viewer's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

import numpy as np
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from app import settings
from app.access import Actor
from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.session import reading
from app.file_store import open_store
from app.services import measuring
from app.services.measuring import Wish
from ml.montage import MontageName
from ml.scalp_map import ScalpMap
from ml.selection_pattern import SelectionPattern
from ml.selection_spectrum import SelectionSpectrum, Spectrum

T = TypeVar("T")
_AT_ONCE = CapacityLimiter(2)

router = APIRouter(tags=["measuring"], responses=DOCUMENTED)


class FilterParameters(BaseModel):
    """Filters of the page; one that is absent is off."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    lff: float | None = Field(default=None, description="Low-frequency filter in Hz: one of those that the viewer offers")
    hff: float | None = Field(default=None, description="High-frequency filter in Hz")
    notch: float | None = Field(default=None, description="50 or 60")


class CursorParameters(FilterParameters):
    """Two moments on one trace of a montage."""

    t0: float = Field(ge=0.0, lt=1e9, description="First cursor in seconds from the start of the recording")
    t1: float = Field(ge=0.0, lt=1e9, description="Second cursor")
    channel: str = Field(max_length=80, description="Name of the trace in this montage, such as Fp1-F7")
    montage: MontageName | UUID = Field(default="longitudinal", description="A built-in one by its name, one of your own by its id")

    def wish(self) -> Wish:
        return Wish((self.t0, self.t1), self.channel, self.montage, self.lff, self.hff, self.notch)


class MomentParameters(FilterParameters):
    """One moment."""

    t: float = Field(ge=0.0, lt=1e9, description="Seconds from the start of the recording")


class StretchParameters(BaseModel):
    """A stretch of the recording."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    t0: float = Field(ge=0.0, lt=1e9, description="First second, from the start of the recording")
    t1: float = Field(ge=0.0, lt=1e9)


class CursorsOut(BaseModel):
    """Samples of the derivation, filtered as asked, in microvolts; null where nothing was recorded."""

    model_config = ConfigDict(from_attributes=True)

    channel: str
    at_s: tuple[float, float] = Field(description="Of the samples nearest to the cursors")
    delta_s: float
    hertz: float | None = Field(description="One over delta_s")
    uv: tuple[float | None, float | None]
    delta_uv: float | None = Field(description="Second minus first")
    peak_to_peak_uv: float | None = Field(description="From one cursor to the other, both included; null beyond 300 s")
    unrecorded_s: float
    clipped_s: float = Field(description="Of the stretch; its true amplitude may be larger")
    sfreq_hz: float
    status: str = Field(description="Montage and filters in words")


class BandOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    low_hz: float
    high_hz: float
    share: float = Field(description="Of the power of delta, theta, alpha and beta together")
    peak_hz: float | None = Field(description="Highest local maximum within, if any that fits twice into the stretch")


class SpectrumOut(BaseModel):
    peak_hz: float | None
    bands: list[BandOut]
    power_uv2_hz: list[float]


class SpectraOut(BaseModel):
    """Hann window over the whole stretch, mean removed, one-sided density."""

    channel: str
    start_s: float
    length_s: float
    resolution_hz: float = Field(description="One over the length")
    freqs_hz: list[float]
    of_channel: SpectrumOut
    of_mean: SpectrumOut = Field(description="Mean power of the EEG traces")
    n_in_mean: int
    status: str


class MapOut(BaseModel):
    """Potential over the head against the mean of the sound electrodes."""

    at_s: float
    uv: dict[str, float]
    bad: dict[str, str] = Field(description="Electrodes that take no part, and why")
    missing: tuple[str, ...]
    limit_uv: float = Field(description="End of the color scale, which is zero in its middle")
    field_uv: list[list[float | None]] = Field(description="Spherical splines, rows from front to back, columns from left to right; null off the head")
    status: str


class PatternOut(BaseModel):
    """Longitudinal pairs at 0.5-40 Hz; null where it cannot be told."""

    start_s: float
    length_s: float
    n_pairs: int
    is_periodic: bool = Field(description="At least four discharges that stand out, or six like a clock; most intervals within 50 % of the one before (ACNS 2021)")
    discharge_hz: float | None = Field(description="One over the median interval")
    discharges_s: tuple[float, ...]
    is_rhythmic: bool = Field(description="At least six cycles and 5 dB of prominence")
    rhythm_hz: float | None = Field(description="Peak of 0.5 to 4 Hz")
    rhythm_db: float | None


@router.get("/studies/{study_id}/measure")
async def measure(study_id: UUID, who: SignedIn, asked: Annotated[CursorParameters, Query()]) -> CursorsOut:
    """Time and potential between two cursors on a trace."""
    return await _in_thread(lambda: CursorsOut.model_validate(_asked(measuring.cursors, who, study_id, asked.wish())))


@router.get("/studies/{study_id}/measure/spectrum")
async def spectrum(study_id: UUID, who: SignedIn, asked: Annotated[CursorParameters, Query()]) -> SpectraOut:
    """Power over frequency between two cursors; refused below one second or across a gap."""
    return await _in_thread(lambda: _spectra(_asked(measuring.spectrum, who, study_id, asked.wish())))


@router.get("/studies/{study_id}/measure/map")
async def head(study_id: UUID, who: SignedIn, asked: Annotated[MomentParameters, Query()]) -> MapOut:
    """The potential over the head at a moment; refused in a gap or with too few sound electrodes."""
    wish = Wish((asked.t, asked.t), lff_hz=asked.lff, hff_hz=asked.hff, notch_hz=asked.notch)
    return await _in_thread(lambda: _map(_asked(measuring.head, who, study_id, wish)))


@router.get("/studies/{study_id}/measure/pattern")
async def pattern(study_id: UUID, who: SignedIn, asked: Annotated[StretchParameters, Query()]) -> PatternOut:
    """Frequency of periodic discharges and of rhythmic delta in a stretch of 3 to 60 s without a gap."""
    return await _in_thread(lambda: _pattern(_asked(measuring.pattern, who, study_id, Wish((asked.t0, asked.t1)))))


async def _in_thread(work: Callable[[], T]) -> T:
    return await to_thread.run_sync(work, limiter=_AT_ONCE)


def _asked(verb: Callable[..., T], who: Actor, study_id: UUID, wish: Wish) -> T:
    with reading() as session:
        return verb(session, who, open_store(settings.current()), study_id, wish)


def _spectra(found: SelectionSpectrum) -> SpectraOut:
    return SpectraOut(
        channel=found.channel, start_s=found.start_s, length_s=found.length_s, resolution_hz=found.resolution_hz,
        freqs_hz=found.freqs_hz.tolist(), of_channel=_spectrum(found.of_channel), of_mean=_spectrum(found.of_mean),
        n_in_mean=found.n_in_mean, status=found.status,
    )


def _spectrum(found: Spectrum) -> SpectrumOut:
    return SpectrumOut(peak_hz=found.peak_hz, bands=[BandOut.model_validate(band) for band in found.bands], power_uv2_hz=found.power_uv2_hz.tolist())


def _map(found: ScalpMap) -> MapOut:
    return MapOut(at_s=found.at_s, uv=found.uv, bad=found.bad, missing=found.missing, limit_uv=found.limit_uv, field_uv=_rows(found.field_uv), status=found.status)


def _rows(values: NDArray[np.float64]) -> list[list[float | None]]:
    return [[round(value, 3) if np.isfinite(value) else None for value in row] for row in values.tolist()]


def _pattern(found: SelectionPattern) -> PatternOut:
    return PatternOut(
        start_s=found.start_s, length_s=found.length_s, n_pairs=found.n_pairs, is_periodic=found.is_periodic,
        discharge_hz=_known(found.discharges.frequency_hz), discharges_s=found.discharges_s, is_rhythmic=found.is_rhythmic,
        rhythm_hz=_known(found.rhythm.frequency_hz), rhythm_db=_known(found.rhythm.clarity),
    )


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
