"""``hms evaluate``: every figure of an ensemble as JSON, Markdown and plots."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.train import with_training_extra


@click.command()
@click.option("--weights", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Directory of weights; the shipped ones by default.")
@click.option("--data", default=Path("../shared/data"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder of real recordings; what is absent is left out.")
@click.option("--out", default=Path("build/evaluation"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder for evaluation.json, evaluation.md and plots.")
@click.option("--generated", default=1200, show_default=True, type=click.IntRange(60), help="Windows of held-out virtual patients.")
@click.option("--robustness", default=60, show_default=True, type=click.IntRange(0), help="Generated windows for the robustness grid (4 s each); 0 leaves it out.")
@with_training_extra
def evaluate(weights: Path | None, data: Path, out: Path, generated: int, robustness: int) -> None:
    """Evaluate on held-out virtual patients, real voted windows, an intensive-care recording and healthy adults."""
    from ml.ensemble import Ensemble
    from ml.training import evaluate as evaluation
    from ml.training import evaluation_plots, evaluation_report

    report = evaluation.evaluate(Ensemble.load(weights), data, n_generated=generated, n_robustness=robustness)
    written = evaluation_report.write(report, out, plots=evaluation_plots.draw(report, out))
    click.echo(f"{written}: {generated} generated windows, {len(report['members'])} members")
