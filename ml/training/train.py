"""Training of the shipped ensemble on generated EEG: ``python -m ml.training.train --config FILE --build DIR``."""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from ml.nets.resnet1d_gru import ResNet1dGru
from ml.nets.spectrogram_net import SpectrogramNet
from ml.training import config as configs
from ml.training import dataset
from ml.training.augment import augment
from ml.training.config import TrainingConfig
from ml.training.dataset import WindowSet

log = logging.getLogger(__name__)

Network = ResNet1dGru | SpectrogramNet
NETWORKS: Final[dict[str, Callable[[], Network]]] = {"raw": ResNet1dGru, "spectrogram": SpectrogramNet}
SAVE_EVERY: Final[int] = 50
HELD_OUT_SEED: Final[int] = 1_000_003
"""Added to the seed of a run: held-out virtual patients are never among those trained on."""


@dataclass(slots=True)
class Trained:
    """A network with the averaged weights of its training and how the loss went."""

    network: Network
    steps: int
    seconds: float
    losses: list[float] = field(default_factory=list)


def window_sets(settings: TrainingConfig, build: Path) -> tuple[WindowSet, WindowSet]:
    """Training and held-out windows of a run, generated when absent."""
    held_out = dataset.build(
        build, n=settings.n_held_out, seed=settings.seed + HELD_OUT_SEED, per_patient=settings.per_patient,
        processes=settings.threads,
    )
    train = dataset.build(
        build, n=settings.n_train, seed=settings.seed, per_patient=settings.per_patient, processes=settings.threads
    )
    return train, held_out


def fit(name: str, windows: WindowSet, settings: TrainingConfig, *, checkpoint: Path, resume: bool = False) -> Trained:
    """Train one network on soft votes.

    Parameters
    ----------
    name
        Key of ``NETWORKS``.
    windows
        Generated windows at 50 Hz.
    checkpoint
        Safetensors file for the averaged weights, written every ``SAVE_EVERY`` steps and at the end.
    resume
        Go on from the checkpoint if there is one; random weights otherwise.
    """
    torch.manual_seed(settings.seed)
    network = NETWORKS[name]()
    if resume and checkpoint.exists():
        network.load_state_dict(load_file(checkpoint))
    averaged = copy.deepcopy(network).eval()
    run = _Run(network, averaged, windows, settings)
    began = time.monotonic()
    while run.progress(time.monotonic() - began) < 1:
        run.step(run.progress(time.monotonic() - began))
        if run.steps % SAVE_EVERY == 0:
            save_file(averaged.state_dict(), checkpoint)
            log.info("%s step %d/%d loss %.4f %.0f s", name, run.steps, run.planned, np.mean(run.losses[-SAVE_EVERY:]), time.monotonic() - began)
    save_file(averaged.state_dict(), checkpoint)
    return Trained(averaged, run.steps, time.monotonic() - began, run.losses)


class _Run:
    """State of one training run."""

    def __init__(self, network: Network, averaged: Network, windows: WindowSet, settings: TrainingConfig) -> None:
        self.network, self.averaged, self.windows, self.settings = network, averaged, windows, settings
        self.rng = np.random.default_rng(settings.seed)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.optimizer = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
        self.planned = max(1, int(settings.epochs * len(windows.votes) / settings.batch))
        self.steps = 0
        self.losses: list[float] = []

    def progress(self, seconds: float) -> float:
        """Share of the run that is done, by steps or by time, whichever is further."""
        limit_s = self.settings.max_minutes * 60
        return max(self.steps / self.planned, seconds / limit_s if limit_s else 0.0)

    def step(self, progress: float) -> None:
        warm_up = 0.04
        rate = progress / warm_up if progress < warm_up else 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * max(rate, 0.01)
        windows, votes = self._batch()
        self.network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.network.from_50_hz(windows)
        loss = divergence(logits.float(), votes)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        self.losses.append(float(loss.detach()))
        self._average()

    def _batch(self) -> tuple[Tensor, Tensor]:
        rows = np.sort(self.windows.balanced(self.rng, self.settings.batch))
        windows = torch.from_numpy(self.windows.bipolar_uv[rows].astype(np.float32))
        return (
            augment(windows, self.generator, centre_only=self.settings.centre_only),
            torch.from_numpy(self.windows.votes[rows]),
        )

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.settings.ema, (1 + self.steps) / (10 + self.steps))
        for mean, value in zip(self.averaged.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)


def divergence(logits: Tensor, votes: Tensor) -> Tensor:
    """KL(votes || softmax(logits)), mean over the batch."""
    return functional.kl_div(functional.log_softmax(logits, dim=1), votes, reduction="batchmean")


@torch.inference_mode()
def predict(network: Network, windows: WindowSet, *, batch: int = 128) -> NDArray[np.float32]:
    """Logits (n, 6) of windows at 50 Hz."""
    network.eval()
    starts = range(0, len(windows.votes), batch)
    parts = [network.from_50_hz(torch.from_numpy(windows.bipolar_uv[s : s + batch].astype(np.float32))) for s in starts]
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)


def load(name: str, checkpoint: Path) -> Network:
    """A trained network from its safetensors file."""
    network = NETWORKS[name]()
    network.load_state_dict(load_file(checkpoint))
    return network.eval()


def _report_of(checkpoint: Path) -> dict[str, Any] | None:
    """What is known of the training that a checkpoint comes from."""
    path = checkpoint.with_suffix(".json")
    return dict(json.loads(path.read_text())) if path.exists() else None


def main() -> None:
    """Train the networks of a configuration and keep their weights in the build directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).parent / "configs" / "first.toml")
    parser.add_argument("--build", type=Path, default=Path("build/training"))
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints of the build directory")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = configs.read(arguments.config)
    torch.set_num_threads(settings.threads)
    train_set, held_out = window_sets(settings, arguments.build)
    for name in settings.networks:
        checkpoint = arguments.build / f"{settings.name}_{name}.safetensors"
        earlier = _report_of(checkpoint) if arguments.resume else None
        trained = fit(name, train_set, settings, checkpoint=checkpoint, resume=arguments.resume)
        logits = torch.from_numpy(predict(trained.network, held_out))
        report = {
            "network": name, "steps": trained.steps, "seconds": round(trained.seconds), "settings": settings.to_json(),
            "held_out_kl": float(divergence(logits, torch.from_numpy(held_out.votes))),
            "held_out_agreement": float(np.mean(logits.numpy().argmax(1) == held_out.votes.argmax(1))),
            "continues": earlier,
        }
        checkpoint.with_suffix(".json").write_text(json.dumps(report, indent=1))
        log.info("%s", json.dumps(report))


if __name__ == "__main__":
    main()
