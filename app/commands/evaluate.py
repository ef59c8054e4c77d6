"""``hms evaluate``: every figure of an ensemble as JSON, Markdown and plots."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from app.commands.train import with_training_extra

FOLDER = click.Path(file_okay=False, path_type=Path)
COUNT = click.IntRange(0)


@click.command()
@click.option("--weights", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Directory of weights; the shipped ones by default.")
@click.option("--data", default=Path("../shared/data"), show_default=True, type=FOLDER, help="Folder of real recordings; what is absent is left out.")
@click.option("--out", default=Path("build/evaluation"), show_default=True, type=FOLDER, help="Folder for evaluation.json, evaluation.md and plots.")
@click.option("--generated", default=1200, show_default=True, type=click.IntRange(60), help="Windows of held-out virtual patients.")
@click.option("--robustness", default=60, show_default=True, type=COUNT, help="Generated windows for the robustness grid (4 s each).")
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0),
              help="Length of the generated recordings awake, asleep and in intensive care; those without events are half as long.")
@click.option("--patients", default=1, show_default=True, type=click.IntRange(1), help="Virtual patients of each kind of recording.")
@click.option("--seizures", default=20, show_default=True, type=COUNT, help="Generated recordings of one whole seizure.")
@click.option("--explanations", default=200, show_default=True, type=COUNT, help="Generated windows whose explanations are held against the truth.")
@click.option("--card", is_flag=True, help="Put the figures into the model card of the weights; the manifest then names the new card.")
@with_training_extra
def evaluate(
    weights: Path | None, data: Path, out: Path, generated: int, robustness: int, hours: float, patients: int, seizures: int, explanations: int,
    card: bool,
) -> None:
    """Evaluate on held-out virtual patients, real voted windows, healthy adults and whole generated recordings.

    An amount of 0 leaves a part out. Whole recordings are generated once and kept below --out, with the probabilities on them.
    """
    from ml.ensemble import WEIGHTS, Ensemble, model_card
    from ml.training import evaluate as evaluation
    from ml.training import evaluation_plots, evaluation_report, long_recordings
    from ml.training.model_card import put_evaluation

    folder = weights or WEIGHTS
    report = evaluation.evaluate(
        Ensemble.load(folder), data, folder=out / "recordings", key=long_recordings.identity(folder), notes=model_card(folder).get("calibration"),
        amounts=evaluation.Amounts(generated, robustness, hours, patients, seizures, explanations),
        command=shlex.join(["hms", *sys.argv[1:]]), say=lambda line: click.echo(line, err=True),
    )
    written = evaluation_report.write(report, out, plots=evaluation_plots.draw(report, out))
    if card:
        click.echo(f"manifest {put_evaluation(folder, report)[:16]}", err=True)
    not_met = [f"{row['what']} ({row['on']})" for row in report["bars"] if not row["met"]]
    click.echo(f"{written}: {generated} generated windows, {len(report['members'])} members, {sum(report['wall_s'].values()):.0f} s")
    click.echo(f"not met: {'; '.join(not_met)}" if not_met else "all that was asked and measured is met")
