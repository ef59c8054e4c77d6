"""Frequency of a periodic or rhythmic pattern between two cursors, by the estimator that describes found events (``ml.features.pattern``).

It reads the longitudinal pairs at 0.5-40 Hz whatever the page shows, without what is bad, and says clearly when there is nothing clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml import clean_pairs
from ml.channels import ChannelLayout
from ml.features import pattern
from ml.features.pattern import PatternFacts
from ml.filters import ANALYSIS_HZ
from ml.measuring import CannotMeasure
from ml.network_input import choose_input
from ml.recording import RecordingSource, Span

SHORTEST_S: Final = 3.0
"""Six cycles of 2 Hz; discharges of 1 Hz come three times."""
LONGEST_S: Final = 60.0
ACNS_CYCLES: Final = 6
"""ACNS 2021 (Hirsch et al., J Clin Neurophysiol 2021;38:1-29): a rhythmic or periodic pattern continues for at least six cycles."""
LEAST_DISCHARGES: Final = 4
"""Three intervals, of which the median is taken; fewer than six are told as such."""
NEARLY_REGULAR: Final = 0.5
"""ACNS 2021: cycle length varies by less than 50 % from one cycle to the next in the majority of cycle pairs."""
CLEAR_RATIO: Final = 3.0
CLEAR_PAIRS: Final = 4
QUIET_PERCENT: Final = 25.0
"""Discharges stand out where in four pairs their slope is three times that of the quiet quarter of the stretch."""
LIKE_A_CLOCK: Final = 0.85
"""Six discharges whose intervals vary by less than 15 % need not stand out: at 2 Hz and more there is no quiet quarter. By these
rules discharges are clear in 19 of 30 windows of GROND's LPD and GPD, in none of 30 of its LRDA and GRDA, and in 2 of 64 of healthy
adults at rest: windows on which they were chosen."""
CLEAR_DB: Final = 5.0
"""Prominence of a rhythm of 0.5-4 Hz: 24 in 30 windows of GROND's LRDA and GRDA reach it, on which it was chosen, and 1 in 64 of
healthy adults at rest. Generalized slowing of an ill brain often does as well: whether it is rhythmic, a reader judges."""


@dataclass(frozen=True, slots=True)
class SelectionPattern:
    """What was found in a stretch; which of the two it is, if any, a reader judges on the signal."""

    start_s: float
    length_s: float
    n_pairs: int                         # of 18, that were recorded and not bad
    discharges_s: tuple[float, ...]      # on the recording's clock
    regular: float                       # share of successive intervals that differ by less than half; 0 below two intervals
    contrast: float                      # slope of the discharges over that between them, in the fourth best pair
    discharges: PatternFacts
    rhythm: PatternFacts

    @property
    def is_periodic(self) -> bool:
        """Whether the discharges are enough and nearly regular, and stand out or tick like a clock."""
        n = len(self.discharges_s)
        ticks = n >= ACNS_CYCLES and self.discharges.clarity >= LIKE_A_CLOCK
        return n >= LEAST_DISCHARGES and self.regular > NEARLY_REGULAR and (self.contrast >= CLEAR_RATIO or ticks)

    @property
    def cycles(self) -> float:
        """Of the rhythm, in the stretch."""
        return self.rhythm.frequency_hz * self.length_s

    @property
    def is_rhythmic(self) -> bool:
        return self.rhythm.clarity >= CLEAR_DB and self.cycles >= ACNS_CYCLES


def find(
    source: RecordingSource, layout: ChannelLayout, start_s: float, stop_s: float, *, mains_hz: float | None = None
) -> SelectionPattern:
    """Discharges and rhythm of a stretch.

    Raises
    ------
    CannotMeasure
        The stretch is too short or too long, crosses a gap, or holds no pair of electrodes that is not bad.
    """
    stretch = _stretch(source, start_s, stop_s)
    begin_s, pairs = clean_pairs.read(source, choose_input(layout), Span(start_s, stop_s), stretch, mains_hz=mains_hz)
    first = round((start_s - begin_s) * ANALYSIS_HZ)
    window = pairs[:, first : first + round((stop_s - start_s) * ANALYSIS_HZ)]
    lost = np.asarray(np.isnan(window).any(axis=1))
    if lost.all():
        raise CannotMeasure("No pair of the longitudinal montage was recorded well here, so no frequency of a pattern can be told.")
    window = np.where(lost[:, None], np.float32(0.0), window)
    times_s = pattern.discharge_times(window, ANALYSIS_HZ)
    return SelectionPattern(
        start_s, stop_s - start_s, int((~lost).sum()), tuple(float(start_s + at) for at in times_s), _regular(np.diff(times_s)),
        _contrast(window[~lost], times_s), pattern.periodic(window, ANALYSIS_HZ, lost), pattern.rhythmic(window, ANALYSIS_HZ, lost),
    )


def _stretch(source: RecordingSource, start_s: float, stop_s: float) -> Span:
    """The gap-free stretch that a selection lies in."""
    length_s = stop_s - start_s
    if length_s < SHORTEST_S - 1e-6:
        raise CannotMeasure(f"The selection lasts {length_s:.2f} s; the frequency of a pattern needs {SHORTEST_S:g} s at least. Move the cursors apart.")
    if length_s > LONGEST_S:
        raise CannotMeasure(f"The selection lasts {length_s:.0f} s; the frequency of a pattern is told for at most {LONGEST_S:g} s.")
    for span in source.info.stretches:
        if span.start_s - 1e-6 <= start_s and stop_s <= span.stop_s + 1e-6:
            return span
    raise CannotMeasure("Part of the selection was not recorded, so no frequency of a pattern is told. Choose a stretch without a gap.")


def _regular(intervals_s: NDArray[np.float64]) -> float:
    changes = np.abs(np.diff(intervals_s)) / intervals_s[:-1]
    return float(np.mean(changes < NEARLY_REGULAR)) if len(changes) else 0.0


def _contrast(pairs_uv: NDArray[np.float32], times_s: NDArray[np.float64]) -> float:
    if not len(times_s):
        return 0.0
    envelopes = pattern.discharge_envelopes(pairs_uv, ANALYSIS_HZ)
    reach = round(pattern.RESPONSE_S * ANALYSIS_HZ)
    highest = ndimage.maximum_filter1d(envelopes, 2 * reach + 1, axis=1)[:, np.round(times_s * ANALYSIS_HZ).astype(np.intp)]
    ratios = np.median(highest, axis=1) / np.maximum(np.percentile(envelopes, QUIET_PERCENT, axis=1), 1e-9)
    return float(np.sort(ratios)[-min(CLEAR_PAIRS, len(ratios))])
