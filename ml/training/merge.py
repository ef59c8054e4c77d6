"""Several trainings of one network as one: the mean of their weights, where that is better than the best of them.

Weights may be averaged where the trainings lie in one basin: those that went on from common weights, or snapshots of one run (Wortsman et
al., "Model soups", ICML 2022). Seeds that began from different random weights do not; their mean is judged all the same, and the best of
them stays. What is joined is chosen greedily: each further training enters if the mean with it is better on windows that none has met.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from ml.training import losses
from ml.training.dataset import WindowSet
from ml.training.optimise import Network, at_50_hz, predict

STATISTICS: Final[int] = 960
"""Windows from which batch normalisation takes its means again, since those of the parts are not those of the mean."""
BATCH: Final[int] = 96


@dataclass(frozen=True, slots=True)
class Merged:
    """The network to ship and how it came about."""

    network: Network
    kl: tuple[float, ...]                # of each training by itself
    joined: tuple[int, ...]              # which of them are in the network, the best first
    merged_kl: float

    def to_json(self) -> dict[str, Any]:
        """For the model card."""
        return {"kl_of_each": [round(value, 4) for value in self.kl], "joined": list(self.joined), "kl": round(self.merged_kl, 4)}


def merge(networks: Sequence[Network], judged: WindowSet, statistics: WindowSet) -> Merged:
    """Join trainings of one kind of network.

    Parameters
    ----------
    networks
        In evaluation mode; left as they are.
    judged
        Windows of patients that none has met, by whose divergence trainings enter.
    statistics
        Windows for batch normalisation; any of the kind trained on.
    """
    kl = [_kl(network, judged) for network in networks]
    order = [int(index) for index in np.argsort(kl, kind="stable")]
    best, joined, lowest = networks[order[0]], [order[0]], kl[order[0]]
    for index in order[1:]:
        tried = mean([networks[each] for each in (*joined, index)], statistics)
        if (found := _kl(tried, judged)) < lowest:
            best, joined, lowest = tried, [*joined, index], found
    return Merged(best, tuple(kl), tuple(joined), lowest)


def mean(networks: Sequence[Network], statistics: WindowSet) -> Network:
    """A network with the mean of the weights of several, and batch statistics of its own."""
    made = copy.deepcopy(networks[0])
    states = [network.state_dict() for network in networks]
    with torch.no_grad():
        for name, value in made.state_dict().items():
            if value.dtype.is_floating_point:
                value.copy_(torch.stack([state[name] for state in states]).mean(dim=0))
    _take_statistics(made, statistics)
    return made.eval()


@torch.no_grad()
def _take_statistics(network: Network, windows: WindowSet) -> None:
    """Means and variances of batch normalisation from windows, everything else as in serving."""
    network.eval()
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    before = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None                                                        # the plain mean of all batches
        layer.train()
    for first in range(0, min(STATISTICS, len(windows.votes)), BATCH):
        at_50_hz(network, torch.from_numpy(windows.bipolar_uv[first : first + BATCH].astype(np.float32)), None)
    for layer, momentum in zip(layers, before, strict=True):
        layer.momentum = momentum


def _kl(network: Network, windows: WindowSet) -> float:
    return float(losses.divergence(torch.from_numpy(predict(network, windows)), torch.from_numpy(windows.votes)))
