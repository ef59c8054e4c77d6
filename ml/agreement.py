"""Agreement of two readings of the same windows: confusion, kappa, agreement by class, with intervals.

Windows side by side in one recording are not independent, so the interval comes from a bootstrap over blocks of a minute of what
both have read, not from a formula for independent windows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S, Spans
from ml.classes import CLASSES

NOT_READ: Final = -1
UNSURE: Final = -2
BLOCK: Final = 6
"""Windows of a block of the bootstrap: a minute."""
LEAST_BLOCKS: Final = 5
"""Fewer blocks give no interval: it would be too narrow to be believed."""
REPEATS: Final = 1000
Labelled = tuple[float, float, int]
"""A labelled stretch: start and stop in seconds, index of its class or ``UNSURE``."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval; None where it cannot be told."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ClassAgreement:
    """How two readings agree on one class."""

    n_first: int
    n_second: int
    n_both: int
    specific: Interval                       # 2 both / (first + second): 1 = never apart
    kappa: float | None                      # of this class against the rest


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two readings of the same windows."""

    counts: NDArray[np.int64]                # (6, 6) first reading by second
    n: int                                   # windows that both labelled with a class
    n_unsure: int                            # further windows in which at least one was unsure
    same: Interval                           # share of windows with the same class
    kappa: Interval                          # Cohen 1960
    pabak: float | None                      # prevalence- and bias-adjusted kappa for six classes (Byrt 1993)
    classes: tuple[ClassAgreement, ...]      # in the order of CLASSES


def compare(first: NDArray[np.int64], second: NDArray[np.int64], rng: np.random.Generator) -> Agreement:
    """Agreement of two readings, each an index of a class, ``UNSURE`` or ``NOT_READ`` per window in order of time."""
    read = (first != NOT_READ) & (second != NOT_READ)
    sure = read & (first != UNSURE) & (second != UNSURE)
    pairs = np.stack([first[sure], second[sure]], axis=1)
    counts = confusion(pairs)
    drawn = _bootstrap(pairs, rng)
    return Agreement(
        counts=counts, n=len(pairs), n_unsure=int(read.sum() - sure.sum()), same=_interval(_same, counts, drawn), kappa=_interval(_kappa, counts, drawn),
        pabak=_pabak(counts) if len(pairs) else None, classes=tuple(_of_class(counts, drawn, index) for index in range(len(CLASSES))),
    )


def confusion(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """(6, 6) counts of the first class by the second."""
    k = len(CLASSES)
    return np.bincount(pairs[:, 0] * k + pairs[:, 1], minlength=k * k).reshape(k, k)


def kappa(counts: NDArray[np.int64]) -> float | None:
    """Cohen's kappa; None where it is not defined: no windows, or both used one and the same class throughout."""
    return _known(_kappa(counts[None])[0])


def windows_of(spans: Spans) -> NDArray[np.int64]:
    """Indices of assessed windows that do not overlap, in order of time: each as soon as the one before it has ended."""
    chosen, free_s = [], -np.inf
    for index in np.flatnonzero(spans.assessed):
        if spans.label_start_s[index] >= free_s - 1e-6:
            chosen.append(index)
            free_s = spans.label_start_s[index] + LABEL_S
    return np.array(chosen, dtype=np.int64)


def reading_of(labels: Sequence[Labelled], starts_s: NDArray[np.float64], *, rest: int = NOT_READ) -> NDArray[np.int64]:
    """The class of each window of 10 s: that of which most lies in it, at least 5 s; else ``rest``.

    Parameters
    ----------
    labels
        Where two overlap, the later one in the list holds.
    rest
        What a window without a label is: a class, or ``NOT_READ``.
    """
    values = [UNSURE, *range(len(CLASSES))]
    seconds = np.zeros((len(values), len(starts_s)))
    for number, (from_s, to_s, value) in enumerate(labels):
        free = _outside((from_s, to_s), [(start, stop) for start, stop, _ in labels[number + 1 :]])
        for start, stop in free:
            seconds[values.index(value)] += np.clip(np.minimum(stop, starts_s + LABEL_S) - np.maximum(start, starts_s), 0.0, None)
    best = np.array(values)[seconds.argmax(axis=0)]
    return np.where(seconds.max(axis=0) >= LABEL_S / 2.0 - 1e-6, best, rest)


def _outside(stretch: tuple[float, float], later: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    left = [stretch]
    for cut_from, cut_to in later:
        left = [(a, b) for start, stop in left for a, b in ((start, min(stop, cut_from)), (max(start, cut_to), stop)) if b > a]
    return left


Figures = NDArray[np.float64]
"""One figure for each of several confusions; NaN where it is not defined."""


def _bootstrap(pairs: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """(REPEATS, 6, 6) confusions of as many blocks drawn with replacement; none where there are too few."""
    blocks = np.array([confusion(pairs[first : first + BLOCK]) for first in range(0, len(pairs), BLOCK)], dtype=np.int64)
    if len(blocks) < LEAST_BLOCKS:
        return np.zeros((0, len(CLASSES), len(CLASSES)), dtype=np.int64)
    times = rng.multinomial(len(blocks), np.full(len(blocks), 1.0 / len(blocks)), size=REPEATS)
    return np.asarray(np.tensordot(times, blocks, axes=1))


def _interval(figure: Callable[[NDArray[np.int64]], Figures], counts: NDArray[np.int64], drawn: NDArray[np.int64]) -> Interval:
    value = _known(figure(counts[None])[0])
    known = figure(drawn)
    known = known[np.isfinite(known)]
    if value is None or len(known) < REPEATS / 2:
        return Interval(value)
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def _kappa(counts: NDArray[np.int64]) -> Figures:
    n = counts.sum(axis=(1, 2)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (counts.sum(axis=2) * counts.sum(axis=1)).sum(axis=1) / n**2
        return np.where(expected < 1.0, (_same(counts) - expected) / (1.0 - expected), np.nan)


def _same(counts: NDArray[np.int64]) -> Figures:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.trace(counts, axis1=1, axis2=2) / counts.sum(axis=(1, 2)))


def _pabak(counts: NDArray[np.int64]) -> float:
    k = len(CLASSES)
    return float((k * _same(counts[None])[0] - 1.0) / (k - 1.0))


def _of_class(counts: NDArray[np.int64], drawn: NDArray[np.int64], index: int) -> ClassAgreement:
    def specific(some: NDArray[np.int64]) -> Figures:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(2.0 * some[:, index, index] / (some[:, index].sum(axis=1) + some[:, :, index].sum(axis=1)))

    both, first, second, n = counts[index, index], counts[index].sum(), counts[:, index].sum(), counts.sum()
    against_rest = np.array([[both, first - both], [second - both, n - first - second + both]])
    return ClassAgreement(int(first), int(second), int(both), _interval(specific, counts, drawn), kappa(against_rest))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
