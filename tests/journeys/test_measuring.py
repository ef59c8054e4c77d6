"""Measuring in a real browser: two cursors by pointer and by key, their numbers as the server has them, and an end to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import viewer_site
from tests.viewer_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with viewer_site.site(tmp_path_factory.mktemp("measuring")) as running:
        yield running


def opened(site: Site, page: Page, at_s: int = 20, montage: str = "referential") -> Page:
    page.goto(site.sign_in_link())
    page.goto(f"{site.review}?t={at_s}&m={montage}")
    expect(page.locator("[data-part=status]")).to_contain_text("LFF 1 Hz")
    return page


def place(page: Page, share: float, trace: int = 2) -> tuple[float, float]:
    """Where a share of the page's width lies on a trace (by default the third: C3), in pixels of the window."""
    box = page.locator("[data-part=eeg]").bounding_box() or {}
    top, plot, slots = box["y"] + 34, box["height"] - 54, 20      # 19 electrodes and the ECG
    return box["x"] + 76 + (box["width"] - 84) * share, top + plot * (trace + 0.5) / slots


def told(page: Page) -> dict[str, Any]:
    """What the panel tells the script of both cursors."""
    return dict(json.loads(page.locator("[data-cursors]").get_attribute("data-cursors") or ""))


def tells(page: Page, channel: str, first: float, second: float) -> None:
    """Wait until the panel tells these cursors."""
    page.wait_for_function(
        "([channel, ...at]) => { const told = JSON.parse(document.querySelector('[data-cursors]')?.dataset.cursors ?? 'null');"
        " return told?.channel === channel && told.at.every((value, k) => Math.abs(value - at[k]) < 1e-6); }", arg=[channel, first, second])


def rulers(page: Page) -> str:
    return str(page.evaluate("() => document.querySelector('[data-part=rulers]').toDataURL()"))


def begun(site: Site, page: Page, at_s: int = 20) -> tuple[float, float]:
    """Measure with both cursors set by clicks on C3, some 2 s and 6 s from the left edge."""
    opened(site, page, at_s)
    page.keyboard.press("m")
    for share in (0.2, 0.6):
        page.mouse.click(*place(page, share))
    expect(page.locator("[data-part=measure-channel]")).to_have_value("C3")
    page.wait_for_function("at => { const told = JSON.parse(document.querySelector('[data-cursors]')?.dataset.cursors ?? 'null'); return told?.channel === 'C3' && Math.abs(told.at[1] - at) < 0.05; }",
                           arg=at_s + 6)
    first, second = told(page)["at"]
    return float(first), float(second)


def test_two_clicks_measure_and_the_numbers_are_those_of_the_server(site: Site, page: Page, console_errors: list[str]) -> None:
    first, second = begun(site, page)
    assert first == pytest.approx(22.0, abs=0.03)
    answer = page.request.get(f"{site.server.url}/api/v1/studies/{site.study_id}/measure",
                              params={"t0": first, "t1": second, "channel": "C3", "montage": "referential", "lff": 1, "hff": 70}).json()
    summary = page.locator(".measure-summary")
    expect(summary).to_contain_text(f"Δt {answer['delta_s']:.3f} s")
    expect(summary).to_contain_text(f"1/Δt {answer['hertz']:.2f} Hz")
    expect(summary).to_contain_text(f"{answer['peak_to_peak_uv']:.1f} µV")
    expect(page.locator(".measure-cursors")).to_contain_text(re.compile(r"22:15:2[12]\.\d{3}"))
    pictures = page.locator("#viewer-pictures")
    expect(pictures).to_contain_text("Peak of C3: 5.00 Hz")
    expect(pictures).to_contain_text("one over the length")
    expect(pictures.get_by_role("img", name="Head from above")).to_be_visible()
    expect(page.locator("#viewer-pattern")).to_contain_text("Longitudinal pairs, 0.5–40 Hz")
    assert console_errors == []


def test_keys_move_the_cursors_by_samples_choose_the_trace_and_end_it(site: Site, page: Page, console_errors: list[str]) -> None:
    first, second = begun(site, page)
    for key, wanted in (("ArrowRight", second + 0.005), ("Shift+ArrowLeft", second - 0.095), ("Shift+ArrowRight", second + 0.005), ("ArrowLeft", second)):
        page.keyboard.press(key)
        tells(page, "C3", first, wanted)
    page.keyboard.press("q")
    page.keyboard.press("ArrowLeft")
    tells(page, "C3", first - 0.005, second)
    page.keyboard.press("ArrowDown")
    tells(page, "P3", first - 0.005, second)
    page.keyboard.press("Escape")
    expect(page.locator(".viewer-measure")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"t=21&"))
    assert console_errors == []


def test_the_caliper_repeats_the_interval_over_the_page(site: Site, page: Page) -> None:
    first, second = begun(site, page)
    for _ in range(36):
        page.keyboard.press("Shift+ArrowLeft")
    tells(page, "C3", first, round(second - 3.6, 6))
    without = rulers(page)
    page.keyboard.press("t")
    page.wait_for_function("before => document.querySelector('[data-part=rulers]').toDataURL() !== before", arg=without)
    expect(page.get_by_role("button", name="Caliper")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Caliper").click()
    expect(page.get_by_role("button", name="Caliper")).to_have_attribute("aria-pressed", "false")


def test_dragging_sets_both_cursors_and_labels_no_span(site: Site, page: Page) -> None:
    opened(site, page)
    page.get_by_role("button", name="Measure with two cursors").click()
    page.mouse.move(*place(page, 0.3))
    page.mouse.down()
    page.mouse.move(*place(page, 0.45), steps=4)
    page.mouse.up()
    page.wait_for_function("() => { const at = JSON.parse(document.querySelector('[data-cursors]')?.dataset.cursors ?? 'null')?.at;"
                           " return at && Math.abs(at[0] - 23) < 0.05 && Math.abs(at[1] - 24.5) < 0.05; }")
    expect(page.locator("[data-part=target]")).to_have_text("22:15:20 – 22:15:30")


def test_a_cursor_that_leaves_the_page_takes_it_along(site: Site, page: Page) -> None:
    first, _second = begun(site, page)
    page.mouse.click(*place(page, 0.999))
    tells(page, "C3", first, told(page)["at"][1])
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-part=eeg]")).to_have_attribute("aria-label", re.compile("EEG page 22:15:25 to 22:15:35"))


def test_buttons_do_what_the_keys_do(site: Site, page: Page) -> None:
    first, second = begun(site, page)
    page.get_by_role("button", name="Active cursor one sample on").click()
    tells(page, "C3", first, round(second + 0.005, 6))
    page.locator("[data-part=measure-channel]").select_option("O2")
    tells(page, "O2", first, round(second + 0.005, 6))
    page.get_by_role("button", name="End measuring").click()
    expect(page.locator(".viewer-measure")).to_be_hidden()


def test_another_montage_or_filter_is_measured_anew(site: Site, page: Page) -> None:
    begun(site, page)
    page.keyboard.press("Shift+Digit1")
    expect(page.locator("#viewer-measured")).to_contain_text("longitudinal bipolar | LFF 1 Hz")
    page.keyboard.press("n")
    expect(page.locator("#viewer-measured")).to_contain_text("notch 50 Hz")
    page.select_option("select[data-setting=cleaning]", "wavelet")
    expect(page.locator("#viewer-measured")).to_contain_text("Measured is the recorded one")


def test_the_key_sheet_and_the_help_name_measuring(site: Site, page: Page) -> None:
    opened(site, page)
    page.keyboard.press("?")
    expect(page.locator("[data-part=help]")).to_contain_text("measure with two cursors")
    page.goto(f"{site.server.url}/help")
    expect(page.get_by_role("heading", name="Measuring")).to_be_visible()


def test_in_a_gap_the_panel_says_not_recorded(shared_data: Path, page: Page, tmp_path: Path, console_errors: list[str]) -> None:
    recording = shared_data / "icu_continuous" / "subject01_2014APR12_142608_EDFplusD_gaps.edf"
    with viewer_site.site(tmp_path, recording) as site:
        opened(site, page, 375)
        page.keyboard.press("m")
        for share in (0.2, 0.6):
            page.mouse.click(*place(page, share))
        measured = page.locator("#viewer-measured")
        expect(measured).to_contain_text("ΔµV not recorded")
        expect(measured).to_contain_text("between the cursors were not recorded")
        expect(page.locator("#viewer-pictures")).to_contain_text("Nothing was recorded at this moment, so there is no amplitude map.")
        expect(page.locator("#viewer-pattern")).to_contain_text("Choose a stretch without a gap.")
    assert console_errors == []
