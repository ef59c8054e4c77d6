"""Any stretch of a recording at one sampling rate: polyphase, anti-aliased, the same whatever stretch is asked.

Method: zero-phase Kaiser-windowed FIR as in ``scipy.signal.resample_poly`` (half-length 10 periods of the slower rate,
beta 5). Every request is computed on the grid of the whole recording with the filter's full context, so requests that
overlap agree sample for sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal as dsp

from ml.recording import RecordingSource

_HALF_PERIODS: Final = 10
_KAISER_BETA: Final = 5.0
_MAX_DENOMINATOR: Final = 10_000_000
_MAX_FACTOR: Final = 200_000
"""Odd ratios are approximated by factors up to this: the clock then errs by at most a quarter of a second in a day."""
_HELD_FROM: Final = 100
"""A signal so many times slower than asked is a trend (temperature, oxygen): its values are held, not filtered."""


def read_at_rate(
    source: RecordingSource, indices: Sequence[int], start_s: float, stop_s: float, sfreq_hz: float,
) -> NDArray[np.float32]:
    """Read signals of any rates at one rate.

    Parameters
    ----------
    source
        The recording.
    indices
        Signals, as indices into ``source.info.signals``.
    start_s, stop_s
        Stretch in seconds from the start; may lie partly outside of the recording.
    sfreq_hz
        Rate of the result.

    Returns
    -------
    NDArray
        Microvolts, shape ``(len(indices), round(stop_s * sfreq_hz) - round(start_s * sfreq_hz))``. Sample ``k`` of the
        recording lies at ``k / sfreq_hz``. NaN where a signal was not recorded; the filter never reaches over such a place:
        each piece is filtered by itself, its edge values held.
    """
    first, stop = round(start_s * sfreq_hz), round(stop_s * sfreq_hz)
    result = np.full((len(indices), max(0, stop - first)), np.nan, np.float32)
    rates = [source.info.signals[index].sfreq_hz for index in indices]
    for rate in sorted(set(rates)):
        rows = [row for row, own in enumerate(rates) if own == rate]
        up, down = ratio(rate, sfreq_hz)
        chosen = [indices[row] for row in rows]
        if rate * _HELD_FROM < sfreq_hz:
            result[rows] = _held(source, chosen, first, stop, rate / sfreq_hz)
        elif up == down:
            for row, uv in zip(rows, source.read(first / rate, stop / rate, chosen), strict=True):
                result[row] = uv
        elif result.shape[1]:
            low, high = _context(first, stop, up, down)
            for row, uv in zip(rows, source.read(low / rate, high / rate, chosen), strict=True):
                result[row] = _on_grid(uv, low, first, stop, up, down)
    return result


def ratio(from_hz: float, to_hz: float) -> tuple[int, int]:
    """Whole numbers ``(up, down)`` with ``to_hz / from_hz == up / down``."""
    if from_hz * _HELD_FROM < to_hz:
        return 1, 1
    exact = Fraction(to_hz).limit_denominator(_MAX_DENOMINATOR) / Fraction(from_hz).limit_denominator(_MAX_DENOMINATOR)
    if max(exact.numerator, exact.denominator) > _MAX_FACTOR:
        exact = exact.limit_denominator(_MAX_FACTOR // max(1, round(exact)))
    return exact.numerator, exact.denominator


def _held(
    source: RecordingSource, indices: Sequence[int], first: int, stop: int, slowness: float,
) -> NDArray[np.float32]:
    """Outputs of signals far slower than asked: each value holds until the next."""
    own = np.floor(np.arange(first, stop) * slowness + 1e-9).astype(np.int64)
    if not own.size:
        return np.empty((len(indices), 0), np.float32)
    rate = source.info.signals[indices[0]].sfreq_hz
    values = source.read(int(own[0]) / rate, (int(own[-1]) + 1) / rate, indices)
    return np.array([uv[own - own[0]] for uv in values])


def _context(first: int, stop: int, up: int, down: int) -> tuple[int, int]:
    """Half-open range of input samples that outputs ``first .. stop`` may need."""
    reach = _HALF_PERIODS * max(up, down)
    return -((reach - first * down) // up), ((stop - 1) * down + reach) // up + 1


def _on_grid(uv: NDArray[np.float32], low: int, first: int, stop: int, up: int, down: int) -> NDArray[np.float32]:
    """Outputs ``first .. stop`` from input samples that begin at ``low``, piece by piece between missing values."""
    result = np.full(stop - first, np.nan, np.float32)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.isfinite(uv), [False]]).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2).tolist():
        k0 = max(first, -(-(low + begin) * up // down))      # first output at or after the piece's first sample
        k1 = min(stop, -(-(low + end) * up // down))
        if k0 < k1:
            result[k0 - first : k1 - first] = _filtered(uv[begin:end], low + begin, k0, k1, up, down)
    return result


def _filtered(piece: NDArray[np.float32], at: int, k0: int, k1: int, up: int, down: int) -> NDArray[np.float64]:
    """Outputs ``k0 .. k1`` of one piece whose first sample has the index ``at``."""
    taps = _taps(up, down)
    half = len(taps) // 2
    hold = half // up + 2
    held = np.pad(piece.astype(np.float64), hold, mode="edge")
    lead = half - (at - hold) * up
    delay = -lead % down
    first = (k0 * down + lead + delay) // down
    filtered = dsp.upfirdn(np.concatenate([np.zeros(delay), taps]), held, up, down)
    return np.asarray(filtered[first : first + k1 - k0])


@lru_cache(maxsize=16)
def _taps(up: int, down: int) -> NDArray[np.float64]:
    slower = max(up, down)
    taps = dsp.firwin(2 * _HALF_PERIODS * slower + 1, 1 / slower, window=("kaiser", _KAISER_BETA))
    return np.asarray(taps * up, np.float64)
