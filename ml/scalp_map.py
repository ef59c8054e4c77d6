"""The potential over the head at one moment: spherical splines through the sound electrodes, seen from above with the nose up.

Referential electrodes under the filters of the page, against the mean of the sound ones. Between electrodes the potential is that of
``ml.interpolation`` (Perrin 1989); bad electrodes take no part. Directions become places by the azimuthal equidistant projection, in
which equal angles from the vertex are equal distances.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import bad_stretches, measuring
from ml.channels import ELECTRODES, ChannelLayout
from ml.interpolation import MAX_INTERPOLATED, POSITIONS, spline_weights
from ml.measuring import CannotMeasure, Seen, Traces
from ml.montage import derive
from ml.page import Block, BlockKey
from ml.recording import RecordingSource

EDGE_DEG: Final = 112.0
"""Angle from the vertex at which the head is drawn to end: below the outer electrodes (about 100°), above the nasion (about 125°)."""
SIDE: Final = 65
REACH: Final = 1.05
"""The field reaches a little over the edge of the head, so that a drawing can be cut off there."""
REGULARIZATION: Final = 1e-8
"""Far below that of an estimate of bad electrodes: the map shows at each electrode what was measured there."""
AROUND_S: Final = 5.0
"""An electrode that is bad in 30 % of the 10 s around the moment takes no part, as for the model; nor one bad in its very second."""
_STEPS_UV: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class ScalpMap:
    """Potential over the head at one moment."""

    at_s: float
    uv: dict[str, float]                 # sound electrodes against their mean
    bad: dict[str, str]                  # electrode -> why it takes no part
    missing: tuple[str, ...]             # not recorded
    field_uv: NDArray[np.float64]        # (SIDE, SIDE), rows from front to back, columns from left to right; NaN beyond it
    status: str

    @property
    def limit_uv(self) -> float:
        """Both ends of the color scale: the next round number above the largest electrode; beyond the outer ones the field is a guess."""
        largest = max(*(abs(value) for value in self.uv.values()), 1.0)
        decade = 10.0 ** np.floor(np.log10(largest))
        return float(next(step * decade for step in _STEPS_UV if step * decade >= largest - 1e-9))


def at(
    source: RecordingSource, layout: ChannelLayout, at_s: float, seen: Seen, kept: MutableMapping[BlockKey, Block] | None = None
) -> ScalpMap:
    """The map at the sample nearest to a moment.

    Parameters
    ----------
    seen
        Filters of the page; its montage plays no part.
    kept
        Filtered blocks and verdicts of this recording, shared with its pages.

    Raises
    ------
    CannotMeasure
        Nothing was recorded then, or more than four of the 19 electrodes are absent or bad.
    """
    kept = {} if kept is None else kept
    electrodes = [name for name in ELECTRODES if name in layout.electrodes]
    if len(ELECTRODES) - len(electrodes) > MAX_INTERPOLATED:
        raise CannotMeasure(f"{len(electrodes)} of the 19 electrodes were recorded against a common reference; an amplitude map needs "
                            f"{len(ELECTRODES) - MAX_INTERPOLATED}.")
    traces = measuring.read(source, layout, at_s, at_s, replace(seen, montage="referential"), kept)
    uv = {name: float(traces.uv[traces.row(name), 0]) for name in electrodes}
    if not np.isfinite(list(uv.values())).any():
        raise CannotMeasure("Nothing was recorded at this moment, so there is no amplitude map.")
    marked = {name: "marked as bad by a reader" for name in electrodes if name in seen.left_out}
    bad = marked | _bad(source, layout, at_s, traces, kept) | {name: "not recorded" for name, value in uv.items() if not np.isfinite(value)}
    sound = [name for name in electrodes if name not in bad]
    if len(ELECTRODES) - len(sound) > MAX_INTERPOLATED:
        raise CannotMeasure(f"{len(ELECTRODES) - len(sound)} of the 19 electrodes are absent or bad here ({', '.join([*layout.missing, *bad])}); "
                            f"an amplitude map needs {len(ELECTRODES) - MAX_INTERPOLATED} sound ones.")
    mean = float(np.mean([uv[name] for name in sound]))
    told = {name: uv[name] - mean for name in sound}
    rows = tuple(ELECTRODES.index(name) for name in sound)
    return ScalpMap(traces.first / traces.sfreq_hz, told, bad, tuple(layout.missing), field(rows, np.array(list(told.values()))), traces.status)


def field(electrodes: tuple[int, ...], uv: NDArray[np.float64], *, regularization: float = REGULARIZATION) -> NDArray[np.float64]:
    """Potential (SIDE, SIDE) over the head from that of electrodes (indices into ``ELECTRODES``); NaN beyond ``REACH``."""
    made = np.full(SIDE * SIDE, np.nan)
    inside, weights = _weights(electrodes, regularization)
    made[inside] = weights @ uv
    return made.reshape(SIDE, SIDE)


def places(directions: NDArray[np.float64] = POSITIONS) -> NDArray[np.float64]:
    """Places (n, 2) of directions (n, 3): x to the right, y to the front; 1 is the edge of the head."""
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    angle = np.degrees(np.arccos(np.clip(unit[:, 2], -1.0, 1.0))) / EDGE_DEG
    return np.asarray(unit[:, :2] / np.maximum(np.linalg.norm(unit[:, :2], axis=1, keepdims=True), 1e-12) * angle[:, None])


def directions() -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which of the SIDE * SIDE points lie within ``REACH``, and the directions (n, 3) of those: ``places`` undone."""
    steps = np.linspace(-REACH, REACH, SIDE)
    x, y = (grid.ravel() for grid in np.meshgrid(steps, -steps))
    radius = np.hypot(x, y)
    inside = radius <= REACH
    angle = np.radians(radius * EDGE_DEG)
    flat = np.sin(angle) / np.maximum(radius, 1e-12)
    return inside, np.column_stack([x * flat, y * flat, np.cos(angle)])[inside]


@lru_cache(maxsize=32)
def _weights(electrodes: tuple[int, ...], regularization: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    inside, wanted = directions()
    return inside, spline_weights(POSITIONS[list(electrodes)], wanted, regularization=regularization)


def _bad(
    source: RecordingSource, layout: ChannelLayout, at_s: float, traces: Traces, kept: MutableMapping[BlockKey, Block]
) -> dict[str, str]:
    """Electrodes that are bad then, with the reason."""
    shown = derive("referential", layout, source.info.signals)
    start_s, stop_s = max(0.0, at_s - AROUND_S), min(source.info.duration_s, at_s + AROUND_S)
    found = [stretch for stretch in bad_stretches.find(source, layout, shown, start_s, stop_s, kept) if not stretch[4]]
    recorded_s = sum(max(0.0, min(span.stop_s, stop_s) - max(span.start_s, start_s)) for span in source.info.stretches)
    why = dict(zip(shown.names, bad_stretches.poor(found, len(shown.names), recorded_s), strict=True))
    why |= {shown.names[trace]: words for trace, begin, end, words, _ in found if begin <= at_s < end}
    why |= {name: "clipped" for name, clipped in zip(traces.names, traces.clipped[:, 0], strict=True) if clipped}
    return {name: words.removeprefix(f"{name} ") for name, words in why.items() if words and name in layout.electrodes}
