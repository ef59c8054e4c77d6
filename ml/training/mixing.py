"""Two windows in one, with votes in the same proportion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

ALPHA: Final[float] = 0.5
"""Of the beta distribution that shares are drawn from (HMS, fourth place)."""
CHANCE: Final[float] = 0.5
"""Of a batch to be mixed."""


def mix(x: Tensor, votes: Tensor, generator: torch.Generator, *, chosen: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Mixup (sums of signals) or CutMix (one time is of another window), each in half of the batches where it is chosen."""
    for name, change in (("mixup", mixup), ("cutmix", cutmix)):
        if name in chosen and torch.rand((), generator=generator) < CHANCE:
            return change(x, votes, generator)
    return x, votes


def mixup(x: Tensor, votes: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each window plus another one of the batch, in shares that sum to 1."""
    share = _shares(x.shape[0], generator)
    other = torch.randperm(x.shape[0], generator=generator)
    return (share[:, None, None] * x + (1 - share[:, None, None]) * x[other],
            share[:, None] * votes + (1 - share[:, None]) * votes[other])


def cutmix(x: Tensor, votes: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each window up to a cut in the labelled 10 s, and another one of the batch after it; votes by their parts of the label."""
    share = _shares(x.shape[0], generator)
    other = torch.randperm(x.shape[0], generator=generator)
    n = x.shape[-1]
    cut = (0.4 + 0.2 * share) * n                                   # the label is the middle fifth
    first = (torch.arange(n)[None] < cut[:, None])[:, None]
    return torch.where(first, x, x[other]), share[:, None] * votes + (1 - share[:, None]) * votes[other]


def _shares(n: int, generator: torch.Generator) -> Tensor:
    """Draws of Beta(``ALPHA``, ``ALPHA``), which for one half is the arcsine law and has a closed inverse."""
    return torch.sin(torch.pi / 2 * torch.rand(n, generator=generator)) ** 2
