"""What the prefilter field of a header says, as numbers: ``HP:0.1Hz LP:75Hz N:50Hz`` and its many spellings.

Source: EDF+ standard texts, https://www.edfplus.info/specs/edftexts.html#filters
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import pi
from typing import Final

_PART: Final = re.compile(r"\b(HP|LP|N|BP|HPF|LPF|NOTCH|RF)\s*[:=]?\s*([0-9]+(?:[.,][0-9]+)?)(?:\s*-\s*([0-9]+(?:[.,][0-9]+)?))?\s*(M?HZ|S(?:EC)?)?\b",
                         re.IGNORECASE)
_MAX_HZ: Final = 1e5


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Filters that were in force while recording; None where the header states none. Stated, never checked."""

    highpass_hz: float | None = None
    lowpass_hz: float | None = None
    notch_hz: float | None = None


def parse_prefilter(text: str) -> Prefilter:
    """Read a prefilter field; what is not understood is left out. A time constant (``HP:0.3s``) is 1/(2π·τ) in Hz."""
    found: dict[str, float] = {}
    for kind, first, second, unit in _PART.findall(text):
        name = kind.upper().removesuffix("F")
        low = _hz(first, unit)
        if name == "BP" and second:
            found.setdefault("HP", low)
            found.setdefault("LP", _hz(second, unit))
        elif name != "BP":
            found.setdefault("N" if name in ("NOTCH", "R") else name, low)          # RF: rejection filter
    known = {name: hz for name, hz in found.items() if 0 < hz <= _MAX_HZ}
    return Prefilter(known.get("HP"), known.get("LP"), known.get("N"))


def _hz(number: str, unit: str) -> float:
    value = float(number.replace(",", "."))
    if unit.upper().startswith("S"):
        return 1 / (2 * pi * value) if value else 0.0
    return value / 1000 if unit.upper() == "MHZ" else value
