"""Measuring on the EEG as it is shown: the values of a trace at two cursors, and what lies between them.

Values are samples of the derivation under the montage and the filters of the page, in microvolts: never reduced to pixels, never
rounded to 16 bits. A cursor stands on a sample; what was not recorded has no value.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import page
from ml.channels import ChannelLayout
from ml.errors import RecordingError
from ml.montage import MontageName, derive
from ml.own_montage import OwnMontage
from ml.page import Block, BlockKey, Filtering
from ml.recording import RecordingSource, SignalKind

LONGEST_S: Final = page.MAX_DURATION_S


class CannotMeasure(RecordingError):
    """What was asked cannot be measured there; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="cannot_measure")


@dataclass(frozen=True, slots=True)
class Seen:
    """How the EEG is seen: montage and filters of the page; ``None`` leaves a filter out."""

    montage: MontageName | OwnMontage = "longitudinal"
    lff_hz: float | None = None
    hff_hz: float | None = None
    notch_hz: float | None = None
    right_first: bool = False
    left_out: frozenset[str] = frozenset()      # electrodes that people marked as bad


@dataclass(frozen=True, slots=True)
class Traces:
    """All traces of a stretch, sample for sample."""

    names: tuple[str, ...]
    kinds: tuple[SignalKind, ...]
    uv: NDArray[np.float32]              # (n_traces, n), NaN where nothing was recorded
    clipped: NDArray[np.bool_]           # (n_traces, n)
    first: int                           # sample k of the recording lies at k / sfreq_hz
    sfreq_hz: float
    status: str                          # montage and filters in words

    def row(self, channel: str) -> int:
        """Number of a trace by its name."""
        if channel not in self.names:
            raise CannotMeasure(f"There is no trace {channel} in this montage. Choose one of those shown.")
        return self.names.index(channel)


@dataclass(frozen=True, slots=True)
class TwoCursors:
    """One trace at two moments and between them."""

    channel: str
    at_s: tuple[float, float]            # of the samples on which the cursors stand
    uv: tuple[float | None, float | None]
    peak_to_peak_uv: float | None        # of what was recorded from one cursor to the other, both included
    unrecorded_s: float                  # of this stretch
    clipped_s: float                     # of this stretch: its true amplitude may be larger
    sfreq_hz: float
    status: str

    @property
    def delta_s(self) -> float:
        return abs(self.at_s[1] - self.at_s[0])

    @property
    def hertz(self) -> float | None:
        """One over the time between the cursors."""
        return 1.0 / self.delta_s if self.delta_s > 0.0 else None

    @property
    def delta_uv(self) -> float | None:
        """Second cursor minus first."""
        first, second = self.uv
        return None if first is None or second is None else second - first


def read(
    source: RecordingSource, layout: ChannelLayout, start_s: float, stop_s: float, seen: Seen,
    kept: MutableMapping[BlockKey, Block] | None = None,
) -> Traces:
    """Traces from the sample nearest to ``start_s`` to the one nearest to ``stop_s``, both included.

    Parameters
    ----------
    source, layout
        The recording and what its channels are.
    start_s, stop_s
        On the recording's clock, at most ``LONGEST_S`` apart.
    kept
        Filtered blocks of this recording, shared with its pages.

    Raises
    ------
    CannotMeasure
        The stretch is too long.
    """
    if stop_s - start_s > LONGEST_S:
        raise CannotMeasure(f"The cursors are {stop_s - start_s:.0f} s apart; what lies between them is measured up to {LONGEST_S:g} s.")
    shown = derive(seen.montage, layout, source.info.signals, right_first=seen.right_first, left_out=seen.left_out)
    rate = page.rate_of(source, shown)
    filtering = Filtering(rate, seen.lff_hz, seen.hff_hz, seen.notch_hz)
    first, last = round(start_s * rate), round(stop_s * rate)
    uv, clipped = page.true_traces(source, shown, filtering, first, last + 1, {} if kept is None else kept)
    return Traces(shown.names, shown.kinds, uv, clipped, first, rate, filtering.status(shown.title, shown.kinds))


def between(
    source: RecordingSource, layout: ChannelLayout, at_s: tuple[float, float], channel: str, seen: Seen,
    kept: MutableMapping[BlockKey, Block] | None = None,
) -> TwoCursors:
    """One trace at two cursors, in any order, and between them; further apart than ``LONGEST_S`` only at the cursors."""
    low, high = min(at_s), max(at_s)
    near = high - low <= LONGEST_S
    parts = [read(source, layout, *span, seen, kept) for span in ([(low, high)] if near else [(at, at) for at in at_s])]
    traces, row = parts[0], parts[0].row(channel)
    numbers = [round(at * traces.sfreq_hz) for at in at_s]
    values = [traces.uv[row, number - traces.first] for number in numbers] if near else [part.uv[row, 0] for part in parts]
    stretch = traces.uv[row] if near else np.zeros(0, dtype=np.float32)
    known, n_clipped = stretch[np.isfinite(stretch)], int(traces.clipped[row].sum()) if near else 0
    return TwoCursors(
        channel, (numbers[0] / traces.sfreq_hz, numbers[1] / traces.sfreq_hz), (_known(values[0]), _known(values[1])),
        float(np.ptp(known)) if len(known) else None, (len(stretch) - len(known)) / traces.sfreq_hz, n_clipped / traces.sfreq_hz,
        traces.sfreq_hz, traces.status,
    )


def _known(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None
