"""The quality of every electrode in every second, in three bytes each: what an analysis keeps so that it can be shown.

Marks say what ``ml.quality`` and ``ml.quality_measures`` found; the definitions and their sources stand there and, for readers
of an export, in ``DEFINITIONS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import quality
from ml.analysis import LABEL_S
from ml.interpolation import MAX_INTERPOLATED
from ml.quality_measures import Measures

MARKS: Final = ("muscle", "movement", *quality.REASONS)
"""Bit k of a mark. From "no values" on, the second is bad for the model; muscle and movement inform only."""
BAD_BITS: Final = 0b11111100
STATES: Final = ("good", *MARKS)
"""What a second is called where only one word fits: its last mark."""
NOT_RECORDED: Final = 255
"""In place of marks. No second can have all eight: what is flat is never noisy."""
SNR_STEP_DB, SNR_LOWEST_DB = 0.5, -10.0
HUM_STEPS, HUM_LOWEST_UV = 40.0, 0.01
"""Stored line noise: 40 steps to a factor of ten, so 3 % at most are lost, from 0.01 µV to 22 mV."""

DEFINITIONS: Final = {
    "snr_db": "Signal-to-noise ratio: power at 0.5-40 Hz over noise of that band, whose density is taken from 45-95 Hz without "
              "mains, against the median of the channels; noise of at least 0.5 µV. Mean of the seconds that are not bad.",
    "artifact_share": "Artifact ratio: share of the recorded seconds that are bad for the model (a reason is named) or marked as muscle or movement.",
    "hum_uv": "Line noise: RMS at 50 or 60 Hz, whichever is more, in µV of the unfiltered signal; geometric mean of the seconds.",
    "muscle": "More than 8 µV RMS at 45-95 Hz without mains (after Goncharova et al., Clin Neurophysiol 2003;114:1580-1593).",
    "movement": "Step of the mean of more than 300 µV from or to a neighboring second.",
    "no values": "More than 2 % of the second without values.",
    "flat": "Standard deviation below 0.5 µV.",
    "clipped": "More than 2 % of the second on plateaus of at least 5 equal samples beyond 500 µV.",
    "noisy": "Noise at 45-95 Hz above 10 µV and above the EEG, or a standard deviation of ten times the median electrode "
             "(after PREP, Bigdely-Shamlo et al., Front Neuroinform 2015;9:16).",
    "mains": "Line noise above 100 µV, 20 times the EEG and 5 times the median electrode.",
    "uncorrelated": "Largest absolute correlation with any other electrode below 0.4 (PREP).",
    "window": "A window of 10 s is not assessed where more than four electrodes are absent or bad in 30 % of it or in half of its "
              "50 s of context, or where less than 10 s were recorded without a gap.",
}


@dataclass(frozen=True, slots=True)
class ElectrodeSeconds:
    """Marks and figures on the clock of the recording, second by second."""

    names: tuple[str, ...]               # channels of the analysis: 19 electrodes, or 18 pairs
    marks: NDArray[np.uint8]             # (n_channels, n_seconds) bits of MARKS; NOT_RECORDED in gaps
    snr: NDArray[np.uint8]               # (n_channels, n_seconds) steps of the signal-to-noise ratio; 0 where nothing was measured
    hum: NDArray[np.uint8]               # (n_channels, n_seconds) steps of the line noise

    @classmethod
    def over(cls, names: tuple[str, ...], duration_s: float) -> ElectrodeSeconds:
        """Room for a recording."""
        shape = (len(names), int(np.ceil(round(duration_s, 6))))
        return cls(names, np.full(shape, NOT_RECORDED, dtype=np.uint8), np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.uint8))

    def put(self, first: int, reasons: NDArray[np.bool_], measures: Measures) -> None:
        """Fill in seconds from ``first`` on: ``reasons`` (n_reasons, n_channels, n) and what was measured."""
        place = slice(first, min(first + reasons.shape[2], self.marks.shape[1]))
        width = place.stop - place.start
        self.marks[:, place] = packed(reasons, measures)[:, :width]
        with np.errstate(divide="ignore"):
            hum = HUM_STEPS * np.log10(measures.hum_uv[:, :width] / HUM_LOWEST_UV)
        self.snr[:, place], self.hum[:, place] = _byte((measures.snr_db[:, :width] - SNR_LOWEST_DB) / SNR_STEP_DB), _byte(hum)

    @property
    def snr_db(self) -> NDArray[np.float32]:
        """(n_channels, n_seconds) within half a step; NaN where nothing was measured."""
        return np.asarray(_level(self.snr) * np.float32(SNR_STEP_DB) + np.float32(SNR_LOWEST_DB))

    @property
    def hum_uv(self) -> NDArray[np.float32]:
        """(n_channels, n_seconds) within half a step; NaN where nothing was measured."""
        return np.asarray(np.float32(HUM_LOWEST_UV) * np.float32(10.0) ** (_level(self.hum) / np.float32(HUM_STEPS)))

    @property
    def recorded(self) -> NDArray[np.bool_]:
        """(n_seconds,)"""
        return np.asarray((self.marks != NOT_RECORDED).any(axis=0))

    @property
    def bad(self) -> NDArray[np.bool_]:
        """(n_channels, n_seconds) Left out by the model."""
        return np.asarray(((self.marks & BAD_BITS) != 0) & (self.marks != NOT_RECORDED))

    @property
    def states(self) -> NDArray[np.uint8]:
        """(n_channels, n_seconds) numbers of STATES, or NOT_RECORDED."""
        return _LAST_BIT[self.marks]

    def shares(self, row: int) -> dict[str, float]:
        """Share of the recorded seconds of a channel that have each mark."""
        known = self.marks[row][self.marks[row] != NOT_RECORDED]
        return {mark: float((known >> number & 1).mean()) if len(known) else 0.0 for number, mark in enumerate(MARKS)}

    def windows(self, length_s: int = int(LABEL_S)) -> dict[str, NDArray[Any]]:
        """Figures of the windows that tile the clock, arrays (n_windows,).

        ``artifact_share`` of the recorded electrode seconds; medians ``snr_db`` and ``hum_uv``; ``n_bad`` electrodes for a label
        span at this place; ``assessable`` if those are few enough to be filled in and something was recorded.
        """
        n = -(-self.marks.shape[1] // length_s)
        first = np.arange(n) * length_s
        bad = quality.bad_for_spans(self.bad, self.recorded, first, np.minimum(first + length_s, self.marks.shape[1]))
        cells = _cells(self.marks, n, length_s, NOT_RECORDED)
        known = cells != NOT_RECORDED
        return {
            "start_s": first.astype(np.float64),
            "artifact_share": ((cells > 0) & known).sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), 1),
            "snr_db": _medians(_cells(self.snr_db, n, length_s, np.nan)),
            "hum_uv": _medians(_cells(self.hum_uv, n, length_s, np.nan)),
            "n_bad": bad.sum(axis=1),
            "assessable": (bad.sum(axis=1) <= MAX_INTERPOLATED) & known.any(axis=(0, 2)),
        }

    def of_channels(self, length_s: int = int(LABEL_S)) -> dict[str, NDArray[np.float64]]:
        """The same three figures of every channel in every window, (n_channels, n_windows); NaN where nothing was recorded."""
        n = -(-self.marks.shape[1] // length_s)
        cells = _cells(self.marks, n, length_s, NOT_RECORDED)
        known = (cells != NOT_RECORDED).sum(axis=2)
        marked = ((cells > 0) & (cells != NOT_RECORDED)).sum(axis=2)
        with np.errstate(invalid="ignore"):
            share = np.where(known > 0, marked / known, np.nan)
        return {
            "artifact_share": share,
            "snr_db": _median_over_time(_cells(self.snr_db, n, length_s, np.nan)),
            "hum_uv": _median_over_time(_cells(self.hum_uv, n, length_s, np.nan)),
        }

    def bad_words(self, first: int, last: int) -> list[str]:
        """Electrodes that the model cannot use for a label span at these seconds, each with its commonest reason."""
        one = np.array([first]), np.array([last])
        rows = np.flatnonzero(quality.bad_for_spans(self.bad, self.recorded, *one)[0])
        return [f"{self.names[row]} {self._commonest_reason(row, max(0, first - 20), last + 20)}" for row in rows.tolist()]

    def _commonest_reason(self, row: int, first: int, last: int) -> str:
        marks = self.marks[row, first:last]
        known = marks[marks != NOT_RECORDED]
        counts = [int((known >> number & 1).sum()) for number in range(2, len(MARKS))]
        return quality.REASONS[int(np.argmax(counts))]


def packed(reasons: NDArray[np.bool_], measures: Measures) -> NDArray[np.uint8]:
    """Marks (n_channels, n_seconds) of a verdict."""
    bits = np.zeros(reasons.shape[1:], dtype=np.uint8)
    for number, mask in enumerate((measures.muscle, measures.movement, *reasons)):
        bits |= mask.astype(np.uint8) << np.uint8(number)
    return bits


_LAST_BIT: Final = np.array([*(int(mark).bit_length() for mark in range(255)), NOT_RECORDED], dtype=np.uint8)


def _byte(levels: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Levels 0 .. 254 as 1 .. 255; 0 is "not measured"."""
    return np.where(np.isnan(levels), 0.0, np.clip(np.round(np.nan_to_num(levels, neginf=0.0)), 0.0, 254.0) + 1.0).astype(np.uint8)


def _level(stored: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.where(stored > 0, stored.astype(np.float32) - np.float32(1.0), np.float32(np.nan))


def _cells(values: NDArray[Any], n: int, step: int, empty: float) -> Any:
    """(channels, seconds) -> (channels, n, step), filled up with ``empty``."""
    padded = np.pad(values, ((0, 0), (0, n * step - values.shape[1])), constant_values=empty)
    return padded.reshape(len(values), n, step)


def _medians(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Median over channels and seconds, NaN where there is nothing."""
    return np.asarray(_median_over_time(cells.transpose(1, 0, 2).reshape(1, cells.shape[1], cells.shape[0] * cells.shape[2]))[0])


def _median_over_time(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    known = np.isfinite(cells).any(axis=2)
    medians = np.full(known.shape, np.nan)
    medians[known] = np.nanmedian(cells[known], axis=1)
    return medians
