"""What training lowers: divergence from the votes, and how much each window counts."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from ml.nets.answer import Facts
from ml.synthetic.votes import LATERAL_INDEX
from ml.training.truth import Aims

BUCKETS: Final[tuple[tuple[int, float, float], ...]] = ((0, 0.3, 0.02), (3, 0.5, 0.02), (8, 1.0, 1.0))
"""Votes from which a bucket begins, and its weight at the start and at the end of a run (HMS, third place: .3, .5, 1, the
first two falling by 1.2 epochs/epochs to .02)."""
DECAY: Final[float] = 1.2
OCTAVE: Final[float] = 0.5
"""Unit of errors of the rate: from 1.5 to 2.1 Hz, about what divides neighbouring steps of ACNS 2021's rates."""


def divergence(logits: Tensor, votes: Tensor) -> Tensor:
    """KL(votes || softmax(logits)), mean over the batch."""
    return by_window(logits, votes).mean()


def by_window(logits: Tensor, votes: Tensor) -> Tensor:
    """KL(votes || softmax(logits)) of every window, (B,), in nats."""
    return functional.kl_div(functional.log_softmax(logits, dim=1), votes, reduction="none").sum(dim=1)


def smoothed(votes: Tensor, share: float) -> Tensor:
    """Votes with ``share`` of them spread over all classes."""
    return (1 - share) * votes + share / votes.shape[1]


def focal(logits: Tensor, votes: Tensor, *, gamma: float) -> Tensor:
    """KL of every window times how far it still is from its votes, to the power ``gamma``.

    The focal loss (Lin et al., ICCV 2017) weighs by one minus the probability of the one true class; with soft votes its place
    is taken by the total variation between votes and probabilities, which is the same for one-hot votes and 0 at the truth.
    """
    off = (torch.softmax(logits, dim=1) - votes).abs().sum(dim=1) / 2
    return off**gamma * by_window(logits, votes)


def vote_weights(n_votes: Tensor, progress: float) -> Tensor:
    """Weight of windows by how many experts voted (``BUCKETS``); the doubtful ones count ever less."""
    weights = torch.ones_like(n_votes, dtype=torch.float32)
    for begins, first, last in BUCKETS:
        weights[n_votes >= begins] = max(first * (1 - DECAY * progress), last) if last < first else first
    return weights


def weighted_mean(losses: Tensor, weights: Tensor | None) -> Tensor:
    """Mean of losses by window, weighted where weights are given."""
    return losses.mean() if weights is None else (losses * weights).sum() / weights.sum().clamp(min=1e-6)


def auxiliary(facts: Facts, aims: Aims, *, lateral: float, frequency: float, presence: float) -> Tensor:
    """Weighted sum of what the auxiliary heads are off: Huber losses of laterality and rate, binary cross-entropy of presence.

    Errors of laterality are in units of the index from which experts say lateralised, those of the rate in half octaves, so that all three
    begin between a third and one.
    """
    by_side = functional.smooth_l1_loss(facts.lateral.float() / LATERAL_INDEX, aims.lateral / LATERAL_INDEX, reduction="none")
    by_rate = functional.smooth_l1_loss(facts.octaves.float() / OCTAVE, aims.octaves / OCTAVE, reduction="none")
    by_step = functional.binary_cross_entropy_with_logits(facts.present.float(), aims.present, reduction="none")
    return (lateral * weighted_mean(by_side, aims.window_weight) + frequency * weighted_mean(by_rate, aims.window_weight)
            + presence * weighted_mean(by_step, aims.step_weight))
