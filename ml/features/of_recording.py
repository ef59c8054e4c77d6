"""Features of a whole recording, block by block in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import clean_pairs
from ml.channels import map_to_1020
from ml.features.extract import FeatureTable, Which, extract
from ml.filters import ANALYSIS_HZ
from ml.network_input import NetworkInput, choose_input
from ml.recording import RecordingSource, Span

WINDOW_S: Final = 10.0
"""Length of a label span: features describe what a label would be about."""
BLOCK_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class FeatureBlock:
    """Features of consecutive windows of 10 s."""

    start_s: NDArray[np.float64]         # (n_windows,) from the start of the recording
    table: FeatureTable


def stream(
    source: RecordingSource, *, which: Which = "full", step_s: float = WINDOW_S, mains_hz: float | None = None, threads: int = 1
) -> Iterator[FeatureBlock]:
    """Features of the windows that tile every gap-free stretch, every ``step_s`` from its start; none crosses a gap.

    Pairs that were not recorded, or whose electrodes are bad in a window (``ml.clean_pairs``), have no values in it.
    """
    if not step_s > 0.0:
        raise ValueError(f"windows must lie more than 0 s apart, not {step_s} s")
    chosen = choose_input(map_to_1020(source.info.signals))
    for stretch in source.info.stretches:
        starts = stretch.start_s + np.arange(max(0, int((stretch.length_s - WINDOW_S) / step_s + 1e-9) + 1)) * step_s
        if not chosen.signals or stretch.length_s < WINDOW_S - 1e-6:
            continue
        for first_s in np.arange(starts[0], starts[-1] + 1e-6, BLOCK_S):
            of_block = starts[(starts >= first_s - 1e-6) & (starts < first_s + BLOCK_S - 1e-6)]
            if len(of_block):
                windows = _cut(source, chosen, of_block, stretch, mains_hz)
                yield FeatureBlock(of_block, extract(windows, which=which, threads=threads))


def _cut(
    source: RecordingSource, chosen: NetworkInput, starts: NDArray[np.float64], stretch: Span, mains_hz: float | None
) -> NDArray[np.float32]:
    wanted = Span(float(starts[0]), min(stretch.stop_s, float(starts[-1]) + WINDOW_S))
    start_s, pairs = clean_pairs.read(source, chosen, wanted, stretch, mains_hz=mains_hz)
    length = round(WINDOW_S * ANALYSIS_HZ)
    first = np.rint((starts - start_s) * ANALYSIS_HZ).astype(np.int64).clip(0, pairs.shape[1] - length)
    views = np.lib.stride_tricks.sliding_window_view(pairs, length, axis=1)
    return np.asarray(views[:, first].transpose(1, 0, 2))
