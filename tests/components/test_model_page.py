"""components: what the model page shows of a card, and that it does without what a card of before lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dash import dcc, html
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from components import model_card, model_figures, model_tables
from ml.classes import CLASSES, PATTERNS
from ml.ensemble import model_card as shipped

AREA = {"n": 30, "auroc": 0.91, "auroc_95": [0.8, 0.97], "average_precision": 0.7, "average_precision_95": [0.5, 0.8]}
SHORT = {"n": 90, "right": 70, "accuracy": 0.78, "accuracy_95": [0.68, 0.86], "kl": 0.31, "macro_f1": 0.7, "nll": 1.2, "brier": 0.15, "kappa": 0.7,
         "expected_calibration_error": 0.04, "bootstrap_by_patient_95": {"kl": [0.25, 0.37]}}
HUMAN = {"half_committee": {"n": 11474, "accuracy": 0.787, "kl": 0.355, "auroc_by_class": dict.fromkeys(CLASSES, 0.95),
                            "by_agreement": [{"majority_share": [0.8, 1.0], "n": 5, "accuracy": 0.99}], "reliability": [{"n": 5, "prob": 0.5, "votes": 0.5}]},
         "single_expert": {"raters": 35, "accuracy": 0.661}}


def voted(**more: Any) -> dict[str, Any]:
    return SHORT | {"kl_uniform": 1.3, "kl_prior": 1.5, "confusion": [[5] * 6] * 6, "members": {"raw": SHORT, "ensemble": SHORT}, "per_class": {
        name: {"n": 30, "right": 5, "sensitivity": 0.2, "sensitivity_95": [0.1, 0.4], "precision": None} for name in CLASSES}} | more


def generated() -> dict[str, Any]:
    areas = dict.fromkeys(CLASSES, AREA) | {"mean": AREA}
    by_class = {name: {"n": 15, "sensitivity": 0.5, "precision": None, "average_precision": 0.6} for name in CLASSES}
    sets = {"wanted": 0.9, "coverage": 0.91, "mean_size": 2.2, "n": 45, "unsure_below": 0.5, "unsure_share": 0.1, "n_sure": 80,
            "accuracy_where_sure": 0.86, "accuracy_where_sure_95": [0.7, 0.9]}
    return voted(
        patients=30, discrimination=areas, by_agreement=[{"majority_share": [0.8, 1.0]} | SHORT], reliability=[{"n": 9, "prob": 0.4, "votes": 0.5}],
        conformal=sets, served_sets=sets, uncertainty={"total": {"mean_nats": 1.0, "auroc_of_errors": 0.8}},
        gain_over_best_member={"best_member": "raw", "n": 90, "kl": 0.03, "kl_95": [0.01, 0.05]}, members={"raw": SHORT | {"discrimination": areas}, "ensemble": SHORT},
        natural_prior={"n": 90, "n_effective": 54.5, "prior": dict.fromkeys(CLASSES, 1 / 6), "kl": 0.4, "bootstrap_by_patient_95": {"kl": [0.3, 0.5]},
                       "kl_constant_prior": 0.8, "per_class": by_class},
    )


def whole_recordings() -> dict[str, Any]:
    row = {"true_events": 12, "found": 11, "false_alarms": 3, "hours": 24.0, "sensitivity": 0.9167, "sensitivity_95": [0.62, 1.0], "precision": 0.79, "f1": 0.85,
           "false_alarms_per_hour": 0.125, "false_alarms_per_hour_95": [0.03, 0.37], "false_alarms_per_day": 3.0, "false_alarms_per_day_95": [0.6, 8.8]}
    late = {"n": 11, "start_error_s": {"median": 1.5, "p10": -3.0, "p90": 8.0}, "delay_s": {"median": 37.0, "p10": 33.0, "p90": 52.0}}
    patterns = {name: {"with_tolerance": row, "without_tolerance": row, "latency": late} for name in (*PATTERNS, "all")}
    kind = {"title": "awake", "hours": 24.0, "virtual_patients": 1, "patterns": patterns}
    return {"scorer": "timescoring 0.0.7, EventScoring", "step_s": 5.0, "note": "generated", "tolerance": {"with_tolerance": "wide", "without_tolerance": "none"},
            "kinds": {"awake": kind | {"eventful": True}, "normal_awake": kind | {"eventful": False}}}


@pytest.fixture(scope="module")
def full() -> dict[str, Any]:
    """A card of made-up figures that lacks nothing."""
    people = {"title": "EEGMAT, subjects 03 and 04", "trained_on": False, "people": 2, "hours": 0.13, "n": 47, "false_positives": 2, "share": 0.0426,
              "share_95": [0.005, 0.145], "events": {"seizure": 1}, "seizure_events": 1, "seizure_events_over_10_s": 1, "recordings": 4}
    who = {"balanced_accuracy": 0.5, "balanced_accuracy_among_three": 0.6, "auroc": {"lrda": 0.7, "grda": 0.8, "other": 0.9}}
    method = {"n": 20, "pointing": 0.8, "pointing_95": [0.6, 0.9], "n_lateralized": 8, "side": 0.75, "within": 0.5, "deletion": 0.2, "insertion": 0.7}
    evaluation = {
        "model": "made up", "manifest_sha256": "ab" * 32, "command": "hms evaluate", "wall_s": {"events": 600.0}, "human": HUMAN,
        "held_out_virtual_patients": generated(), "iiic50": voted(sparcnet_published=SHORT, leave_one_out=SHORT | {"kl": 0.321}),
        "grond": voted(patients=55, not_assessed=2, right_among_the_four=53, right_among_the_four_95=[0.8, 0.9], pairs={"lpd_against_gpd": {"n": 30, "auroc": 0.95, "published": 0.911}}),
        "bars": [{"what": "right", "on": "iiic50", "kind": "real", "wanted": "at least 8", "found": 7, "n": 12, "unit": "windows", "met": False}],
        "healthy_adults": people | {"groups": {"one": people}}, "icu_recording": {"n": 910, "ensemble": who, "sparcnet_published": who, "note": "one expert"},
        "whole_seizures": {"n": 20, "found": 19, "found_95": [0.75, 1.0], "without_false_alarm_before": 18, "without_false_alarm_before_95": [0.68, 0.99],
                           "found_and_none_before": 17, "found_and_none_before_95": [0.6, 0.97], "start_error_s_median": 1.0, "delay_s_median": 36.0, "note": "generated"},
        "events": whole_recordings(), "explanations": {"methods": {"shap": method}},
        "robustness": {"n": 60, "variants": {"unchanged": SHORT | {"assessed": 60}, "8 electrodes absent": {"assessed": 0, "accuracy": None}}},
    }
    return shipped() | {"name": "made up", "sha256": "ab" * 32, "evaluation": evaluation}


def words(component: Component) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def rows(component: Component) -> list[list[str]]:
    found = [row for row in component._traverse() if isinstance(row, html.Tr)]
    return [[cell.children for cell in row.children] for row in found]


def test_a_full_card_shows_every_part_and_no_empty_state(full: dict[str, Any]) -> None:
    page = model_card.card_page(full, [], "UTC")
    graphs = {part.id for part in page._traverse() if isinstance(part, dcc.Graph)}
    wanted = {"sets-accuracy", "sets-kl", "reliability", "agreement", "discrimination", "events", "robustness", "confusion-iiic50", "confusion-grond"}
    assert {f"models-{name}" for name in wanted} <= graphs
    assert model_tables.NOT_MEASURED not in words(page)
    assert all(sign in words(page) for sign in ("SYNTHETIC", "REAL", "timescoring 0.0.7", "Not met", "leave-one-out", "Not assessed at all, on purpose: 8 electrodes absent.", "Shapley values", "75 % of 8", "n = 90, 55 patients", "2 of them were not assessed"))


def test_a_card_without_an_evaluation_says_what_was_not_measured() -> None:
    page = words(model_card.card_page({"name": "bare", "sha256": "0" * 64}, [], "UTC"))
    assert "This card holds no evaluation." in page
    assert page.count(model_tables.NOT_MEASURED) >= 6


def test_the_shipped_card_is_shown_whatever_it_lacks() -> None:
    page = words(model_card.card_page(shipped() | {"name": "shipped", "sha256": "0" * 64}, [], "UTC"))
    assert "Generated windows (n = " in page


def test_a_card_of_the_first_version_is_shown(full: dict[str, Any]) -> None:
    old = {"n": 12, "kl": 0.48, "kl_uniform": 1.42, "right": 10, "accuracy": 0.8333, "accuracy_95": [0.51, 0.97], "macro_f1": 0.83,
           "expected_calibration_error": 0.16, "per_class": voted()["per_class"], "confusion": [[2] * 6] * 6,
           "members": {"raw": {"right": 9, "accuracy": 0.75, "kl": 0.6, "macro_f1": 0.7}}, "by_agreement": [{"majority_share": [0, 0.5], "n": 7, "accuracy": 0.5, "kl": 0.3}]}
    card = full | {"evaluation": {"held_out_virtual_patients": old, "iiic50": old}, "human_anchors": {"n": 11474, "accuracy": 0.787, "kl": 0.355}}
    page = words(model_card.card_page(card, [], "UTC"))
    assert "half committee 0.79" in page
    assert "9 of 12" in page


def test_people_are_lines_in_every_figure_of_windows(full: dict[str, Any]) -> None:
    found = full["evaluation"]
    made = [model_figures.sets_figure({"iiic50": found["iiic50"]}, HUMAN, "accuracy"), model_figures.agreement_figure(generated(), HUMAN),
            model_figures.reliability_figure(generated(), HUMAN), model_figures.robustness_figure(found["robustness"], HUMAN),
            model_figures.events_figure(found["events"]["kinds"], HUMAN)]
    for figure in made:
        names = [trace.name or "" for trace in figure.data]
        assert any(name.startswith("half committee 0.79") for name in names)
        assert any(name.startswith("single expert 0.66") for name in names)


def test_whiskers_end_where_the_intervals_do() -> None:
    figure = model_figures.sets_figure({"iiic50": voted()}, {}, "accuracy")
    (ensemble,) = [trace for trace in figure.data if trace.name == "ensemble"]
    assert ensemble.y[0] + ensemble.error_y.array[0] == pytest.approx(0.86)
    assert ensemble.y[0] - ensemble.error_y.arrayminus[0] == pytest.approx(0.68)


def test_an_event_row_tells_with_and_without_tolerance_and_says_the_delay_once(full: dict[str, Any]) -> None:
    told = rows(model_tables.events(full["evaluation"]["events"]["kinds"]["awake"]))[1:3]
    assert [row[1] for row in told] == ["with", "without"]
    assert [row[2] for row in told] == ["11 of 12"] * 2
    assert [row[-1] for row in told] == ["37 s (33 to 52)", None]
    assert told[0][-2] == "+2 s (-3 to +8)"
    assert (told[0][3], told[0][6]) == ("92 % (62 to 100 %)", "0.12 (0.03 to 0.37)")


def test_hours_without_events_have_one_row_for_each_pattern(full: dict[str, Any]) -> None:
    told = rows(model_tables.events(full["evaluation"]["events"]["kinds"]["normal_awake"]))[1:]
    assert len(told) == len(PATTERNS) + 1
    assert told[-1] == ["All patterns", "3", "0.12", "0.03 to 0.37", "3.0", "0.6 to 8.8"]


def test_nothing_is_said_of_people_where_no_vote_table_was_there() -> None:
    figure = model_figures.agreement_figure(generated(), {})
    assert [trace.name for trace in figure.data] == ["ensemble"]
