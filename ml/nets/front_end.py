"""First layer of every network: from 200 Hz to 50 Hz inside the graph, so that serving hands over plain windows."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.synthetic.acquisition import decimation_filter

FACTOR: Final[int] = 4
"""200 Hz to 50 Hz."""


class Decimate(nn.Module):
    """Linear-phase low-pass and decimation of (B, 18, 10000) to (B, 18, 2500)."""

    taps: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = decimation_filter().astype(np.float32)
        self.register_buffer("taps", torch.from_numpy(taps)[None, None], persistent=False)

    def forward(self, bipolar_uv: Tensor) -> Tensor:
        windows = bipolar_uv.reshape(-1, 1, 10_000)                                    # (B*18, 1, 10000)
        half = self.taps.shape[-1] // 2
        decimated = functional.conv1d(windows, self.taps, stride=FACTOR, padding=half)  # (B*18, 1, 2500)
        return decimated.reshape(-1, 18, 2_500)


def recorded(bipolar_uv: Tensor) -> Tensor:
    """Mask (B, 1, T) of the samples where anything was recorded (absent ones are 0 in every pair)."""
    return (bipolar_uv.abs().amax(dim=1, keepdim=True) > 1e-4).to(bipolar_uv.dtype)
