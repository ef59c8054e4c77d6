"""Several processes that train one network together, as ``torchrun`` starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Team:
    """One process and how many there are."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def leads(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network whose gradients are means over all processes."""
        if self.size == 1:
            return network
        return DistributedDataParallel(network, device_ids=[self.device.index] if self.device.type == "cuda" else None)

    def wait(self) -> None:
        """Until every process is here."""
        if self.size > 1:
            distributed.barrier()

    def decide(self, value: bool) -> bool:
        """What the first process decides, everywhere."""
        if self.size == 1:
            return value
        flag = torch.tensor([int(value)], device=self.device)
        distributed.broadcast(flag, src=0)
        return bool(flag.item())


@contextmanager
def joined(device: str = "auto") -> Iterator[Team]:
    """The team of this process: alone, or by the environment that ``torchrun`` gives (gloo on CPUs, NCCL on GPUs)."""
    local = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available() if device == "auto" else device == "cuda"
    place = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(place)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Team(device=place)
        return
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Team(distributed.get_rank(), distributed.get_world_size(), place)
    finally:
        distributed.destroy_process_group()
