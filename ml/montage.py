"""Montages: how the traces of a page, or the input of the networks, follow from the recorded signals.

Every montage is a matrix over recorded signals. Electrodes that are absent are never replaced here: traces that would need
them are left out and the electrodes are named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS, EARS, ELECTRODES
from ml.own_montage import OwnMontage, OwnTrace
from ml.recording import Signal, SignalKind

if TYPE_CHECKING:
    from ml.channels import ChannelLayout

MontageName = Literal[
    "longitudinal", "average", "referential", "transverse", "as recorded", "circumferential", "laplacian", "linked ears", "cz"
]
MONTAGES: Final[tuple[MontageName, ...]] = (
    "longitudinal", "average", "referential", "transverse", "as recorded", "circumferential", "laplacian", "linked ears", "cz"
)
"""In the order of the viewer's keys Shift + 1 … 9."""

TITLES: Final[dict[MontageName, str]] = {
    "longitudinal": "longitudinal bipolar",
    "average": "common average reference",
    "referential": "recorded reference",
    "transverse": "transverse bipolar",
    "as recorded": "as recorded",
    "circumferential": "circumferential bipolar",
    "laplacian": "Laplacian (Hjorth)",
    "linked ears": "linked ears reference",
    "cz": "Cz reference",
}

TRANSVERSE_PAIRS: Final[tuple[tuple[str, str], ...]] = (
    ("F7", "Fp1"), ("Fp1", "Fp2"), ("Fp2", "F8"),
    ("F7", "F3"), ("F3", "Fz"), ("Fz", "F4"), ("F4", "F8"),
    ("T3", "C3"), ("C3", "Cz"), ("Cz", "C4"), ("C4", "T4"),
    ("T5", "P3"), ("P3", "Pz"), ("Pz", "P4"), ("P4", "T6"),
    ("T5", "O1"), ("O1", "O2"), ("O2", "T6"),
)
"""Transverse bipolar montage of 18 traces from front to back (ACNS Guideline 3, 2016, montage TB-18.1)."""

CIRCUMFERENTIAL_PAIRS: Final[tuple[tuple[str, str], ...]] = (
    ("Fp1", "F7"), ("F7", "T3"), ("T3", "T5"), ("T5", "O1"), ("O1", "O2"),
    ("O2", "T6"), ("T6", "T4"), ("T4", "F8"), ("F8", "Fp2"), ("Fp2", "Fp1"),
)
"""The ring of the outer electrodes ("hatband"), back along the left and forth along the right; its sum is zero."""

NEIGHBORS: Final[dict[str, tuple[str | tuple[str, str], ...]]] = {
    "Fp1": ("Fp2", "F3", "F7"), "Fp2": ("Fp1", "F4", "F8"),
    "F7": ("Fp1", "F3", "T3"), "F8": ("Fp2", "F4", "T4"),
    "F3": ("Fp1", "F7", "Fz", "C3"), "F4": ("Fp2", "F8", "Fz", "C4"), "Fz": (("Fp1", "Fp2"), "F3", "F4", "Cz"),
    "T3": ("F7", "C3", "T5"), "T4": ("F8", "C4", "T6"),
    "C3": ("F3", "T3", "Cz", "P3"), "C4": ("F4", "T4", "Cz", "P4"), "Cz": ("Fz", "C3", "C4", "Pz"),
    "T5": ("T3", "P3", "O1"), "T6": ("T4", "P4", "O2"),
    "P3": ("C3", "T5", "Pz", "O1"), "P4": ("C4", "T6", "Pz", "O2"), "Pz": ("Cz", "P3", "P4", ("O1", "O2")),
    "O1": ("T5", "P3", "O2"), "O2": ("T6", "P4", "O1"),
}
"""Nearest neighbors of the source derivation (Hjorth, Electroencephalogr Clin Neurophysiol 1975;39:526-530): before, behind,
left and right on the 10-20 grid, with equal weights; three at its edge. Where two stand in one place they share its weight."""

PAIRS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "longitudinal": CHAIN_PAIRS, "transverse": TRANSVERSE_PAIRS, "circumferential": CIRCUMFERENTIAL_PAIRS,
}
Row = tuple[str, SignalKind, dict[int, float]]      # a trace: name, kind, weights of signals


@dataclass(frozen=True, slots=True)
class Derivation:
    """Traces as weighted sums of recorded signals."""

    montage: str                         # what is really shown, which may differ from what was asked for
    names: tuple[str, ...]
    kinds: tuple[SignalKind, ...]
    inputs: tuple[int, ...]              # indices into the signals of the recording
    weights: NDArray[np.float64]         # (n_traces, n_inputs)
    missing: tuple[str, ...]             # electrodes that the montage would need and the recording lacks
    referenced: NDArray[np.bool_]        # (n_traces,) traces from which the common average is subtracted
    averaged: NDArray[np.bool_]          # (n_inputs,) signals of which it is the mean, as far as they are sound
    groups: tuple[int, ...] | None = None   # of each trace, where the reader has set them

    def __post_init__(self) -> None:
        if self.weights.shape != (len(self.names), len(self.inputs)) or len(self.kinds) != len(self.names):
            raise ValueError(f"{self.weights.shape} weights for {len(self.names)} traces of {len(self.inputs)} signals")

    @property
    def title(self) -> str:
        """What the page calls it."""
        return next((title for name, title in TITLES.items() if name == self.montage), self.montage)

    @property
    def algebra(self) -> tuple[object, ...]:
        """Two derivations with the same have the same samples, whatever they are called."""
        return self.names, self.kinds, self.inputs, self.weights.tobytes(), self.referenced.tobytes(), self.averaged.tobytes()

    def electrodes(self, names: Mapping[int, str]) -> tuple[tuple[str, ...], ...]:
        """Which electrodes each trace rests on, its own first; ``names`` of the signals as the layout has them."""
        used = []
        for row in self.weights:
            columns = sorted(np.flatnonzero(row).tolist(), key=row.tolist().__getitem__, reverse=True)
            used.append(tuple(part for column in columns for part in names.get(self.inputs[column], "").split("-") if part))
        return tuple(used)


def difference_matrix(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Matrix (n_pairs, 19) that turns electrodes in the order of ``ELECTRODES`` into differences, first minus second."""
    matrix = np.zeros((len(pairs), len(ELECTRODES)))
    for row, (first, second) in enumerate(pairs):
        matrix[row, ELECTRODES.index(first)] += 1.0
        matrix[row, ELECTRODES.index(second)] -= 1.0
    return matrix


CHAINS: Final[NDArray[np.float64]] = difference_matrix(CHAIN_PAIRS)
"""(18, 19): the input of the networks from electrodes."""


def derive(
    montage: MontageName | OwnMontage, layout: ChannelLayout, signals: Sequence[Signal], *, right_first: bool = False,
    left_out: Collection[str] = (),
) -> Derivation:
    """Traces of a montage for a recording, the ECG last.

    A recording of pairs only has no electrodes to recombine: it is shown as recorded, unless it holds every pair of the
    montage. What cannot be shown at all falls back to "as recorded" and says so in ``montage``.

    Parameters
    ----------
    montage
        One of ``MONTAGES``, or a reader's own, whose order is kept as written.
    layout
        Which signal is which electrode, pair or ECG.
    signals
        The signals of the recording.
    right_first
        Order of the site: by default the left side comes before the right (ACNS Guideline 3, 2016). Otherwise every montage
        is mirrored, the direction of transverse rows included. "As recorded" keeps the order of the file.
    left_out
        Electrodes that do not count in the common average; all do if none else is there.
    """
    if isinstance(montage, OwnMontage):
        return _own(montage, layout, signals, left_out)
    order = mirrored if right_first else str
    rows = _rows(montage, layout, order)
    if not rows:
        return _as_recorded(layout, signals, _lacking(montage, layout))
    traced = {name for name, _, _ in rows}
    rows += [(signals[index].label, "ecg", {index: 1.0}) for index in layout.ecg if signals[index].calibrated]
    missing = _missing(montage, layout, traced)
    referenced = [montage == "average" and kind == "eeg" for _, kind, _ in rows]
    return _derivation(montage, rows, missing, referenced, _averaged(layout, left_out))


def _own(montage: OwnMontage, layout: ChannelLayout, signals: Sequence[Signal], left_out: Collection[str]) -> Derivation:
    """A reader's montage; what lacks an electrode is left out, and the electrode named."""
    rows: list[Row] = []
    referenced, groups, missing = [], [], dict[str, None]()
    for trace in montage.traces:
        found, lacking = _own_rows(trace, layout, signals)
        rows += found
        missing |= dict.fromkeys(lacking)
        referenced += [trace.averaged] * len(found)
        groups += [trace.group] * len(found)
    if not rows:
        return _as_recorded(layout, signals, tuple(missing))
    shown = _derivation(montage.name, rows, tuple(missing), referenced, _averaged(layout, left_out))
    return replace(shown, groups=tuple(groups))


def _own_rows(trace: OwnTrace, layout: ChannelLayout, signals: Sequence[Signal]) -> tuple[list[Row], list[str]]:
    """The traces of one line, and what the recording lacks for it."""
    if not trace.weights:
        found = [index for index, kind in enumerate(layout.kinds) if kind == trace.kind and signals[index].calibrated]
        return [(signals[index].label, trace.kind, {index: 1.0}) for index in found], [] if found else [trace.name]
    index = {**layout.further, **layout.ears, **layout.electrodes}
    lacking = [name for name, _ in trace.weights if name not in index]
    if not lacking:
        return [(trace.name, "eeg", {index[name]: weight for name, weight in trace.weights})], []
    paired = _bipolar([trace.pair], layout) if trace.pair else []
    return [(trace.name, kind, weights) for _, kind, weights in paired], [] if paired else lacking


def _averaged(layout: ChannelLayout, left_out: Collection[str]) -> list[int]:
    """Signals of the common average."""
    counted = [index for name, index in layout.electrodes.items() if name not in left_out]
    return counted or list(layout.electrodes.values())


def _rows(montage: MontageName, layout: ChannelLayout, order: Callable[[str], str]) -> list[Row]:
    """EEG traces of a montage; none where it cannot be shown."""
    pairs = PAIRS.get(montage)
    if pairs is not None:
        return _bipolar([(order(first), order(second)) for first, second in pairs], layout)
    names = [order(name) for name in ELECTRODES]
    if montage in ("average", "referential"):
        return _against({}, "", names, layout)
    if montage == "laplacian":
        return [row for name in names for row in _against(_around(name), "", [name], layout)]
    if montage == "cz":
        return _against({"Cz": 1.0}, "-Cz", [name for name in names if name != "Cz"], layout)
    if montage == "linked ears":
        both = next((pair for pair in EARS if set(pair) <= set(layout.ears)), None)
        return _against(dict.fromkeys(both, 0.5), f"-{''.join(both)}", names, layout) if both else []
    return []


def _against(
    reference: Mapping[str, float], suffix: str, names: Sequence[str], layout: ChannelLayout
) -> list[Row]:
    """Electrodes minus a weighted sum of others; none if one of those is absent."""
    index = {**layout.electrodes, **layout.ears}
    if not set(reference) <= set(index):
        return []
    away = {index[name]: -weight for name, weight in reference.items()}
    return [(name + suffix, "eeg", {index[name]: 1.0, **away}) for name in names if name in layout.electrodes]


def _around(name: str) -> dict[str, float]:
    """Weights of the neighbors of an electrode; they sum to 1."""
    places = [(place,) if isinstance(place, str) else place for place in NEIGHBORS[name]]
    return {neighbor: 1.0 / len(places) / len(place) for place in places for neighbor in place}


def _lacking(montage: MontageName, layout: ChannelLayout) -> tuple[str, ...]:
    """What stands in the way of a montage that cannot be shown."""
    wanted = [name for name in EARS[0] if name not in layout.ears] if montage == "linked ears" else []
    return (*layout.missing, *wanted)


def mirrored(name: str) -> str:
    """The electrode of the other side: odd numbers are left, even ones right."""
    number = int(name[-1]) if name[-1].isdigit() else 0
    return f"{name[:-1]}{number + 1 if number % 2 else number - 1}" if number else name


def _bipolar(pairs: Sequence[tuple[str, str]], layout: ChannelLayout) -> list[Row]:
    rows: list[Row] = []
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


def _as_recorded(layout: ChannelLayout, signals: Sequence[Signal], missing: tuple[str, ...]) -> Derivation:
    shown = [index for index, signal in enumerate(signals) if signal.calibrated]
    ordered = [i for i in shown if layout.kinds[i] != "ecg"] + [i for i in shown if layout.kinds[i] == "ecg"]
    rows: list[Row] = [
        (signals[index].label, layout.kinds[index], {index: 1.0}) for index in ordered
    ]
    return _derivation("as recorded", rows, missing, [False] * len(rows), ())


def _derivation(
    montage: str, rows: list[Row], missing: tuple[str, ...], referenced: Sequence[bool], averaged: Sequence[int],
) -> Derivation:
    averaged = averaged if any(referenced) else ()
    inputs = tuple(sorted({*averaged, *(index for _, _, terms in rows for index in terms)}))
    weights = np.zeros((len(rows), len(inputs)))
    for row, (_, _, terms) in enumerate(rows):
        for index, weight in terms.items():
            weights[row, inputs.index(index)] = weight
    kinds = tuple(kind for _, kind, _ in rows)
    return Derivation(montage, tuple(name for name, _, _ in rows), kinds, inputs, weights, missing,
                      np.array(referenced, dtype=bool), np.isin(inputs, averaged))
