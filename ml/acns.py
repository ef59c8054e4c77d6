"""Terms of the ACNS Standardized Critical Care EEG Terminology, 2021 version (Hirsch et al., J Clin Neurophysiol 2021;38:1-29)."""

from __future__ import annotations

from typing import Final

PREVALENCE: Final[tuple[tuple[float, str], ...]] = (
    (0.90, "continuous"), (0.50, "abundant"), (0.10, "frequent"), (0.01, "occasional"), (0.0, "rare"),
)
DURATION_S: Final[tuple[tuple[float, str], ...]] = (
    (3600.0, "very long"), (600.0, "long"), (60.0, "intermediate"), (10.0, "brief"), (0.0, "very brief"),
)


def prevalence(share: float) -> str:
    """Term for the share of the record (0..1) that holds a pattern: at least 90, 50, 10, 1 percent, or rare."""
    return next(term for least, term in PREVALENCE if share >= least)


def duration(length_s: float) -> str:
    """Term for how long a pattern lasts: at least 1 h, 10 min, 1 min, 10 s, or very brief."""
    return next(term for least, term in DURATION_S if length_s >= least)
