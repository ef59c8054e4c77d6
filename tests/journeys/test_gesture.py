"""assets/gesture.mjs in a real browser: what keeps a session alive, and how refusals reach the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

SITE = "http://hms.test"
ASSETS = Path(__file__).resolve().parents[2] / "assets"

pytestmark = pytest.mark.browser


@pytest.fixture
def site(page: Page) -> Page:
    """A page of a site that only this test answers; a poll is told which gesture header it carried."""
    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/studies")
    return page


def answer(route: Route) -> None:
    path = route.request.url.removeprefix(SITE)
    if path == "/gesture.mjs":
        route.fulfill(content_type="text/javascript", body=(ASSETS / "gesture.mjs").read_text())
    elif path == "/refused":
        route.fulfill(status=404, headers={"X-HMS-Told": "1"}, body="There is no such study.")
    elif path == "/ended":
        route.fulfill(status=401)
    elif path == "/poll":
        route.fulfill(body=route.request.headers.get("x-hms-gesture", "none"))
    else:
        route.fulfill(content_type="text/html", body="<script type=module src=/gesture.mjs></script><p>EEG</p>")


def poll(site: Page) -> str:
    return str(site.evaluate("fetch('/poll', {method: 'POST', headers: {'X-CSRFToken': 'x'}}).then(r => r.text())"))


def test_polling_alone_carries_no_gesture(site: Page) -> None:
    assert [poll(site), poll(site)] == ["none", "none"]


@pytest.mark.parametrize("gesture", ["key", "pointer"])
def test_the_first_request_after_a_gesture_carries_it_once(site: Page, gesture: str) -> None:
    if gesture == "key":
        site.keyboard.press("ArrowRight")
    else:
        site.mouse.click(20, 20)
    assert [poll(site), poll(site)] == ["1", "none"]


def test_a_refusal_that_tells_its_reason_reaches_dash_as_an_answer(site: Page) -> None:
    told = site.evaluate("fetch('/refused').then(async r => [r.status, await r.text()])")
    assert told == [200, "There is no such study."]


def test_an_ended_session_leads_to_the_form_and_back(site: Page) -> None:
    site.evaluate("void fetch('/ended')")
    site.wait_for_url(f"{SITE}/login?next=%2Fstudies")
