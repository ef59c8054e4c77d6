"""Which traces of a page rest on an electrode that is bad or shows muscle or movement, second by second: what the viewer marks.

The verdicts are those of ``ml.quality``, on the 10-s grid of ``ml.page`` with as much context, so that a second is marked alike on
every page. They tell the reader what the model leaves out (bad) and what it does not (muscle, movement); the trace itself is drawn
as it was recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import filters, quality
from ml.channels import ChannelLayout
from ml.electrode_seconds import BAD_BITS, MARKS, packed
from ml.filters import ANALYSIS_HZ
from ml.montage import Derivation
from ml.network_input import NetworkInput, choose_input
from ml.quality import SECOND
from ml.recording import RecordingSource, Span
from ml.resample import read_at_rate

GRID_S: Final = 10.0
CONTEXT_S: Final = 10.0
SHOWN_BY_ITSELF: Final = "clipped"
"""The viewer marks clipped samples exactly."""

BadStretch = tuple[int, float, float, str, bool]      # trace, start_s, stop_s, words, whether it only informs
Second = tuple[float, float]                          # start_s, stop_s
Cause = tuple[int, str]                               # number of the mark, electrode or pair


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
    causes: defaultdict[tuple[int, Second], list[Cause]] = defaultdict(list)
    for piece, stretch in _pieces(source, start_s, stop_s):
        key = ("bad", piece.start_s)
        if key not in kept:
            kept[key] = (_judged(source, chosen, piece, stretch),)
        marks = kept[key][0]
        for row, at in np.argwhere(marks).tolist():
            mark, begin = _first(int(marks[row, at])), piece.start_s + at
            if MARKS[mark] != SHOWN_BY_ITSELF:
                for trace in _using(shown, chosen.signals[row]):
                    second = begin, min(begin + 1.0, piece.stop_s)
                    causes[trace, second].append((mark, chosen.names[chosen.rows[row]]))
    return tuple(_joined(causes, start_s, stop_s))


def poor(found: Sequence[BadStretch], n_traces: int, recorded_s: float) -> tuple[str, ...]:
    """Why each trace is bad for most purposes on this page, empty where it is not: in 30 % of what was recorded, as for the model."""
    said = []
    for trace in range(n_traces):
        mine = [(stop - start, words) for row, start, stop, words, informs in found if row == trace and not informs]
        share = sum(length for length, _ in mine) / max(recorded_s, 1e-6)
        said.append(max(mine)[1] if share >= quality.LABEL_SHARE else "")
    return tuple(said)


def _first(marks: int) -> int:
    """The first reason to be bad, else the first activity."""
    bits = marks & BAD_BITS or marks
    return (bits & -bits).bit_length() - 1


def _using(shown: Derivation, index: int) -> list[int]:
    """Traces that use a signal."""
    return np.flatnonzero(shown.weights[:, shown.inputs.index(index)]).tolist() if index in shown.inputs else []


def _pieces(source: RecordingSource, start_s: float, stop_s: float) -> Iterator[tuple[Span, Span]]:
    """Pieces of the fixed grid, cut by gaps, of at least a second, each with its stretch."""
    for number in range(int(start_s // GRID_S), int(stop_s // GRID_S) + 1):
        for stretch in source.info.stretches:
            first, last = max(number * GRID_S, stretch.start_s), min((number + 1) * GRID_S, stretch.stop_s)
            if last - first >= 1.0:
                yield Span(first, last), stretch


def _judged(source: RecordingSource, chosen: NetworkInput, piece: Span, stretch: Span) -> NDArray[np.uint8]:
    """Marks (n_signals, n_seconds)"""
    left, right = max(piece.start_s - CONTEXT_S, stretch.start_s), min(piece.stop_s + CONTEXT_S, stretch.stop_s)
    raw = read_at_rate(source, chosen.signals, left, right, ANALYSIS_HZ)
    clean = filters.clean(raw, mains_hz=filters.detect_mains([raw], ANALYSIS_HZ))
    core = slice(round((piece.start_s - left) * ANALYSIS_HZ), round((piece.stop_s - left) * ANALYSIS_HZ))
    ahead = int(core.start >= SECOND)
    wide = slice(core.start - ahead * SECOND, min(core.stop + SECOND, raw.shape[1]))        # a step of the mean needs the seconds beside
    verdict = quality.judge(raw[:, wide], clean[:, wide], common_reference=not chosen.of_pairs)
    return packed(verdict.reasons, verdict.measures)[:, ahead : ahead - (core.start - core.stop) // SECOND]


def _joined(causes: Mapping[tuple[int, Second], list[Cause]], start_s: float, stop_s: float) -> Iterator[BadStretch]:
    """Seconds of a trace that follow one another with the same words as one stretch, within the page."""
    told: defaultdict[tuple[int, str, bool], list[Second]] = defaultdict(list)
    for (trace, second), found in sorted(causes.items()):
        told[trace, *_words(found)].append(second)
    for (trace, words, informs), seconds in sorted(told.items()):
        for first, last in _runs(seconds):
            if max(first, start_s) < min(last, stop_s):
                yield trace, max(first, start_s), min(last, stop_s), words, informs


def _words(causes: list[Cause]) -> tuple[str, bool]:
    """What is bad (``F7 flat``), or what only informs (``Fp1, F7 muscle``)."""
    bad = [cause for cause in causes if 1 << cause[0] & BAD_BITS]
    by_mark: defaultdict[int, list[str]] = defaultdict(list)
    for mark, name in bad or causes:
        by_mark[mark].append(name)
    return "; ".join(f"{', '.join(sorted(set(names)))} {MARKS[mark]}" for mark, names in sorted(by_mark.items())), not bad


def _runs(seconds: list[Second]) -> Iterator[Second]:
    first, last = seconds[0]
    for begin, end in seconds[1:]:
        if begin > last + 1e-6:
            yield first, last
            first = begin
        last = end
    yield first, last
