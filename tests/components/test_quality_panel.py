"""The quality panel of a study: every mark at its place, in words as well as in color."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from app.services.studies import StudyView
from components import quality_panel
from ml import pipeline, quality_report
from ml.electrode_seconds import MARKS, ElectrodeSeconds
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


class View:
    """What the panel asks of a study."""

    id, duration_s, start_local, gaps = "11111111-2222-4333-8444-555555555555", 125.0, None, ((60.0, 65.0),)


VIEW = cast("StudyView", View())


def report() -> quality_report.QualityReport:
    x = eeg(125, seed=2)
    x[:7, 80 * 200 : 100 * 200] = 0.0
    result = pipeline.analyse(ArrayRecording(x, gaps=View.gaps), loudness_ensemble(10.0))
    assert result.electrode_seconds
    return quality_report.of_analysis(result, result.electrode_seconds)


def seconds(marks: list[int]) -> ElectrodeSeconds:
    row = np.array([marks], np.uint8)
    return ElectrodeSeconds(("Fp1",), row, np.zeros_like(row), np.zeros_like(row))


def titles(component: Component, class_name: str) -> list[str]:
    named = [part for part in component._traverse()  # type: ignore[no-untyped-call]
             if class_name in str(getattr(part, "className", ""))]
    return [part.title for part in named if hasattr(part, "title")]


def text(component: Component) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder)


def test_a_flat_stretch_stands_at_its_place_with_its_words() -> None:
    panel: Any = quality_panel.quality_panel(report(), VIEW, may_download=True)
    cells = [title for title in titles(panel, "mark-flat") if title.startswith("F7, ")]
    assert cells == ["F7, +00:01:20 to +00:01:40: flat 100 %; SNR -10 dB; line noise 0.0 µV"]
    assert titles(panel, "ribbon-hatch") == ["not recorded"]
    assert "Not assessed: 40 s in 1 stretch" in text(panel)
    assert "more than 4 electrodes were bad: Fp1 flat" in text(panel)


@pytest.mark.parametrize(("marks", "shown"), [
    ([0, 0, 0], []), ([8, 8, 0], [(0, 2, "flat")]), ([1, 9, 255], [(0, 1, "muscle"), (1, 2, "flat")]), ([2, 0, 128], [(0, 1, "movement"), (2, 3, "uncorrelated")]),
])
def test_a_cell_has_the_color_of_what_matters_most(marks: list[int], shown: list[tuple[int, int, str]]) -> None:
    assert MARKS[3] == "flat"
    assert list(quality_panel.cells(seconds(marks), 0)) == shown


def test_one_bad_second_in_many_gives_no_cell_its_color_and_a_tenth_does() -> None:
    assert list(quality_panel.cells(seconds([8] + [0] * 3999), 0)) == []
    assert list(quality_panel.cells(seconds([8] * 2 + [0] * 3998), 0)) == [(0, 20, "flat")]


def test_an_old_analysis_says_that_it_was_not_stored() -> None:
    assert "not stored by this version" in text(quality_panel.quality_panel(None, VIEW, may_download=True))


def test_who_may_not_download_is_offered_nothing() -> None:
    made = report()
    assert "quality.pdf" in str(quality_panel.quality_panel(made, VIEW, may_download=True))
    assert "quality.pdf" not in str(quality_panel.quality_panel(replace(made, not_assessed=()), VIEW, may_download=False))
