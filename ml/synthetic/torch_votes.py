"""Votes on batches of tensors: the same margins, limits and confusion as ``ml.synthetic.votes``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ml.classes import CLASSES
from ml.synthetic import votes
from ml.synthetic.votes import _LEFT, _RIGHT


@dataclass(frozen=True, slots=True)
class Visibilities:
    """``votes.Visibility`` of a batch, one tensor (B,) for each measure."""

    rms_db: Tensor
    peak_db: Tensor
    lateral_index: Tensor
    coverage: Tensor


def visibility(pattern_uv: Tensor, rest_uv: Tensor, coverage: Tensor) -> Visibilities:
    """Measure patterns (B, 18, samples) against everything else in the labelled 10 s."""
    rms = pattern_uv.square().mean(dim=2).sqrt() + 1e-9
    top = rms.topk(4, dim=1).indices
    there = top[..., None].expand(-1, -1, pattern_uv.shape[2])
    rest = rest_uv.gather(1, there).square().mean(dim=(1, 2)).sqrt() + 1e-9
    peak = pattern_uv.gather(1, there).abs().quantile(0.97, dim=2).mean(dim=1).clamp(min=1e-9)
    left, right = (rms[:, rows].square().mean(dim=1).sqrt() for rows in (_LEFT, _RIGHT))
    return Visibilities(
        20 * torch.log10(rms.gather(1, top).square().mean(dim=1).sqrt() / rest), 20 * torch.log10(peak / rest),
        (left - right) / (left + right), coverage,
    )


def expected_votes(recipe: Tensor, facts: dict[str, Tensor], seen: Visibilities) -> Tensor:
    """Expected shares of votes (B, 6): ``votes.expected_votes`` for a batch.

    Parameters
    ----------
    recipe
        (B,) index into ``CLASSES``.
    facts
        Tensors (B,) named as the fields of ``pattern.Pattern``: frequency_hz, variation, duty, evolution_hz, sharpness, duration_s.
    """
    lateral = _above(seen.lateral_index.abs(), votes.LATERAL_INDEX, 0.05)
    judged = torch.stack([_seizure(facts, seen, lateral), _periodic(facts, seen, lateral), _rhythmic(facts, seen, lateral)])    # (3, B, 5)
    judge = torch.tensor([0, 1, 1, 2, 2, 0], device=recipe.device)[recipe]
    five = judged[judge, torch.arange(len(recipe), device=recipe.device)] * _above(seen.coverage, 0.42, 0.1)[:, None]
    five = five * (recipe != CLASSES.index("other"))[:, None]
    share = torch.cat([five, 1 - five.sum(dim=1, keepdim=True)], dim=1)
    confusion = torch.tensor(votes.CONFUSION, dtype=share.dtype, device=share.device)
    mixed = (1 - votes.CONFUSION_SHARE) * share + votes.CONFUSION_SHARE * share @ confusion
    return mixed / mixed.sum(dim=1, keepdim=True)


def _periodic(facts: dict[str, Tensor], seen: Visibilities, lateral: Tensor) -> Tensor:
    visible = _above(seen.peak_db, votes.PERIODIC_PEAK_DB, 1.6) * _above(0.6, facts["variation"], 0.08)
    blunt = _above(facts["duty"], 0.72, 0.06) * _above(0.6, facts["sharpness"], 0.12)
    fast = 1 - (1 - _above(facts["frequency_hz"], votes.SEIZURE_HZ, 0.12)) * (1 - _evolves(facts))
    return visible[:, None] * _split(fast, (1 - fast) * (1 - blunt), (1 - fast) * blunt, lateral)


def _rhythmic(facts: dict[str, Tensor], seen: Visibilities, lateral: Tensor) -> Tensor:
    visible = _above(seen.rms_db, votes.RHYTHMIC_RMS_DB, 1.6) * _above(0.40, facts["variation"], 0.05)
    fast = 1 - (1 - _above(facts["frequency_hz"], 2.7, 0.25) * (0.1 + 0.6 * facts["sharpness"])) * (1 - _evolves(facts))
    sharp = 0.45 * facts["sharpness"]
    return visible[:, None] * _split(fast, (1 - fast) * sharp, (1 - fast) * (1 - sharp), lateral)


def _seizure(facts: dict[str, Tensor], seen: Visibilities, lateral: Tensor) -> Tensor:
    visible = torch.maximum(_above(seen.rms_db, 0.0, 1.6), _above(seen.peak_db, 7.0, 1.6))
    by_rate = _above(facts["frequency_hz"], votes.SEIZURE_HZ, 0.2)
    by_evolution = _above(facts["evolution_hz"], votes.EVOLUTION_HZ, 0.12) * _above(facts["duration_s"], 10, 1.5)
    seizure = 1 - (1 - by_rate) * (1 - by_evolution)
    return visible[:, None] * _split(seizure, (1 - seizure) * facts["sharpness"], (1 - seizure) * (1 - facts["sharpness"]), lateral)


def _evolves(facts: dict[str, Tensor]) -> Tensor:
    static = _above(0.0, votes.EVOLUTION_HZ, 0.12)
    by_rate = (_above(facts["evolution_hz"], votes.EVOLUTION_HZ, 0.12) - static) / (1 - static)
    return by_rate * _above(facts["duration_s"], 10, 1.5)


def _split(seizure: Tensor, periodic: Tensor, rhythmic: Tensor, lateral: Tensor) -> Tensor:
    return torch.stack([seizure, periodic * lateral, periodic * (1 - lateral), rhythmic * lateral, rhythmic * (1 - lateral)], dim=1)


def _above(value: Tensor | float, limit: Tensor | float, width: float) -> Tensor:
    return torch.sigmoid(torch.as_tensor((value - limit) / (votes.SOFTNESS * width)))
