"""Recordings: what a file holds, on the recorder's own clock, read by seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.prefilter import Prefilter, parse_prefilter

SignalKind = Literal["eeg", "ecg", "eog", "emg", "pair", "other"]
"""``pair`` is a bipolar derivation as recorded (``FP1-F7``); the rest are single electrodes or other sensors."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open stretch ``[start_s, stop_s)`` in seconds from the start of the recording."""

    start_s: float
    stop_s: float

    def __post_init__(self) -> None:
        if not self.start_s <= self.stop_s:
            raise ValueError(f"span ends before it starts: {self.start_s} .. {self.stop_s}")

    @property
    def length_s(self) -> float:
        return self.stop_s - self.start_s


@dataclass(frozen=True, slots=True)
class Annotation:
    """An entry that the recorder or a technologist left in the file; onset in seconds from its start."""

    onset_s: float
    duration_s: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """One recorded signal as the file states it; its samples are delivered in microvolts, or in their own unit if that is
    none of voltage (oxygen in %)."""

    label: str                       # as in the file, e.g. "EEG Fp1-Ref"
    sfreq_hz: float
    unit: str = "uV"                 # as in the file; converted on reading
    transducer: str = ""
    prefilter: str = ""
    calibrated: bool = True          # False: no usable physical or digital range, never read

    @property
    def filters(self) -> Prefilter:
        """The prefilter field as numbers."""
        return parse_prefilter(self.prefilter)


@dataclass(frozen=True, slots=True)
class PatientField:
    """Identity that the file claims; never trusted, never logged."""

    raw: str = ""
    code: str | None = None
    name: str | None = None
    sex: Literal["F", "M"] | None = None
    birth_date: date | None = None

    @property
    def names_somebody(self) -> bool:
        return bool(self.code or self.name or self.birth_date)


@dataclass(frozen=True, slots=True)
class RecordingField:
    """Who recorded with what, as the file claims; it may name staff and is neither trusted nor logged."""

    start_date: date | None = None
    admin_code: str | None = None
    technician: str | None = None
    equipment: str | None = None


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What can be said of a recording without reading its samples."""

    format: str                      # "EDF", "EDF+C", "EDF+D", "BDF", "BDF+C", "BDF+D", "HMS Parquet"
    signals: tuple[Signal, ...]
    duration_s: float                # clock time from first to last sample, gaps included
    start_time: datetime | None = None   # naive: the recorder's local clock (EDF states no zone)
    gaps: tuple[Span, ...] = ()
    patient: PatientField = field(default_factory=PatientField)
    equipment: str = ""
    recorded: RecordingField = field(default_factory=RecordingField, repr=False)
    findings: tuple[str, ...] = ()   # plain sentences: what a reader of the result must know

    @property
    def stretches(self) -> tuple[Span, ...]:
        """The gap-free spans between the gaps, in order."""
        edges = [0.0, *(edge for gap in self.gaps for edge in (gap.start_s, gap.stop_s)), self.duration_s]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return tuple(Span(start, stop) for start, stop in pairs if stop > start)


@dataclass(frozen=True, slots=True)
class Recording:
    """A stretch of EEG in microvolts with a known clock."""

    eeg_uv: NDArray[np.float32]      # (n_channels, n_samples), NaN where nothing was recorded
    channel_names: tuple[str, ...]   # 10-20 names or pairs, e.g. ("Fp1", "F3", …)
    sfreq_hz: float
    start_s: float = 0.0             # seconds from the start of the file

    def __post_init__(self) -> None:
        if self.eeg_uv.ndim != 2 or self.eeg_uv.shape[0] != len(self.channel_names):
            raise ValueError(f"{self.eeg_uv.shape} does not fit {len(self.channel_names)} channel names")

    @property
    def stop_s(self) -> float:
        return self.start_s + float(self.eeg_uv.shape[1]) / self.sfreq_hz


class RecordingSource(Protocol):
    """A recording with random access by seconds; memory does not grow with its length."""

    @property
    def info(self) -> RecordingInfo:
        """Header facts, gaps and findings."""

    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations of the file in order of onset."""

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts of the asked signals (indices into ``info.signals``).

        Each array has ``round(stop_s * rate) - round(start_s * rate)`` samples at the signal's own rate; NaN in gaps,
        before 0, beyond the end and in signals without a usable scale. Reading is exact: overlapping requests agree
        sample for sample.
        """
