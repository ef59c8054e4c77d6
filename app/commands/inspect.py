"""``hms inspect FILE``: what a recording is and how good its signals are, without an analysis."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.analyse import REFUSED, Bar
from ml.errors import RecordingError

if TYPE_CHECKING:
    from ml.analysis import ChannelQuality
    from ml.quality_report import QualityReport
    from ml.recording import PatientField


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON instead of a summary.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Also draw the report on one page: PNG, or PDF by its name.")
@click.option("--seconds", type=click.Path(dir_okay=False, path_type=Path), help="Also write every electrode and second as a Parquet table.")
def inspect(file: Path, as_json: bool, plot: Path | None, seconds: Path | None) -> None:
    """Tell metadata, electrodes, findings and quality of the recording FILE.

    Nothing that names the patient is printed. A recording that is refused ends with code 2 and one sentence.
    """
    try:
        report = _inspect(file)
        if plot is not None:
            _draw(report, file.name, plot)
        if seconds is not None:
            _tabulate(report, seconds)
    except RecordingError as error:
        click.echo(error.sentence, err=True)
        sys.exit(REFUSED)
    except OSError as error:
        click.echo(f"{error.filename or file} cannot be used: {error.strerror or error}. Check the path and its permissions.", err=True)
        sys.exit(REFUSED)
    click.echo(_json(report) if as_json else summary(report))


def _inspect(file: Path) -> QualityReport:
    from ml import quality_report  # the command starts fast: scientific libraries are loaded only when they are needed
    from ml.open_files import open_files

    with open_files([file]) as recording:
        return quality_report.inspect(recording, on_progress=Bar())


def _json(report: QualityReport) -> str:
    from ml.quality_report import to_json

    return json.dumps(to_json(report), ensure_ascii=False, allow_nan=False)


def _draw(report: QualityReport, name: str, plot: Path) -> None:
    from app.reporting import quality_page

    plot.write_bytes(quality_page.draw(report, title=f"Signal quality of {name}", kind="pdf" if plot.suffix.lower() == ".pdf" else "png"))


def _tabulate(report: QualityReport, seconds: Path) -> None:
    from app.interop import quality_table

    seconds.write_bytes(quality_table.to_parquet(report))


def summary(report: QualityReport) -> str:
    """What a person wants to read first, as plain text."""
    from app.reporting.quality_page import facts
    from ml.quality_report import mapping

    lines = [*facts(report), f"equipment: {report.info.equipment}" if report.info.equipment else "equipment not stated"]
    lines += [_filters(report), _identity(report.info.patient), f"{report.n_annotations or 'no'} annotation{'' if report.n_annotations == 1 else 's'}"]
    lines += ["", f"{'#':>3}  {'in the file':24s} {'read as':10s} {'kind':6s} {'Hz':>7s}  {'bad':>5s} {'artif.':>6s} {'SNR dB':>6s} {'mains µV':>8s}  remarks"]
    found = {channel.name: channel for channel in report.quality.channels}
    for number, (signal, (name, kind, note)) in enumerate(zip(report.info.signals, mapping(report.layout), strict=True), start=1):
        figures = _figures(found.get(name or ""), note)
        lines.append(f"{number:3d}  {signal.label:24s} {name or '-':10s} {kind:6s} {signal.sfreq_hz:7g}  {figures}".rstrip())
    return "\n".join([*lines, "", *(f"Note: {finding}" for finding in report.findings)]).rstrip()


def _figures(channel: ChannelQuality | None, note: str) -> str:
    """Bad and artifact share, SNR and mains of a channel that was measured; remarks."""
    bad, artifact, snr, hum = (
        (f"{channel.bad_share:.0%}", f"{channel.artifact_share:.0%}", _number(channel.snr_db), _number(channel.hum_uv)) if channel else ("",) * 4)
    return f"{bad:>5s} {artifact:>6s} {snr:>6s} {hum:>8s}  {', '.join(channel.reasons) if channel else note}"


def _filters(report: QualityReport) -> str:
    """Filters of the recorder as the file states them for its EEG."""
    stated = {signal.prefilter for signal, kind in zip(report.info.signals, report.layout.kinds, strict=True) if kind in ("eeg", "pair")}
    shown = ", ".join(sorted(stated - {""}))
    return f"filtered while recording, as the file states: {shown}" if shown else "the file states no filters of the recorder"


def _identity(patient: PatientField) -> str:
    if patient.name or patient.birth_date:
        return "the file names a patient (not shown here)"
    return "the file carries a code of a patient (not shown here)" if patient.code else "the file names no patient"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
