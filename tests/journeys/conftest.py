"""A real headless Chromium, and a page that remembers every console error."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.viewer_site import Site

Open = Callable[..., Page]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 20_000      # on a busy machine a page may take its time: how long is measured by the benchmarks, not here
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of the system; skips with the reason "Chromium absent"."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium absent")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def console_errors() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, console_errors: list[str]) -> Iterator[Page]:
    """A fresh window of 1280 × 800; errors of the console and of the content security policy are collected."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.set_default_timeout(30_000)
    opened = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            console_errors.append(f"{message.text} ({message.location.get('url', '')})")

    opened.on("console", note)
    opened.on("pageerror", lambda error: console_errors.append(str(error)))
    yield opened
    context.close()


@pytest.fixture
def viewer(site: Site, page: Page) -> Open:
    """Sign in and open the viewer of the module's ``site`` at a moment; returns when the page is drawn and the three pages ahead have come."""
    def opened(at_s: int = 0) -> Page:
        page.goto(site.sign_in_link())
        with page.expect_response(lambda answer: f"t0={at_s + 30}.000" in answer.url):
            page.goto(f"{site.review}?t={at_s}&m=longitudinal")
        expect(page.locator("[data-part=status]")).to_contain_text("longitudinal bipolar")
        expect(page.locator("[data-part=notes]")).to_contain_text("eyes closed")
        return page

    return opened
