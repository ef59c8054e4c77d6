"""Random changes of training windows that leave their label true (reference 2.4: what earned its place in HMS)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from ml.analysis import LABEL_S, WINDOW_S
from ml.channels import CHAIN_PAIRS
from ml.training.truth import Clock

MIRROR: Final[tuple[int, ...]] = (4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 16, 17)
"""Row of the mirrored pair of every pair of ``CHAIN_PAIRS``."""
EXCHANGED: Final[tuple[int, ...]] = (8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17)
"""Outer and inner chain of each side exchanged: sides stay what they are."""
DEFAULT: Final[tuple[str, ...]] = ("mirror", "reverse", "gain", "electrodes")
RATE_HZ: Final[float] = 50.0


def augment(
    x: Tensor, generator: torch.Generator, *, centre_only: float, future_hidden: float = 0.0, chosen: Sequence[str] = DEFAULT,
    clock: Clock | None = None,
) -> Tensor:
    """Change a batch (B, 18, T) of windows at 50 Hz.

    Parameters
    ----------
    generator
        Decides everything; on the CPU, so that a seed means the same on every device.
    centre_only
        Chance that all context is hidden; else a part at each end is, with a chance of three in eight.
    future_hidden
        Chance that nothing after the labelled 10 s is shown, as in live use (``ml.live_windows``).
    chosen
        Names in ``AUGMENTATIONS``; other names (mixing of two windows) are not looked at. Always in the order of the table.
    clock
        Learns what was done to time, for truth that has times.
    """
    for name, change in AUGMENTATIONS.items():
        if name in chosen:
            x = change(x, generator, clock) if name in TIMED else change(x, generator)
    centre = _chance(x, generator, centre_only)
    return x * _context(x, generator, centre, _chance(x, generator, future_hidden) if future_hidden else torch.zeros_like(centre))[:, None]


def _chance(x: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    return torch.rand(x.shape[0], generator=generator) < probability


def mirror(x: Tensor, generator: torch.Generator) -> Tensor:
    """Left and right swapped in half of the windows."""
    return torch.where(_chance(x, generator, 0.5)[:, None, None], x[:, list(MIRROR)], x)


def reverse(x: Tensor, generator: torch.Generator, clock: Clock | None = None) -> Tensor:
    """Time backward in a quarter (the winners: half; a quarter, since discharges have a direction)."""
    back = _chance(x, generator, 0.25)
    if clock is not None:
        clock.then(1.0 - 2.0 * back, torch.zeros(len(x)))
    return torch.where(back[:, None, None], x.flip(-1), x)


def gain(x: Tensor, generator: torch.Generator) -> Tensor:
    """Another amplitude, by a factor of about 0.6 to 1.6."""
    return x * torch.exp(0.25 * torch.randn(x.shape[0], 1, 1, generator=generator))


def electrodes(x: Tensor, generator: torch.Generator) -> Tensor:
    """In a fifth of the windows one to three electrodes and their pairs are silent."""
    names = sorted({name for pair in CHAIN_PAIRS for name in pair})
    uses = torch.tensor([[name in pair for pair in CHAIN_PAIRS] for name in names], dtype=x.dtype)   # (19, 18)
    some = (torch.rand(x.shape[0], 1, generator=generator) < 0.2).to(x.dtype)
    lost = (torch.rand(x.shape[0], len(names), generator=generator) < 0.08).to(x.dtype) * some
    return x * ((lost @ uses) == 0).to(x.dtype)[..., None]


def shift(x: Tensor, generator: torch.Generator, clock: Clock | None = None) -> Tensor:
    """Up to 2 s earlier or later: the label stays about the middle, since the networks look there."""
    samples = torch.randint(-100, 101, (x.shape[0],), generator=generator)
    if clock is not None:
        clock.then(torch.ones(len(x)), samples / RATE_HZ)
    place = (torch.arange(x.shape[-1])[None] + samples[:, None])
    inside = (place >= 0) & (place < x.shape[-1])
    moved = x.gather(-1, place.clamp(0, x.shape[-1] - 1)[:, None].expand_as(x))
    return moved * inside[:, None].to(x.dtype)


def stretch(x: Tensor, generator: torch.Generator, clock: Clock | None = None) -> Tensor:
    """Time longer or shorter by up to a sixth about the middle, in half of the windows (a decimation of 4 to 6 of 5: yu4u)."""
    factor = torch.exp(0.15 * (2 * torch.rand(x.shape[0], generator=generator) - 1))
    factor = torch.where(_chance(x, generator, 0.5), factor, torch.ones(()))
    if clock is not None:
        clock.then(factor, torch.zeros(len(x)))
    grid = torch.linspace(-1, 1, x.shape[-1])[None] * factor[:, None]                       # (B, T)
    full = torch.stack([grid, torch.zeros_like(grid)], dim=-1)[:, None]                    # (B, 1, T, 2)
    moved = functional.grid_sample(x[:, :, None], full, mode="bilinear", padding_mode="zeros", align_corners=True)
    return torch.where((factor == 1)[:, None, None], x, moved[:, :, 0])


def chains(x: Tensor, generator: torch.Generator) -> Tensor:
    """Outer and inner chains exchanged on both sides in a tenth of the windows."""
    return torch.where(_chance(x, generator, 0.1)[:, None, None], x[:, list(EXCHANGED)], x)


def band(x: Tensor, generator: torch.Generator) -> Tensor:
    """In a fifth of the windows each pair has a band of its own: low cut 0-2 Hz, high cut 10-20 Hz."""
    freqs_hz = torch.fft.rfftfreq(x.shape[-1], 1 / RATE_HZ)
    low = 2 * torch.rand(x.shape[:2], generator=generator)[..., None]
    high = 10 + 10 * torch.rand(x.shape[:2], generator=generator)[..., None]
    kept = torch.sigmoid((freqs_hz - low) / 0.15) * torch.sigmoid((high - freqs_hz) / 0.8)
    filtered = torch.fft.irfft(torch.fft.rfft(x) * kept, n=x.shape[-1])
    present = (x != 0).to(x.dtype)                                                        # what was not recorded stays so
    return torch.where(_chance(x, generator, 0.2)[:, None, None], filtered * present, x)


def cutout(x: Tensor, generator: torch.Generator) -> Tensor:
    """Up to four stretches of at most 2.5 s are blank, in a quarter of the windows."""
    place = torch.arange(x.shape[-1])
    kept = torch.ones(x.shape[0], x.shape[-1], dtype=x.dtype)
    for _ in range(4):
        start = torch.randint(0, x.shape[-1], (x.shape[0], 1), generator=generator)
        length = torch.randint(0, 126, (x.shape[0], 1), generator=generator)
        kept = kept * ~((place >= start) & (place < start + length))
    kept[~_chance(x, generator, 0.25)] = 1
    return x * kept[:, None]


AUGMENTATIONS: Final[dict[str, Callable[..., Tensor]]] = {
    "mirror": mirror, "reverse": reverse, "gain": gain, "electrodes": electrodes, "shift": shift, "stretch": stretch,
    "chains": chains, "band": band, "cutout": cutout,
}
TIMED: Final[tuple[str, ...]] = ("reverse", "shift", "stretch")
"""Those that change time, and tell a clock how."""


def _context(x: Tensor, generator: torch.Generator, centre_only: Tensor, future_hidden: Tensor) -> Tensor:
    """Mask (B, T): what of the 50 s was recorded."""
    n = x.shape[-1]
    half = round(n * LABEL_S / WINDOW_S / 2)
    place = torch.arange(n)
    reach = (torch.rand(x.shape[0], 2, generator=generator) * 8 / 3).clamp(max=1.0)     # five eighths of the sides are whole
    reach[centre_only] = 0.0
    reach[future_hidden, 1] = 0.0
    first = (n // 2 - half) * (1 - reach[:, :1])
    last = n - (n // 2 - half) * (1 - reach[:, 1:])
    return ((place >= first) & (place < last)).to(x.dtype)
