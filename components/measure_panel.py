"""What two cursors tell: times and values, spectrum, amplitude map, frequency of a pattern; each number stands as text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import numpy as np
from dash import html
from dash.development.base_component import Component

from app.services.measuring import Measured, Told
from components.attributes import aria, data
from components.clock import exact_time
from components.head_figure import head_figure
from components.spectrum_figure import SIGNS, spectrum_figure
from ml.measuring import TwoCursors
from ml.scalp_map import ScalpMap
from ml.selection_pattern import ACNS_CYCLES, LEAST_DISCHARGES, SelectionPattern
from ml.selection_spectrum import BandShare, SelectionSpectrum

NOT_RECORDED: Final = "not recorded"
TITLES: Final = {"Δt": "Time between the cursors", "1/Δt": "One over it", "ΔµV": "Second cursor minus first", "p–p": "Peak to peak, between the cursors"}
CHANGED: Final = "The screen shows a changed signal. Measured is the recorded one, under the same filters."


def measured(found: Measured, *, changed: bool = False) -> list[Component]:
    """Times and values; ``changed`` says that the screen shows ICA or wavelets."""
    said = [html.P(CHANGED, className="viewer-quiet", role="alert")] if changed else []
    return [*said, *_cursors(found.cursors, found.start_local)]


def pictures(found: Measured, *, active: int = 0) -> list[Component]:
    """Spectrum between the cursors and amplitude map at the ``active`` one."""
    return [
        html.H3("Spectrum between the cursors"), *_spectrum(found.spectrum),
        html.H3("Amplitude map"), *_head(found.head, found.start_local, active),
    ]


def pattern_found(found: Told[SelectionPattern]) -> list[Component]:
    """Frequency of a pattern, or that none is clear; the script marks the discharges on the page."""
    head, value = html.H3("Pattern between the cursors"), found.value
    if value is None:
        return [head, _quiet(found.problem)]
    how = f"Longitudinal pairs, 0.5–40 Hz, {value.n_pairs} of 18; the estimator of the events table. Triangles above the traces mark the discharges that it counts."
    times = html.Div(hidden=True, **data(discharges=json.dumps([round(at, 3) for at in value.discharges_s])))
    return [head, html.P(_periodic(value)), html.P(_rhythmic(value)), _quiet(how), times]


def _cursors(told: Told[TwoCursors], start: datetime | None) -> list[Component]:
    found = told.value
    if found is None:
        return [_quiet(told.problem)]
    first, second = (exact_time(start, at) for at in found.at_s)
    rows = [
        ("Time", first, second, _duration(found.delta_s)),
        (found.channel, _uv(found.uv[0]), _uv(found.uv[1]), _uv(found.delta_uv, sign=True)),
    ]
    heads = html.Tr([html.Th("", scope="col"), html.Th("1", scope="col"), html.Th("2", scope="col"), html.Th("2 − 1", scope="col", title="Difference")])
    body = [html.Tr([html.Th(name, scope="row"), *(html.Td(words) for words in cells)]) for name, *cells in rows]
    lost = f" {found.unrecorded_s:.2f} s between the cursors were not recorded." if found.unrecorded_s > 0 else ""
    cut = f" {found.clipped_s:.2f} s are clipped: the true amplitude may be larger." if found.clipped_s > 0 else ""
    note = f"{found.status}. Samples of the recording, one every {1000 / found.sfreq_hz:.3g} ms.{lost}{cut}"
    told_to_script = {"at": found.at_s, "uv": found.uv, "channel": found.channel}
    return [
        html.P(_summary(found), className="measure-summary", role="status"),
        html.Table([html.Thead(heads), html.Tbody(body)], className="window-table measure-cursors"), _quiet(note),
        html.Div(hidden=True, **data(cursors=json.dumps(told_to_script))),
    ]


def _summary(found: TwoCursors) -> list[Any]:
    """The four numbers that a reader came for."""
    facts = [("Δt", _duration(found.delta_s)), ("1/Δt", f"{found.hertz:.2f} Hz" if found.hertz else "–"), ("ΔµV", _uv(found.delta_uv, sign=True)),
             ("p–p", _uv(found.peak_to_peak_uv))]
    return [html.Span([f"{name} ", html.Strong(words)], title=TITLES[name]) for name, words in facts]


def _spectrum(told: Told[SelectionSpectrum]) -> list[Component]:
    found = told.value
    if found is None:
        return [_quiet(told.problem)]
    mean = f"mean of {found.n_in_mean} traces"
    peaks = f"Peak of {found.channel}: {_hertz(found.of_channel.peak_hz)}; of the {mean}: {_hertz(found.of_mean.peak_hz)}."
    rows = [html.Tr([html.Th(f"{SIGNS[own.name]} {own.low_hz:g}–{own.high_hz:g} Hz", scope="row"), *_cells(own), *_cells(all_)])
            for own, all_ in zip(found.of_channel.bands, found.of_mean.bands, strict=True)]
    heads = html.Tr([html.Th("Band", scope="col"), *(html.Th(words, scope="col") for words in (found.channel, "peak", "mean", "peak"))])
    how = f"{found.length_s:.2f} s, resolution {found.resolution_hz:.2g} Hz (one over the length), Hann window. Thick: {found.channel}; dashed: {mean}."
    return [html.P(peaks), spectrum_figure(found, f"Power spectrum of {found.length_s:.2f} s. {peaks}"),
            html.Table([html.Thead(heads), html.Tbody(rows)], className="window-table"), _quiet(how)]


def _cells(band: BandShare) -> list[Component]:
    return [html.Td(f"{band.share:.0%}"), html.Td(f"{band.peak_hz:.1f} Hz" if band.peak_hz else "–")]


def _head(told: Told[ScalpMap], start: datetime | None, active: int) -> list[Component]:
    found = told.value
    if found is None:
        return [_quiet(told.problem)]
    most, least = max(found.uv, key=lambda name: found.uv[name]), min(found.uv, key=lambda name: found.uv[name])
    ends = f"Most positive {most} {_uv(found.uv[most], sign=True)}, most negative {least} {_uv(found.uv[least], sign=True)}."
    left_out = [f"{name} ({why})" for name, why in found.bad.items()] + [f"{name} (absent)" for name in found.missing]
    lost = [html.P(f"Left out, marked by a cross: {', '.join(left_out)}.", className="viewer-quiet")] if left_out else []
    at = f"Cursor {active + 1}, {exact_time(start, found.at_s)}. "
    how = f"{len(found.uv)} electrodes against their mean, {found.status.partition(' | ')[2]}; spherical splines between them, nose up."
    every = html.Details([html.Summary("All electrodes"), html.P(", ".join(f"{name} {_uv(value, sign=True)}" for name, value in found.uv.items()))])
    return [html.P([at, ends]), head_figure(found, f"Head from above at {at}{ends}"), *lost, _quiet(how), every]


def _periodic(found: SelectionPattern) -> list[Any]:
    n, facts = len(found.discharges_s), found.discharges
    if found.is_periodic:
        few = f"; fewer than the {ACNS_CYCLES} cycles that ACNS 2021 asks" if n < ACNS_CYCLES else ""
        return [html.Strong(f"Periodic: {facts.frequency_hz:.2f} Hz"), f", {n} discharges, regularity {facts.clarity:.2f}{few}."]
    why = ("too few of them" if n < LEAST_DISCHARGES else "they hardly stand out" if found.regular > 0.5 else "their intervals vary by half and more")
    would = f" (their median interval would be {1 / facts.frequency_hz:.2f} s)" if np.isfinite(facts.frequency_hz) else ""
    return [html.Strong("No clear periodic discharges"), f": {n} candidate{'' if n == 1 else 's'}, {why}{would}."]


def _rhythmic(found: SelectionPattern) -> list[Any]:
    facts = found.rhythm
    if found.is_rhythmic:
        return [html.Strong(f"Rhythm: {facts.frequency_hz:.2f} Hz"), f", {found.cycles:.0f} cycles, {facts.clarity:.1f} dB above the rest of 0.5–4 Hz."]
    why = "too few cycles" if found.cycles < ACNS_CYCLES else f"its peak of {facts.frequency_hz:.2f} Hz is only {facts.clarity:.1f} dB above the rest"
    return [html.Strong("No clear rhythm of 0.5–4 Hz"), f": {why}."]


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.4g} ms" if seconds < 1.0 else f"{seconds:.3f} s"


def _uv(value: float | None, *, sign: bool = False) -> str:
    return NOT_RECORDED if value is None else f"{round(value, 1) + 0.0:{'+' if sign else ''}.1f} µV".replace("-", "−")


def _hertz(value: float | None) -> str:
    return f"{value:.2f} Hz" if value else "none clear"


def _quiet(sentence: str) -> Component:
    return html.P(sentence, className="viewer-quiet", **aria(live="polite"))
