"""``hms train CONFIG``: train the networks; ``hms train hms --data DIR`` is the whole recipe on the HMS competition's data."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

REFUSED = 2
NEEDED = ("torch", "sklearn", "lightgbm", "onnx")


def with_training_extra(command: Callable[..., None]) -> Callable[..., None]:
    """Refuse with one sentence where what training needs is not installed, and for settings that cannot be."""

    @wraps(command)
    def checked(*args: Any, **options: Any) -> None:
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            refuse(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed, which the application does not need but training does: "
                   "pip install -c constraints.txt -e '.[cpu,train]'.")
        try:
            command(*args, **options)
        except (ValueError, FileNotFoundError) as error:
            refuse(f"{error}" if str(error).endswith(".") else f"{error}.")

    return checked


def refuse(sentence: str) -> None:
    """End the command with a sentence on stderr."""
    click.echo(sentence[:1].upper() + sentence[1:], err=True)
    sys.exit(REFUSED)


@click.command()
@click.argument("config")
@click.option("--build", default=Path("build/training"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder for windows, weights, logs and reports.")
@click.option("--resume", is_flag=True, help="Go on where a killed run stopped, or from the weights of a complete one.")
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of the HMS competition (train.csv, train_eegs/ …); for CONFIG hms or a file of its settings.")
@click.option("--trials", default=0, show_default=True, type=click.IntRange(0, 10_000), help="Search settings by this many short runs instead.")
@with_training_extra
def train(config: str, build: Path, resume: bool, data: Path | None, trials: int) -> None:
    """Train by CONFIG: a TOML file, the name of one that comes with the program (smoke, first, second, hms), or trees (boosted trees on features).

    By `torchrun --nproc-per-node N -m app.cli train CONFIG` on several processes or GPUs.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if data is not None:
        from ml.training.hms import recipe

        click.echo(json.dumps(recipe.run(data, build, config=config, resume=resume), indent=1))
        return
    if config == "hms":
        raise ValueError("the recipe hms trains on the competition's files; name their folder with --data")
    if config == "trees":
        from ml.ensemble import Ensemble
        from ml.training import trees

        click.echo(json.dumps(trees.run(build, Ensemble.load()), indent=1))
        return
    from ml.training import config as configs
    from ml.training import train as training

    settings = configs.read(training.find_config(config))
    if trials:
        from ml.training import search

        click.echo(json.dumps(search.search(settings, build, trials=trials), indent=1))
        return
    reports = training.run(settings, build, resume=resume)
    kept = ("steps", "seconds", "held_out_kl", "held_out_agreement", "stopped_early")
    click.echo(json.dumps({name: {key: report[key] for key in kept} for name, report in reports.items()}, indent=1))
