"""ResNet1D-GRU: five electrode chains through one shared encoder, compared left with right, read by a recurrent layer.

After bilzard and yu4u (HMS competition, fourth place): kernels shared over the chains, a mixer that joins them, features
that do not care which side leads. Small, since it learns from generated EEG and serves on two CPU cores.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ml.nets.answer import EMBEDDING, Answer, Facts
from ml.nets.front_end import Decimate, recorded

CENTRAL: Final[int] = 1_000
"""Samples at 50 Hz that are read: the central 20 s. The spectrogram network sees the whole 50 s."""
STEPS: Final[int] = 42
"""Time steps of the recurrent layer."""
STEP_SAMPLES: Final[int] = 24
"""Samples at 50 Hz from one step to the next (0.48 s); the first step lies about the first sample that is read."""


class SqueezeExcite(nn.Module):
    """Channel gates from the mean over time."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(width, width // 4), nn.SiLU(), nn.Linear(width // 4, width), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x.mean(dim=-1))[..., None]


class ResidualStage(nn.Module):
    """Two convolutions with a gate around a linear shortcut; halves time if ``stride`` is 2.

    Normalised once, since on a CPU a normalisation costs as much as a convolution; the branch begins small instead.
    """

    def __init__(self, width_in: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(width_in, width, 7, stride=stride, padding=3, bias=False), nn.BatchNorm1d(width), nn.SiLU(),
            nn.Conv1d(width, width, 5, padding=2), SqueezeExcite(width),
        )
        self.scale = nn.Parameter(torch.full((1,), 0.5))
        self.shortcut = nn.Conv1d(width_in, width, 1, stride=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = functional.silu(self.scale * self.body(x) + self.shortcut(x))
        return out


class ChainMixer(nn.Module):
    """Each chain sees itself, its neighbour on the same side, its mirror image and the midline."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(4 * width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch = x.shape[0] // 5
        chains = x.reshape(batch, 5, x.shape[1], x.shape[2])                             # (B, 5, C, T)
        ll, rl, lp, rp, mid = chains.unbind(dim=1)
        views = [(ll, lp, rl, mid), (rl, rp, ll, mid), (lp, ll, rp, mid), (rp, rl, lp, mid), (mid, (lp + rp) / 2, (ll + rl) / 2, mid)]
        joined = torch.stack([torch.cat(view, dim=1) for view in views], dim=1)          # (B, 5, 4C, T)
        return functional.silu(x + self.mix(joined.flatten(0, 1)))


class CentrePooling(nn.Module):
    """Attention heads whose prior is a Gaussian around the labelled 10 s."""

    distance_s: Tensor

    def __init__(self, width: int, *, heads: int = 4) -> None:
        super().__init__()
        self.score = nn.Linear(width, heads)
        self.log_sigma_s = nn.Parameter(torch.linspace(2.0, 8.0, heads).log())
        times_s = (torch.arange(STEPS) - (STEPS - 1) / 2) * 0.48
        self.register_buffer("distance_s", times_s, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        prior = -0.5 * (self.distance_s[:, None] / self.log_sigma_s.exp()) ** 2            # (T, heads)
        weights = torch.softmax(self.score(x) + prior, dim=1)                              # (B, T, heads)
        return torch.einsum("bth,btc->bhc", weights, x).flatten(1)                         # (B, heads*C)


class AuxiliaryHeads(nn.Module):
    """What training asks besides the votes: how lateralised the pattern is, its rate, and when it is there.

    Laterality without its sign, since the features of this network do not tell left from right. The first two are read from the
    embedding, so that windows of one rate and one spread lie near one another; the third from the states of the recurrent layer.
    """

    def __init__(self, states: int) -> None:
        super().__init__()
        self.whole = nn.Linear(EMBEDDING, 2)
        self.step = nn.Linear(states, 1)

    def forward(self, embedding: Tensor, states: Tensor) -> Facts:
        lateral, octaves = self.whole(embedding).unbind(dim=1)
        return Facts(lateral, octaves, self.step(states)[..., 0])


class ResNet1dGru(nn.Module):
    """Logits (B, 6) and embedding (B, 96) from windows (B, 18, 10000) in µV at 200 Hz, 0 where nothing was recorded.

    Parameters
    ----------
    widths, hidden, dropout
        Of the stages, of the recurrent layer in each direction, and of what is dropped in training.
    auxiliary
        Whether there are heads for what the generator knows besides the votes: they cost training under a hundredth and teach
        the shared layers what the votes are made of. Serving and exported files never have them.
    """

    checkpointing = False
    """In training, compute the activations of the encoder twice and keep fewer of them."""
    masks = 0
    """Of spectrograms; this network has none."""
    takes_regional = False

    def __init__(
        self, *, widths: tuple[int, int, int, int] = (24, 40, 56, 80), hidden: int = 64, dropout: float = 0.2, auxiliary: bool = False
    ) -> None:
        super().__init__()
        first, second, third, last = widths
        self.decimate = Decimate()
        self.stem = nn.Sequential(nn.Conv1d(5, first, 9, stride=3, padding=4, bias=False), nn.BatchNorm1d(first), nn.SiLU())
        self.stages = nn.Sequential(
            ResidualStage(first, second, stride=2), ResidualStage(second, third, stride=2), ChainMixer(third),
            ResidualStage(third, last, stride=2), ChainMixer(last),
        )
        self.fuse = nn.Sequential(nn.Conv1d(9 * last, 128, 1, bias=False), nn.BatchNorm1d(128), nn.SiLU(), nn.Dropout(dropout))
        self.gru = nn.GRU(128, hidden, batch_first=True, bidirectional=True)
        self.pool = CentrePooling(2 * hidden)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(8 * hidden + 128, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, 6))
        self.auxiliary = AuxiliaryHeads(2 * hidden) if auxiliary else None

    def forward(self, bipolar_uv: Tensor) -> tuple[Tensor, Tensor]:
        logits, embedding = self.from_50_hz(self.decimate(bipolar_uv))
        return logits, embedding

    def from_50_hz(self, x: Tensor) -> Answer:
        """Answer to windows that are decimated already (B, 18, 2500)."""
        return self._read(x)[0]

    def with_facts(self, x: Tensor) -> tuple[Answer, Facts | None]:
        """The same, and what the auxiliary heads say; ``None`` where the network has none."""
        answer, states = self._read(x)
        return answer, None if self.auxiliary is None else self.auxiliary(answer.embedding, states)

    def _read(self, x: Tensor) -> tuple[Answer, Tensor]:
        edge = (x.shape[-1] - CENTRAL) // 2
        x = x[..., edge : edge + CENTRAL]                                                # (B, 18, 1000)
        stem = self.stem(_chains(x))
        twice = self.checkpointing and self.training
        encoded = checkpoint(self.stages, stem, use_reentrant=False) if twice else self.stages(stem)   # (B*5, C, 42)
        fused = self.fuse(_symmetric(encoded))                                           # (B, 128, 42)
        states, _ = self.gru(fused.transpose(1, 2))                                      # (B, 42, 2*hidden)
        centre = fused[..., STEPS // 2 - 10 : STEPS // 2 + 11].mean(dim=-1)              # (B, 128)
        embedding = self.head[:-1](torch.cat([self.pool(states), centre], dim=1))        # (B, 96)
        return Answer(self.head[-1](embedding), embedding), states


def _chains(x: Tensor) -> Tensor:
    """(B, 18, T) to (B*5, 5, T): four pairs per chain, compressed above a few µV, and where anything was recorded."""
    middle = torch.cat([x[:, 16:18], x[:, 16:18]], dim=1)
    chains = torch.stack([x[:, 0:4], x[:, 4:8], x[:, 8:12], x[:, 12:16], middle], dim=1)  # (B, 5, 4, T)
    present = recorded(x)[:, None].expand(-1, 5, -1, -1)
    return torch.cat([torch.asinh(chains / 6), present], dim=2).flatten(0, 1)


def _symmetric(encoded: Tensor) -> Tensor:
    """(B*5, C, T) to (B, 9C, T): sum, difference, product and maximum of mirrored chains, and the midline."""
    chains = encoded.reshape(encoded.shape[0] // 5, 5, encoded.shape[1], encoded.shape[2])
    left, right = chains[:, 0:4:2], chains[:, 1:4:2]                                      # (B, 2, C, T) each
    parts = torch.cat([left + right, (left - right).abs(), left * right, torch.maximum(left, right)], dim=1)
    return torch.cat([parts.flatten(1, 2), chains[:, 4]], dim=1)
