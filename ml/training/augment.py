"""Random changes of training windows that leave their label true."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ml.analysis import LABEL_S, WINDOW_S
from ml.channels import CHAIN_PAIRS

MIRROR: Final[tuple[int, ...]] = (4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 16, 17)
"""Row of the mirrored pair of every pair of ``CHAIN_PAIRS``."""


def augment(x: Tensor, generator: torch.Generator, *, centre_only: float) -> Tensor:
    """Change a batch (B, 18, T) of windows.

    Left and right are swapped in half of the windows, time runs backward in a quarter, gain varies, electrodes fall
    silent, and the context is hidden: all of it with probability ``centre_only``, else parts at the ends.
    """
    def chance(probability: float) -> Tensor:
        return torch.rand(x.shape[0], generator=generator) < probability

    x = torch.where(chance(0.5)[:, None, None], x[:, list(MIRROR)], x)
    x = torch.where(chance(0.25)[:, None, None], x.flip(-1), x)
    gain = torch.exp(0.25 * torch.randn(x.shape[0], 1, 1, generator=generator))
    return x * gain * _electrodes(x, generator)[..., None] * _context(x, generator, chance(centre_only))[:, None]


def _electrodes(x: Tensor, generator: torch.Generator) -> Tensor:
    """Mask (B, 18): in a fifth of the windows one to three electrodes and their pairs are silent."""
    names = sorted({name for pair in CHAIN_PAIRS for name in pair})
    uses = torch.tensor([[name in pair for pair in CHAIN_PAIRS] for name in names], dtype=x.dtype)   # (19, 18)
    some = (torch.rand(x.shape[0], 1, generator=generator) < 0.2).to(x.dtype)
    lost = (torch.rand(x.shape[0], len(names), generator=generator) < 0.08).to(x.dtype) * some
    return ((lost @ uses) == 0).to(x.dtype)


def _context(x: Tensor, generator: torch.Generator, centre_only: Tensor) -> Tensor:
    """Mask (B, T): what of the 50 s was recorded."""
    n = x.shape[-1]
    half = round(n * LABEL_S / WINDOW_S / 2)
    place = torch.arange(n)
    reach = (torch.rand(x.shape[0], 2, generator=generator) * 1.6).clamp(max=1.0)       # five eighths are whole
    reach[centre_only] = 0.0
    first = (n // 2 - half) * (1 - reach[:, :1])
    last = n - (n // 2 - half) * (1 - reach[:, 1:])
    return ((place >= first) & (place < last)).to(x.dtype)
