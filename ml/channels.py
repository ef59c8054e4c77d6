"""The 10-20 system: names, aliases and the mapping of a file's signals to electrodes."""

from __future__ import annotations

from typing import Final

ELECTRODES: Final[tuple[str, ...]] = (
    "Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1", "Fz", "Cz", "Pz",
    "Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2",
)
"""The 19 electrodes of the 10-20 system in the column order of the HMS competition."""

CHAIN_PAIRS: Final[tuple[tuple[str, str], ...]] = (
    ("Fp1", "F7"), ("F7", "T3"), ("T3", "T5"), ("T5", "O1"),          # LL, left temporal
    ("Fp2", "F8"), ("F8", "T4"), ("T4", "T6"), ("T6", "O2"),          # RL, right temporal
    ("Fp1", "F3"), ("F3", "C3"), ("C3", "P3"), ("P3", "O1"),          # LP, left parasagittal
    ("Fp2", "F4"), ("F4", "C4"), ("C4", "P4"), ("P4", "O2"),          # RP, right parasagittal
    ("Fz", "Cz"), ("Cz", "Pz"),                                       # midline
)
"""Longitudinal bipolar montage ("double banana"): the input of the networks, in this order."""

REGIONS: Final[dict[str, tuple[int, ...]]] = {
    "LL": (0, 1, 2, 3),
    "RL": (4, 5, 6, 7),
    "LP": (8, 9, 10, 11),
    "RP": (12, 13, 14, 15),
}
"""Regions of the HMS spectrograms as indices into ``CHAIN_PAIRS``."""
