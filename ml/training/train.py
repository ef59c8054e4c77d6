"""Training of networks on windows with votes: ``hms train CONFIG``, alone or by ``torchrun``."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from ml.nets.efficientnet import EfficientNetB3
from ml.nets.resnet1d_gru import ResNet1dGru
from ml.nets.spectrogram_net import SpectrogramNet
from ml.training import config as configs
from ml.training import dataset
from ml.training.config import TrainingConfig
from ml.training.dataset import WindowSet
from ml.training.losses import divergence
from ml.training.optimise import Network, Run, Trained, predict, read_weights, state_path, take_weights, write_weights
from ml.training.run_log import open_logs
from ml.training.team import Team, joined

log = logging.getLogger(__name__)

NETWORKS: Final[dict[str, Callable[[], Network]]] = {"raw": ResNet1dGru, "spectrogram": SpectrogramNet, "efficientnet": EfficientNetB3}
CONFIGS: Final[Path] = Path(__file__).parent / "configs"
HELD_OUT_SEED: Final[int] = 1_000_003
"""Added to the seed of a run: held-out virtual patients are never among those trained on."""
MONITOR_SEED: Final[int] = 2_000_003
"""The same for the patients that early stopping looks at."""

__all__ = ["NETWORKS", "Network", "Trained", "fit", "load", "predict", "run", "window_sets"]


def window_sets(settings: TrainingConfig, build: Path, *, team: Team | None = None) -> tuple[WindowSet, WindowSet, WindowSet | None]:
    """Training, held-out and, for early stopping, monitor windows of a run, generated when absent (by the first process)."""
    team = team or Team()
    if not team.leads:
        team.wait()
    common: dict[str, Any] = {"per_patient": settings.per_patient, "processes": settings.threads}
    real: dict[str, Any] = {"backgrounds": Path(settings.backgrounds), "recordings": settings.background_names} if settings.backgrounds else {}
    made = [dataset.build(build, n=n, seed=settings.seed + seed, **common, **(real if seed == 0 else {}))    # held-out patients share nobody's background
            for n, seed in ((settings.n_held_out, HELD_OUT_SEED), (settings.n_train, 0),
                            *(((settings.n_monitor, MONITOR_SEED),) if settings.patience else ()))]
    if team.leads:
        team.wait()
    return made[1], made[0], made[2] if settings.patience else None


def fit(
    name: str, windows: WindowSet, settings: TrainingConfig, *, checkpoint: Path, resume: bool = False,
    monitor: WindowSet | None = None, team: Team | None = None, initial: Path | None = None,
) -> Trained:
    """Train one network on soft votes.

    Parameters
    ----------
    name
        Key of ``NETWORKS``.
    windows, monitor
        Windows at 50 Hz; those that early stopping looks at.
    checkpoint
        Safetensors file for the averaged weights, written every ``SAVE_EVERY`` steps and at the end.
    resume
        Go on where a run was killed; where it is complete, begin a new run from its weights.
    initial
        Weights to begin from; random ones by default.
    """
    torch.manual_seed(settings.seed)
    network = _made(name, settings, windows)
    interrupted = resume and state_path(checkpoint).exists()
    begin = checkpoint if resume and checkpoint.exists() and not interrupted else initial
    if begin is not None:
        take_weights(network, begin)
    network.masks = settings.spectrogram_masks
    run = Run(network, windows, settings, monitor=monitor, team=team)
    if interrupted:
        run.restore(checkpoint)
        log.info("%s goes on at step %d of %d", name, run.steps, run.planned)
    logs = open_logs(settings.logs if run.team.leads else (), checkpoint, from_step=run.steps)
    run.go_on(checkpoint, logs)
    logs.close()
    if run.team.leads:
        write_weights(run.averaged, checkpoint)
        state_path(checkpoint).unlink(missing_ok=True)
    run.team.wait()
    return Trained(run.averaged, run.steps, run.seconds, run.losses, run.best_kl if monitor is not None else None, run.stopped)


def run(settings: TrainingConfig, build: Path, *, resume: bool = False) -> dict[str, dict[str, Any]]:
    """Train every network of a configuration; weights, reports and logs go to ``build``.

    Returns
    -------
    Report of every network: steps, seconds, settings and figures on held-out virtual patients.
    """
    build.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    reports = {}
    with joined(settings.device) as team:
        train_set, held_out, monitor = window_sets(settings, build, team=team)
        for name in settings.networks:
            checkpoint = build / f"{settings.name}_{name}.safetensors"
            earlier = _report_of(checkpoint) if resume and not state_path(checkpoint).exists() else None
            trained = fit(name, train_set, settings, checkpoint=checkpoint, resume=resume, monitor=monitor, team=team)
            if team.leads:
                reports[name] = _report(name, trained, held_out, settings, earlier, team)
                checkpoint.with_suffix(".json").write_text(json.dumps(reports[name], indent=1))
    return reports


def load(name: str, checkpoint: Path) -> Network:
    """A trained network from its safetensors file."""
    return read_weights(NETWORKS[name], checkpoint)


def find_config(name: str) -> Path:
    """A configuration by its path, or by the name of one that comes with the program.

    Raises
    ------
    ValueError
        Naming those that exist.
    """
    known = {path.stem: path for path in sorted(CONFIGS.glob("*.toml"))}
    if Path(name).is_file():
        return Path(name)
    if name not in known:
        raise ValueError(f"there is no configuration {name}: give the path of a TOML file, or one of {', '.join(known)}")
    return known[name]


def _made(name: str, settings: TrainingConfig, windows: WindowSet) -> Network:
    """A network with random weights, with auxiliary heads where there is something for them to learn."""
    if name == "raw":
        return ResNet1dGru(auxiliary=bool(settings.auxiliary) and windows.truth is not None)
    if name == "efficientnet" and settings.init:
        return EfficientNetB3(init=Path(settings.init))
    return NETWORKS[name]()


def _report(
    name: str, trained: Trained, held_out: WindowSet, settings: TrainingConfig, earlier: dict[str, Any] | None, team: Team
) -> dict[str, Any]:
    logits = torch.from_numpy(predict(trained.network, held_out))
    report = {
        "network": name, "steps": trained.steps, "seconds": round(trained.seconds), "settings": settings.to_json(),
        "processes": team.size, "device": team.device.type, "monitor_kl": trained.best_kl, "stopped_early": trained.stopped_early,
        "held_out_kl": float(divergence(logits, torch.from_numpy(held_out.votes))),
        "held_out_agreement": float(np.mean(logits.numpy().argmax(1) == held_out.votes.argmax(1))),
        "continues": earlier,
    }
    log.info("%s", json.dumps(report))
    return report


def _report_of(checkpoint: Path) -> dict[str, Any] | None:
    """What is known of the training that a checkpoint comes from."""
    path = checkpoint.with_suffix(".json")
    return dict(json.loads(path.read_text())) if path.exists() else None


def main() -> None:
    """Train the networks of a configuration and keep their weights in the build directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="first")
    parser.add_argument("--build", type=Path, default=Path("build/training"))
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints of the build directory")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    run(configs.read(find_config(arguments.config)), arguments.build, resume=arguments.resume)


if __name__ == "__main__":
    main()
