"""Which windows make a batch: classes alike, and the ones that are still hard more often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.training.dataset import WindowSet

FORGET: float = 0.5
"""Weight of a new loss in the memory of a window's losses."""


class Sampler:
    """Draws rows with replacement.

    Parameters
    ----------
    windows
        The windows; rows of one label group (crops of one label) share its weight.
    balance
        1: every class as frequent as any other (by most votes); 0: as frequent as it is.
    hard_share
        Share of every batch that is drawn by the loss when a window was last met. Windows never met count as the mean.
    """

    def __init__(self, windows: WindowSet, *, balance: float = 1.0, hard_share: float = 0.0) -> None:
        majority = windows.votes.argmax(axis=1)
        share = windows.share
        of_class = np.bincount(majority, weights=share, minlength=windows.votes.shape[1])
        weight = share * (share.sum() / of_class[majority]) ** balance
        self.weight: NDArray[np.float64] = weight / weight.sum()
        self.hard_share = hard_share
        self.losses: NDArray[np.float32] = np.full(len(majority), np.nan, dtype=np.float32)

    def draw(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        """Sorted rows of one batch (sorted, since the windows are a memory map)."""
        n_hard = round(self.hard_share * size) if np.isfinite(self.losses).any() else 0
        rows = [rng.choice(len(self.weight), size - n_hard, p=self.weight)]
        if n_hard:
            hardness = self.weight * np.where(np.isnan(self.losses), np.nanmean(self.losses), self.losses)
            rows.append(rng.choice(len(self.weight), n_hard, p=hardness / hardness.sum()))
        return np.sort(np.concatenate(rows)).astype(np.int64)

    def learn(self, rows: NDArray[np.int64], losses: NDArray[np.floating]) -> None:
        """Remember how far off these windows were."""
        before = np.where(np.isnan(self.losses[rows]), losses, self.losses[rows])
        self.losses[rows] = np.clip((1 - FORGET) * before + FORGET * losses, 1e-3, 20)
