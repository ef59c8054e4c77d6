"""Search of settings by short runs: Optuna's tree-structured estimator with pruning of poor trials."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from ml.training import losses, train
from ml.training.config import TrainingConfig
from ml.training.dataset import WindowSet
from ml.training.optimise import Run, predict


def search(settings: TrainingConfig, build: Path, *, trials: int, windows: tuple[WindowSet, WindowSet] | None = None) -> dict[str, Any]:
    """Find learning rate, weight decay, averaging, smoothing and sampling of the first network of a configuration.

    Parameters
    ----------
    trials
        Runs of the configuration's length; those that do worse than the median half-way end there.
    windows
        Windows to train on and to judge by; the configuration's own by default (judged by its monitor patients, never by
        the held-out ones).

    Returns
    -------
    Settings and divergence of the best trial and of all; also written to ``NAME_search.json``.
    """
    import optuna  # only a search needs it

    build.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    if windows is None:
        learned, _, monitor = train.window_sets(dataclasses.replace(settings, patience=1), build)
        assert monitor is not None
        windows = learned, monitor

    def judge(trial: optuna.Trial) -> float:
        drawn = dataclasses.replace(
            settings,
            learning_rate=trial.suggest_float("learning_rate", 2e-4, 8e-3, log=True),
            weight_decay=trial.suggest_float("weight_decay", 1e-5, 1e-1, log=True),
            ema=trial.suggest_categorical("ema", [0.98, 0.99, 0.995, 0.999]),
            label_smoothing=trial.suggest_float("label_smoothing", 0.0, 0.1),
            hard_share=trial.suggest_categorical("hard_share", [0.0, 0.25, 0.5]),
        )
        return _train(drawn, windows, trial)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=settings.seed), pruner=optuna.pruners.MedianPruner(n_startup_trials=3))
    study.optimize(judge, n_trials=trials)
    found = {
        "network": settings.networks[0], "best": {"monitor_kl": study.best_value} | study.best_params,
        "trials": [{"monitor_kl": trial.value, "state": trial.state.name} | trial.params for trial in study.trials],
    }
    (build / f"{settings.name}_search.json").write_text(json.dumps(found, indent=1))
    return found


def _train(settings: TrainingConfig, windows: tuple[WindowSet, WindowSet], trial: Any) -> float:
    """Divergence of one short run on the windows to judge by."""
    import optuna

    torch.manual_seed(settings.seed)
    run = Run(train.NETWORKS[settings.networks[0]](), windows[0], settings)
    kl = float("inf")
    while run.progress < 1:
        run.step()
        if run.steps in (max(run.planned // 2, 1), run.planned):
            kl = float(losses.divergence(torch.from_numpy(predict(run.averaged, windows[1])), torch.from_numpy(windows[1].votes)))
            trial.report(kl, run.steps)
            if run.steps < run.planned and trial.should_prune():
                raise optuna.TrialPruned
    return kl
