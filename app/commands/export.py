"""``hms export``: from trained networks to a directory of weights that serves."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.commands.train import with_training_extra


@click.command()
@click.option("--run", required=True, help="Name of the configuration that was trained.")
@click.option("--build", default=Path("build/training"), show_default=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder that it was trained in.")
@click.option("--networks", default="raw,spectrogram", show_default=True, help="Which of its networks, by comma.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Directory of weights to write.")
@click.option("--version", required=True, help="Version of the ensemble, e.g. 0.2.0.")
@click.option("--data", default=Path("../shared/data"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder of real recordings for evaluation; what is absent is left out.")
@click.option("--step-s", default=5.0, show_default=True, type=click.FloatRange(0.5, 10), help="Seconds between label spans.")
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0.1), help="Length of the recordings that event thresholds are fitted on.")
@click.option("--generated", default=1200, show_default=True, type=click.IntRange(12), help="Generated windows for evaluation.")
@click.option("--tune-on-development", is_flag=True, help="Refit two numbers of the calibration on the 22 real development windows.")
@with_training_extra
def export(
    run: str, build: Path, networks: str, out: Path, version: str, data: Path, step_s: float, hours: float, generated: int,
    tune_on_development: bool,
) -> None:
    """Write ONNX files with checked parity, calibration, event thresholds, evaluation, manifest and model card."""
    from ml.training.ship import Plan, ship

    names = tuple(networks.split(","))
    for name in names:
        if not (build / f"{run}_{name}.safetensors").exists():
            raise ValueError(f"{build} holds no network {name} of a run {run}; train it first")
    card = ship(Plan(build, run, names, out, data, version, step_s, hours, generated, tune_on_development))
    click.echo(json.dumps({key: card[key] for key in ("calibration", "export_parity_torch_onnx", "speed")}, indent=1))
