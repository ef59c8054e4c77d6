"""A reader makes a montage, reads in it, hides and enlarges traces and marks an electrode; what is the study's is there after a reload."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ml.channels import ELECTRODES
from ml.edf_writer import EdfWriter
from tests import recordings, viewer_site
from tests.viewer_site import Site

pytestmark = pytest.mark.browser
SECONDS, FLAT = 60, (12, 16)


def write(path: Path) -> Path:
    """A minute of noise like EEG, in which C3 is flat for some seconds."""
    uv = recordings.eeg(SECONDS, seed=3)
    uv[ELECTRODES.index("C3"), FLAT[0] * 200 : FLAT[1] * 200] = 0.0
    with EdfWriter(path, [*(f"EEG {name}" for name in ELECTRODES), "ECG EKG"], 200, datetime(2026, 3, 2, 22, 15)) as writer:
        for second in np.split(np.vstack([uv, np.zeros((1, uv.shape[1]))]), SECONDS, axis=1):
            writer.append(second)
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("montage")
    with viewer_site.site(folder, write(folder / "flat.edf")) as running:
        yield running


@pytest.fixture
def signed_in(site: Site, page: Page) -> Page:
    page.goto(site.sign_in_link())
    return page


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part={name}]")


def read(page: Page, site: Site, montage: str = "longitudinal", at_s: int = 20) -> None:
    page.goto(f"{site.review}?t={at_s}&m={montage}")
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("^EEG page"))


def marked_columns(page: Page) -> int:
    """Columns of the EEG's traces in which something has the colour of what is unfit."""
    return int(page.evaluate("""() => {
        const canvas = document.querySelector('[data-part=eeg]'), left = Math.ceil(78 * devicePixelRatio), { width, height } = canvas;
        const { data } = canvas.getContext('2d').getImageData(left, 0, width - left, height), columns = new Set();
        for (let i = 0; i < data.length; i += 4) if (data[i] === 0xa3 && data[i + 1] === 0x5a && data[i + 2] === 0) columns.add((i / 4) % (width - left));
        return columns.size; }"""))


def click_label(page: Page, trace: int, count: int) -> None:
    """Click the label of a trace in a montage without groups."""
    box: Any = part(page, "eeg").bounding_box()
    row = (box["height"] - 54) / count
    part(page, "eeg").click(position={"x": 40, "y": 34 + (trace + 0.5) * row})


def ink(page: Page) -> str:
    return str(page.evaluate("() => document.querySelector('[data-part=eeg]').toDataURL()"))


def test_a_montage_is_made_from_a_copy_and_read_in(site: Site, signed_in: Page, console_errors: list[str]) -> None:
    page = signed_in
    page.goto(f"{site.server.url}/settings/montages")
    page.get_by_role("button", name="Copy", exact=True).click()
    lines = page.locator("#montage-lines li")
    expect(lines).to_have_count(24)                                    # 18 pairs in 5 chains, the ECG, and the lines between them
    page.get_by_role("button", name="Remove: line 2, F7-T3").click()
    expect(lines).to_have_count(23)
    page.get_by_role("button", name="Move up: line 2, T3-T5").click()
    expect(lines.first).to_contain_text("T3-T5")
    page.locator("#montage-second").select_option("(M1+M2)")
    page.get_by_role("button", name="Add the line").click()
    expect(page.locator("#montage-told")).to_contain_text("19 traces. On a recording of the 10-20 system (19 electrodes, A1, A2, ECG) 18 would be shown; not recorded: M1, M2.")
    page.get_by_label("Lines as text").fill("T3-T5\nFq1-F7\nC3-avg\n\nCz\nT3-(M1+M2)\nECG")
    expect(page.locator("#montage-told")).to_contain_text("Line 2: “Fq1” is no electrode of the 10-20 or 10-10 system.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".shell-toasts")).to_contain_text("Line 2")     # nothing is kept with a mistake in it
    expect(page.locator("#montage-own")).to_contain_text("no montage of your own yet")
    page.get_by_label("Lines as text").fill("T3-T5\nC3-avg\n\nCz\nT3-(M1+M2)\nECG")
    expect(lines).to_have_count(6)
    page.get_by_label("Name", exact=True).fill("Left side")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#montage-own")).to_contain_text("Left side")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export Left side").click()
    assert json.loads(Path(download.value.path()).read_text())["name"] == "Left side"
    read(page, site)
    page.keyboard.press("Shift+Digit0")
    expect(part(page, "status")).to_contain_text("Left side | LFF 1 Hz")
    expect(part(page, "status")).to_contain_text("not recorded: M1, M2")
    expect(page).to_have_url(re.compile("m=[0-9a-f-]{36}$"))
    page.reload()
    expect(part(page, "status")).to_contain_text("Left side")
    assert [error for error in console_errors if "422" not in error] == []


def test_a_file_brings_a_montage_and_it_can_be_the_default(site: Site, signed_in: Page, tmp_path: Path, console_errors: list[str]) -> None:
    page, file = signed_in, tmp_path / "montage.json"
    file.write_text(json.dumps({"format": "HMS EEG montage", "version": 1, "name": "From Ada", "lines": ["Fp1-F7", "Fp2-F8"]}))
    page.goto(f"{site.server.url}/settings/montages")
    page.locator("#montage-file input[type=file]").set_input_files(file)
    expect(page.locator("#montage-lines li")).to_have_count(2)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#montage-own")).to_contain_text("From Ada")
    page.goto(f"{site.server.url}/settings")
    page.locator("#settings-montage").select_option(label="From Ada")
    page.get_by_role("button", name="Save viewer settings").click()
    expect(page.locator(".shell-toasts")).to_contain_text("The viewer will open like this.")
    page.goto(site.review)
    expect(part(page, "status")).to_contain_text("From Ada | LFF")
    page.goto(f"{site.server.url}/settings/montages")
    page.get_by_role("button", name="Delete: From Ada").click()
    expect(page.locator(".shell-toasts")).to_contain_text("From Ada is deleted")
    page.goto(site.review)
    expect(part(page, "status")).to_contain_text("longitudinal bipolar | LFF")
    assert console_errors == []


def test_traces_are_hidden_and_enlarged_until_one_action_resets_them(site: Site, signed_in: Page, console_errors: list[str]) -> None:
    page = signed_in
    read(page, site, "referential")
    menu, plain = part(page, "channels"), ink(page)
    click_label(page, 0, 20)
    expect(menu).to_be_visible()
    expect(menu.locator("li")).to_have_count(1)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url) if "/page?" in request.url else None)
    menu.get_by_role("button", name="Twice the gain of Fp1").click()
    expect(menu).to_contain_text("Fp1 ×2")
    menu.get_by_role("button", name="All channels").click()
    menu.get_by_role("button", name="Hide F3").click()
    menu.get_by_role("button", name="Hide C3").click()
    expect(part(page, "status")).to_contain_text("2 hidden, 1 with own gain | recorded reference")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert requested == []                                              # all of it is of this screen
    page.keyboard.press("PageDown")
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile("22:15:30 to 22:15:40.*2 hidden"))
    page.keyboard.press("Shift+Digit2")
    expect(part(page, "status")).to_contain_text("2 hidden, 1 with own gain | common average reference")
    page.keyboard.press("Shift+Digit1")
    expect(part(page, "status")).to_have_text(re.compile("^longitudinal bipolar"))     # there are no such traces
    page.keyboard.press("Shift+Digit3")
    page.keyboard.press("PageUp")
    expect(part(page, "status")).to_have_text(re.compile("^2 hidden"))
    page.get_by_role("button", name="Show all traces again, all gains ×1").click()
    expect(part(page, "status")).to_have_text(re.compile("^recorded reference"))
    page.wait_for_function("plain => document.querySelector('[data-part=eeg]').toDataURL() === plain", arg=plain)
    assert console_errors == []


def test_by_keyboard_an_electrode_is_marked_as_bad_for_the_study(site: Site, signed_in: Page, console_errors: list[str]) -> None:
    page = signed_in
    read(page, site, "average")
    menu, before = part(page, "channels"), ink(page)
    page.keyboard.press("Shift+C")
    expect(menu.locator("li")).to_have_count(20)
    expect(menu).to_contain_text("the model's analysis is not changed")
    menu.get_by_role("button", name="F7 bad").focus()
    page.keyboard.press("Enter")
    expect(part(page, "status")).to_contain_text("marked bad for looking: F7")
    expect(menu.get_by_role("button", name="F7 bad")).to_have_attribute("title", re.compile(r"Marked by noor, \d{4}-"))
    page.keyboard.press("Escape")
    assert ink(page) != before
    page.keyboard.press("PageDown")                                     # the keys are the viewer's again
    expect(page).to_have_url(re.compile("t=30"))
    page.reload()
    expect(part(page, "status")).to_contain_text("marked bad for looking: F7")
    page.keyboard.press("PageUp")
    page.get_by_role("button", name="Channels: hide, gain").click()
    menu.get_by_role("button", name="F7 bad").click()
    expect(part(page, "status")).not_to_contain_text("marked bad")
    menu.get_by_role("button", name="Close").click()
    expect(menu).to_be_hidden()
    assert console_errors == []


def test_a_flat_stretch_is_marked_over_the_traces_for_its_seconds_alone(site: Site, signed_in: Page) -> None:
    page = signed_in
    read(page, site, "referential", at_s=10)
    width = page.evaluate("() => document.querySelector('[data-part=eeg]').width")
    share = marked_columns(page) / (width - 84)
    assert abs(share - (FLAT[1] - FLAT[0]) / 10) < 0.02
    read(page, site, "referential", at_s=30)
    assert marked_columns(page) == 0
