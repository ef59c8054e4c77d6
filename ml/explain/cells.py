"""The parts of a window that an explanation weighs: regions by time, or regions by bands by time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.analysis import WINDOW_S
from ml.channels import REGIONS
from ml.filters import ANALYSIS_HZ

View = Literal["signal", "bands"]
VIEWS: Final[tuple[View, ...]] = ("signal", "bands")
MIDLINE: Final[tuple[int, ...]] = (16, 17)
SIGNAL_REGIONS: Final[dict[str, tuple[int, ...]]] = {**REGIONS, "midline": MIDLINE}
"""The five chains as indices into ``CHAIN_PAIRS``."""
SEGMENTS: Final = 10
"""Equal segments of 5 s: attributions of unequal ones cannot be compared (Nayebi et al., arXiv 2509.03649)."""
BAND_TIMES: Final = 5
BANDS_HZ: Final[tuple[tuple[float, float], ...]] = ((0.5, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 20.0))
FADE_S: Final = 0.25
"""Neighboring segments pass into each other over so long: a step would look like an artifact."""
FADE_OCTAVES: Final = 0.2
"""Neighboring bands overlap over so much."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A grid of cells; values over it are of shape (regions, bands, times)."""

    regions: tuple[str, ...]
    bands_hz: tuple[tuple[float, float], ...]    # empty: the signal as a whole
    edges_s: tuple[float, ...]                   # of the segments, from the start of the window

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.regions), max(1, len(self.bands_hz)), len(self.edges_s) - 1

    @property
    def n(self) -> int:
        return int(np.prod(self.shape))

    def members(self) -> list[tuple[int, ...]]:
        """Pairs of each region."""
        return [SIGNAL_REGIONS[name] for name in self.regions]


def cells_of(view: View) -> Cells:
    """5 regions x 10 segments of the signal, or 4 regions x 5 bands x 5 segments of its spectrum."""
    if view == "signal":
        return Cells(tuple(SIGNAL_REGIONS), (), _edges(SEGMENTS))
    return Cells(tuple(REGIONS), BANDS_HZ, _edges(BAND_TIMES))


def _edges(n: int) -> tuple[float, ...]:
    return tuple(float(edge) for edge in np.linspace(0.0, WINDOW_S, n + 1))


@lru_cache(maxsize=4)
def ramps(edges_s: tuple[float, ...], n_samples: int) -> NDArray[np.float32]:
    """Weight (segments, samples) of each segment at each moment; they sum to 1."""
    seconds = (np.arange(n_samples) + 0.5) / ANALYSIS_HZ
    inner = np.array(edges_s[1:-1])
    after = np.ones((len(edges_s), n_samples))
    after[1:-1] = _smooth((seconds - inner[:, None]) / FADE_S + 0.5)
    after[-1] = 0.0
    return np.asarray(after[:-1] - after[1:], dtype=np.float32)


@lru_cache(maxsize=4)
def band_gains(bands_hz: tuple[tuple[float, float], ...], n_samples: int) -> NDArray[np.float32]:
    """Gain (bands, frequencies of ``rfft``) of each band; they sum to 1 below the upper edge of the last band.

    What lies below the first band belongs to it; what lies above the last one belongs to none.
    """
    octave = np.log2(np.maximum(np.fft.rfftfreq(n_samples, 1.0 / ANALYSIS_HZ), 1e-3))
    tops = np.log2([high for _, high in bands_hz])
    below = 1.0 - _smooth((octave - tops[:, None]) / FADE_OCTAVES + 0.5)
    return np.asarray(np.diff(below, axis=0, prepend=0.0), dtype=np.float32)


def _smooth(x: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(x, 0.0, 1.0)
    return clipped * clipped * (3.0 - 2.0 * clipped)
