"""What of the generator's truth still holds once a batch of windows has been changed, as aims of the auxiliary heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.analysis import WINDOW_S
from ml.classes import CLASSES
from ml.nets.resnet1d_gru import CENTRAL, STEP_SAMPLES, STEPS
from ml.training.dataset import FIRST_SECOND, LATERAL, OCTAVES

RATE_HZ: Final[float] = 50.0
OTHER: Final[int] = CLASSES.index("other")
STEP_S: Final[Tensor] = (STEP_SAMPLES * torch.arange(STEPS) - CENTRAL // 2) / RATE_HZ
"""Seconds from the middle of the window at which the steps of the recurrent layer lie."""


@dataclass(slots=True)
class Clock:
    """Which moment of the original each moment of a changed window shows: ``rate * t + offset_s``, seconds from the middle."""

    rate: Tensor                         # (B,) below 0 where time runs backward
    offset_s: Tensor                     # (B,)

    @classmethod
    def still(cls, n: int) -> Clock:
        """Of ``n`` windows that were not changed."""
        return cls(torch.ones(n), torch.zeros(n))

    def then(self, rate: Tensor, offset_s: Tensor) -> None:
        """A further change: its moment t shows ``rate * t + offset_s`` of what there was before it."""
        self.offset_s = self.offset_s + self.rate * offset_s
        self.rate = self.rate * rate

    def at(self, seconds: Tensor) -> Tensor:
        """Original moments (B, n) of moments (n,)."""
        return self.rate[:, None] * seconds + self.offset_s[:, None]


@dataclass(frozen=True, slots=True)
class Aims:
    """What the auxiliary heads should say of a batch, and how much each window and each step counts."""

    lateral: Tensor                      # (B,) 0..1
    octaves: Tensor                      # (B,) above 1 Hz
    present: Tensor                      # (B, steps) 0..1
    window_weight: Tensor                # (B,)
    step_weight: Tensor                  # (B, steps)

    @classmethod
    def of(cls, kept: NDArray[np.float16], votes: Tensor, clock: Clock, x: Tensor) -> Aims:
        """Aims of windows that were augmented.

        Sides are left out, since a mirror exchanges them and the features do not tell them apart. A rate follows the stretching of
        time; presence follows shift, stretch and reversal, and does not count where nothing is recorded any more. A pattern
        counts by the votes that saw one: nobody can tell the rate of what cannot be seen.

        Parameters
        ----------
        kept
            ``WindowSet.truth`` of the windows.
        votes
            (B, 6).
        clock
            What the augmentations did to their time.
        x
            (B, 18, 2500) after them, at 50 Hz.
        """
        known = torch.from_numpy(kept.astype(np.float32))
        facts, seconds = known[:, :FIRST_SECOND], known[:, FIRST_SECOND:]
        seen = 1 - votes[:, OTHER]
        then = (clock.at(STEP_S) + WINDOW_S / 2).floor().long()
        inside = (then >= 0) & (then < seconds.shape[1])
        present = seconds.gather(1, then.clamp(0, seconds.shape[1] - 1))
        counts = torch.where((seconds > 0).any(dim=1), seen, torch.ones(()))
        return cls(
            lateral=facts[:, LATERAL].abs().nan_to_num(0.0),
            octaves=(facts[:, OCTAVES] + clock.rate.abs().log2()).nan_to_num(0.0),
            present=present,
            window_weight=seen * torch.isfinite(facts).all(dim=1),
            step_weight=counts[:, None] * inside * recorded_steps(x),
        )

    def void(self) -> Aims:
        """The same with no weight: of windows that are two in one."""
        return Aims(self.lateral, self.octaves, self.present, 0 * self.window_weight, 0 * self.step_weight)

    def to(self, device: torch.device) -> Aims:
        """On another device."""
        return Aims(*(value.to(device) for value in (self.lateral, self.octaves, self.present, self.window_weight, self.step_weight)))


def recorded_steps(x: Tensor) -> Tensor:
    """Share of the time about each step (B, steps) in which a window (B, 18, 2500) holds anything; looks at every fourth sample."""
    first = (x.shape[-1] - CENTRAL - STEP_SAMPLES) // 2
    level = x[..., first : first + STEPS * STEP_SAMPLES : 4].abs().amax(dim=1)               # (B, 252)
    return (level > 1e-4).to(x.dtype).reshape(len(x), STEPS, -1).mean(dim=2)
