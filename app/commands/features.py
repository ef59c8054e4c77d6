"""``hms features FILE``: a table of features, one row per window of 10 s."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from app.commands.analyse import REFUSED, clock
from ml.errors import RecordingError

if TYPE_CHECKING:
    from ml.recording import RecordingSource


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Parquet file to write.")
@click.option("--set", "which", type=click.Choice(["full", "fast"]), default="full", show_default=True, help="Which features.")
@click.option("--step", "step_s", type=click.FloatRange(0.5, 3600.0), default=10.0, show_default=True, help="Seconds between windows.")
@click.option("--robust", is_flag=True, help="Take the median off each window and clip it at ±1024 µV first, so that an electrode pop does not rule its features.")
@click.option("--cores", type=click.IntRange(1, 64), default=min(2, os.cpu_count() or 1), show_default=True, help="Processes for the full set.")
def features(file: Path, out: Path, which: Literal["full", "fast"], step_s: float, robust: bool, cores: int) -> None:
    """Compute features of the recording FILE: 10-s windows of the longitudinal bipolar montage, 0.5-40 Hz.

    Columns are named FEATURE:CHANNEL or FEATURE; their units and sources are in the metadata of the file.
    """
    # the command starts fast: scientific libraries are loaded only when they are needed
    from ml.open_files import open_files

    try:
        with open_files([file]) as recording:
            written = _write(recording, out, which, step_s, robust, cores)
    except RecordingError as error:
        click.echo(error.sentence, err=True)
        sys.exit(REFUSED)
    except OSError as error:
        click.echo(f"{error.filename or file} cannot be read or written: {error.strerror or error}. Check the path and its permissions.", err=True)
        sys.exit(REFUSED)
    if not written:
        click.echo(f"{file.name} holds no gap-free stretch of 10 s with electrodes of the 10-20 system, so there are no features.", err=True)
        sys.exit(REFUSED)
    click.echo(f"{written} windows written to {out}.")


def _write(recording: RecordingSource, out: Path, which: Literal["full", "fast"], step_s: float, robust: bool, cores: int) -> int:
    """Write the table block by block; returns the number of rows and leaves no file behind if there are none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ml import pipeline
    from ml.channels import map_to_1020
    from ml.features import of_recording
    from ml.network_input import choose_input
    from ml.windows import Stretch

    chosen = choose_input(map_to_1020(recording.info.signals))
    stretches = [Stretch.of(span) for span in recording.info.stretches]
    mains_hz = pipeline.find_mains(recording, chosen, stretches) if chosen.signals else None
    writer, rows = None, 0
    partial = out.with_name(f"{out.name}.partial")
    try:
        for block in of_recording.stream(recording, which=which, step_s=step_s, mains_hz=mains_hz, robust=robust, cores=cores):
            columns = {"start_s": block.start_s} | dict(zip(block.table.columns, block.table.rows.T, strict=True))
            about = {feature.name: {"unit": feature.unit, "source": feature.source} for feature in block.table.features}
            said = {"hms_features": json.dumps(about, ensure_ascii=False), "hms_robust": json.dumps(robust)}
            table = pa.table(columns, metadata=None if writer else said)
            writer = writer or pq.ParquetWriter(partial, table.schema)
            writer.write_table(table.replace_schema_metadata(writer.schema.metadata))
            rows += len(block.start_s)
            click.echo(f"{clock(float(block.start_s[-1]) + of_recording.WINDOW_S)} of {clock(recording.info.duration_s)}", err=True)
    finally:
        if writer:
            writer.close()
    if rows:
        partial.replace(out)
    return rows
