"""Reading without the model, then beside it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import viewer_site
from tests.viewer_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Five minutes with a seizure at 40-70 s, LPDs at 130-180 s and GRDA at 240-260 s to the model."""
    with viewer_site.site(tmp_path) as running:
        yield running


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-part={name}]")


def open_at(page: Page, site: Site, at_s: int) -> None:
    page.goto(f"{site.review}?t={at_s}&m=longitudinal")
    expect(part(page, "status")).to_contain_text("longitudinal bipolar")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_blind_read_is_saved_the_model_shown_and_contradicted_and_that_undone(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 40)
    events = page.locator(".viewer-event")
    expect(events).to_have_count(3)

    press(page, "b")
    page.get_by_role("button", name="Hide the model").click()
    expect(part(page, "overview")).to_have_attribute("aria-label", re.compile("without the model"))
    expect(events).to_have_count(0)
    for asked in ("ribbon", "analysis"):
        answer = page.request.get(f"{site.server.url}/api/v1/studies/{site.study_id}/{asked}")
        assert (answer.status, answer.json()["error"]["code"]) == (403, "model_hidden")

    for _ in range(2):                                  # two windows of a seizure, side by side
        press(page, "1")
        expect(part(page, "said")).to_have_text("Labelled Seizure.")
        press(page, "PageDown")
        expect(part(page, "live")).to_contain_text("22:15:50 to 22:16:00" if _ == 0 else "22:16:00 to 22:16:10")
    expect(events).to_have_count(1)
    expect(events.first).to_contain_text("22:15:40 · 20 s")

    press(page, "b")
    page.get_by_role("button", name="None of the five patterns (OTH)").last.click()
    expect(part(page, "overview")).to_have_attribute("aria-label", re.compile("Probability of six classes"))
    expect(events).to_have_count(4)

    open_at(page, site, 125)
    press(page, "3")                                    # the model says LPD from 130 s on
    expect(part(page, "said")).to_have_text("Labelled GPD.")
    press(page, "Home", "d")                            # to what reader and model disagree on
    expect(part(page, "target")).to_contain_text("GPD")
    press(page, "u")
    expect(part(page, "said")).to_have_text("Taken back: Labelled GPD.")
    expect(events).to_have_count(4)

    page.goto(site.review.removesuffix("/review"))
    panel = page.locator("#study-agreement")
    expect(panel).to_contain_text("noor and model")
    expect(panel).to_contain_text(re.compile("of 30 windows"))
    expect(page.locator("#study-burden")).to_contain_text("Reviewed (1)")
    assert [error for error in console_errors if "403" not in error] == []


def test_borders_move_findings_join_and_split_by_key(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 120)
    press(page, "]")
    expect(part(page, "target")).to_have_text("22:17:10 – 22:18:00, LPD 0.77")
    open_at(page, site, 130)
    press(page, "2")                                    # a label of its own beside the event
    expect(part(page, "said")).to_have_text("Labelled LPD.")
    press(page, "u")
    expect(part(page, "said")).to_contain_text("Taken back")
    expect(page.locator(".viewer-event", has_text="LPD")).to_have_count(1)      # the list is drawn anew after the sentence
    page.locator(".viewer-event", has_text="LPD").locator(".viewer-go").click()
    press(page, "i")                                    # the begin comes to the middle of the page
    expect(part(page, "said")).to_have_text("LPD moved.")
    expect(page.locator(".viewer-event", has_text="LPD")).to_contain_text("✎")
    press(page, "k")
    expect(part(page, "said")).to_contain_text("at least 1 s within its borders")
    press(page, "u")
    expect(part(page, "said")).to_have_text("Taken back: LPD moved.")
    press(page, "Shift+U")
    expect(part(page, "said")).to_have_text("Done again: LPD moved.")
    assert [error for error in console_errors if "422" not in error] == []


def test_many_are_accepted_after_their_number_was_told(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 0)
    page.get_by_role("button", name=re.compile("Accept all unreviewed events of those chosen")).click()
    expect(part(page, "bulk-count")).to_contain_text("3 unreviewed findings will change")
    page.locator("[data-action=bulk-go]").click()
    expect(part(page, "said")).to_have_text("3 findings accepted.")
    expect(page.locator(".viewer-event[data-decision=accepted]")).to_have_count(3)
    press(page, "u")
    expect(page.locator(".viewer-event[data-decision='']")).to_have_count(3)
    assert console_errors == []
