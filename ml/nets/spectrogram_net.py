"""Spectrogram network: regional time-frequency images, the whole 50 s and a zoom on the labelled middle.

The centre zoom (short windows over 12 s, where single discharges stand apart) made the best single model of the HMS
competition (third place, cfg_5a). Blocks are those of EfficientNet V2, narrow; a larger one replaces it when more EEG is at hand.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ml.nets.answer import EMBEDDING, Answer
from ml.nets.front_end import Decimate

RATE_HZ: Final[float] = 50.0
REGIONS: Final[tuple[tuple[int, ...], ...]] = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11), (12, 13, 14, 15), (16, 17))
"""LL, RL, LP, RP and the midline as rows of ``CHAIN_PAIRS``."""
ZOOM: Final[slice] = slice(950, 1550)
"""The central 12 s at 50 Hz."""


class RegionalSpectrogram(nn.Module):
    """Log power of five regions by a short-time Fourier transform written as a convolution."""

    basis: Tensor
    regions: Tensor

    def __init__(self, *, window: int, hop: int, freqs_hz: NDArray[np.float64]) -> None:
        super().__init__()
        times_s = (np.arange(window) - window / 2) / RATE_HZ
        angle = 2 * np.pi * freqs_hz[:, None] * times_s
        taper = np.hanning(window + 1)[:window]
        basis = np.concatenate([np.cos(angle), np.sin(angle)]) * taper / np.sqrt((taper**2).sum() * RATE_HZ / 2)
        average = np.zeros((len(REGIONS), 18), dtype=np.float32)
        for row, pairs in enumerate(REGIONS):
            average[row, list(pairs)] = 1 / len(pairs)
        self.hop, self.window = hop, window
        self.register_buffer("basis", torch.from_numpy(basis.astype(np.float32))[:, None], persistent=False)
        self.register_buffer("regions", torch.from_numpy(average), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, pairs, samples = x.shape
        waves = functional.conv1d(x.reshape(batch * pairs, 1, samples), self.basis, stride=self.hop, padding=self.window // 2)
        cosine, sine = waves.chunk(2, dim=1)
        power = (cosine**2 + sine**2).reshape(batch, pairs, cosine.shape[1], cosine.shape[2])   # (B, 18, F, T) µV²/Hz
        regional = torch.einsum("rp,bpft->brft", self.regions, power)
        level = torch.log(regional + 0.03) / 3                                                 # (B, 5, F, T)
        sides = level[:, 0:4:2] - level[:, 1:4:2]                                              # left minus right
        return torch.cat([level, sides], dim=1)                                                # (B, 7, F, T)


class FusedBlock(nn.Module):
    """Block of EfficientNet V2's first stages: one full convolution that widens, a gate, and a narrowing one.

    Depthwise convolutions would need fewer products and yet five times longer on a CPU.
    """

    def __init__(self, width_in: int, width: int, *, stride: int, expand: int = 2) -> None:
        super().__init__()
        inner = width_in * expand
        self.widen = nn.Sequential(nn.Conv2d(width_in, inner, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(inner), nn.SiLU())
        self.gate = nn.Sequential(nn.Linear(inner, inner // 8), nn.SiLU(), nn.Linear(inner // 8, inner), nn.Sigmoid())
        self.narrow = nn.Sequential(nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width))
        self.residual = stride == 1 and width_in == width

    def forward(self, x: Tensor) -> Tensor:
        y = self.widen(x)
        y = self.narrow(y * self.gate(y.mean(dim=(2, 3)))[:, :, None, None])
        return x + y if self.residual else y


class ImageBranch(nn.Module):
    """A narrow EfficientNet V2 from (B, 7, F, T) to (B, 2 * width)."""

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            nn.Conv2d(7, 24, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(24), nn.SiLU(),
            FusedBlock(24, 32, stride=1), FusedBlock(32, 48, stride=2), FusedBlock(48, 48, stride=1),
            FusedBlock(48, width, stride=2), FusedBlock(width, width, stride=1),
        )

    def forward(self, image: Tensor) -> Tensor:
        features = self.blocks(image)                                                          # (B, C, F', T')
        third = features.shape[-1] // 3
        middle = features[..., third : features.shape[-1] - third].mean(dim=(2, 3))
        return torch.cat([features.amax(dim=(2, 3)), middle], dim=1)


class SpectrogramNet(nn.Module):
    """Logits (B, 6) and embedding (B, 96) from windows (B, 18, 10000) in µV at 200 Hz, 0 where nothing was recorded."""

    checkpointing = False
    """In training, compute the activations of the branches twice and keep fewer of them."""
    masks = 0
    """Stripes of time and of frequency that are blanked in each training image, at most (XY masking, HMS fourth place)."""
    takes_regional = False

    def __init__(self, *, width: int = 64, dropout: float = 0.25) -> None:
        super().__init__()
        self.decimate = Decimate()
        self.whole = RegionalSpectrogram(window=128, hop=25, freqs_hz=np.arange(0.5, 20.25, 0.5))
        self.zoom = RegionalSpectrogram(window=28, hop=4, freqs_hz=np.linspace(1.0, 20.0, 24))
        self.whole_branch = ImageBranch(width=width)
        self.zoom_branch = ImageBranch(width=width)
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(4 * width, EMBEDDING), nn.SiLU(), nn.Dropout(dropout), nn.Linear(EMBEDDING, 6),
        )

    def forward(self, bipolar_uv: Tensor) -> tuple[Tensor, Tensor]:
        logits, embedding = self.from_50_hz(self.decimate(bipolar_uv))
        return logits, embedding

    def from_50_hz(self, x: Tensor) -> Answer:
        """Answer to windows that are decimated already (B, 18, 2500)."""
        x = x.clamp(-1_000, 1_000)
        images = [self.whole(x), self.zoom(x[..., ZOOM])]
        branches = [self.whole_branch, self.zoom_branch]
        if self.training and self.masks:
            images = [striped(image, self.masks) for image in images]
        if self.training and self.checkpointing:
            features = [checkpoint(branch, image, use_reentrant=False) for branch, image in zip(branches, images, strict=True)]
        else:
            features = [branch(image) for branch, image in zip(branches, images, strict=True)]
        embedding = self.head[:-2](torch.cat(features, dim=1))
        return Answer(self.head[-2:](embedding), embedding)


def striped(image: Tensor, masks: int) -> Tensor:
    """Blank up to ``masks`` stripes of at most a tenth of the time and as many of the frequencies in each image (B, 7, F, T)."""
    for axis in (2, 3):
        size = image.shape[axis]
        place = torch.arange(size, device=image.device)[None, None]
        start = torch.randint(0, size, (image.shape[0], masks, 1), device=image.device)
        length = torch.randint(0, max(size // 10, 1) + 1, (image.shape[0], masks, 1), device=image.device)
        kept = ~((place >= start) & (place < start + length)).any(dim=1)                        # (B, size)
        image = image * (kept[:, None, :, None] if axis == 2 else kept[:, None, None])
    return image
