"""EfficientNet-B3 on one image of a window, with a small branch for the ten minutes around it.

The image (3, 128, 256) has four chains of 32 mel bands, one above another; its middle 150 columns are the central 12 s in short
windows (the zoom of the best single model of the HMS competition, third place, cfg_5a), what lies before and after is drawn
together. Colours: the chain itself, less the mean of the other three, less its neighbour of the same side. Ten-minute spectrograms are
those of the competition (``ml.spectrogram.hms_regional``); where there is none, a learned vector stands for it, as in three of
ten training windows, so that the network serves without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ml.nets.answer import EMBEDDING, Answer
from ml.nets.front_end import Decimate
from ml.nets.spectrogram_net import RATE_HZ, ZOOM, striped

BANDS: Final[int] = 32
COLUMNS: Final[tuple[int, int, int]] = (53, 150, 53)
"""Of the image: before, the central 12 s, after."""
NEIGHBOUR: Final[tuple[int, ...]] = (2, 3, 0, 1)
"""The other chain of the same side, of LL, RL, LP, RP."""
REGIONAL_SHAPE: Final[tuple[int, int, int]] = (4, 100, 300)
"""Regions, frequencies and columns of 2 s of a ten-minute spectrogram."""
MODALITY_DROPOUT: Final[float] = 0.3


class MelChains(nn.Module):
    """Log mel power (B, 4, 32, frames) of the four chains, from (B, 18, samples) at 50 Hz."""

    basis: Tensor
    mel: Tensor

    def __init__(self, *, window: int, hop: int) -> None:
        super().__init__()
        freqs_hz = np.arange(0.25, 20.26, 0.25)
        times_s = (np.arange(window) - window / 2) / RATE_HZ
        taper = np.hanning(window + 1)[:window]
        angle = 2 * np.pi * freqs_hz[:, None] * times_s
        basis = np.concatenate([np.cos(angle), np.sin(angle)]) * taper / np.sqrt((taper**2).sum() * RATE_HZ / 2)
        self.hop, self.window = hop, window
        self.register_buffer("basis", torch.from_numpy(basis.astype(np.float32))[:, None], persistent=False)
        self.register_buffer("mel", torch.from_numpy(mel_filters(freqs_hz)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        pairs = x[:, :16]
        waves = functional.conv1d(pairs.reshape(-1, 1, x.shape[-1]), self.basis, stride=self.hop, padding=self.window // 2)
        cosine, sine = waves.chunk(2, dim=1)
        power = (cosine**2 + sine**2).reshape(x.shape[0], 4, 4, cosine.shape[1], cosine.shape[2]).mean(dim=2)  # (B, 4, F, T)
        return torch.log(torch.einsum("mf,bcft->bcmt", self.mel, power) + 0.03) / 3


class EfficientNetB3(nn.Module):
    """Logits (B, 6) and embedding (B, 96) from windows (B, 18, 10000) in µV at 200 Hz, 0 where nothing was recorded.

    Parameters
    ----------
    init
        A local checkpoint of ``efficientnet_b3`` of timm (safetensors or torch), for those who have ImageNet weights. Nothing is
        ever downloaded; random weights by default.
    """

    checkpointing = False
    """In training, compute the activations of the backbone twice and keep fewer of them."""
    masks = 0
    """Stripes of time and of frequency that are blanked in each training image, at most."""
    takes_regional = True

    def __init__(self, *, init: Path | None = None, dropout: float = 0.3) -> None:
        super().__init__()
        self.decimate = Decimate()
        self.context, self.zoom = MelChains(window=128, hop=18), MelChains(window=16, hop=4)
        self.backbone = timm.create_model("efficientnet_b3", pretrained=False, in_chans=3, num_classes=0, global_pool="")
        if init is not None:
            timm.models.load_checkpoint(self.backbone, str(init), strict=False)
        width = int(self.backbone.num_features)  # type: ignore[arg-type]
        self.power = nn.Parameter(torch.full((1,), 3.0))
        self.regional = RegionalBranch()
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(width + RegionalBranch.width, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, 6),
        )

    def forward(self, bipolar_uv: Tensor) -> tuple[Tensor, Tensor]:
        logits, embedding = self.from_50_hz(self.decimate(bipolar_uv))
        return logits, embedding

    def from_50_hz(self, x: Tensor, regional: Tensor | None = None) -> Answer:
        """Answer to windows that are decimated already (B, 18, 2500), and ten-minute spectrograms (B, 4, 100, 300) if there are any."""
        image = self.image(x.clamp(-1_000, 1_000))
        if self.training and self.masks:
            image = striped(image, self.masks)
        twice = self.training and self.checkpointing
        features = checkpoint(self.backbone, image, use_reentrant=False) if twice else self.backbone(image)   # (B, C, 4, 8)
        pooled = features.clamp(min=1e-4).pow(self.power).mean(dim=(2, 3)).pow(1 / self.power)
        embedding = self.head[:-1](torch.cat([pooled, self.regional(regional, x.shape[0])], dim=1))
        return Answer(self.head[-1](embedding), embedding)

    def image(self, x: Tensor) -> Tensor:
        """(B, 18, 2500) to (B, 3, 128, 256)."""
        context, middle = self.context(x), self.zoom(x[..., ZOOM])
        before, within, after = COLUMNS
        chains = torch.cat([context[..., :before], middle[..., :within], context[..., -after:]], dim=-1)      # (B, 4, 32, 256)
        others = (chains.sum(dim=1, keepdim=True) - chains) / 3
        colours = torch.stack([chains, chains - others, chains - chains[:, list(NEIGHBOUR)]], dim=1)         # (B, 3, 4, 32, 256)
        return colours.flatten(2, 3)


class RegionalBranch(nn.Module):
    """Ten-minute spectrogram (B, 4, 100, 300), µV²/Hz, NaN where nothing was recorded, to (B, 48); a learned vector without one.

    Sides enter as mean and distance, so that mirrored windows keep their spectrogram.
    """

    width = 48

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 24, 5, stride=(2, 4), padding=2, bias=False), nn.BatchNorm2d(24), nn.SiLU(),
            nn.Conv2d(24, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.SiLU(),
            nn.Conv2d(32, self.width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(self.width), nn.SiLU(),
        )
        self.absent = nn.Parameter(torch.zeros(self.width))

    def forward(self, regional: Tensor | None, batch: int) -> Tensor:
        absent = self.absent.expand(batch, -1)
        if regional is None:
            return absent
        level = (torch.log(regional.nan_to_num(0.0).clamp(min=0) + 0.03) / 3).to(absent.dtype)
        left, right = level[:, 0::2], level[:, 1::2]                                   # LL and LP, RL and RP
        seen = self.body(torch.cat([(left + right) / 2, (left - right).abs()], dim=1)).mean(dim=(2, 3))
        known = torch.isfinite(regional).flatten(1).any(dim=1)
        if self.training:
            known = known & (torch.rand(batch, device=known.device) >= MODALITY_DROPOUT)
        return torch.where(known[:, None], seen, absent)


def mel_filters(freqs_hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """Triangles (32, frequencies) of equal width on the mel scale from 0.5 to 20 Hz; each sums to 1."""
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700) for hz in (0.25, 20.5))
    edges = 700 * (10 ** (np.linspace(low_mel, high_mel, BANDS + 2) / 2595) - 1)
    rising = (freqs_hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - freqs_hz) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(np.minimum(rising, falling), 0)
    return np.asarray(triangles / triangles.sum(axis=1, keepdims=True), dtype=np.float32)
