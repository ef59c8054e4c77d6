"""How much of the time seizures take: in the last five minutes, in any hour, at a stretch.

Two conventions, both over what was assessed:

* five minutes, rolling: share of the last 5 min in seizure, in the bands 10, 50 and 90 % (Kamousi et al. 2021, doi
  10.1007/s12028-020-01120-0, there counted in epochs of 10 s, here in seconds);
* electrographic status epilepticus, ACNS 2021 (Hirsch et al., J Clin Neurophysiol 2021;38:1-29): a seizure of at least 10 min, or
  seizures of at least 20 % (12 min) of any 60 min.

An hour that was recorded or assessed in part still needs 12 min of seizure: what was not assessed is never counted in favor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Stretch = tuple[float, float]

ROLLING_S: Final = 300.0
ROLLING_STEP_S: Final = 10.0
BANDS: Final = (0.1, 0.5, 0.9)
LEAST_ASSESSED: Final = 0.5
"""Share of a rolling window that must be assessed for a figure: less says more about the gaps than about the patient."""
HOUR_S: Final = 3600.0
HOUR_SHARE: Final = 0.2
AT_A_STRETCH_S: Final = 600.0
FORMULA: Final = (
    "Rolling: seconds in seizure / seconds assessed in the last 5 min, every 10 s, where at least half of them were assessed. "
    "Hour: the 60 min with the most seconds in seizure; criterion at least 12 min (20 % of 60 min). At a stretch: the longest seizure; "
    "criterion at least 10 min. Overlapping seizures count once (ACNS 2021)."
)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the recording, how much of it was assessed and how much of that was seizure; in seconds."""

    start_s: float
    stop_s: float
    seizure_s: float
    assessed_s: float

    @property
    def share(self) -> float:
        """Of the assessed time, 0..1."""
        return self.seizure_s / self.assessed_s if self.assessed_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class SeizureBurden:
    """Seizure time of one recording."""

    seizures: tuple[Stretch, ...]            # joined where they overlap or touch, within what was assessed
    total: Window                            # the whole recording
    longest: Stretch | None
    hour: Window                             # the 60 min (or all of a shorter recording) with the most seizure
    rolling_at_s: NDArray[np.float64]        # (n,) ends of the rolling windows
    rolling_share: NDArray[np.float64]       # (n,) 0..1, NaN where less than half of the window was assessed

    @property
    def longest_s(self) -> float:
        return self.longest[1] - self.longest[0] if self.longest else 0.0

    @property
    def meets_stretch(self) -> bool:
        return self.longest_s >= AT_A_STRETCH_S - 1e-6

    @property
    def meets_hour(self) -> bool:
        return self.hour.seizure_s >= HOUR_SHARE * HOUR_S - 1e-6

    @property
    def peak(self) -> float | None:
        """Highest share of any five minutes; None where none could be judged."""
        known = self.rolling_share[np.isfinite(self.rolling_share)]
        return float(known.max()) if len(known) else None

    def band_s(self) -> tuple[float, ...]:
        """Seconds for which the rolling share was at least 10, 50 and 90 %."""
        share = np.nan_to_num(self.rolling_share)
        return tuple(float(np.count_nonzero(share >= band - 1e-9)) * ROLLING_STEP_S for band in BANDS)


def burden(seizures: Iterable[Stretch], assessed: Iterable[Stretch], *, duration_s: float) -> SeizureBurden:
    """The burden of seizures in a recording.

    Parameters
    ----------
    seizures, assessed
        Stretches in seconds from the start; in any order, overlapping or not. Seizure time outside ``assessed`` does not count.
    duration_s
        Length of the recording.
    """
    judged = joined(assessed)
    counted = common(joined(seizures), judged)
    longest = max(counted, key=lambda stretch: stretch[1] - stretch[0], default=None)
    ends = np.arange(ROLLING_STEP_S, duration_s + 1e-6, ROLLING_STEP_S)
    in_seizure, in_judged = (covered(stretches, ends) - covered(stretches, ends - ROLLING_S) for stretches in (counted, judged))
    enough = in_judged >= LEAST_ASSESSED * ROLLING_S - 1e-6
    share = np.where(enough, in_seizure / np.maximum(in_judged, 1e-9), np.nan)
    return SeizureBurden(tuple(counted), _window(counted, judged, 0.0, duration_s), longest, busiest(counted, judged, duration_s), ends, share)


def busiest(seizures: Sequence[Stretch], assessed: Sequence[Stretch], duration_s: float, *, length_s: float = HOUR_S) -> Window:
    """The window of ``length_s`` with the most seizure time, the earliest of several; exact, not on a grid.

    The seizure time of a sliding window is linear between the moments at which one of its ends meets an end of a seizure, so its
    maximum lies at such a moment.
    """
    latest = max(0.0, duration_s - length_s)
    edges = np.array([edge for stretch in seizures for edge in stretch])
    starts = np.unique(np.clip(np.concatenate([[0.0], edges, edges - length_s]), 0.0, latest))
    inside = covered(seizures, starts + length_s) - covered(seizures, starts)
    best = float(starts[int(np.argmax(np.round(inside, 6)))])
    return _window(seizures, assessed, best, min(best + length_s, duration_s))


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in order of time, those that overlap or touch as one."""
    made: list[Stretch] = []
    for start_s, stop_s in sorted(stretches):
        if made and start_s <= made[-1][1] + 1e-6:
            made[-1] = (made[-1][0], max(made[-1][1], stop_s))
        elif stop_s > start_s:
            made.append((start_s, stop_s))
    return made


def common(first: Sequence[Stretch], second: Sequence[Stretch]) -> list[Stretch]:
    """What lies in both of two joined lists."""
    found, j = [], 0
    for start_s, stop_s in first:
        while j < len(second) and second[j][1] <= start_s:
            j += 1
        k = j
        while k < len(second) and second[k][0] < stop_s:
            found.append((max(start_s, second[k][0]), min(stop_s, second[k][1])))
            k += 1
    return [stretch for stretch in found if stretch[1] > stretch[0]]


def without(first: Sequence[Stretch], second: Sequence[Stretch]) -> list[Stretch]:
    """What of a joined list lies outside another one."""
    rest = []
    for start_s, stop_s in first:
        for cut_from, cut_to in second:
            if cut_to > start_s and cut_from < stop_s:
                if cut_from > start_s:
                    rest.append((start_s, cut_from))
                start_s = max(start_s, cut_to)
        if stop_s > start_s:
            rest.append((start_s, stop_s))
    return rest


def covered(stretches: Sequence[Stretch], until_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of a joined list that lie before each moment."""
    if not len(stretches):
        return np.zeros_like(until_s)
    edges = np.array(stretches).ravel()
    lengths = np.concatenate([[0.0], np.cumsum(np.diff(edges) * np.tile([1.0, 0.0], len(stretches))[:-1])])
    return np.asarray(np.interp(until_s, edges, lengths), dtype=np.float64)


def _window(seizures: Sequence[Stretch], assessed: Sequence[Stretch], start_s: float, stop_s: float) -> Window:
    ends = np.array([start_s, stop_s])
    in_seizure, in_judged = (np.diff(covered(stretches, ends))[0] for stretches in (seizures, assessed))
    return Window(start_s, stop_s, float(in_seizure), float(in_judged))
