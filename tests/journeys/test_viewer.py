"""Reading an EEG in a real browser: what is on the screen, how many requests it took, what was written down."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import viewer_site
from tests.viewer_site import Site

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with viewer_site.site(tmp_path_factory.mktemp("viewer")) as running:
        yield running


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-part={name}]")


def requests_of(page: Page, act: Callable[[], object]) -> list[str]:
    """Addresses of the API that were asked for while ``act`` ran and half a second after."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if "/api/v1/" in request.url else None)
    act()
    page.wait_for_timeout(500)
    return seen


def turn_page(page: Page) -> None:
    """From the first page to the second, until the last page ahead has come."""
    with page.expect_response(lambda answer: "t0=40.000" in answer.url):
        page.keyboard.press("PageDown")


def ink(page: Page, what: str = "eeg") -> str:
    """A fingerprint of what a canvas shows."""
    return str(page.evaluate("name => document.querySelector(`[data-part=${name}]`).toDataURL()", what))


def column(page: Page, seconds: float) -> float:
    """Where a moment of the five minutes lies on the overview, in CSS pixels from its left edge."""
    width = part(page, "overview").bounding_box()["width"]
    return float(76 + (width - 84) * seconds / 300)


def test_the_first_page_names_everything_that_was_done_to_the_signal(viewer: Open, console_errors: list[str]) -> None:
    page = viewer()
    status = part(page, "status")
    for words in ("LFF 1 Hz", "HFF 70 Hz", "notch off", "7 µV/mm", "10 s/page", "negative up", "screen not calibrated"):
        expect(status).to_contain_text(words)
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("EEG page 22:15:00 to 22:15:10, longitudinal"))
    expect(page.locator(".patient-banner")).to_contain_text("Synthetic Viewer")
    assert console_errors == []


def test_pages_turn_by_key_and_the_address_follows(viewer: Open) -> None:
    page = viewer()
    for key in ("PageDown", "Space", "ArrowRight", "Shift+ArrowRight", "PageUp"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(r"\?t=16&m=longitudinal"))
    page.keyboard.press("End")
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("22:19:50 to 22:20:00"))


def test_a_link_opens_its_moment_and_montage(viewer: Open) -> None:
    page = viewer(130)
    page.keyboard.press("Shift+Digit2")
    expect(part(page, "status")).to_contain_text("common average reference")
    expect(page).to_have_url(re.compile(r"t=130&m=average"))
    page.reload()
    expect(part(page, "status")).to_contain_text("common average reference")
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("22:17:10 to 22:17:20"))


def test_looks_change_without_a_request(viewer: Open) -> None:
    page = viewer()
    before = ink(page)
    for act in (lambda: page.keyboard.press("+"), lambda: page.locator("[data-setting=polarity]").select_option("down"),
                lambda: page.get_by_role("button", name="Light traces on dark paper").click()):
        assert requests_of(page, act) == []
        assert ink(page) != before
        before = ink(page)


def test_a_filter_or_montage_costs_one_request(viewer: Open) -> None:
    page = viewer()
    turn_page(page)
    assert len(requests_of(page, lambda: page.keyboard.press("n"))) == 1
    expect(part(page, "status")).to_contain_text("notch 50 Hz")
    assert len(requests_of(page, lambda: page.keyboard.press("Shift+Digit3"))) == 1


def test_the_next_pages_are_there_before_they_are_asked_for(viewer: Open) -> None:
    page = viewer()
    turn_page(page)
    urls = requests_of(page, lambda: page.keyboard.press("PageDown"))
    assert [url.partition("t0=")[2][:6] for url in urls] == ["50.000"]      # the page itself at 20 s, and 30 and 40, came before


def test_a_click_on_the_ribbon_brings_the_eeg_there(viewer: Open) -> None:
    page = viewer()
    part(page, "overview").click(position={"x": column(page, 150), "y": 40})
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("22:17:2[45] to 22:17:3[45].*lpd, highest probability 0.77"))
    expect(part(page, "window")).to_contain_text("LPD0.90")


def test_an_event_is_accepted_and_another_dismissed_and_that_is_undone(viewer: Open, site: Site) -> None:
    page = viewer()
    for key in ("]", "Enter", "]", "x", "u"):
        page.keyboard.press(key)
    items = page.locator(".viewer-event")
    expect(items.nth(0)).to_have_attribute("data-decision", "accepted")
    expect(items.nth(1)).to_have_attribute("data-decision", "")
    page.wait_for_timeout(1000)
    assert actions(site, "event_%")[-3:] == ["event_accepted", "event_dismissed", "event_withdrawn"]
    page.reload()
    expect(items.nth(0)).to_have_attribute("data-decision", "accepted")


def actions(site: Site, like: str) -> list[str]:
    with sqlite3.connect(site.server.data_dir.parent / site.server.environment["HMS_DATA_DIR"] / "hms.sqlite") as base:
        return [row[0] for row in base.execute("SELECT action FROM audit_entry WHERE action LIKE ? ORDER BY seq", (like,))]


def test_one_opening_is_one_audit_row(viewer: Open, site: Site) -> None:
    before = len(actions(site, "recording_opened"))
    page = viewer()
    for _ in range(4):
        page.keyboard.press("PageDown")
    assert len(actions(site, "recording_opened")) == before + 1


def test_the_spectrogram_changes_its_colors_without_a_request(viewer: Open) -> None:
    page = viewer()
    with page.expect_response(lambda answer: "/spectrogram" in answer.url):
        page.keyboard.press("s")
    page.wait_for_timeout(300)
    before = ink(page, "spectrogram")
    assert requests_of(page, lambda: page.locator("[data-setting=map]").select_option("magma")) == []
    assert ink(page, "spectrogram") != before


def test_letters_typed_into_a_field_are_no_commands(viewer: Open) -> None:
    page = viewer()
    page.keyboard.press("g")
    page.keyboard.type("22:16:40")
    page.keyboard.press("Enter")
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("22:16:35 to 22:16:45"))
    expect(part(page, "status")).to_contain_text("notch off")


def test_every_key_has_a_control_and_the_sheet_lists_it(viewer: Open) -> None:
    page = viewer()
    page.keyboard.press("?")
    sheet = part(page, "help")
    for words in ("next page", "montage", "accept the selected event", "undo"):
        expect(sheet).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()


def test_a_changed_signal_is_off_on_opening_says_so_and_escape_shows_the_raw_one(viewer: Open) -> None:
    page = viewer()
    expect(page.locator("select[data-setting=cleaning]")).to_have_value("")
    with page.expect_response(re.compile("cleaning=wavelet")):
        page.select_option("select[data-setting=cleaning]", "wavelet")
    expect(part(page, "status")).to_contain_text("wavelet denoised")
    expect(part(page, "live")).to_contain_text("Display only: wavelet denoising is on. It softens spikes. Press Esc for the raw signal.")
    page.keyboard.press("Escape")
    expect(page.locator("select[data-setting=cleaning]")).to_have_value("")
    expect(part(page, "status")).not_to_contain_text("denoised")


def test_the_spectrogram_page_leads_to_the_moment_clicked(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    page.goto(site.review.replace("review", "spectrogram"))
    strip = page.locator("#spectrogram-figure .nsewdrag[data-subplot=xy2]")
    expect(strip).to_be_visible(timeout=30_000)
    box = strip.bounding_box() or {}
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    expect(page.locator("#spectrogram-figure .hovertext").first).to_contain_text(re.compile(r"22:16:(39|40|41) · LL · \d+\.\d\d Hz · -?\d+\.\d dB"))
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"/review\?t=9[3-7]"))
    assert console_errors == []


def test_hatched_gaps_leave_the_pointer_to_the_strips_below(shared_data: Path, page: Page, tmp_path: Path) -> None:
    recording = shared_data / "icu_continuous" / "subject01_2014APR12_142608_EDFplusD_gaps.edf"
    with viewer_site.site(tmp_path, recording) as site:
        page.goto(site.sign_in_link())
        page.goto(site.review.replace("review", "spectrogram"))
        expect(page.locator("#spectrogram-figure pattern").first).to_be_attached(timeout=60_000)
        box = page.locator("#spectrogram-figure .nsewdrag[data-subplot=xy2]").bounding_box() or {}
        page.mouse.move(box["x"] + box["width"] / 20, box["y"] + box["height"] / 2)
        expect(page.locator("#spectrogram-figure .hovertext").first).to_contain_text(" · LL · ")


def test_the_spectrogram_page_changes_its_colors_without_a_request(site: Site, page: Page) -> None:
    page.goto(site.sign_in_link())
    page.goto(site.review.replace("review", "spectrogram"))
    expect(page.locator("#spectrogram-figure .main-svg").first).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = page.locator("#spectrogram-figure image").first.get_attribute("href")
    page.locator("#spectrogram-map").select_option("jet")
    page.wait_for_function("before => document.querySelector('#spectrogram-figure image').getAttribute('href') !== before", arg=before)
    assert asked == []


def test_a_gap_is_hatched_where_the_clock_says(shared_data: Path, page: Page, tmp_path: Path, console_errors: list[str]) -> None:
    recording = shared_data / "icu_continuous" / "subject01_2014APR12_142608_EDFplusD_gaps.edf"
    with viewer_site.site(tmp_path, recording) as site:
        page.goto(site.sign_in_link())
        page.goto(f"{site.review}?t=375")
        expect(part(page, "status")).to_contain_text("longitudinal bipolar")
        page.wait_for_load_state("networkidle")
        part(page, "eeg").hover(position={"x": 76 + (part(page, "eeg").bounding_box()["width"] - 84) * 0.6, "y": 200})      # 381 s
        expect(part(page, "readout")).to_contain_text("10:06:21")
        expect(part(page, "readout")).to_contain_text("not recorded")
    assert console_errors == []
