"""``hms export``: from trained networks, or from weights that serve, to a directory of weights that serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from app.commands.train import refuse, with_training_extra

ProviderName = Literal["auto", "cpu", "cuda", "tensorrt"]


@click.command()
@click.option("--run", help="Name of the configuration that was trained; several by comma are merged where that is better.")
@click.option("--build", default=Path("build/training"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder that it was trained in.")
@click.option("--networks", default="raw,spectrogram", show_default=True, help="Which of its networks, by comma.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Directory of weights to write.")
@click.option("--version", help="Version of the ensemble, e.g. 0.2.0.")
@click.option("--variant", type=click.Choice(["fp16", "int8", "pruned"]),
              help="Instead of exporting a run, make weights that serve smaller: written only where they are as accurate and faster here.")
@click.option("--weights", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Of --variant; the shipped weights by default.")
@click.option("--provider", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda", "tensorrt"]), help="Where --variant is judged.")
@click.option("--data", default=Path("../shared/data"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder of real recordings for evaluation; what is absent is left out.")
@click.option("--step-s", default=5.0, show_default=True, type=click.FloatRange(0.5, 10), help="Seconds between label spans.")
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0.1), help="Length of the recordings that event thresholds are fitted on.")
@click.option("--generated", default=1200, show_default=True, type=click.IntRange(12), help="Generated windows for evaluation.")
@click.option("--tune-on-development", is_flag=True, help="Refit two numbers of the calibration on the real development windows.")
@with_training_extra
def export(
    run: str | None, build: Path, networks: str, out: Path, version: str | None, variant: str | None, weights: Path | None,
    provider: ProviderName, data: Path, step_s: float, hours: float, generated: int, tune_on_development: bool,
) -> None:
    """Write ONNX files with checked parity, calibration, event thresholds, evaluation, manifest and model card."""
    if variant is not None:
        _variant(variant, weights, out, provider)
        return
    if run is None or version is None:
        raise ValueError("name what to export and its version, --run and --version, or a --variant of weights that serve")
    from ml.training.ship import Plan, ship

    names = tuple(networks.split(","))
    for name, each in ((name, each) for name in names for each in run.split(",")):
        if not (build / f"{each}_{name}.safetensors").exists():
            raise ValueError(f"{build} holds no network {name} of a run {each}; train it first")
    card = ship(Plan(build, run, names, out, data, version, step_s, hours, generated, tune_on_development))
    click.echo(json.dumps({key: card[key] for key in ("calibration", "export_parity_torch_onnx", "speed")}, indent=1))


def _variant(variant: str, weights: Path | None, out: Path, provider: ProviderName) -> None:
    """Figures on stdout; refused where no network gains."""
    from ml.ensemble import WEIGHTS
    from ml.training import variants

    report = variants.make(variant, weights or WEIGHTS, out, provider=provider)
    click.echo(json.dumps(report, indent=1))
    if not report["written"]:
        refuse(f"no network is both as accurate and faster as {variant} here: the weights stay as they are, and nothing was written to {out}.")
