"""Seizure burden and agreement as a reader sees them."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import numpy as np
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from app.services.agreement import Comparison
from app.services.seizure_time import SeizureTime
from components.agreement_panel import agreement_panel
from components.seizure_burden import burden_figure, burden_numbers, pooled
from ml.agreement import compare
from ml.seizure_burden import SeizureBurden, Stretch, burden

STUDY, START, HOURS = UUID(int=1), datetime(2026, 5, 4, 22), 4 * 3600.0


def side(*seizures: Stretch) -> SeizureBurden:
    return burden(seizures, [(0.0, HOURS)], duration_s=HOURS)


def words(component: Component) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def numbers(reviewed: SeizureBurden, unreviewed: SeizureBurden | None) -> str:
    return words(burden_numbers(SeizureTime(reviewed, unreviewed, 1, 1, True), STUDY, START))


def test_what_is_not_reviewed_meets_a_criterion_of_duration_only_if_confirmed() -> None:
    said = numbers(side(), side((600.0, 1260.0)))
    assert "meets the duration criterion for electrographic status if confirmed (11 min at a stretch, at least 10 min)" in said
    assert "is not a diagnosis" in said


def test_what_is_reviewed_is_told_apart() -> None:
    said = numbers(side((0.0, 400.0), (1000.0, 1400.0)), side())
    assert "What readers confirmed meets the duration criterion for electrographic status (13 min 20 s of 60 min, at least 12 min)" in said
    assert "if confirmed" not in said


def test_below_the_criteria_nothing_is_claimed() -> None:
    assert "duration criterion" not in numbers(side((0.0, 500.0)), side((2000.0, 2100.0)))


def test_every_figure_leads_to_the_signal_and_the_formula_is_there() -> None:
    said = numbers(side((600.0, 700.0)), side())
    assert f'"href": "/studies/{STUDY}/review?t=600"' in said
    assert "22:10:00 (1 min 40 s)" in said
    assert "seconds in seizure / seconds assessed in the last 5 min" in said


def test_without_a_result_there_is_no_column_of_the_model() -> None:
    assert "Unreviewed" not in numbers(side(), None)


def test_the_curve_of_a_day_is_pooled_to_its_highest_values() -> None:
    day = burden([(40_000.0, 40_300.0)], [(0.0, 86_400.0)], duration_s=86_400.0)
    at_s, share = pooled(day)
    assert len(at_s) == len(share) <= 1200
    assert (np.nanmax(share), at_s[-1]) == (1.0, 86_400.0)


def test_the_picture_of_the_burden_is_small_and_says_its_peaks() -> None:
    drawn = words(burden_figure(SeizureTime(side((600.0, 900.0)), side(), 1, 0, True), START))
    assert "reviewed at most 100 %, unreviewed at most 0 %" in drawn
    assert len(drawn) < 60_000


def test_agreement_comes_with_its_number_and_interval_and_says_who_saw_the_model() -> None:
    first = np.repeat([0, 5, 1, 5, 0, 5], 60)
    found = compare(first, np.where(np.arange(360) % 7 == 0, 5, first), np.random.default_rng(0))
    said = words(agreement_panel([Comparison("alice", "model", "without the model", True, found), Comparison("alice", "ann", "model in view", False, found)]))
    assert "alice and model, first read, without the model" in said
    assert "alice and ann: with the model in view" in said
    assert f"of {found.n} windows" in said
    assert found.kappa.low is not None
    assert f"κ {found.kappa.value:.2f} ({found.kappa.low:.2f} to {found.kappa.high:.2f})" in said


def test_before_anybody_has_read_the_panel_says_how_to_begin() -> None:
    assert "Nobody has read this study yet" in words(agreement_panel([]))
