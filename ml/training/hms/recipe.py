"""The whole recipe on the HMS competition's data: ``hms train hms --data DIR``.

Stage one learns from generated EEG, stage two from all labels weighted by their votes, stage three from labels with ten or
more votes (reference 2.3 and 10). Five folds by patient; figures are of labels with more than seven votes that the judged network has
not met. Ends with the calibrated pool of all networks and the submission table.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ml.training import calibrate, metrics, train
from ml.training.calibrate import Calibration
from ml.training.config import TrainingConfig
from ml.training.dataset import WindowSet
from ml.training.hms import labels as label_tables
from ml.training.hms import recordings, submission
from ml.training.optimise import Network, predict, state_path
from ml.training.team import Team, joined

log = logging.getLogger(__name__)

JUDGED_VOTES: Final[int] = 8
"""Labels with more than seven votes are judged by; those with fewer are another, noisier population (reference 2.3)."""
STAGES: Final[tuple[str, ...]] = ("generated", "all", "sure")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of the stages.

    Attributes
    ----------
    folds, run_folds
        Folds by patient, and how many of them are trained (each holds out one).
    crops
        Crops of a label that are cut, of which training draws one at a time.
    least_votes
        Of the labels of stage three.
    stages
        Settings of the three stages; ``n_train`` and ``n_held_out`` count for the first only.
    """

    name: str
    folds: int
    run_folds: int
    crops: int
    least_votes: int
    stages: dict[str, TrainingConfig]

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a TOML file: settings of the recipe, one table per stage over those of ``[common]``."""
        settings = tomllib.loads(path.read_text())
        common = settings.pop("common", {})
        stages = {}
        for stage in STAGES:
            given = {"n_train": 0, "n_held_out": 0} | common | settings.pop(stage, {})
            given = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
            try:
                stages[stage] = TrainingConfig(name=f"{settings['name']}_{stage}", **given)
            except (TypeError, ValueError, KeyError) as error:
                raise ValueError(f"{path}, stage {stage}: {error}") from error
        try:
            return cls(stages=stages, **settings)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from error


def run(data: Path, build: Path, *, config: str = "hms", resume: bool = False) -> dict[str, Any]:
    """Train all stages and folds, calibrate, judge and write the submission table.

    Returns
    -------
    Report, also written to ``NAME.json`` in ``build``; the submission is ``submission.csv`` there.
    """
    recipe = Recipe.read(train.find_config(config))
    first = recipe.stages["generated"]
    build.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(first.threads)
    labels = label_tables.read(data)
    fold = label_tables.folds(labels, recipe.folds, seed=first.seed)
    with joined(first.device) as team:
        windows, index = _windows(data, labels, recipe, build, team)
        starts = {name: _generated(name, recipe, build, resume, team) for name in first.networks}
        networks, judged, logits = _folds(recipe, windows, fold[index], starts, build, resume, team)
        report: dict[str, Any] = {}
        if team.leads:
            votes = np.concatenate([rows.votes for rows in judged])
            pool = calibrate.fit(logits, votes, balanced=False)
            report = _report(recipe, labels, windows, votes, logits, pool)
            report["submission"] = submission.write(data, build / "submission.csv", networks, pool)
            (build / f"{recipe.name}.json").write_text(json.dumps(report, indent=1))
        team.wait()
    return report


def _windows(data: Path, labels: list[label_tables.Label], recipe: Recipe, build: Path, team: Team) -> tuple[WindowSet, NDArray[np.int64]]:
    if not team.leads:
        team.wait()
    settings = recipe.stages["all"]
    made = recordings.build(
        data, labels, build, crops=recipe.crops, processes=settings.threads, ten_minutes="efficientnet" in settings.networks
    )
    if team.leads:
        team.wait()
    return made


def _generated(name: str, recipe: Recipe, build: Path, resume: bool, team: Team) -> Path | None:
    """Stage one: weights learned from generated EEG, the same for all folds; none where it has no windows."""
    settings = recipe.stages["generated"]
    if not settings.n_train:
        return None
    windows, _, monitor = train.window_sets(settings, build, team=team)
    path = build / f"{settings.name}_{name}.safetensors"
    _stage(name, windows, settings, path, None, resume, team, monitor)
    return path


def _folds(
    recipe: Recipe, windows: WindowSet, fold: NDArray[np.int64], starts: dict[str, Path | None], build: Path, resume: bool, team: Team
) -> tuple[dict[str, list[Network]], list[WindowSet], NDArray[np.float32]]:
    """Networks of every fold, and their logits (networks, n, 6) on the labels that each fold holds out."""
    assert windows.n_votes is not None
    assert windows.label is not None
    best = np.zeros(len(fold), dtype=bool)
    best[np.unique(windows.label, return_index=True)[1]] = True               # the most central crop comes first
    networks: dict[str, list[Network]] = {name: [] for name in starts}
    judged, logits = [], []
    for number in range(recipe.run_folds):
        inside, sure = fold != number, windows.n_votes >= recipe.least_votes
        held_out = windows.rows(best & ~inside & (windows.n_votes >= JUDGED_VOTES))
        if not len(held_out.votes):
            raise ValueError(f"fold {number} holds out no label with more than {JUDGED_VOTES - 1} votes; take fewer folds")
        for name, start in starts.items():
            path = start
            for stage, chosen in (("all", inside), ("sure", inside & sure)):
                settings = recipe.stages[stage]
                made = build / f"{settings.name}_{number}_{name}.safetensors"
                _stage(name, windows.rows(chosen), settings, made, path, resume, team, None)
                path = made
            assert path is not None
            networks[name].append(train.load(name, path))
        judged.append(held_out)
        logits.append(np.stack([predict(made[-1], held_out) for made in networks.values()]))
    return networks, judged, np.concatenate(logits, axis=1)


def _stage(
    name: str, windows: WindowSet, settings: TrainingConfig, path: Path, initial: Path | None, resume: bool, team: Team, monitor: WindowSet | None
) -> None:
    """Train one stage unless it is complete and the recipe is resumed."""
    if resume and path.exists() and not state_path(path).exists():
        return
    if not resume and team.leads:
        state_path(path).unlink(missing_ok=True)
    team.wait()
    trained = train.fit(name, windows, settings, checkpoint=path, resume=resume, monitor=monitor, team=team, initial=initial)
    log.info("%s: %d steps, loss %.4f", path.stem, trained.steps, float(np.mean(trained.losses[-50:])))


def _report(
    recipe: Recipe, labels: list[label_tables.Label], windows: WindowSet, votes: NDArray[np.float32], logits: NDArray[np.float32], pool: Calibration
) -> dict[str, Any]:
    names = list(recipe.stages["all"].networks)
    alone = {name: calibrate.fit(logits[[row]], votes, balanced=False).prob(logits[[row]]) for row, name in enumerate(names)}
    short = ("n", "kl", "accuracy", "macro_f1")
    figures = {name: metrics.describe(votes, prob) for name, prob in {**alone, "pool": pool.prob(logits)}.items()}
    return {
        "labels": len(labels), "windows": len(windows.votes), "patients": len(np.unique(windows.patient)),
        "folds": recipe.folds, "run_folds": recipe.run_folds,
        "out_of_fold": {name: {key: rows[key] for key in short} for name, rows in figures.items()},
        "pool": {"weights": dict(zip(names, pool.weights.round(4).tolist(), strict=True)),
                 "temperature": round(pool.temperature, 4), "class_bias": pool.class_bias.round(4).tolist()},
        "note": "Out-of-fold by patient, labels with more than seven votes; the pool was fitted on the same labels. In the competition the "
                "private score lay .04 to .08 above such figures.",
        "stages": {stage: dataclasses.asdict(settings) for stage, settings in recipe.stages.items()},
    }
