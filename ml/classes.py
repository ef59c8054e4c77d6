"""The six HMS classes, in the order of the HMS competition. Every array of probabilities uses this order."""

from __future__ import annotations

from typing import Final, Literal

PatternClass = Literal["seizure", "lpd", "gpd", "lrda", "grda", "other"]

CLASSES: Final[tuple[PatternClass, ...]] = ("seizure", "lpd", "gpd", "lrda", "grda", "other")
PATTERNS: Final[tuple[PatternClass, ...]] = CLASSES[:5]
"""The classes that name a rhythmic or periodic pattern; "other" is the absence of all five."""

DISPLAY_NAMES: Final[dict[PatternClass, str]] = {
    "seizure": "Seizure",
    "lpd": "LPD",
    "gpd": "GPD",
    "lrda": "LRDA",
    "grda": "GRDA",
    "other": "Other",
}
LONG_NAMES: Final[dict[PatternClass, str]] = {
    "seizure": "Electrographic seizure",
    "lpd": "Lateralized periodic discharges",
    "gpd": "Generalized periodic discharges",
    "lrda": "Lateralized rhythmic delta activity",
    "grda": "Generalized rhythmic delta activity",
    "other": "None of the five patterns",
}
