"""Nonlinear: entropies, fractal dimensions, long-range correlation, divergence of neighboring states.

Conventions are those of antropy 0.2 (embedding dimension 2 and tolerance 0.2 sd for the entropies, order 3 for permutations,
k up to 10 for Higuchi), so that values compare with the literature that uses it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ml.features.feature import Feature, Windows

TOLERANCE: Final = 0.2
ENTROPY_HZ: Final = 100.0
"""Rate of sample and approximate entropy: every second sample holds all that is below 40 Hz at a quarter of the work."""
HIGUCHI_K: Final = 10
HURST_LAGS: Final = 20
LYAPUNOV_HZ: Final = 50.0
LYAPUNOV_DIMENSION: Final = 6
LYAPUNOV_LAG_S: Final = 0.06
LYAPUNOV_THEILER_S: Final = 1.0
LYAPUNOV_FOLLOW_S: Final = 0.5
_FLUSH: Final = 120
_STATES: Final = 80
"""States compared at once: so few that BLAS starts no threads, whose waiting costs more than they save."""

FEATURES: Final = tuple(Feature(name, unit, source) for name, unit, source in (
    ("sample_entropy", "nat", "m = 2, r = 0.2 sd, at 100 Hz (Richman & Moorman, Am J Physiol 2000;278:H2039)"),
    ("approximate_entropy", "nat", "m = 2, r = 0.2 sd, at 100 Hz (Pincus, PNAS 1991;88:2297-2301)"),
    ("permutation_entropy", "", "order 3, delay 1 sample, over its largest value (Bandt & Pompe, Phys Rev Lett 2002;88:174102)"),
    ("higuchi_dimension", "", "k up to 10 (Higuchi, Physica D 1988;31:277-283)"),
    ("petrosian_dimension", "", "from sign changes of the slope (Petrosian, IEEE CBMS 1995)"),
    ("katz_dimension", "", "from length and reach of the curve (Katz, Comput Biol Med 1988;18:145-156)"),
    ("dfa_exponent", "", "detrended fluctuation analysis, 4 samples to a tenth of the window (Peng et al., Chaos 1995;5:82-87)"),
    ("hurst_exponent", "", "spread of the summed signal over lags of 1 to 20 samples; 0.5 for white noise (Di Matteo, Quant Finance 2007;7:21-36)"),
    ("lyapunov_exponent", "1/s", "largest; dimension 6, lag 60 ms, first 0.5 s, at 50 Hz (Rosenstein et al., Physica D 1993;65:117-134)"),
))


def compute(windows_uv: Windows, sfreq_hz: float) -> NDArray[np.float64]:
    """(n_windows, n_channels, 9) in the order of ``FEATURES``."""
    rows = windows_uv.reshape(-1, windows_uv.shape[-1])
    sample, approximate = entropies(rows[:, :: max(1, round(sfreq_hz / ENTROPY_HZ))])
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [
            sample, approximate, permutation_entropy(rows), higuchi(rows), petrosian(rows), katz(rows), dfa(rows), hurst(rows),
            _lyapunov_of_eeg(rows, sfreq_hz),
        ]
    return np.stack(columns, axis=-1).reshape(*windows_uv.shape[:2], len(FEATURES))


def entropies(rows: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sample and approximate entropy (m = 2) of every row, from one pass over all pairs of moments.

    Templates of two and three values match where no difference exceeds the tolerance. Sample entropy compares the first
    n - 2 templates of either length without themselves; approximate entropy counts them with themselves. Matches are summed
    in bytes, which hold ``_FLUSH`` passes; the rows lie side by side in memory, so that each pass is one run over it.
    """
    x = np.ascontiguousarray(rows.T, dtype=np.float32)                # (n, count)
    n = len(x)
    limit = (TOLERANCE * rows.astype(np.float32).std(axis=-1, dtype=np.float64)).astype(np.float32)
    tolerance = np.ascontiguousarray(np.broadcast_to(limit, x.shape))
    difference, close, two, three = np.empty_like(x), *np.empty((3, *x.shape), dtype=bool)
    totals = np.ones((2, n - 1, x.shape[1]), dtype=np.float64)        # every template matches itself
    bytes_ = np.zeros(totals.shape, dtype=np.uint8)
    for lag in range(1, n - 1):
        left = n - lag
        np.subtract(x[lag:], x[:left], out=difference[:left])
        np.abs(difference[:left], out=difference[:left])
        np.less_equal(difference[:left], tolerance[:left], out=close[:left])
        np.logical_and(close[: left - 1], close[1:left], out=two[: left - 1])
        np.logical_and(two[: left - 2], close[2:left], out=three[: left - 2])
        for total, match in ((bytes_[0], two[: left - 1].view(np.uint8)), (bytes_[1], three[: left - 2].view(np.uint8))):
            total[: len(match)] += match
            total[lag : lag + len(match)] += match
        if lag % _FLUSH == 0 or lag == n - 2:
            totals += bytes_
            bytes_[:] = 0
    pairs = (totals - 1.0).sum(axis=1) / 2.0
    pairs[0] -= totals[0, -1] - 1.0                                   # the last template of two has no third value
    with np.errstate(divide="ignore", invalid="ignore"):
        sample = -np.log(pairs[1] / pairs[0])
        phi = [np.log(totals[0] / (n - 1)).mean(axis=0), np.log(totals[1, : n - 2] / (n - 2)).mean(axis=0)]
    return sample, phi[0] - phi[1]


def permutation_entropy(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Entropy of the six orders of three neighbors, over log2 6."""
    a, b, c = rows[:, :-2], rows[:, 1:-1], rows[:, 2:]
    code = (a <= b).astype(np.int64) + 2 * (b <= c) + 4 * (a <= c) + 8 * np.arange(len(rows))[:, None]
    counts = np.bincount(code.ravel(), minlength=8 * len(rows)).reshape(-1, 8)
    share = counts / a.shape[1]
    return np.asarray(-(share * np.log2(np.maximum(share, 1e-12))).sum(axis=1) / np.log2(6.0), dtype=np.float64)


def higuchi(rows: NDArray[np.floating], k_max: int = HIGUCHI_K) -> NDArray[np.float64]:
    """Slope of the log length of the curve, seen in steps of k, over log 1/k."""
    n = rows.shape[1]
    lengths = []
    for k in range(1, k_max + 1):
        steps = np.abs(rows[:, k:] - rows[:, :-k])
        whole = -(-steps.shape[1] // k) * k
        by_start = np.pad(steps, ((0, 0), (0, whole - steps.shape[1]))).reshape(len(rows), -1, k).sum(axis=1)
        pieces = (n - np.arange(k) - 1) // k
        lengths.append((by_start * ((n - 1) / (pieces * k * k))).mean(axis=1))
    return _line(np.log(1.0 / np.arange(1, k_max + 1)), np.log(np.stack(lengths, axis=-1)))


def petrosian(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Fractal dimension from the number of extremes."""
    n = rows.shape[1]
    slope = np.diff(rows, axis=1)
    extremes = np.count_nonzero(np.signbit(slope[:, 1:]) != np.signbit(slope[:, :-1]), axis=1)
    return np.asarray(np.log10(n) / (np.log10(n) + np.log10(n / (n + 0.4 * extremes))), dtype=np.float64)


def katz(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Fractal dimension from the sum of the steps and the farthest reach from the first value."""
    total = np.abs(np.diff(rows, axis=1)).sum(axis=1, dtype=np.float64)
    reach = np.abs(rows[:, 1:] - rows[:, :1]).max(axis=1).astype(np.float64)
    steps = np.log10(rows.shape[1] - 1)
    return np.asarray(steps / (steps + np.log10(reach / total)), dtype=np.float64)


def dfa(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Exponent with which the deviation of the summed signal from straight lines grows with their length."""
    walk = np.cumsum(rows - rows.mean(axis=1, keepdims=True, dtype=np.float64), axis=1, dtype=np.float64)
    spread = []
    sizes = dfa_sizes(rows.shape[1])
    for size in sizes:
        pieces = walk[:, : walk.shape[1] // size * size].reshape(len(rows), -1, size)
        pieces = pieces - pieces.mean(axis=2, keepdims=True)
        ramp = np.arange(size) - (size - 1) / 2.0
        along = pieces @ ramp
        left = np.einsum("rps,rps->rp", pieces, pieces) - along**2 / (ramp @ ramp)
        spread.append(np.sqrt(np.maximum(left, 0.0).mean(axis=1) / size))
    return _line(np.log(sizes), np.log(np.stack(spread, axis=-1)))


def dfa_sizes(n: int) -> list[int]:
    """Lengths from 4 samples to a tenth of the window, each about 1.2 times the one before."""
    powers = range(int(np.floor(np.log(0.1 * n / 4.0) / np.log(1.2))) + 1)
    return sorted({int(4.0 * 1.2**power) for power in powers})


def hurst(rows: NDArray[np.floating], lags: int = HURST_LAGS) -> NDArray[np.float64]:
    """Generalized Hurst exponent (second moment) of the summed signal."""
    walk = np.cumsum(rows - rows.mean(axis=1, keepdims=True, dtype=np.float64), axis=1, dtype=np.float64)
    steps = np.arange(1, lags + 1)
    spread = np.stack([((walk[:, lag:] - walk[:, :-lag]) ** 2).mean(axis=1) for lag in steps], axis=-1)
    return _line(np.log(steps), np.log(spread) / 2.0)


def _lyapunov_of_eeg(rows: NDArray[np.floating], sfreq_hz: float) -> NDArray[np.float64]:
    every = max(1, round(sfreq_hz / LYAPUNOV_HZ))
    slow = np.asarray(signal.resample_poly(rows, 1, every, axis=1), dtype=np.float32)
    rate = sfreq_hz / every
    return rate * lyapunov(
        slow, dimension=LYAPUNOV_DIMENSION, lag=max(1, round(LYAPUNOV_LAG_S * rate)),
        theiler=round(LYAPUNOV_THEILER_S * rate), follow=round(LYAPUNOV_FOLLOW_S * rate))


def lyapunov(rows: NDArray[np.float32], *, dimension: int, lag: int, theiler: int, follow: int) -> NDArray[np.float64]:
    """Largest Lyapunov exponent per sample: how fast states that were nearest to one another part, on average.

    Parameters
    ----------
    rows
        (n, samples), more than ``(dimension - 1) * lag + follow + 2 * theiler`` of them.
    dimension, lag
        Of the delay embedding, in samples.
    theiler
        Neighbors must lie farther apart in time than this, so that a state is not compared with its own path.
    follow
        Samples over which the line is fitted to the mean log distance.
    """
    length = rows.shape[1] - (dimension - 1) * lag
    scaled = (rows - rows.mean(axis=1, keepdims=True)) / np.maximum(rows.std(axis=1, keepdims=True), 1e-12)
    states = np.stack([scaled[:, k * lag : k * lag + length] for k in range(dimension)], axis=-1)
    nearest = _nearest(states[:, : length - follow], theiler)
    row = np.arange(len(rows))[:, None]
    # distances of states are sums over the same few differences of samples, whatever the step
    square = [(scaled[:, at : at + length - follow] - scaled[row, nearest + at]) ** 2 for at in range(follow + (dimension - 1) * lag + 1)]
    apart = []
    for step in range(follow + 1):
        distance = np.sum(square[step : step + (dimension - 1) * lag + 1 : lag], axis=0)
        known = distance > 0.0
        apart.append(0.5 * np.log(np.where(known, distance, 1.0)).sum(axis=1) / known.sum(axis=1))
    return _line(np.arange(follow + 1.0), np.stack(apart, axis=-1))


def _nearest(states: NDArray[np.float32], theiler: int) -> NDArray[np.int64]:
    """(rows, states): the nearest state that lies more than ``theiler`` samples away; |b|² - 2ab orders like |a - b|²."""
    moments = np.arange(states.shape[1])
    own_path = np.where(np.abs(moments[:, None] - moments) <= theiler, np.float32(np.inf), np.float32(0.0))
    nearest = np.empty(states.shape[:2], dtype=np.int64)
    for row, of_row in enumerate(states):
        doubled, length = -2.0 * of_row.T, np.einsum("sd,sd->s", of_row, of_row)
        for first in range(0, len(of_row), _STATES):
            part = slice(first, first + _STATES)
            order = of_row[part] @ doubled
            order += length
            order += own_path[part]
            nearest[row, part] = order.argmin(axis=1)
    return nearest


def _line(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    """Slope of the least-squares line through (x, y[…, :])."""
    centered = x - np.mean(x)
    return np.asarray((y - y.mean(axis=-1, keepdims=True)) @ centered / (centered @ centered), dtype=np.float64)
