"""Render a report: texts and accepted events from the database, EEG pages from the recording, one PDF into the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.db.columns import utc_now
from app.db.work import Job
from app.reporting import document, eeg_figure
from app.reporting.eeg_figure import PrintedPage
from app.reporting.report_data import Figure
from app.services import report_material, reports, stored_recording
from app.services.report_material import FigureRequest, ReportMaterial
from ml import channels, page
from ml.recording import RecordingSource
from workers.kinds import Bench, Json, Kind

PAGE_S: Final = 10.0
MATERIAL: Final = TypeAdapter(ReportMaterial)


def prepare(session: Session, job: Job) -> Json:
    """Everything that the child needs, so that it needs no database."""
    material = report_material.gather(session, UUID(job.parameters["report_id"]), now=utc_now())
    parameters: Json = MATERIAL.dump_python(material, mode="json")
    return parameters


def run(parameters: Json, bench: Bench) -> Json:
    """Draw the EEG pages and set the document; the result names the stored bytes."""
    material = MATERIAL.validate_python(parameters)
    figures = _figures(material, bench) if material.figures else ()
    bench.on_progress("setting the report", len(figures), len(figures) + 1)
    pdf = document.render(replace(material.data, figures=figures), now=utc_now())
    draft = material.data.status != "final"
    return {"sha256": bench.store.put_bytes(pdf), "size": len(pdf), "version": material.version, "draft": draft}


def save(session: Session, job: Job, result: Json) -> None:
    """Add the immutable document row of the version that was rendered, which may be newer than the one asked for."""
    reports.add_document(session, UUID(job.parameters["report_id"]), **result)


def _figures(material: ReportMaterial, bench: Bench) -> tuple[Figure, ...]:
    source = stored_recording.opened(bench.store, material.recording_sha256, name=material.recording_name)
    figures = []
    for number, request in enumerate(material.figures):
        bench.on_progress("drawing", number, len(material.figures) + 1)
        figures.append(_figure(source, material, request))
    return tuple(figures)


def _figure(source: RecordingSource, material: ReportMaterial, request: FigureRequest) -> Figure:
    clock = report_material.clock_text(material.start_local, request.start_s)
    name = report_material.long_name(request.pattern)
    prob = "labelled by the reader" if request.max_prob is None else f"p = {request.max_prob:.2f}"
    caption = f"{name}, {prob}; {clock}, {PAGE_S:g} s. The shaded stretch is the accepted event."
    svg = eeg_figure.draw(_printed(source, material, request))
    return Figure(caption=caption, alt=f"EEG page of {PAGE_S:g} seconds from {clock}: {name}", svg=svg)


def _printed(source: RecordingSource, material: ReportMaterial, request: FigureRequest) -> PrintedPage:
    layout = channels.map_to_1020(source.info.signals, material.channel_names)
    shown = page.render(
        source, layout, start_s=request.start_s, duration_s=PAGE_S, montage=material.montage, lff_hz=1.0, hff_hz=70.0, notch_hz=material.mains_hz,
        right_first=material.right_first, marks=material.marks,
    )
    ticks = [report_material.clock_text(material.start_local, request.start_s + second).split(" ")[-1] for second in range(int(PAGE_S) + 1)]
    traces_uv = np.where(shown.values == page.NOTHING, np.nan, shown.values * np.array(shown.uv_per_bit)[:, None])
    return PrintedPage(
        traces_uv=traces_uv.astype(np.float32), names=shown.names, kinds=shown.kinds, sfreq_hz=shown.sfreq_hz, tick_labels=tuple(ticks),
        status=shown.status, mark=(request.event_start_s - request.start_s, request.event_stop_s - request.start_s),
    )


KINDS = (Kind(name="render_report", run="workers.render_report:run", prepare=prepare, save=save),)
