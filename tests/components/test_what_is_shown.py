"""components: what a reader sees of events, states, classes and files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from app.jobs.states import ENDED_STATES, OPEN_STATES
from app.services.analyses import EventView
from app.services.studies import Status
from components import channel_table, chips, class_minutes, confusion, grid, shell, states
from components.events_table import SHOWN, events_table, evolution_text
from components.job_progress import progress_text
from ml.channels import map_to_1020
from ml.classes import CLASSES
from ml.evolution import Evolution
from ml.recording import Signal

STUDY = UUID("11111111-2222-4333-8444-555555555555")
HOSTILE = "<img src=x onerror=alert(1)>[a](javascript:alert(2))"


def event(pattern: str = "lpd", start_s: float = 60.0, decision: str = "") -> EventView:
    key = uuid4()
    return EventView(key, pattern, start_s, start_s + 30, "22:31:00", 0.9, 0.7, decision, "alice" if decision else "", event_id=key)


def plain(component: Component) -> Any:
    return component.to_plotly_json()


def of_type(component: Component, name: str) -> list[Component]:
    return [part for part in component._traverse() if type(part).__name__ == name]


def words(component: Component) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder)


@pytest.mark.parametrize("frequency_hz, laterality, text", [
    (1.24, -0.8, ["1.2 Hz", "left", "50%"]), (0.96, 0.4, ["1.0 Hz", "right", "50%"]), (1.5, 0.1, ["1.5 Hz", "both sides", "50%"]),
    (2.0, -0.2, ["2.0 Hz", "mainly left", "50%"]), (None, -0.9, ["–", "left", "50%"]), (None, None, ["–", "–", "50%"]),
])
def test_an_event_says_its_frequency_side_and_extent(frequency_hz: float | None, laterality: float | None, text: list[str]) -> None:
    shown = events_table([replace(event(), frequency_hz=frequency_hz, laterality=laterality, extent=0.5)], STUDY, page="study", may_review=False)
    assert [cell.children for cell in of_type(shown, "Td")][5:8] == text


@pytest.mark.parametrize("frequency_hz, text", [((5.0, 4.0, 2.6), "5.0 → 2.6 Hz"), ((2.0, 3.0, 4.0), "2.0 → 4.0 Hz"), ((3.0, 3.2, 4.0), "steady"), ((3.0, 5.0, 3.0), "steady")])
def test_only_two_steps_of_half_a_hertz_one_way_are_called_a_change(frequency_hz: tuple[float, float, float], text: str) -> None:
    assert evolution_text(Evolution("LL", frequency_hz, 0.0)) == text


def test_a_readers_label_and_a_changed_event_say_so() -> None:
    found = event(decision="accepted")
    own, changed = replace(found, event_id=None, max_prob=None, mean_prob=None), replace(found, event_id=found.id, changed=True)
    assert "Labelled" in words(events_table([own], STUDY, page="study", may_review=True))
    assert "changed, alice" in words(events_table([changed], STUDY, page="study", may_review=True))


def test_suspected_seizures_come_first_then_the_order_of_time() -> None:
    table = events_table(
        [event("lpd", 10), event("gpd", 5), event("seizure", 500)], STUDY, page="study", may_review=False
    )
    hrefs = [str(link.href) for link in of_type(table, "Link")]
    assert [href.rsplit("=", 1)[1] for href in hrefs] == ["500", "5", "10"]


def test_a_decision_moves_no_row() -> None:
    table = events_table([event("lpd", 10, "accepted"), event("lpd", 20)], STUDY, page="study", may_review=True)
    assert [str(link.href)[-2:] for link in of_type(table, "Link")] == ["10", "20"]


def test_who_may_not_review_gets_no_buttons() -> None:
    assert not of_type(events_table([event()], STUDY, page="study", may_review=False), "Button")


def test_a_decided_event_can_only_be_taken_back() -> None:
    table = events_table([event(decision="dismissed")], STUDY, page="study", may_review=True)
    assert [button.id["decision"] for button in of_type(table, "Button")] == ["withdraw"]  # type: ignore[attr-defined]


def test_a_day_with_a_thousand_events_is_shown_in_part_and_says_so() -> None:
    table = events_table([event(start_s=i) for i in range(SHOWN + 7)], STUDY, page="study", may_review=False)
    assert len(of_type(table, "Tr")) == SHOWN + 1
    assert "7 more events" in words(table)


def test_no_events_is_not_called_normal() -> None:
    assert "does not mean a normal EEG" in words(events_table([], STUDY, page="study", may_review=True))


@pytest.mark.parametrize("status", [*get_args(Status), *OPEN_STATES, *ENDED_STATES])
def test_every_state_has_words_and_an_icon(status: str) -> None:
    chip = chips.status_chip(status)
    assert status in chips.STATUS
    assert of_type(chip, "Span")


@pytest.mark.parametrize("pattern", CLASSES)
def test_a_class_is_never_colour_alone(pattern: Any) -> None:
    assert chips.LETTERS[pattern] in words(chips.class_name(pattern))


def test_the_parts_of_a_bar_add_up() -> None:
    parts = class_minutes.shares({"seizure": 30.0, "other": 90.0, "lpd": 0.0})
    assert [part["class"] for part in parts] == ["seizure", "other"]
    assert sum(float(part["share"]) for part in parts) == pytest.approx(1)


def test_text_from_a_file_stays_text() -> None:
    signals = [{"label": HOSTILE, "sfreq_hz": 200.0, "unit": "uV", "calibrated": True}]
    table = channel_table.channel_table(signals, map_to_1020([Signal(HOSTILE, 200.0)]), {})
    cells = [cell.children for cell in of_type(table, "Td")]
    assert HOSTILE in cells
    assert not of_type(table, "Markdown") + of_type(table, "DangerouslySetInnerHTML")


def test_the_quality_of_an_electrode_is_shown_and_never_invented() -> None:
    signals = [{"label": name, "sfreq_hz": 200.0, "unit": "uV", "calibrated": True} for name in ("Fp1", "ECG")]
    layout = map_to_1020([Signal("Fp1", 200.0), Signal("ECG", 200.0)])
    figures = {"bad_share": 0.02, "artifact_share": 0.31, "snr_db": 12.4, "hum_uv": 3.21, "muscle_share": 0.3}
    quality = {"channels": [{"name": "Fp1", "reasons": ["noisy"], **figures}]}
    cells = [cell.children for cell in of_type(channel_table.channel_table(signals, layout, quality), "Td")]
    assert cells[5:10] == ["2 %", "31 %", "12 dB", "3.2 µV", "noisy, muscle 30 %"]
    assert cells[15:20] == [""] * 5


def test_an_error_page_escapes_its_sentence() -> None:
    assert HOSTILE not in shell.plain_page(HOSTILE, 404)


def test_a_confusion_matrix_shows_counts_and_shares_of_the_row() -> None:
    counts = [[8, 2, 0, 0, 0, 0], *([0] * 6 for _ in range(5))]
    heat = confusion.confusion_figure(counts).data[0]
    assert heat.type == "heatmap"
    assert heat.text[0][0] == "8<br>80 %"
    assert heat.text[1][1] == "–"


def test_a_grid_evaluates_no_code_but_its_theme() -> None:
    made = grid.make_grid("a-grid", [{"field": "name"}], empty="Nothing.")
    options = plain(made)["props"]["dashGridOptions"]
    assert [key for key, value in options.items() if "function" in json.dumps(value)] == ["theme"]
    assert "dangerously_allow_code" not in plain(made)["props"]


@pytest.mark.parametrize(("state", "text"), [("queued", "waiting"), ("running", "analysing 3 of 9")])
def test_progress_in_words(state: str, text: str) -> None:
    assert progress_text(state, "analysing", 3, 9) == text


def test_a_refused_page_says_which_right_is_missing() -> None:
    assert "read the audit log" in words(states.no_permission("Audit log", "read the audit log"))
