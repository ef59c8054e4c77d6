"""The viewer's page without a browser: its states, its controls, and what it tells the script."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.audit import AuditEntry
from app.errors import NotFound
from app.services import analyses, annotation_classes, channel_marks, review_acts, studies
from components.annotation_parts import annotation_dialog
from components.viewer_stage import event_items, viewer_facts, viewer_stage
from components.viewer_toolbar import KEYS, viewer_toolbar
from ml.page import HFF_HZ, LFF_HZ
from pages import spectrogram, study, viewer
from tests import builders
from tests.pages.conftest import Looking

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "viewer"


def facts_of(session: Session, who: Actor, study_id: UUID, *, may_review: bool = True, **settings: Any) -> dict[str, Any]:
    return viewer_facts(studies.find(session, who, study_id), analyses.latest(session, who, study_id), analyses.events(session, who, study_id),
                        may_review=may_review, settings=settings)


def drawn(component: object) -> str:
    return json.dumps(component, default=lambda part: part.to_plotly_json())


def options(component: object, setting: str) -> list[str]:
    """Values that a list of the toolbar offers."""
    found = next(part for part in component._traverse() if getattr(part, "data-setting", None) == setting)      # type: ignore[attr-defined]
    return [option.value for option in found.children]


def test_the_script_is_told_no_identity(session: Session, nell: Actor) -> None:
    patient_id = builders.patient(session, nell, "Rosa Ito", "MRN-7", birth_date=date(1960, 2, 3))
    told = json.dumps(facts_of(session, nell, builders.study(session, nell, patient_id)))
    for secret in ("Rosa", "MRN-7", "1960", "night.edf"):
        assert secret not in told


def test_a_recording_keeps_the_recorders_clock(session: Session, nell: Actor) -> None:
    known = builders.study(session, nell, about=builders.info(start=datetime(2026, 5, 4, 22, 30)))
    unknown = builders.study(session, nell, about=builders.info(start=None))
    assert facts_of(session, nell, known)["startLocal"] == "2026-05-04T22:30:00"
    assert facts_of(session, nell, unknown)["startLocal"] is None


def test_before_the_analysis_the_eeg_can_be_read_and_the_page_says_so(session: Session, nell: Actor) -> None:
    facts = facts_of(session, nell, builders.study(session, nell))
    page = drawn(viewer_stage(facts, [], mains_hz=50, settings={}, model=""))
    assert not facts["analysed"]
    assert "The EEG can be read meanwhile" in page
    assert '"data-part": "eeg"' in page


def test_who_may_not_review_gets_no_buttons_to_decide(session: Session, nell: Actor) -> None:
    study_id = builders.study(session, nell)
    builders.analysis(session, study_id, [("seizure", 10.0, 40.0)])
    found = analyses.events(session, nell, study_id)
    pages = [drawn(viewer_stage(facts_of(session, nell, study_id, may_review=may), found, mains_hz=50, settings={}, model="test"))
             for may in (True, False)]
    assert ["data-decide" in page for page in pages] == [True, False]


def test_who_may_not_annotate_gets_the_list_and_no_form(session: Session, nell: Actor, vic: Actor, looking: Looking) -> None:
    study_id, pages = builders.study(session, nell), []
    for who in (nell, vic):
        with looking(who):
            pages.append(drawn(viewer.open_study(str(study_id))[1]))
    assert ['"data-part": "annotation-form"' in page for page in pages] == [True, False]
    assert all('"data-part": "notes"' in page for page in pages)


def test_the_form_offers_the_readers_own_classes_with_their_digits() -> None:
    form = drawn(annotation_dialog(annotation_classes.of({"annotation_classes": [{"name": "K complex", "digit": "4"}, {"name": "spindle", "digit": ""}]})))
    assert re.findall(r'"data-digit": "(\d?)"', form) == ["4", "", "0"]
    assert "K complex" in form
    assert "spike" not in form


def test_of_very_many_findings_the_panel_lists_the_first_and_says_so(session: Session, nell: Actor) -> None:
    study_id = builders.study(session, nell)
    builders.analysis(session, study_id, [("lpd", 2.0 * k, 2.0 * k + 1.0) for k in range(41)])
    found = analyses.events(session, nell, study_id)
    few, many = (event_items(events, "", may_review=True) for events in (found[:40], found))
    assert (len(few), len(many)) == (40, 41)
    assert "The first 40 of 41." in drawn(many[-1])
    assert len(facts_of(session, nell, study_id)["events"]) == 41


def test_the_script_is_told_what_the_model_found_whatever_readers_made_of_it(session: Session, nell: Actor) -> None:
    study_id = builders.study(session, nell)
    builders.analysis(session, study_id, [("seizure", 10.0, 40.0)])
    event, = analyses.events(session, nell, study_id)
    review_acts.act(session, nell, study_id, review_acts.Wish("dismiss", targets=((event.id, 0),)))
    assert [(each.pattern, each.start_s, each.stop_s) for each in analyses.suggested(session, nell, study_id)] == [("seizure", 10.0, 40.0)]
    assert [each.decision for each in analyses.events(session, nell, study_id)] == ["dismissed"]


def test_the_toolbar_opens_with_the_readers_settings() -> None:
    mine = {"montage": "average", "lff_hz": "0.5", "hff_hz": "30", "sensitivity_uv_mm": "10"}
    chosen = re.findall(r'"selected": true, "value": "([^"]*)"|"value": "([^"]*)", "selected": true', drawn(viewer_toolbar(mine, mains_hz=60)))
    assert {"average", "0.5", "30", "10"} <= {first or second for first, second in chosen}


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_lists_offer_what_the_server_can_do_and_the_sites_mains_first(mains_hz: int) -> None:
    toolbar = viewer_toolbar({}, mains_hz=mains_hz)
    assert options(toolbar, "notch")[:2] == ["", str(mains_hz)]
    assert {float(value) for value in options(toolbar, "lff") if value} == {hz for hz in LFF_HZ if hz}
    assert {float(value) for value in options(toolbar, "hff") if value} == {hz for hz in HFF_HZ if hz}


def test_every_action_of_a_key_exists_and_stands_on_the_sheet() -> None:
    keys, view = (SCRIPTS / "keys.mjs").read_text(), "".join((SCRIPTS / name).read_text() for name in ("view.mjs", "measure.mjs"))
    actions = set(re.findall(r': "([a-z-]+)"', keys))
    known = set(re.findall(r'(?:^|[\s,])"?([a-z][a-z-]+)"?: (?:\(\)|turn)', view))
    assert actions <= known
    sheet = " ".join(key for key, _ in KEYS)
    for letter in re.findall(r"\b([a-z]): ", re.search(r"LETTERS = \{(.*?)\}", keys, re.DOTALL)[1]):       # type: ignore[index]
        assert letter.upper() in sheet


def test_opening_is_audited_once_and_another_clinic_finds_nothing(session: Session, nell: Actor, looking: Looking) -> None:
    study_id = builders.study(session, nell)
    stranger = builders.actor(session, "stranger at the viewer")
    with looking(nell):
        banner, _stage, followed = viewer.open_study(str(study_id))
    opened = select(func.count()).select_from(AuditEntry).where(AuditEntry.object_id == study_id, AuditEntry.action == "recording_opened")
    assert (session.scalar(opened), followed) == (1, False)
    assert "Rosa Ito" in drawn(banner)
    for page in (viewer, spectrogram):
        with looking(stranger), pytest.raises(NotFound):
            page.open_study(str(study_id))


def test_the_end_of_the_analysis_is_told_without_changing_the_page(session: Session, nell: Actor, looking: Looking) -> None:
    waiting, done = builders.study(session, nell), builders.study(session, nell)
    builders.analysis(session, done)
    with looking(nell):
        assert viewer.follow_analysis(1, str(waiting)) == (None, False)
        news, ended = viewer.follow_analysis(1, str(done))
    assert "The analysis has ended." in drawn(news)
    assert ended


def test_layouts_read_no_database() -> None:
    for page in (viewer, spectrogram):
        assert "7c9e6679" in drawn(page.layout("7c9e6679-7425-40de-944b-e07fc1f90ae7", t="12"))


def test_marks_are_told_on_the_page_of_the_study(session: Session, nell: Actor, looking: Looking) -> None:
    study_id = builders.study(session, nell)
    channel_marks.mark(session, nell, study_id, "Fp1")
    with looking(nell):
        _, body = study.show("", str(study_id))
    assert "Marked as bad in the viewer, for looking only: Fp1 (nell" in drawn(body)
    assert "analysis is not changed" in drawn(body)


def test_who_may_only_read_cannot_mark_electrodes(session: Session, nell: Actor, vic: Actor, looking: Looking) -> None:
    study_id, told = builders.study(session, nell), []
    for who in (nell, vic):
        with looking(who):
            told.append(json.loads(getattr(viewer.open_study(str(study_id))[1], "data-facts"))["mayMark"])
    assert told == [True, False]
