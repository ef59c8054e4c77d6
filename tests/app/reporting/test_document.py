"""The PDF says what the data says, and text stays text."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pypdf import PdfReader

from app.reporting import document, eeg_figure
from app.reporting.report_data import (
    NOT_A_DEVICE,
    STATEMENT,
    EventRow,
    Fact,
    Figure,
    FindingRow,
    ReportData,
    Section,
    clean_text,
)

NOW = datetime(2026, 3, 1, 12, 0, 5, 123456, tzinfo=UTC)


def page(n_traces: int = 19, seconds: float = 10.0) -> eeg_figure.PrintedPage:
    rng = np.random.default_rng(3)
    traces = rng.normal(0, 20, (n_traces, int(seconds * 200))).astype(np.float32)
    ticks = tuple(f"10:00:{second:02d}" for second in range(int(seconds) + 1))
    return eeg_figure.PrintedPage(traces, tuple(f"trace {n}" for n in range(n_traces)), ("eeg",) * n_traces, 200.0, ticks, "longitudinal bipolar | LFF 1 Hz")


def report(**changes: object) -> ReportData:
    data = ReportData(
        title="EEG report", clinic="Clinic of the test", status="draft", synthetic=False, patient=(Fact("Patient", "Test Patient"),),
        header_line="Test Patient · 0001", study=(Fact("Duration", "10 min 0 s"),), sections=(Section("Impression", ""),),
        findings=(FindingRow("Generalized periodic discharges (GPD)", 1, "50 s", "8.3 % of assessed time", "occasional", "50 s (brief)", "0.91"),),
        events=(EventRow(1, "GPD", "2026-01-01 10:00:00", "50 s", "0.91", "0.80", "alice"),), figures=(), technical=(), warnings=(),
        model=(Fact("Model", "first"),), formula="share = covered / assessed", signature="", printed_at="made today",
    )
    return replace(data, **changes)


def text_of(pdf: bytes) -> str:
    text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", text)


def test_the_pdf_holds_patient_finding_evidence_and_the_statement_of_limits() -> None:
    text = text_of(document.render(report(), now=NOW))
    for expected in ("Test Patient", "Generalized periodic discharges (GPD)", "8.3 % of assessed time", "alice", STATEMENT, NOT_A_DEVICE):
        assert expected in text


def test_a_draft_is_marked_and_a_final_report_is_not() -> None:
    draft, final = (text_of(document.render(report(status=status, signature="Signed by bob"), now=NOW)) for status in ("draft", "final"))
    assert "DRAFT" in draft
    assert "DRAFT" not in final
    assert "Signed by bob" in final


def test_a_synthetic_recording_is_marked_on_every_page() -> None:
    rows = tuple(EventRow(n, "GPD", "10:00:00", "50 s", "0.91", "0.80", "alice") for n in range(120))
    pages = PdfReader(io.BytesIO(document.render(report(synthetic=True, events=rows), now=NOW))).pages
    assert len(pages) > 2
    assert all("SYNTHETIC RECORDING" in one.extract_text() for one in pages)


def test_without_accepted_events_the_report_does_not_say_normal() -> None:
    text = text_of(document.render(report(findings=(), events=()), now=NOW))
    assert "No findings does not mean a normal EEG." in text


@pytest.mark.parametrize("hostile", ['#read("/etc/passwd")', "#strong[x] $x$ *b* _i_ <b>x</b>", "= heading", "// gone", "\\u{202e}", "`raw`", "@label"])
def test_markup_in_a_text_is_printed_and_not_obeyed(hostile: str) -> None:
    text = text_of(document.render(report(patient=(Fact("Patient", hostile),), sections=(Section("Impression", hostile),)), now=NOW))
    assert text.count(re.sub(r"\s+", " ", hostile)) == 2


def test_control_and_direction_characters_are_dropped_and_lines_and_letters_kept() -> None:
    assert clean_text("a\x00b‮c\r\nd\té") == "abc\ndé"


def test_the_file_claims_pdf_a_3a_and_is_tagged() -> None:
    reader = PdfReader(io.BytesIO(document.render(report(), now=NOW)))
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_a_figure_is_set_with_its_caption_and_alternative_text() -> None:
    figure = Figure("GPD at 10:00:00", "EEG page with GPD", eeg_figure.draw(page()))
    pdf = document.render(report(figures=(figure,)), now=NOW)
    assert "GPD at 10:00:00" in text_of(pdf)


def test_printed_sensitivity_is_a_clinical_step_that_fits_the_amplitude() -> None:
    quiet, loud = page(), page()
    loud = replace(loud, traces_uv=loud.traces_uv * 10)
    steps = eeg_figure.SENSITIVITIES_UV_MM
    assert eeg_figure.sensitivity_uv_mm(quiet) in steps
    assert eeg_figure.sensitivity_uv_mm(loud) == pytest.approx(10 * eeg_figure.sensitivity_uv_mm(quiet), rel=0.6)


@pytest.mark.parametrize("name", ["$\\frac$", "a $x_{$", "100 % <b>&"])
def test_the_name_of_a_montage_is_printed_and_not_obeyed(name: str) -> None:
    assert b"<svg" in eeg_figure.draw(replace(page(3), status=f"{name} | LFF 1 Hz", names=(name, "Fp1-F7", "ECG")))


def test_many_traces_stay_on_the_paper() -> None:
    heights = [float(re.search(rb'height="([0-9.]+)pt"', eeg_figure.draw(page(n))).group(1)) / 72 * 25.4 for n in (19, 64)]      # type: ignore[union-attr]
    assert heights[0] == pytest.approx(19 * eeg_figure.ROW_MM + eeg_figure.FOOT_MM, abs=0.1)
    assert heights[1] == pytest.approx(eeg_figure.TRACES_MM + eeg_figure.FOOT_MM, abs=0.1)


def test_an_empty_page_is_drawn_as_not_recorded() -> None:
    empty = replace(page(), traces_uv=np.full((19, 2000), np.nan, np.float32))
    assert b"<svg" in eeg_figure.draw(empty)
