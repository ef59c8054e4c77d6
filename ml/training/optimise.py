"""The loop that trains one network, and goes on after a kill as if nothing had happened."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ml.nets.answer import Answer, Facts
from ml.nets.efficientnet import EfficientNetB3
from ml.nets.resnet1d_gru import ResNet1dGru
from ml.nets.spectrogram_net import SpectrogramNet
from ml.training import checkpoint as checkpoints
from ml.training import losses, schedule
from ml.training.augment import augment
from ml.training.config import TrainingConfig
from ml.training.dataset import WindowSet
from ml.training.mixing import mix
from ml.training.run_log import RunLog
from ml.training.sampling import Sampler
from ml.training.team import Team
from ml.training.truth import Aims, Clock

log = logging.getLogger(__name__)

Network = ResNet1dGru | SpectrogramNet | EfficientNetB3
SAVE_EVERY: Final[int] = 50
AUXILIARY: Final[str] = "auxiliary."
"""Names of the weights of heads that only training has begin so; a checkpoint may have them or not."""
PRECISIONS: Final[dict[str, torch.dtype]] = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(slots=True)
class Trained:
    """A network with the averaged weights of its training and how the loss went."""

    network: Network
    steps: int
    seconds: float
    losses: list[float] = field(default_factory=list)
    best_kl: float | None = None             # on the monitor windows, where there were any
    stopped_early: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step learns from."""

    rows: NDArray[np.int64]
    windows: Tensor                          # (B, 18, 2500)
    regional: Tensor | None
    votes: Tensor                            # (B, 6)
    weights: Tensor | None                   # (B,)
    aims: Aims | None                        # of the auxiliary heads


class At50Hz(nn.Module):
    """A network called on windows that are decimated already: its logits, and what its auxiliary heads say if it has any."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, regional: Tensor | None = None) -> tuple[Tensor, Facts | None]:
        if isinstance(self.network, ResNet1dGru):
            answer, facts = self.network.with_facts(x)
            return answer.logits, facts
        return at_50_hz(self.network, x, regional).logits, None


class Run:
    """State of one training run.

    Parameters
    ----------
    network
        Trained in place.
    windows, monitor
        What it learns from, and what early stopping looks at.
    team
        This process among those that train together.
    """

    def __init__(self, network: Network, windows: WindowSet, settings: TrainingConfig, *,
                 monitor: WindowSet | None = None, team: Team | None = None) -> None:
        self.team = team or Team()
        self.network = network.to(self.team.device)
        self.network.checkpointing = settings.gradient_checkpointing
        self.averaged = copy.deepcopy(self.network).eval()
        self.best = {key: value.clone() for key, value in self.averaged.state_dict().items()}
        self.windows, self.monitor, self.settings = windows, monitor, settings
        self.called = self.team.wrap(At50Hz(self.network))
        self.optimizer = torch.optim.AdamW(self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
        self.scaler = torch.amp.GradScaler(self.team.device.type, enabled=settings.precision == "fp16")
        seed = settings.seed + 7919 * self.team.rank                  # each process draws windows of its own
        self.rng, self.generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        self.sampler = Sampler(windows, balance=settings.balance, hard_share=settings.hard_share)
        self.planned = max(1, int(settings.epochs * windows.share.sum() / settings.batch / self.team.size))
        self.steps, self.seconds, self.stale, self.best_kl = 0, 0.0, 0, float("inf")
        self.losses: list[float] = []
        self.auxiliary_loss: float | None = None

    @property
    def progress(self) -> float:
        """Share of the run that is done, by steps or by time, whichever is further."""
        limit_s = self.settings.max_minutes * 60
        return max(self.steps / self.planned, self.seconds / limit_s if limit_s else 0.0)

    @property
    def stopped(self) -> bool:
        """Whether the monitor windows have not improved for long."""
        return bool(self.settings.patience) and self.stale >= self.settings.patience

    def go_on(self, path: Path, logs: RunLog) -> None:
        """Train to the end; the state is in ``path`` every ``SAVE_EVERY`` steps, and gone when the run is complete."""
        before, began = self.seconds, time.monotonic()
        while not self.team.decide(self.progress >= 1 or self.stopped):
            self.step()
            self.seconds = before + time.monotonic() - began
            logs.write(self.steps, self._figures())
            if self.monitor is not None and self.steps % self.settings.check_every == 0:
                self._look(logs)
            if self.steps % SAVE_EVERY == 0:
                self.save(path)
                log.info("step %d/%d loss %.4f %.0f s", self.steps, self.planned, np.mean(self.losses[-SAVE_EVERY:]), self.seconds)
        if self.stopped:
            self.averaged.load_state_dict(self.best)

    def step(self) -> None:
        """One batch: forward, backward, clip, step, average."""
        settings = self.settings
        share = schedule.rate(self.progress, warm_up=settings.warm_up, cycles=settings.cycles)
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * share
        batch = self._batch()
        self.network.train()
        with self._arithmetic():
            logits, facts = self.called(batch.windows, batch.regional)
        by_window = losses.by_window(logits.float(), batch.votes)
        wanted = losses.focal(logits.float(), batch.votes, gamma=settings.focal_gamma) if settings.loss == "focal" else by_window
        total = losses.weighted_mean(wanted, batch.weights) + self._auxiliary(facts, batch.aims)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(total).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.steps += 1
        seen = by_window.detach().cpu().numpy()
        self.losses.append(float(seen.mean()))
        if settings.hard_share:
            self.sampler.learn(batch.rows, seen)
        self._average()

    def _auxiliary(self, facts: Facts | None, aims: Aims | None) -> Tensor | float:
        """Weighted loss of the auxiliary heads, 0 where there are none."""
        if facts is None or aims is None:
            return 0.0
        loss = losses.auxiliary(facts, aims, **self.settings.auxiliary)
        self.auxiliary_loss = float(loss.detach())
        return loss

    def _figures(self) -> dict[str, float]:
        """What the logs say of a step."""
        figures = {"loss": self.losses[-1], "learning_rate": self.optimizer.param_groups[0]["lr"], "seconds": self.seconds}
        return figures if self.auxiliary_loss is None else figures | {"auxiliary_loss": self.auxiliary_loss}

    def _batch(self) -> Batch:
        settings, device = self.settings, self.team.device
        rows = self.sampler.draw(self.rng, settings.batch)
        x = torch.from_numpy(self.windows.bipolar_uv[rows].astype(np.float32))
        votes = losses.smoothed(torch.from_numpy(self.windows.votes[rows].astype(np.float32)), settings.label_smoothing)
        clock = Clock.still(len(rows))
        x = augment(x, self.generator, centre_only=settings.centre_only, future_hidden=settings.future_hidden,
                    chosen=settings.augmentations, clock=clock)
        aims = self._aims(rows, votes, clock, x)
        alone = x
        x, votes = mix(x, votes, self.generator, chosen=settings.augmentations)
        if aims is not None and x is not alone:
            aims = aims.void()
        known = self.windows.regional_of(rows) if self.network.takes_regional and x is alone else None   # two windows have no one context
        regional = None if known is None else torch.from_numpy(known).to(device)
        weights = None
        if settings.vote_weights and self.windows.n_votes is not None:
            weights = losses.vote_weights(torch.from_numpy(self.windows.n_votes[rows]), self.progress).to(device)
        return Batch(rows, x.to(device), regional, votes.to(device), weights, None if aims is None else aims.to(device))

    def _aims(self, rows: NDArray[np.int64], votes: Tensor, clock: Clock, x: Tensor) -> Aims | None:
        if self.windows.truth is None or not (isinstance(self.network, ResNet1dGru) and self.network.auxiliary is not None):
            return None
        return Aims.of(self.windows.truth[rows], votes, clock, x)

    def _arithmetic(self) -> Any:
        kind = PRECISIONS.get(self.settings.precision)
        return nullcontext() if kind is None else torch.autocast(self.team.device.type, dtype=kind)

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.settings.ema, (1 + self.steps) / (10 + self.steps))
        for mean, value in zip(self.averaged.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)

    def _look(self, logs: RunLog) -> None:
        """Divergence of the averaged weights on the monitor windows; keeps the best."""
        assert self.monitor is not None
        logits = torch.from_numpy(predict(self.averaged, self.monitor))
        kl = float(losses.divergence(logits, torch.from_numpy(self.monitor.votes)))
        logs.write(self.steps, {"monitor_kl": kl})
        self.stale = 0 if kl < self.best_kl else self.stale + 1
        if kl < self.best_kl:
            self.best_kl, self.best = kl, {key: value.clone() for key, value in self.averaged.state_dict().items()}

    def save(self, path: Path) -> None:
        """Write the averaged weights and, beside them, everything else that the run is made of."""
        if not self.team.leads:
            return
        write_weights(self.averaged, path)
        checkpoints.save(state_path(path), {
            "network": self.network.state_dict(), "averaged": self.averaged.state_dict(), "best": self.best,
            "optimizer": checkpoints.moments(self.optimizer),
            "random": {"draws": self.generator.get_state(), "torch": torch.get_rng_state()},
            "sampler": {"losses": torch.from_numpy(self.sampler.losses)},
        }, {
            "settings": self.settings.to_json(), "steps": self.steps, "seconds": self.seconds, "stale": self.stale,
            "best_kl": self.best_kl, "losses": self.losses, "numpy": self.rng.bit_generator.state, "scaler": self.scaler.state_dict(),
        })

    def restore(self, path: Path) -> None:
        """Take up the state that ``save`` left.

        In a team every process takes the weights; the draws of the first process are those that were saved, the others
        begin a stream of their own at the step that was reached.

        Raises
        ------
        checkpoint.OtherSettings
            If it is of a run with other settings.
        """
        tensors, facts = checkpoints.load(state_path(path))
        checkpoints.check_settings(state_path(path), facts["settings"], self.settings.to_json())
        self.network.load_state_dict(tensors["network"])
        self.averaged.load_state_dict(tensors["averaged"])
        self.best = {key: value.to(self.team.device) for key, value in tensors["best"].items()}
        checkpoints.restore_moments(self.optimizer, tensors["optimizer"])
        self.sampler.losses = tensors["sampler"]["losses"].numpy()
        self.scaler.load_state_dict(facts["scaler"])
        self.steps, self.seconds, self.stale, self.best_kl = facts["steps"], facts["seconds"], facts["stale"], facts["best_kl"]
        self.losses = facts["losses"]
        torch.set_rng_state(tensors["random"]["torch"])
        if self.team.leads:
            self.generator.set_state(tensors["random"]["draws"])
            self.rng.bit_generator.state = facts["numpy"]
        else:
            self.generator.manual_seed(self.settings.seed + 7919 * self.team.rank + self.steps)
            self.rng = np.random.default_rng([self.settings.seed, self.team.rank, self.steps])


def state_path(path: Path) -> Path:
    """Where the state of the run that makes ``path`` is kept while it lasts."""
    return path.with_suffix(".state")


def write_weights(network: Network, path: Path) -> None:
    """Write weights in one step."""
    partial = path.with_name(path.name + ".partial")
    save_file({key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}, partial)
    partial.replace(path)


def read_weights(make: Callable[[], Network], path: Path) -> Network:
    """A network with the weights of a safetensors file."""
    network = make()
    take_weights(network, path)
    return network.eval()


def take_weights(network: Network, path: Path) -> None:
    """Give a network the weights of a safetensors file; auxiliary heads may be absent there, or here.

    Raises
    ------
    ValueError
        If anything else is absent or left over.
    """
    absent, left_over = network.load_state_dict(load_file(path), strict=False)
    if odd := [name for name in (*absent, *left_over) if not name.startswith(AUXILIARY)]:
        raise ValueError(f"{path} is of another network: {len(odd)} of its weights are absent or left over, first {odd[0]}")
    if absent:
        log.info("%s has no auxiliary heads; they begin from random weights", path.name)


def predict(network: Network, windows: WindowSet, *, batch: int = 128) -> NDArray[np.float32]:
    """Logits (n, 6) of windows at 50 Hz."""
    return answers(network, windows, batch=batch)[0]


@torch.inference_mode()
def answers(network: Network, windows: WindowSet, *, batch: int = 128) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits (n, 6) and embeddings (n, 96) of windows at 50 Hz."""
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for start in range(0, len(windows.votes), batch):
        rows = slice(start, start + batch)
        regional = windows.regional_of(rows) if network.takes_regional else None
        x = torch.from_numpy(windows.bipolar_uv[rows].astype(np.float32)).to(device)
        parts.append(at_50_hz(network, x, None if regional is None else torch.from_numpy(regional).to(device)))
    logits, embeddings = (torch.cat([part[which].cpu() for part in parts]).numpy() for which in range(2))
    return np.asarray(logits, dtype=np.float32), np.asarray(embeddings, dtype=np.float32)


def at_50_hz(network: Network, x: Tensor, regional: Tensor | None) -> Answer:
    """Answer to decimated windows, with their ten minutes where the network can use them."""
    return network.from_50_hz(x, regional) if isinstance(network, EfficientNetB3) else network.from_50_hz(x)
