"""The 50 s that the networks saw around one label span, made again from the recording as the analysis made them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ml import quality
from ml.channels import map_to_1020
from ml.errors import RecordingError
from ml.filters import ANALYSIS_HZ
from ml.network_input import NetworkInput, choose_input
from ml.pipeline import Block, Cleaned, clean_block
from ml.quality import SECOND
from ml.recording import RecordingSource
from ml.windows import BEFORE, LABEL, WINDOW, Stretch


def of_span(
    source: RecordingSource, start_s: float, *, mains_hz: float | None, corrections: Mapping[str, str] | None = None
) -> NDArray[np.float32]:
    """Pairs (18, 10000) around a label span, finite; 0 where nothing was recorded.

    Parameters
    ----------
    start_s
        Start of the 10 s of the span, as the analysis has it.
    mains_hz
        Hum that the analysis found.
    corrections
        What a person said the channels are, as the analysis knew it.

    Raises
    ------
    RecordingError
        If no gap-free stretch holds the span, or too many electrodes are bad.
    """
    chosen = choose_input(map_to_1020(source.info.signals, corrections))
    stretch, start = _place(source, start_s)
    first = stretch.first + (start - stretch.first) // SECOND * SECOND       # seconds are judged on the grid of the stretch
    block = Block(stretch, first, min(first + SECOND, stretch.stop))
    cleaned = clean_block(source, chosen, block, mains_hz)
    return _pairs(cleaned, chosen, start)


def _place(source: RecordingSource, start_s: float) -> tuple[Stretch, int]:
    wanted = round(start_s * ANALYSIS_HZ)
    for stretch in map(Stretch.of, source.info.stretches):
        if stretch.first - 1 <= wanted <= stretch.stop - LABEL + 1:
            return stretch, int(np.clip(wanted, stretch.first, stretch.stop - LABEL))
    raise RecordingError(f"No 10 s without a gap begin at {start_s:g} s of this recording.", code="no_span")


def _pairs(cleaned: Cleaned, chosen: NetworkInput, start: int) -> NDArray[np.float32]:
    first = np.array([(start - cleaned.origin) // SECOND])
    last = np.array([-(-(start + LABEL - cleaned.origin) // SECOND)])
    bad = quality.bad_for_spans(cleaned.bad, cleaned.recorded, first, last)[0]
    matrix = chosen.matrix(tuple(np.flatnonzero(bad).tolist()))
    if matrix is None:
        raise RecordingError("Too many electrodes are bad here; the model did not judge this window.", code="not_assessed")
    begin = start - BEFORE - cleaned.origin
    return np.asarray(np.nan_to_num(matrix @ cleaned.values_uv[:, begin : begin + WINDOW]), dtype=np.float32)
