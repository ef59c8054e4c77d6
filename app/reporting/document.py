"""Sets a report as PDF/A-3a by Typst; text goes in as data and never as markup."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import matplotlib as mpl
import typst

from app.reporting.report_data import ReportData

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"      # DejaVu, which matplotlib carries: no system font is needed


def render(data: ReportData, *, now: datetime) -> bytes:
    """PDF bytes of ``data``; ``now`` is the creation time written into the file."""
    with tempfile.TemporaryDirectory(prefix="hms-report-") as folder:
        root = Path(folder)
        template = root / "report.typ"
        template.write_bytes(files("app.reporting").joinpath("report.typ").read_bytes())
        for number, figure in enumerate(data.figures):
            (root / f"figure-{number}.svg").write_bytes(figure.svg)
        (root / "report.json").write_text(json.dumps(data.to_json(), ensure_ascii=False), encoding="utf-8")
        pdf: bytes = typst.compile(
            str(template), root=str(root), font_paths=[str(FONTS)], ignore_system_fonts=True, pdf_standards="a-3a", timestamp=now.replace(microsecond=0),
        )
    return pdf
