"""From what was recorded to the 18 pairs that the networks see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS, ELECTRODES, ChannelLayout
from ml.interpolation import MAX_INTERPOLATED, closing, filling
from ml.montage import CHAINS


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """Which signals feed the networks: the 19 electrodes, or the 18 pairs where they were recorded as such."""

    of_pairs: bool
    assessable: bool
    names: tuple[str, ...]               # the channels of the analysis: 19 electrodes or 18 pairs
    signals: tuple[int, ...]             # indices into the recording's signals
    rows: tuple[int, ...]                # row of each signal among ``names``

    @property
    def absent(self) -> tuple[int, ...]:
        """Rows that no signal holds."""
        return tuple(row for row in range(len(self.names)) if row not in self.rows)

    @property
    def pair_names(self) -> tuple[str, ...]:
        return tuple(f"{first}-{second}" for first, second in CHAIN_PAIRS)

    def spread(self, read_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Signals as read -> channels of the analysis, (n_channels, n); NaN where absent."""
        values = np.full((len(self.names), read_uv.shape[1]), np.nan, dtype=np.float32)
        values[list(self.rows)] = read_uv
        return values

    def matrix(self, bad: tuple[int, ...]) -> NDArray[np.float32] | None:
        """Matrix (18, n_channels) that fills in bad channels and takes differences; ``None`` if too many are bad."""
        if len(bad) > MAX_INTERPOLATED:
            return None
        matrix = closing(bad) if self.of_pairs else CHAINS @ filling(bad)
        return matrix.astype(np.float32)

    def recorded_pairs(self, values_uv: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[tuple[int, ...]]]:
        """The 18 pairs without any filling in, NaN where one of the two is, and the channels that each needs."""
        if self.of_pairs:
            return values_uv, [(row,) for row in range(len(self.names))]
        members = [(ELECTRODES.index(first), ELECTRODES.index(second)) for first, second in CHAIN_PAIRS]
        pairs = np.empty((len(members), values_uv.shape[1]), dtype=values_uv.dtype)
        for pair, (first, second) in zip(pairs, members, strict=True):     # a product with a matrix would spread a NaN to all pairs
            np.subtract(values_uv[first], values_uv[second], out=pair)
        return pairs, list(members)


def choose_input(layout: ChannelLayout) -> NetworkInput:
    """Electrodes if at most four are absent, else complete chains of pairs; not assessable otherwise."""
    present = [name for name in ELECTRODES if name in layout.electrodes]
    enough = len(present) >= len(ELECTRODES) - MAX_INTERPOLATED
    if layout.has_complete_chains and not enough:
        names = tuple(f"{first}-{second}" for first, second in CHAIN_PAIRS)
        signals = tuple(layout.pairs[pair] for pair in CHAIN_PAIRS)
        return NetworkInput(True, True, names, signals, tuple(range(len(names))))
    signals = tuple(layout.electrodes[name] for name in present)
    return NetworkInput(False, enough, ELECTRODES, signals, tuple(ELECTRODES.index(name) for name in present))
