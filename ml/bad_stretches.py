"""Which traces of a page rest on a bad electrode, second by second, and why: what the viewer marks.

The verdicts are those of ``ml.quality``, on the 10-s grid of ``ml.page`` with as much context, so that a second is marked alike on
every page. They tell the reader what the model leaves out; the trace itself is drawn as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import filters, quality
from ml.channels import ChannelLayout
from ml.filters import ANALYSIS_HZ
from ml.montage import Derivation
from ml.network_input import NetworkInput, choose_input
from ml.recording import RecordingSource, Span
from ml.resample import read_at_rate

GRID_S: Final = 10.0
CONTEXT_S: Final = 10.0
SHOWN_BY_ITSELF: Final = "clipped"
"""The viewer marks clipped samples exactly."""

BadStretch = tuple[int, float, float, str]      # trace, start_s, stop_s, words
BadSecond = tuple[str, int, str, float, float]  # electrode or pair, signal, reason, start_s, stop_s


def find(
    source: RecordingSource, layout: ChannelLayout, shown: Derivation, start_s: float, stop_s: float,
    kept: MutableMapping[Any, Any],
) -> tuple[BadStretch, ...]:
    """Bad stretches of the traces of a montage between two times.

    Parameters
    ----------
    source, layout, shown
        The recording, what its channels are, and the traces.
    start_s, stop_s
        Times on the recording's clock.
    kept
        Verdicts of this recording by their place: those found here are not judged again, new ones are put in.
    """
    chosen = choose_input(layout)
    if not chosen.signals:
        return ()
    names = [chosen.names[row] for row in chosen.rows]
    found: list[BadSecond] = []
    for piece, stretch in _pieces(source, start_s, stop_s):
        key = ("bad", piece.start_s)
        if key not in kept:
            kept[key] = (_judged(source, chosen, piece, stretch),)
        reasons = kept[key][0]
        for row, at in np.argwhere(reasons.any(axis=0)).tolist():
            reason = quality.REASONS[int(reasons[:, row, at].argmax())]
            if reason != SHOWN_BY_ITSELF:
                begin = piece.start_s + at
                found.append((names[row], chosen.signals[row], reason, begin, min(begin + 1.0, piece.stop_s)))
    return tuple(_of_traces(shown, found, start_s, stop_s))


def _pieces(source: RecordingSource, start_s: float, stop_s: float) -> Iterator[tuple[Span, Span]]:
    """Pieces of the fixed grid, cut by gaps, of at least a second, each with its stretch."""
    for number in range(int(start_s // GRID_S), int(stop_s // GRID_S) + 1):
        for stretch in source.info.stretches:
            first, last = max(number * GRID_S, stretch.start_s), min((number + 1) * GRID_S, stretch.stop_s)
            if last - first >= 1.0:
                yield Span(first, last), stretch


def _judged(source: RecordingSource, chosen: NetworkInput, piece: Span, stretch: Span) -> NDArray[np.bool_]:
    """(n_reasons, n_signals, n_seconds)"""
    left, right = max(piece.start_s - CONTEXT_S, stretch.start_s), min(piece.stop_s + CONTEXT_S, stretch.stop_s)
    raw = read_at_rate(source, chosen.signals, left, right, ANALYSIS_HZ)
    clean = filters.clean(raw, mains_hz=filters.detect_mains([raw], ANALYSIS_HZ))
    core = slice(round((piece.start_s - left) * ANALYSIS_HZ), round((piece.stop_s - left) * ANALYSIS_HZ))
    return quality.judge(raw[:, core], clean[:, core], common_reference=not chosen.of_pairs).reasons


def _of_traces(shown: Derivation, found: list[BadSecond], start_s: float, stop_s: float) -> Iterator[BadStretch]:
    """Seconds of electrodes as stretches of the traces that use them."""
    for (name, index, reason), seconds in groupby(sorted(found), key=lambda second: second[:3]):
        if index not in shown.inputs:
            continue
        traces = np.flatnonzero(shown.weights[:, shown.inputs.index(index)]).tolist()
        for first, last in _joined([second[3:] for second in seconds]):
            a, b = max(first, start_s), min(last, stop_s)
            if a < b:
                yield from ((trace, a, b, f"{name} {reason}") for trace in traces)


def _joined(seconds: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Seconds that follow one another as one stretch."""
    first, last = seconds[0]
    for begin, end in seconds[1:]:
        if begin > last + 1e-6:
            yield first, last
            first = begin
        last = end
    yield first, last
