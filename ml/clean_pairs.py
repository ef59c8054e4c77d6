"""The longitudinal bipolar montage of any stretch, cleaned as for the analysis, with what is bad left out.

Nothing is interpolated here: a pair is NaN where one of its electrodes was not recorded or is bad in 30 % of the 10 s
around a second (``ml.quality``). For trends and features, which count pairs instead of needing all of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml import filters, quality
from ml.filters import ANALYSIS_HZ, SETTLING_S
from ml.network_input import NetworkInput
from ml.quality import SECOND
from ml.recording import RecordingSource, Span
from ml.resample import read_at_rate

BAD_SHARE: Final = quality.LABEL_SHARE
_AROUND_S: Final = 10


def read(
    source: RecordingSource, chosen: NetworkInput, wanted: Span, stretch: Span, *, mains_hz: float | None = None
) -> tuple[float, NDArray[np.float32]]:
    """Pairs of a span within one gap-free stretch, with up to 25 s of context on both sides.

    Returns
    -------
    The time of the first sample in seconds, and (18, samples) µV at 200 Hz, 0.5-40 Hz.
    """
    start_s, stop_s = max(stretch.start_s, wanted.start_s - SETTLING_S), min(stretch.stop_s, wanted.stop_s + SETTLING_S)
    raw = read_at_rate(source, chosen.signals, start_s, stop_s, ANALYSIS_HZ)
    clean = chosen.spread(filters.clean(raw, mains_hz=mains_hz))
    pairs, members = chosen.recorded_pairs(clean)
    bad = quality.judge(chosen.spread(raw), clean, common_reference=not chosen.of_pairs).bad
    of_pairs = np.array([bad[list(channels)].any(axis=0) for channels in members], dtype=np.float64)
    lost = ndimage.uniform_filter1d(of_pairs, _AROUND_S, axis=1, mode="nearest") >= BAD_SHARE
    every_sample = np.repeat(lost, SECOND, axis=1)[:, : pairs.shape[1]]
    return start_s, np.where(every_sample, np.float32(np.nan), pairs)
