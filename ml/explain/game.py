"""A window without some of its parts: every combination of kept cells becomes a window that the ensemble can judge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.explain.cells import Cells, band_gains, ramps


@dataclass(frozen=True, slots=True)
class Game:
    """A window, its stand-in and the grid between them."""

    cells: Cells
    window_uv: NDArray[np.float32]       # (18, samples), finite
    away_uv: NDArray[np.float32]         # (bands, 18, samples): what leaves with a cell, window minus stand-in
    ramps: NDArray[np.float32]           # (segments, samples)

    @classmethod
    def of(cls, cells: Cells, window_uv: NDArray[np.float32], stand_in_uv: NDArray[np.float32]) -> Game:
        """Split what differs between a window and its stand-in, both (18, samples)."""
        away = (window_uv - stand_in_uv)[None]
        n_samples = window_uv.shape[1]
        if cells.bands_hz:
            spectrum = np.fft.rfft(away[0], axis=1) * band_gains(cells.bands_hz, n_samples)[:, None]
            away = np.fft.irfft(spectrum, n=n_samples, axis=2).astype(np.float32) * (window_uv != 0.0)
        return cls(cells, window_uv, away, ramps(cells.edges_s, n_samples))

    def players(self) -> NDArray[np.intp]:
        """Cells (flat indices) whose removal changes anything; the others have nothing recorded in them."""
        power = np.empty(self.cells.shape)
        for region, members in enumerate(self.cells.members()):
            mine = np.abs(self.away_uv[:, list(members)]).sum(axis=1)          # (bands, samples)
            power[region] = mine @ self.ramps.T
        return np.flatnonzero(power.ravel() > 1e-6)

    def windows(self, kept: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Windows (n, 18, samples) in which only the kept cells (n, cells) are as recorded."""
        lost = (~kept).reshape(len(kept), *self.cells.shape).astype(np.float32) @ self.ramps   # (n, regions, bands, samples)
        made = np.repeat(self.window_uv[None], len(kept), axis=0)
        for region, members in enumerate(self.cells.members()):
            for pair in members:
                made[:, pair] -= np.einsum("nbt,bt->nt", lost[:, region], self.away_uv[:, pair])
        return made
