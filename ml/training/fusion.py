"""Attention over the members' embeddings, a candidate for joining them (``ml.training.stack``).

The pool gives each member one weight for all windows. Here each member's embedding becomes a token, and a query made of all tokens
decides window by window whom to trust; what it begins from, and falls back to where nothing is gained, is the pool itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import Tensor, nn

from ml.training import calibrate, losses
from ml.training.calibrate import Calibration

Floats = NDArray[np.floating]
WIDTH: Final[int] = 16
EPOCHS: Final[int] = 200
INNER: Final[float] = 0.25
"""Share of the windows that tell when to stop."""
LEAST_WEIGHT: Final[float] = 1e-4
"""Of a member in the pool, so that attention can find one that the pool forgot."""


class Attention(nn.Module):
    """Weights (n, members) and a correction (n, 6) from standardised places (n, d) of every member."""

    def __init__(self, widths: Sequence[int], n_classes: int) -> None:
        super().__init__()
        self.tokens = nn.ModuleList([nn.Sequential(nn.Dropout(0.2), nn.Linear(width, WIDTH), nn.Tanh()) for width in widths])
        self.query, self.value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, n_classes)
        for layer in (self.query, self.value):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, places: Sequence[Tensor], log_weight: Tensor) -> tuple[Tensor, Tensor]:
        tokens = torch.stack([token(place) for token, place in zip(self.tokens, places, strict=True)], dim=1)     # (n, members, WIDTH)
        score = torch.einsum("nw,nmw->nm", self.query(tokens.mean(dim=1)), tokens)
        weight = torch.softmax(log_weight + score, dim=1)
        return weight, self.value(torch.einsum("nm,nmw->nw", weight, tokens))


class AttentionFusion:
    """The pool with weights by window.

    Parameters
    ----------
    pool
        Where it begins: its weights, biases and temperature.
    logits, places, votes
        Of the windows that it is fitted on: members' logits (members, n, 6), what each member's embedding is (n, d; ``None`` for a member without one,
        which counts with its log probabilities), and votes (n, 6). The windows of a patient follow one another: the last quarter tells
        when to stop, then all are used for as long.
    """

    def __init__(
        self, pool: Calibration, logits: NDArray[np.float32], places: Sequence[Floats | None], votes: Floats, *, seed: int = 0
    ) -> None:
        self._pool = pool
        raw = _places(logits, places)
        self._mean = [place.mean(axis=0) for place in raw]
        self._scale = [place.std(axis=0) + 1e-3 for place in raw]
        n = logits.shape[1]
        cut = n - max(round(INNER * n), 1)
        everything, first, last = np.arange(n), np.arange(cut), np.arange(cut, n)
        kl = self._fit(logits, raw, votes, first, seed, watched=last)
        self.epochs = int(np.argmin(kl))
        self._fit(logits, raw, votes, everything, seed, epochs=self.epochs)

    @torch.inference_mode()
    def prob(self, logits: NDArray[np.float32], places: Sequence[Floats | None]) -> Floats:
        """Probabilities of every window."""
        return np.asarray(special.softmax(self._scores(*self._tensors(logits, _places(logits, places))).numpy().astype(np.float64), axis=1))

    def _fit(
        self, logits: NDArray[np.float32], raw: Sequence[Floats], votes: Floats, rows: NDArray[np.int64], seed: int, *,
        watched: NDArray[np.int64] | None = None, epochs: int = EPOCHS,
    ) -> list[float]:
        """Divergence on the watched rows before every epoch and at the end."""
        torch.manual_seed(seed)
        self._network = Attention([place.shape[1] for place in raw], logits.shape[2])
        whole, target = self._tensors(logits, raw), torch.from_numpy(np.asarray(votes, dtype=np.float32))
        weight = torch.from_numpy(calibrate.class_weights(votes[rows]).astype(np.float32))
        optimizer = torch.optim.AdamW(self._network.parameters(), 3e-3, weight_decay=0.3)
        kl = [] if watched is None else [self._watch(whole, target, watched)]
        for _ in range(epochs):
            self._network.train()
            optimizer.zero_grad()
            (losses.by_window(self._scores(*_rows(whole, rows)), target[rows]) * weight).sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            self._network.eval()
            if watched is not None:
                kl.append(self._watch(whole, target, watched))
        self._network.eval()
        return kl

    @torch.inference_mode()
    def _watch(self, whole: tuple[Tensor, list[Tensor]], target: Tensor, rows: NDArray[np.int64]) -> float:
        self._network.eval()
        return float(losses.by_window(self._scores(*_rows(whole, rows)), target[rows]).mean())

    def _scores(self, logits: Tensor, places: list[Tensor]) -> Tensor:
        pool = self._pool
        share = torch.from_numpy(np.log(np.maximum(pool.weights, LEAST_WEIGHT)).astype(np.float32))
        weight, correction = self._network(places, share)
        bias = torch.from_numpy(pool.class_bias.astype(np.float32))
        scores: Tensor = (torch.einsum("nm,mnc->nc", weight, logits) + bias) / pool.temperature + correction
        return scores

    def _tensors(self, logits: NDArray[np.float32], raw: Sequence[Floats]) -> tuple[Tensor, list[Tensor]]:
        scaled = [(place - mean) / scale for place, mean, scale in zip(raw, self._mean, self._scale, strict=True)]
        return torch.from_numpy(np.asarray(logits, dtype=np.float32)), [torch.from_numpy(place.astype(np.float32)) for place in scaled]


def _rows(whole: tuple[Tensor, list[Tensor]], rows: NDArray[np.int64]) -> tuple[Tensor, list[Tensor]]:
    return whole[0][:, rows], [place[rows] for place in whole[1]]


def _places(logits: NDArray[np.float32], places: Sequence[Floats | None]) -> list[Floats]:
    """Embedding and log probabilities of every member (n, d + 6)."""
    said = special.log_softmax(np.asarray(logits, dtype=np.float64), axis=2)
    return [own if place is None else np.concatenate([np.asarray(place, dtype=np.float64), own], axis=1)
            for place, own in zip(places, said, strict=True)]
