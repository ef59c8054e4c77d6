"""Causal filters for live use: the filter carries its memory from chunk to chunk.

The same sections as in ``ml.filters``, run forward only. So nothing waits for the future, waves come late by the group delay
(of 0.5-50 Hz: 140 ms at 1 Hz, 8 ms at 10 Hz), and the gain is -3 dB at the corners where the zero-phase
filters have -6 dB. Review and analysis never use it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ml.filters import ANALYSIS_HZ, HIGH_PASS_ORDER, LOW_PASS_ORDER, WIDE_BAND_HZ, Sections, band_pass, notch


@dataclass(frozen=True, slots=True)
class CausalFilter:
    """A filter with its memory: a value that is passed in and returned, never changed."""

    sections: Sections                   # (n_sections, 6)
    memory: NDArray[np.float64]          # (n_sections, n_channels, 2)
    offset_uv: NDArray[np.float64]       # (n_channels,) first value ever seen; NaN before
    last_uv: NDArray[np.float64]         # (n_channels,) newest value, held while nothing is recorded; NaN before the first

    @classmethod
    def at_rest(cls, sections: Sections, n_channels: int) -> CausalFilter:
        """A filter that has seen nothing; the first value of each channel is taken for what was always there."""
        empty = np.full(n_channels, np.nan)
        return cls(sections, np.zeros((len(sections), n_channels, 2)), empty, empty)

    @classmethod
    def for_band(
        cls, n_channels: int, *, band_hz: tuple[float | None, float | None] = WIDE_BAND_HZ, mains_hz: float | None = None,
        sfreq_hz: float = ANALYSIS_HZ,
    ) -> CausalFilter:
        """Band-pass of the analysis' orders and, if asked for, notches at the mains frequency and its harmonics."""
        sections = band_pass(*band_hz, sfreq_hz, HIGH_PASS_ORDER, LOW_PASS_ORDER)
        if mains_hz is not None:
            sections = np.concatenate([sections, notch(mains_hz, sfreq_hz)])
        return cls.at_rest(sections, n_channels)

    def run(self, chunk_uv: NDArray[np.floating]) -> tuple[NDArray[np.float64], CausalFilter]:
        """Filter the next samples.

        Parameters
        ----------
        chunk_uv
            (n_channels, n) microvolts, any n; NaN where nothing was recorded: the last value is held there, so that the
            filter neither jumps nor forgets.

        Returns
        -------
        The filtered samples, NaN where the chunk has NaN, and the filter as it is after them. Cutting a signal into chunks
        in any way gives the same bits.
        """
        values = np.asarray(chunk_uv, dtype=np.float64)
        if values.shape[1] == 0 or not len(self.sections):
            return values.copy(), self
        known = np.isfinite(values)
        offset = np.where(np.isnan(self.offset_uv), _first_known(values, known), self.offset_uv)
        held = _held(values, known, self.last_uv)
        base = np.nan_to_num(offset)[:, None]
        moved = np.where(np.isnan(held), 0.0, held - base)
        filtered, memory = signal.sosfilt(self.sections, moved, axis=-1, zi=self.memory)
        out = np.where(known, filtered + base * _gain_at_zero(self.sections), np.nan)
        return out, replace(self, memory=memory, offset_uv=offset, last_uv=held[:, -1])


def _first_known(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    first = values[np.arange(len(values)), known.argmax(axis=1)]
    return np.where(known.any(axis=1), first, np.nan)


def _held(values: NDArray[np.float64], known: NDArray[np.bool_], last_uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every missing value replaced by the newest one before it; NaN only where there never was one."""
    extended = np.concatenate([last_uv[:, None], values], axis=1)
    newest = np.where(np.concatenate([np.ones((len(values), 1), dtype=bool), known], axis=1), np.arange(extended.shape[1]), 0)
    return np.asarray(np.take_along_axis(extended, np.maximum.accumulate(newest, axis=1), axis=1)[:, 1:])


def _gain_at_zero(sections: Sections) -> float:
    gain = float(np.prod(sections[:, :3].sum(axis=1) / sections[:, 3:].sum(axis=1)))
    return 0.0 if abs(gain) < 1e-9 else gain
