"""What is known of a generated pattern: its signal and the truth that labels it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.synthetic.noise import Floats

Kind = Literal["periodic", "rhythmic", "seizure"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in arbitrary units, to be scaled to its background, with its ground truth."""

    kind: Kind
    electrodes: Floats                   # (19, samples)
    envelope: Floats                     # (samples,) 0..1, where the pattern is present
    frequency_hz: float                  # typical rate in the middle
    variation: float                     # cycle-to-cycle variation (SD / mean of the intervals)
    duty: float                          # duration of one discharge over the interval: 1 is rhythmic
    side: int                            # -1 left, 0 both, 1 right: as drawn
    evolution_hz: float = 0.0            # greatest change of rate within the pattern
    sharpness: float = 0.0               # 0 blunt .. 1 spiky
    duration_s: float = 0.0              # of the whole pattern
    evolution_of_form: float = 0.0       # the same of shape and place, 0..1
    independent: bool = False            # of two sides that are not locked in time
    modifiers: tuple[str, ...] = ()      # such as "+F", "fluctuating", "extreme delta brush"
    times_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))    # of its discharges or waves
