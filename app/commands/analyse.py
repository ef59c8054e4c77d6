"""``hms analyse FILE``: the whole analysis without a server."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from app.settings import current
from ml.classes import DISPLAY_NAMES
from ml.errors import RecordingError

if TYPE_CHECKING:
    from ml.analysis import AnalysisResult

REFUSED: Final = 2
"""Exit code for a recording that cannot be used."""
_CHUNK: Final = 1 << 22


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON instead of a summary.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Also write result.json, events.csv, spectrogram.npz and trends.npz here.")
@click.option("--step", "step_s", type=click.FloatRange(0.5, 10.0), help="Seconds between label spans (default: the model's own).")
@click.option("--weights", type=click.Path(file_okay=False, path_type=Path), help="Another directory of weights.")
def analyse(files: tuple[Path, ...], as_json: bool, out: Path | None, step_s: float | None, weights: Path | None) -> None:
    """Look for seizures and rhythmic or periodic patterns in the recording FILE.

    Several files are parts of one recording: they are joined by their start times. EDF, BDF and HMS Parquet are read in place;
    BrainVision (.vhdr), Nihon Kohden (.EEG), Persyst (.lay), EEGLAB (.set), Neuroscan (.cnt), GDF, MATLAB and HDF5, and a ZIP
    archive of one recording, are converted into a temporary copy first.

    The progress goes to stderr and the result to stdout. A recording that is refused ends with code 2 and one sentence.
    """
    try:
        result = _analyse(files, step_s, weights)
    except RecordingError as error:
        click.echo(error.sentence, err=True)
        sys.exit(REFUSED)
    except OSError as error:
        name = Path(error.filename or files[0]).name
        click.echo(f"{name} cannot be read: {error.strerror or error}. Check the path and its permissions.", err=True)
        sys.exit(REFUSED)
    if out is not None:
        write(result, out)
    click.echo(_json(result) if as_json else summary(result))


def _analyse(files: tuple[Path, ...], step_s: float | None, weights: Path | None) -> AnalysisResult:
    from ml import pipeline  # the command starts fast: scientific libraries are loaded only when they are needed
    from ml.backends.onnx_runtime import ProviderMissing
    from ml.ensemble import Ensemble, WeightsError
    from ml.open_files import open_files

    with open_files(files) as recording:
        try:
            ensemble = Ensemble.load(weights, provider=current().provider, engines=current().engines_dir)
        except (WeightsError, ProviderMissing) as error:
            raise click.ClickException(str(error)) from error
        return pipeline.analyse(recording, ensemble, on_progress=Bar(), step_s=step_s, recording_sha256=_sha256(files))


class Bar:
    """Progress on stderr: a bar on a terminal, a line per tenth elsewhere."""

    def __init__(self) -> None:
        self._tenth = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        share = done / max(total, 1)
        if sys.stderr.isatty():
            filled = round(share * 40)
            end = "\n" if done == total else ""
            click.echo(f"\r{step} [{'#' * filled}{'.' * (40 - filled)}] {share:4.0%}{end}", err=True, nl=False)
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            click.echo(f"{step} {share:.0%}", err=True)


def _sha256(files: tuple[Path, ...]) -> str:
    """Of the bytes of all files, one after another."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(_CHUNK):
                digest.update(block)
    return digest.hexdigest()


def _json(result: AnalysisResult) -> str:
    from ml.result_json import to_json

    return json.dumps(to_json(result), ensure_ascii=False, allow_nan=False)


def summary(result: AnalysisResult) -> str:
    """What a person wants to read first, as plain text."""
    info, spans = result.info, result.spans
    seen = f"{int(spans.assessed.sum())} of {len(spans.assessed)} spans assessed" if len(spans.assessed) else "not assessed"
    lines = [f"{info.format}, {len(info.signals)} signals, {clock(info.duration_s)}, {len(info.gaps)} gaps; {seen}"]
    if result.events:
        lines.append("The model suggests:")
        lines += [
            f"  {clock(event.start_s)} - {clock(event.stop_s)}  {DISPLAY_NAMES[event.pattern]:8s} "
            f"highest probability {event.max_prob:.2f}, mean {event.mean_prob:.2f}"
            for event in result.events
        ]
    elif len(spans.assessed):
        lines.append("The model suggests no seizure and no rhythmic or periodic pattern.")
    lines += [f"Note: {finding}" for finding in result.findings]
    lines.append(f"{result.versions.model}, pipeline {result.versions.pipeline}, {result.elapsed_s:.1f} s. For research; not a medical device.")
    return "\n".join(lines)


def clock(seconds: float) -> str:
    """Seconds from the start as ``h:mm:ss``."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def write(result: AnalysisResult, directory: Path) -> None:
    """Write ``result.json``, ``events.csv``, ``spectrogram.npz`` and ``trends.npz`` (no pickle) into a directory, made if absent."""
    import numpy as np

    directory.mkdir(parents=True, exist_ok=True)
    (directory / "result.json").write_text(_json(result), encoding="utf-8")
    with (directory / "events.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["pattern", "start_s", "stop_s", "max_prob", "mean_prob"])
        for event in result.events:
            writer.writerow([event.pattern, *(f"{x:.6g}" for x in (event.start_s, event.stop_s, event.max_prob, event.mean_prob))])
    found = result.spectrogram
    if found is not None:
        np.savez_compressed(
            directory / "spectrogram.npz",
            power_db=found.power_db.astype(np.float16),
            regions=np.array(found.regions),
            freqs_hz=found.freqs_hz,
            times_s=found.times_s,
        )
    if result.trends is not None:
        arrays: dict[str, Any] = asdict(result.trends)
        np.savez_compressed(directory / "trends.npz", **arrays)
