"""What the analysis of one recording yields, and its JSON contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ml.classes import CLASSES, PatternClass
from ml.recording import RecordingInfo

if TYPE_CHECKING:
    from ml.electrode_seconds import ElectrodeSeconds
    from ml.members import Members

WINDOW_S = 50.0
"""Context that the networks see, as in the HMS competition."""
LABEL_S = 10.0
"""The central stretch that a label is about, as in the HMS competition."""


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch in which one pattern prevails; seconds from the start of the recording."""

    pattern: PatternClass
    start_s: float
    stop_s: float
    max_prob: float
    mean_prob: float
    frequency_hz: float | None = None    # of the discharges or waves; these three are None where they cannot be told
    laterality: float | None = None      # -1 left only .. +1 right only
    extent: float | None = None          # share of the 18 bipolar pairs that take part, 0..1

    def __post_init__(self) -> None:
        if self.pattern == "other" or not self.start_s < self.stop_s:
            raise ValueError(f"not an event: {self.pattern} {self.start_s} .. {self.stop_s}")


@dataclass(frozen=True, slots=True)
class Spans:
    """Calibrated probabilities of all label spans, in order of time."""

    label_start_s: NDArray[np.float64]   # (n_spans,)
    context: NDArray[np.float32]         # (n_spans,) share of the 50 s around the span that was recorded, 0..1
    prob: NDArray[np.float32]            # (n_spans, 6) in the order of CLASSES, rows sum to 1; uniform where not assessed
    assessed: NDArray[np.bool_]          # (n_spans,)
    step_s: float

    def __post_init__(self) -> None:
        n = len(self.label_start_s)
        if self.prob.shape != (n, len(CLASSES)) or self.context.shape != (n,) or self.assessed.shape != (n,):
            raise ValueError(f"arrays of different length: {n}, {self.prob.shape}, {self.context.shape}")
        if not np.isfinite(self.prob).all():
            raise ValueError("probabilities must be finite")


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """How good one electrode was over the recording."""

    name: str
    bad_share: float                     # share of assessed seconds in which the channel was bad, 0..1
    reasons: tuple[str, ...] = ()        # of "absent", "flat", "clipped", "noisy", "mains", "no values", "uncorrelated"
    interpolated: bool = False
    snr_db: float | None = None          # EEG over noise at 0.5-40 Hz, mean of the seconds that are not bad
    hum_uv: float | None = None          # RMS at the mains frequency, geometric mean of the seconds
    muscle_share: float = 0.0            # share of the seconds marked as muscle (informs only)
    movement_share: float = 0.0
    artifact_share: float = 0.0          # bad, muscle or movement


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of the recording as the analysis saw it."""

    channels: tuple[ChannelQuality, ...] = ()
    mains_hz: float | None = None        # 50 or 60 where hum was found
    assessed_s: float = 0.0
    not_assessed_s: float = 0.0
    bridged: tuple[tuple[str, str], ...] = ()   # channels that show the same signal most of the time


@dataclass(frozen=True, slots=True)
class Versions:
    """What made a result: enough to make it again."""

    pipeline: str
    model: str
    model_sha256: str


@dataclass(frozen=True, slots=True)
class RegionalSpectrogram:
    """Power of the four regions over the whole recording, for display and the wide branch of the networks."""

    power_db: NDArray[np.float32]        # (4 regions, n_freqs, n_times), dB re 1 µV²/Hz, NaN in gaps
    regions: tuple[str, ...]             # ("LL", "RL", "LP", "RP")
    freqs_hz: NDArray[np.float64]        # (n_freqs,)
    times_s: NDArray[np.float64]         # (n_times,) centre of each column
    step_s: float


@dataclass(frozen=True, slots=True)
class Trends:
    """Trends of a recording or a part of it (``ml.trends``); the last axis is time, sides are left and right, NaN in gaps."""

    times_s: NDArray[np.float64]            # (n,) centers of the columns
    freqs_hz: NDArray[np.float64]           # (n_freqs,) centers of the rows of the two spectrograms
    step_s: float
    aeeg_uv: NDArray[np.float32]            # (2 sides, 2 margins, n) peak to peak
    asymmetry: NDArray[np.float32]          # (n_freqs, n), -1 left .. +1 right
    asymmetry_index: NDArray[np.float32]    # (n,), 0..1
    alpha_delta: NDArray[np.float32]        # (2, n)
    suppression: NDArray[np.float32]        # (2, n), 0..1, of the 60 s that end with the column
    rhythmicity_db: NDArray[np.float32]     # (2, n_freqs, n)
    band_uv2: NDArray[np.float32]           # (4 regions, 5 bands, n)


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """Everything that one analysis says of one recording."""

    info: RecordingInfo
    spans: Spans
    events: tuple[Event, ...]
    quality: Quality
    versions: Versions
    findings: tuple[str, ...] = ()       # header findings and what the analysis adds
    spectrogram: RegionalSpectrogram | None = None
    trends: Trends | None = None
    electrode_seconds: ElectrodeSeconds | None = None   # quality second by second
    members: Members | None = None       # what each network said; None in results of before that was kept
    embedding: NDArray[np.float16] | None = None        # (n_spans, n) unit vectors (``ml.alike``), NaN where not assessed
    prior: str = "balanced"              # class prior that the probabilities assume
    elapsed_s: float = 0.0
    recording_sha256: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
