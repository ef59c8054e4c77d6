"""The figure of the spectrogram page: one clock, gaps, and lines that can be told apart on either theme."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from app.services.time_frequency import Pictures
from app.services.trend_tiles import semi_log
from components.spectrogram_figure import GAP, spectrogram_figure
from components.time_strips import color_stops, line
from components.trend_strips import BAND_COLORS, LEFT_COLOR, ONE_COLOR, RIGHT_COLOR, TREND_ROWS
from ml import trends
from ml.colormaps import NAMES, table
from ml.recording import Span
from tests.components.test_palette import contrast, from_hex

START = datetime(2026, 3, 2, 22, 15)


def figure_of(start: datetime | None = START, **more: object):
    made = Pictures(
        Span(0.0, 600.0),
        names=("LL", "RL"),
        power_db=np.zeros((2, 40, 300), np.float32),
        freqs_hz=np.arange(40) / 2.0,
        first_s=2.0,
        column_s=2.0,
        settings="longitudinal bipolar",
        bands_uv2=np.ones((5, 60), np.float32),
        bands_first_s=5.0,
        bands_step_s=10.0,
        trends=trends.empty(600.0),
        gaps=((100.0, 200.0),),
    )
    return spectrogram_figure(
        made, start=start, spans=None, low_db=-10.0, high_db=25.0, color_map="viridis", shown=list(TREND_ROWS), **more
    )


def test_all_strips_share_the_recorders_clock() -> None:
    figure = figure_of()
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
    assert figure.layout.xaxis2.matches == "x"
    assert list(figure.layout.xaxis.range) == ["2026-03-02T22:15:00.000", "2026-03-02T22:25:00.000"]
    assert (figure.data[0].x0, figure.data[0].dx) == ("2026-03-02T22:15:02.000", 2000.0)
    assert "time from the start" in figure_of(None).layout.xaxis.title.text


def test_a_gap_is_hatched_across_all_strips() -> None:
    figure = figure_of()
    gap, axis = figure.data[-1], figure.layout.yaxis99
    assert (gap.x[0], gap.x[2], gap.fillpattern.shape) == ("2026-03-02T22:16:40.000", "2026-03-02T22:18:20.000", "/")
    assert (gap.y[:4], axis.domain, axis.range) == ((0, 1, 1, 0), (0, 1), (0, 1))
    assert "not recorded" in [note.text for note in figure.layout.annotations]


def test_limits_and_colors_hang_on_one_axis_that_the_browser_changes() -> None:
    figure = figure_of()
    assert [trace.coloraxis for trace in figure.data[:2]] == ["coloraxis"] * 2
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-10.0, 25.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_color_map_begins_and_ends_as_its_table(name: str) -> None:
    stops = color_stops(name)
    shown = [[int(part) for part in color[4:-1].split(",")] for _, color in (stops[0], stops[-1])]
    assert shown == table(name)[[0, -1]].tolist()
    assert [share for share, _ in stops][::31] == [0.0, 1.0]


@pytest.mark.parametrize("paper", ["#FFFFFF", "#121417"])
def test_lines_stand_out_on_both_papers(paper: str) -> None:
    for color in (LEFT_COLOR, RIGHT_COLOR, ONE_COLOR, GAP, *BAND_COLORS.values()):
        assert contrast(from_hex(color[1:]), from_hex(paper[1:])) >= 3.0, color


def test_the_scale_of_the_aeeg_is_linear_to_ten_microvolts_and_logarithmic_above() -> None:
    assert semi_log(np.array([0.0, 5.0, 10.0, 100.0])) == pytest.approx([0.0, 0.5, 1.0, 2.0])


def test_a_column_between_two_gaps_is_a_point() -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0, np.nan], dtype=np.float32)
    made = line(values, {"x0": 0, "dx": 1}, "delta", ONE_COLOR, "solid", "%{y}")
    assert list(made.marker.size) == [0, 0, 0, 3, 0]
    assert line(values[:2], {"x0": 0, "dx": 1}, "delta", ONE_COLOR, "solid", "%{y}").mode == "lines"
