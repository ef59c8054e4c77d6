"""Every page of the map in a real browser: no error under the security policy, nothing wider than the window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from pages import SITE_MAP
from tests import live_server
from tests.live_server import Server

pytestmark = pytest.mark.browser

ADDRESSES = [page.path for page in SITE_MAP if "<" not in page.path]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with live_server.running() as started:
        yield started


@pytest.fixture
def administrator(server: Server, page: Page) -> Page:
    page.goto(server.hms("sign-in-link", "administrator").strip().split()[-1])
    return page


def look(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.locator(".state-loading")).to_have_count(0)
    expect(page.get_by_text("Research software, not a medical device.").first).to_be_visible()


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1280, 800), ("dark", 1024, 768)])
def test_every_page_fits_and_reports_no_error(
    server: Server, administrator: Page, console_errors: list[str], theme: str, width: int, height: int
) -> None:
    administrator.context.add_cookies([{"name": "hms-theme", "value": theme, "url": server.url}])
    administrator.set_viewport_size({"width": width, "height": height})
    for path in ADDRESSES:
        look(administrator, server.url + path)
        assert administrator.evaluate(WIDER) == 0, path
        assert administrator.locator("html").get_attribute("data-bs-theme") == theme
    assert console_errors == []


def test_the_theme_is_remembered(server: Server, administrator: Page) -> None:
    administrator.goto(server.url)
    before = administrator.locator("html").get_attribute("data-bs-theme")
    administrator.get_by_role("button", name="Switch between light and dark").click()
    administrator.reload()
    assert administrator.locator("html").get_attribute("data-bs-theme") != before


def test_a_patient_is_added_and_found_by_keyboard(
    server: Server, administrator: Page, console_errors: list[str]
) -> None:
    administrator.goto(f"{server.url}/patients")
    administrator.get_by_role("button", name="New patient").click()
    administrator.get_by_label("Name", exact=True).fill("Ito, Rosa")
    administrator.get_by_label("Record number").fill("MRN-1")
    administrator.get_by_role("button", name="Add patient").click()
    administrator.wait_for_url("**/patients/*-*")
    administrator.goto(f"{server.url}/patients")
    expect(administrator.locator("#patients-count")).to_contain_text("1")
    administrator.locator(".ag-cell", has_text="Ito, Rosa").first.focus()
    administrator.keyboard.press("Enter")
    expect(administrator.get_by_role("heading", name="Ito, Rosa")).to_be_visible()
    assert console_errors == []
