"""Features of a whole recording, block by block in constant memory, on as many cores as are given."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import clean_pairs, scaling
from ml.channels import map_to_1020
from ml.features import processes
from ml.features.extract import FeatureTable, Which, extract
from ml.filters import ANALYSIS_HZ
from ml.network_input import NetworkInput, choose_input
from ml.recording import RecordingSource, Span
from ml.work_ahead import work_ahead

WINDOW_S: Final = 10.0
"""Length of a label span: features describe what a label would be about."""
BLOCK_S: Final = 600.0
MOST_WINDOWS: Final = 120
"""Windows of a block: 17 MB, however small the step."""


@dataclass(frozen=True, slots=True)
class FeatureBlock:
    """Features of consecutive windows of 10 s."""

    start_s: NDArray[np.float64]         # (n_windows,) from the start of the recording
    table: FeatureTable


def stream(
    source: RecordingSource, *, which: Which = "full", step_s: float = WINDOW_S, mains_hz: float | None = None, cores: int = 1,
    robust: bool = False,
) -> Iterator[FeatureBlock]:
    """Features of the windows that tile every gap-free stretch, every ``step_s`` from its start; none crosses a gap.

    Pairs that were not recorded, or whose electrodes are bad in a window (``ml.clean_pairs``), have no values in it. With more
    than one core, blocks are read and cleaned ahead in threads, and the full set is computed in processes (``ml.features.processes``).

    ``robust`` takes the median off each window and clips it (``ml.scaling.robust``), so that an electrode pop does not rule its features.
    """
    if not step_s > 0.0:
        raise ValueError(f"windows must lie more than 0 s apart, not {step_s} s")
    chosen = choose_input(map_to_1020(source.info.signals))
    blocks = list(_blocks(source, step_s)) if chosen.signals else []
    cores = min(cores, len(blocks))
    with processes.pool(cores) if cores > 1 and which == "full" else nullcontext() as pool:

        def of_block(block: tuple[NDArray[np.float64], Span]) -> FeatureBlock:
            windows = _cut(source, chosen, *block, mains_hz)
            return FeatureBlock(block[0], _table(scaling.robust(windows) if robust else windows, which, pool))

        yield from work_ahead(of_block, blocks, threads=cores if cores > 1 else 0)


def _table(windows: NDArray[np.float32], which: Which, pool: ProcessPoolExecutor | None) -> FeatureTable:
    if pool is None:
        return extract(windows, which=which)
    return pool.submit(processes.extract, windows, which=which).result()


def _blocks(source: RecordingSource, step_s: float) -> Iterator[tuple[NDArray[np.float64], Span]]:
    """Starts of consecutive windows, and the gap-free stretch that holds them."""
    per_block = max(1, min(MOST_WINDOWS, int(BLOCK_S / step_s)))
    for stretch in source.info.stretches:
        if stretch.length_s >= WINDOW_S - 1e-6:
            count = max(0, int((stretch.length_s - WINDOW_S) / step_s + 1e-9) + 1)
            starts = np.asarray(stretch.start_s + np.arange(count) * step_s, dtype=np.float64)
            yield from ((starts[first : first + per_block], stretch) for first in range(0, count, per_block))


def _cut(
    source: RecordingSource, chosen: NetworkInput, starts: NDArray[np.float64], stretch: Span, mains_hz: float | None
) -> NDArray[np.float32]:
    wanted = Span(float(starts[0]), min(stretch.stop_s, float(starts[-1]) + WINDOW_S))
    start_s, pairs = clean_pairs.read(source, chosen, wanted, stretch, mains_hz=mains_hz)
    length = round(WINDOW_S * ANALYSIS_HZ)
    first = np.rint((starts - start_s) * ANALYSIS_HZ).astype(np.int64).clip(0, pairs.shape[1] - length)
    views = np.lib.stride_tricks.sliding_window_view(pairs, length, axis=1)
    return np.asarray(views[:, first].transpose(1, 0, 2))
