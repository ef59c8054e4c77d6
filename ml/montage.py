"""Montages: how the traces of a page, or the input of the networks, follow from the recorded signals.

Every montage is a matrix over recorded signals. Electrodes that are absent are never replaced here: traces that would need
them are left out and the electrodes are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS, ELECTRODES
from ml.recording import Signal, SignalKind

if TYPE_CHECKING:
    from ml.channels import ChannelLayout

MontageName = Literal["longitudinal", "average", "referential", "transverse", "as recorded"]
MONTAGES: Final[tuple[MontageName, ...]] = ("longitudinal", "average", "referential", "transverse", "as recorded")

TITLES: Final[dict[MontageName, str]] = {
    "longitudinal": "longitudinal bipolar",
    "average": "common average reference",
    "referential": "recorded reference",
    "transverse": "transverse bipolar",
    "as recorded": "as recorded",
}

TRANSVERSE_PAIRS: Final[tuple[tuple[str, str], ...]] = (
    ("F7", "Fp1"), ("Fp1", "Fp2"), ("Fp2", "F8"),
    ("F7", "F3"), ("F3", "Fz"), ("Fz", "F4"), ("F4", "F8"),
    ("T3", "C3"), ("C3", "Cz"), ("Cz", "C4"), ("C4", "T4"),
    ("T5", "P3"), ("P3", "Pz"), ("Pz", "P4"), ("P4", "T6"),
    ("T5", "O1"), ("O1", "O2"), ("O2", "T6"),
)
"""Transverse bipolar montage of 18 traces from front to back (ACNS Guideline 3, 2016, montage TB-18.1)."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """Traces as weighted sums of recorded signals."""

    montage: MontageName                 # what is really shown, which may differ from what was asked for
    names: tuple[str, ...]
    kinds: tuple[SignalKind, ...]
    inputs: tuple[int, ...]              # indices into the signals of the recording
    weights: NDArray[np.float64]         # (n_traces, n_inputs)
    missing: tuple[str, ...]             # electrodes that the montage would need and the recording lacks
    referenced: NDArray[np.bool_]        # (n_traces,) traces that the common average is taken from

    def __post_init__(self) -> None:
        if self.weights.shape != (len(self.names), len(self.inputs)) or len(self.kinds) != len(self.names):
            raise ValueError(f"{self.weights.shape} weights for {len(self.names)} traces of {len(self.inputs)} signals")


def difference_matrix(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Matrix (n_pairs, 19) that turns electrodes in the order of ``ELECTRODES`` into differences, first minus second."""
    matrix = np.zeros((len(pairs), len(ELECTRODES)))
    for row, (first, second) in enumerate(pairs):
        matrix[row, ELECTRODES.index(first)] += 1.0
        matrix[row, ELECTRODES.index(second)] -= 1.0
    return matrix


CHAINS: Final[NDArray[np.float64]] = difference_matrix(CHAIN_PAIRS)
"""(18, 19): the input of the networks from electrodes."""


def derive(montage: MontageName, layout: ChannelLayout, signals: Sequence[Signal]) -> Derivation:
    """Traces of a montage for a recording, the ECG last.

    A recording of pairs only has no electrodes to recombine: it is shown as recorded, unless it holds every pair of the
    montage. What cannot be shown at all falls back to "as recorded" and says so in ``montage``.

    Parameters
    ----------
    montage
        One of ``MONTAGES``.
    layout
        Which signal is which electrode, pair or ECG.
    signals
        The signals of the recording.
    """
    rows: list[tuple[str, SignalKind, dict[int, float]]]
    if montage == "longitudinal":
        rows = _bipolar(CHAIN_PAIRS, layout)
    elif montage == "transverse":
        rows = _bipolar(TRANSVERSE_PAIRS, layout)
    elif montage in ("average", "referential"):
        rows = [(name, "eeg", {layout.electrodes[name]: 1.0}) for name in ELECTRODES if name in layout.electrodes]
    else:
        rows = []
    if not rows:
        return _as_recorded(layout, signals)
    traced = {name for name, _, _ in rows}
    rows += [(signals[index].label, "ecg", {index: 1.0}) for index in layout.ecg if signals[index].calibrated]
    missing = _missing(montage, layout, traced)
    return _derivation(montage, rows, missing)


def _bipolar(
    pairs: Sequence[tuple[str, str]], layout: ChannelLayout
) -> list[tuple[str, SignalKind, dict[int, float]]]:
    rows: list[tuple[str, SignalKind, dict[int, float]]] = []
    for first, second in pairs:
        name = f"{first}-{second}"
        if first in layout.electrodes and second in layout.electrodes:
            rows.append((name, "eeg", {layout.electrodes[first]: 1.0, layout.electrodes[second]: -1.0}))
        elif (first, second) in layout.pairs:
            rows.append((name, "eeg", {layout.pairs[first, second]: 1.0}))
        elif (second, first) in layout.pairs:
            rows.append((name, "eeg", {layout.pairs[second, first]: -1.0}))
    return rows if layout.electrodes or len(rows) == len(pairs) else []


def _missing(montage: MontageName, layout: ChannelLayout, traced: set[str]) -> tuple[str, ...]:
    if montage == "longitudinal" and all(f"{first}-{second}" in traced for first, second in CHAIN_PAIRS):
        return ()
    return tuple(layout.missing)


def _as_recorded(layout: ChannelLayout, signals: Sequence[Signal]) -> Derivation:
    shown = [index for index, signal in enumerate(signals) if signal.calibrated]
    ordered = [i for i in shown if layout.kinds[i] != "ecg"] + [i for i in shown if layout.kinds[i] == "ecg"]
    rows: list[tuple[str, SignalKind, dict[int, float]]] = [
        (signals[index].label, layout.kinds[index], {index: 1.0}) for index in ordered
    ]
    return _derivation("as recorded", rows, tuple(layout.missing))


def _derivation(
    montage: MontageName, rows: list[tuple[str, SignalKind, dict[int, float]]], missing: tuple[str, ...]
) -> Derivation:
    inputs = tuple(sorted({index for _, _, terms in rows for index in terms}))
    weights = np.zeros((len(rows), len(inputs)))
    for row, (_, _, terms) in enumerate(rows):
        for index, weight in terms.items():
            weights[row, inputs.index(index)] = weight
    kinds = tuple(kind for _, kind, _ in rows)
    referenced = np.array([montage == "average" and kind == "eeg" for kind in kinds], dtype=bool)
    return Derivation(montage, tuple(name for name, _, _ in rows), kinds, inputs, weights, missing, referenced)
