"""What every network says of a batch of windows."""

from __future__ import annotations

from typing import Final, NamedTuple

from torch import Tensor

EMBEDDING: Final[int] = 96
"""Width of the penultimate layer of every network."""


class Answer(NamedTuple):
    """Logits, and where the windows lie among others."""

    logits: Tensor                       # (B, 6)
    embedding: Tensor                    # (B, 96), of the penultimate layer: windows that look alike lie near one another


class Facts(NamedTuple):
    """What heads that only training has say of a batch; never exported."""

    lateral: Tensor                      # (B,) absolute left-right index of the pattern, 0..1
    octaves: Tensor                      # (B,) its rate, octaves above 1 Hz
    present: Tensor                      # (B, steps) logits that it is there at each step
