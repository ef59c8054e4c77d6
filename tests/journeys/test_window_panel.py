"""A window in detail in a real browser: what each network gives, what cannot be ruled out, and a jump to a similar window."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from ml.byte_source import FileBytes
from ml.open_recording import open_recording
from tests import doubtful, viewer_site
from tests.viewer_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("panel")
    path = viewer_site.write_waves(folder / "waves.edf")
    with viewer_site.site(folder, path, result=doubtful.doubtful_result(open_recording(FileBytes(path)).info)) as running:
        yield running


@pytest.fixture
def panel(site: Site, page: Page) -> Page:
    """The viewer with the doubtful window at the middle of its page, told in detail."""
    page.goto(site.sign_in_link())
    page.goto(f"{site.review}?t=200")
    expect(detail(page)).to_contain_text("22:18:20", timeout=30_000)
    return page


def detail(page: Page) -> Locator:
    return page.locator("#viewer-window-detail")


def test_the_panel_tells_doubt_in_numbers_and_words(panel: Page, console_errors: list[str]) -> None:
    for words in ("Model unsure", "is below 0.50", "The model cannot rule out LPD or GPD.", "networks differ", "75%", "test ensemble",
                  "calibrated on synthetic patients for balanced classes"):
        expect(detail(panel)).to_contain_text(words)
    row = panel.locator(".window-networks tbody tr").nth(1)                       # LPD: the model, raw, spectrogram
    numbers = [float(cell) for cell in row.locator("td").all_inner_texts()]
    assert numbers[1:] == [0.60, 0.10]
    assert numbers[1] > numbers[0] > numbers[2]
    assert float(panel.locator(".viewer-probs tr").nth(1).locator("td").first.inner_text()) == numbers[0]
    assert console_errors == []


def test_a_similar_window_is_reached_by_keyboard_and_is_then_told_itself(panel: Page, console_errors: list[str]) -> None:
    panel.keyboard.press("w")
    expect(detail(panel)).to_be_focused()
    panel.keyboard.press("Tab")
    first = panel.get_by_role("button", name=re.compile("Go to 22:17:30: LPD 0.90"))
    expect(first).to_be_focused()
    expect(panel.locator(".window-similar button")).to_have_count(3)              # none that points elsewhere is called similar
    panel.keyboard.press("Enter")
    expect(panel).to_have_url(re.compile(r"\?t=150&"))
    expect(detail(panel)).to_contain_text("At the middle of the page: 22:17:30")
    expect(detail(panel)).to_contain_text("The model cannot rule out LPD.")
    expect(detail(panel)).not_to_contain_text("Model unsure")
    assert console_errors == []


def test_a_window_that_was_not_assessed_says_so(panel: Page) -> None:
    panel.keyboard.press("End")
    expect(detail(panel)).to_contain_text("Not assessed")
    expect(panel.locator(".window-networks")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768)])
def test_nothing_in_the_panel_is_cut_off(panel: Page, width: int, height: int) -> None:
    panel.set_viewport_size({"width": width, "height": height})
    box = panel.locator(".viewer-panel")
    assert box.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    for part in panel.locator(".window-table, .window-similar button").all():
        assert part.evaluate("part => part.scrollWidth <= part.clientWidth + 1")


def colors_in(page: Page, from_s: float, to_s: float, top: int, bottom: int) -> list[int]:
    """Every color (as one number) in a part of the overview: between two moments, and between two heights in CSS pixels."""
    return page.evaluate(
        """([from, to, top, bottom]) => {
            const canvas = document.querySelector("[data-part=overview]"), k = canvas.width / canvas.clientWidth;
            const x = (seconds) => Math.round((76 + (canvas.clientWidth - 84) * seconds / 300) * k);
            const part = canvas.getContext("2d").getImageData(x(from), top * k, x(to) - x(from), (bottom - top) * k);
            return [...new Uint32Array(part.data.buffer)];
        }""", [from_s, to_s, top, bottom])


def test_the_overview_shows_doubt_and_hatches_where_the_model_is_unsure(panel: Page) -> None:
    assert len(set(colors_in(panel, 202, 208, 1, 7))) > 1                         # the strip of the likeliest class
    assert len(set(colors_in(panel, 142, 148, 1, 7))) == 1
    unsure, sure = (sum(color != 0 for color in colors_in(panel, start, start + 6, 78, 89)) for start in (202, 142))
    assert unsure > 1.5 * sure > 0
