"""``hms synth``: write a generated EEG with known events."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

KINDS: Final[dict[str, bool | None]] = {"icu": None, "awake": False, "asleep": True}
"""Asleep all the time, or by the recorder's clock."""


@click.command()
@click.option("--hours", default=1.0, show_default=True, type=click.FloatRange(0.01, 168), help="Length of the recording.")
@click.option("--seed", default=7, show_default=True, type=int, help="The same seed writes the same bytes.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="EDF file to write.")
@click.option("--diary", type=click.Path(dir_okay=False, path_type=Path), help="JSON file for the true events.")
@click.option("--kind", type=click.Choice(list(KINDS)), default="icu", show_default=True,
              help="Intensive care by day and night, or a normal background all awake or all asleep.")
@click.option("--mains", type=click.Choice(["50", "60"]), help="Hum of this frequency in Hz.")
@click.option("--healthy", is_flag=True, help="A normal adult without any pattern.")
def synth(hours: float, seed: int, out: Path, diary: Path | None, kind: str, mains: str | None, healthy: bool) -> None:
    """Write a synthetic EEG (EDF+, 19 electrodes and EKG, 200 Hz) with a diary of its events."""
    from ml.synthetic import recording

    if not out.parent.is_dir():
        raise click.BadParameter(f"the folder {out.parent} does not exist; make it first", param_hint="--out")
    with click.progressbar(length=100, label="generating", file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.update(100 * done // total - 100 * (done - 1) // total)

        events = recording.write_edf(
            out, hours=hours, seed=seed, patterns={} if healthy else None, healthy=healthy or kind != "icu", asleep=KINDS[kind],
            mains_hz=float(mains) if mains else None, on_progress=advance,
        )
    document = [asdict(event) for event in events]
    if diary is not None:
        diary.write_text(json.dumps(document, indent=1))
    click.echo(f"{out}: {hours:g} h, {len(events)} events, synthetic")
