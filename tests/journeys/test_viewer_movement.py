"""Moving through a recording in a real browser: playing, going back, dragging over the overview, going to a time, trends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import viewer_site
from tests.viewer_site import Site

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
SECONDS = 1300
READER_Y, MODEL_Y = 104, 95      # CSS px from the top of the overview
WATCH = "window.starts = []; document.querySelector('.viewer').addEventListener('viewer-drawn', (event) => window.starts.push(event.detail.startS))"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("movement")
    recording = viewer_site.write_waves(folder / "waves.edf", seconds=SECONDS, sfreq_hz=100)
    with viewer_site.site(folder, recording, result=viewer_site.with_trends(recording)) as running:
        yield running


@pytest.fixture
def watched(viewer: Open) -> Open:
    """The viewer, with the begin of every page that is drawn from now on in ``window.starts``."""
    def opened(at_s: int = 0) -> Page:
        page = viewer(at_s)
        page.evaluate(WATCH)
        return page

    return opened


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-part={name}]")


def told(page: Page, words: str) -> None:
    """Wait until the page says what it shows."""
    expect(part(page, "eeg")).to_have_attribute("aria-label", re.compile(words))


def column(page: Page, seconds: float, canvas: str = "overview") -> float:
    """Where a moment of the whole recording lies, in CSS pixels from the left edge of a canvas."""
    width = part(page, canvas).bounding_box()["width"]
    return float(76 + (width - 84) * seconds / SECONDS)


def color(page: Page, canvas: str, x: float, y: float) -> list[int]:
    """Red, green, blue and alpha of one pixel."""
    script = "([name, x, y]) => [...document.querySelector(`[data-part=${name}]`).getContext('2d').getImageData(x, y, 1, 1).data]"
    return list(page.evaluate(script, [canvas, round(x), y]))


def speed(page: Page, value: str) -> None:
    while page.locator("[data-setting=speed]").input_value() != value:
        page.keyboard.press("Shift+P")


def test_playing_keeps_step_with_the_recorders_clock(watched: Open) -> None:
    page = watched()
    speed(page, "1x")
    page.clock.install(time=0)
    page.clock.pause_at(10_000)
    page.keyboard.press("p")
    page.clock.run_for(4000)
    expect(part(page, "playing")).to_have_text(re.compile("playing 1× · 22:15:0[34]"))
    at_px = part(page, "playhead").evaluate("head => new DOMMatrix(getComputedStyle(head).transform).e")
    width = part(page, "eeg").bounding_box()["width"]
    assert at_px == pytest.approx(76 + (width - 84) * 0.4, abs=(width - 84) * 0.02)
    page.clock.run_for(8000)
    expect(part(page, "playing")).to_have_text(re.compile("playing 1× · 22:15:1[12]"))
    assert page.evaluate("window.starts.at(-1)") == 10


def test_playing_skips_no_page_and_a_paging_key_stops_it(watched: Open) -> None:
    page = watched()
    page.locator("[data-setting=page]").select_option("5")
    speed(page, "5x")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile(r"\?t=(15|20|25)&"))
    page.keyboard.press("PageUp")
    expect(part(page, "playing")).to_have_text("")
    expect(part(page, "playhead")).to_be_hidden()
    starts = list(dict.fromkeys(page.evaluate("window.starts")))
    assert starts == [5.0 * k for k in range(len(starts))]


def test_playing_stops_at_a_click_and_at_the_end(watched: Open) -> None:
    page = watched()
    speed(page, "30")
    page.keyboard.press("p")
    expect(part(page, "playing")).to_contain_text("30 pages/min")
    part(page, "eeg").click(position={"x": 300, "y": 100})
    expect(part(page, "playing")).to_have_text("")
    page.keyboard.press("End")
    page.keyboard.press("p")
    expect(part(page, "playing")).to_contain_text("22:36:3")
    expect(part(page, "playing")).to_have_text("", timeout=20_000)
    told(page, "22:36:30 to 22:36:40")


def test_playing_stops_where_a_page_does_not_come(watched: Open) -> None:
    page = watched()
    page.route("**/page?**", lambda route: route.abort())
    page.locator("[data-setting=page]").select_option("5")
    expect(part(page, "problem")).to_be_visible()
    speed(page, "5x")
    page.keyboard.press("p")
    expect(part(page, "playing")).to_contain_text("5×")
    expect(part(page, "playing")).to_have_text("")
    expect(part(page, "problem")).to_be_visible()


def test_who_asks_for_less_motion_sees_no_moving_line(watched: Open, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    watched()
    page.keyboard.press("p")
    expect(part(page, "playing")).to_contain_text("playing")
    expect(part(page, "playhead")).to_be_hidden()


def test_back_leads_to_where_the_reader_was_before_a_jump_and_forward_again(watched: Open) -> None:
    page = watched()
    page.evaluate("document.querySelector('.viewer').dataset.marked = 'the same'")
    entries = page.evaluate("history.length")
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.keyboard.press("Shift+Digit2")
    told(page, "22:15:30 to 22:15:40, average")
    assert page.evaluate("history.length") == entries
    page.keyboard.press("]")
    told(page, "22:15:3[0-9] to .*seizure")
    page.keyboard.press("]")
    told(page, "22:17:0[0-9] to .*lpd")
    page.keyboard.press("Shift+Digit1")
    told(page, "longitudinal.*lpd")
    assert page.evaluate("history.length") == entries + 2
    page.go_back()
    page.go_back()
    told(page, "22:15:30 to 22:15:40, average")
    expect(page).to_have_url(re.compile("t=30&m=average"))
    page.go_forward()
    page.go_forward()
    told(page, "22:17:0[0-9] to .*longitudinal.*lpd")
    assert page.locator(".viewer").get_attribute("data-marked") == "the same"


def test_the_eeg_follows_a_pointer_that_is_dragged_over_the_overview(watched: Open) -> None:
    page = watched()
    box = part(page, "overview").bounding_box()
    page.mouse.move(box["x"] + column(page, 200), box["y"] + 40)
    page.mouse.down()
    for at_s in (300, 450, 600, 900):
        page.mouse.move(box["x"] + column(page, at_s), box["y"] + 40, steps=4)
    told(page, "22:29:5[456] to 22:30:0[456]")      # while it is held
    expect(part(page, "readout")).to_have_text(re.compile("22:(29:59|30:0[01])"))
    page.mouse.move(box["x"] + 5000, box["y"] + 40)
    told(page, "22:36:30 to 22:36:40")
    page.mouse.up()
    page.mouse.move(box["x"] + column(page, 500), box["y"] + 40)
    expect(part(page, "readout")).to_have_text(re.compile("22:23:(19|2[01])"))
    told(page, "22:36:30 to 22:36:40")
    page.go_back()
    told(page, "22:15:00 to 22:15:10")


def test_spectrogram_and_trends_lead_to_the_moment_clicked(watched: Open) -> None:
    page = watched()
    page.keyboard.press("s")
    page.keyboard.press("t")
    for canvas, at_s, words in (("spectrogram", 400, "22:21:3[4-6]"), ("trends", 800, "22:28:1[4-6]")):
        part(page, canvas).click(position={"x": column(page, at_s, canvas), "y": 15})
        told(page, words)


def test_a_reader_chooses_which_trends_stand_below_and_reads_them(watched: Open) -> None:
    page = watched()
    assert part(page, "trends").is_hidden()
    with page.expect_response(re.compile(r"/trends\?.*show=aeeg$")):
        page.keyboard.press("t")
    one = part(page, "trends").bounding_box()["height"]
    with page.expect_response(re.compile("show=aeeg&show=asymmetry")):
        page.get_by_role("button", name="Trend: Asymmetry").click()
    page.wait_for_function("one => document.querySelector('[data-part=trends]').clientHeight > 2 * one", arg=one)
    before, after = (color(page, "trends", column(page, at_s, "trends"), int(one) + 20) for at_s in (300, 1000))
    assert max(before[:3]) - min(before[:3]) < 12        # alike on both sides: white
    assert after[2] > after[0] + 40                      # more left: blue
    part(page, "trends").hover(position={"x": column(page, 1000, "trends"), "y": 20})
    expect(part(page, "readout")).to_contain_text("22:31:")
    expect(part(page, "readout")).to_contain_text("aEEG µV · left lower margin 20 µV, left upper margin 60 µV, right lower margin 5.0 µV")
    page.get_by_role("button", name="Trend: aEEG").click()
    page.wait_for_function("one => document.querySelector('[data-part=trends]').clientHeight > one + 30", arg=one)
    page.keyboard.press("t")
    expect(part(page, "trends")).to_be_hidden()


def test_the_columns_of_all_strips_lie_where_their_time_is(watched: Open) -> None:
    page = watched()
    page.keyboard.press("t")
    page.get_by_role("button", name="Trend: Asymmetry").click()
    page.wait_for_function("() => document.querySelector('[data-part=trends]').clientHeight > 100")
    turn = column(page, 650, "trends")                   # trends change at half of the recording, in the column that ends there
    changes = [x for x in range(round(turn) - 12, round(turn) + 12) if color(page, "trends", x, 70) != color(page, "trends", x + 1, 70)]
    assert changes
    assert changes[0] == pytest.approx(turn, abs=1.5)
    edge = column(page, 130)                             # the LPD begins
    red = [x for x in range(round(edge) - 6, round(edge) + 6) if color(page, "overview", x, MODEL_Y) != color(page, "overview", x + 1, MODEL_Y)]
    assert red[0] == pytest.approx(edge, abs=1.5)


def test_what_readers_decided_has_a_strip_of_its_own_and_the_models_stays(watched: Open) -> None:
    page = watched()
    x = column(page, 55)
    model = color(page, "overview", x, MODEL_Y)
    assert color(page, "overview", x, READER_Y)[3] == 0
    page.keyboard.press("]")
    page.keyboard.press("Digit2")
    expect(part(page, "said")).to_contain_text("LPD")
    assert color(page, "overview", x, READER_Y) == [0xC7, 0x79, 0x07, 255]
    assert color(page, "overview", x, MODEL_Y) == model == [0x95, 0x0B, 0x09, 255]
    page.keyboard.press("u")
    expect(part(page, "said")).to_contain_text("Taken back")


@pytest.mark.parametrize(("said", "words"), [("22:20:00", "22:19:55 to"), ("600", "22:24:55 to"), ("+90", "22:16:30 to"), ("day 1 22:30", "22:29:55 to")])
def test_a_reader_goes_to_a_time(watched: Open, said: str, words: str) -> None:
    page = watched()
    page.keyboard.press("g")
    page.keyboard.type(said)
    page.keyboard.press("Enter")
    told(page, words)
    expect(part(page, "goto")).to_be_hidden()
    page.go_back()
    told(page, "22:15:00 to")


def test_what_is_no_time_of_the_recording_is_refused_where_it_was_written(watched: Open) -> None:
    page = watched()
    page.keyboard.press("g")
    page.keyboard.type("12:00")
    page.keyboard.press("Enter")
    expect(part(page, "goto-refused")).to_have_text("“12:00” is not within this recording, which goes from 22:15:00 to 22:36:40.")
    expect(part(page, "goto")).to_be_visible()


def test_a_part_of_the_overview_is_chosen_by_key_and_moves_along_the_recording(watched: Open) -> None:
    page = watched()
    page.keyboard.press("<")
    expect(page.locator("[data-setting=range]")).to_have_value("600")
    part(page, "overview").hover(position={"x": 80, "y": 40})
    expect(part(page, "readout")).to_have_text(re.compile("22:15:0[0-3]"))
    page.get_by_role("button", name="Later part").click()
    part(page, "overview").hover(position={"x": 81, "y": 40})
    expect(part(page, "readout")).to_have_text(re.compile("22:23:0[0-4]"))
    page.keyboard.press(">")
    expect(page.locator("[data-setting=range]")).to_have_value("")


def test_another_size_of_the_window_keeps_the_time(watched: Open) -> None:
    page = watched(130)
    page.set_viewport_size({"width": 1024, "height": 768})
    expect(page).to_have_url(re.compile(r"\?t=130&"))
    page.locator("[data-setting=page]").evaluate("list => { for (const option of list.options) option.disabled = false; }")      # as on a measured screen
    page.locator("[data-setting=page]").select_option("30mm")
    told(page, "22:17:10 to 22:17:16")
    page.keyboard.press("End")
    told(page, "to 22:36:40")
    page.set_viewport_size({"width": 1500, "height": 900})
    told(page, "22:36:30 to 22:36:40")
    page.keyboard.press("Home")
    told(page, "22:15:00 to 22:15:1")


def test_the_whole_screen_keeps_the_banner(watched: Open) -> None:
    page = watched()
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement?.matches('.viewer-page')")
    expect(page.locator(".patient-banner")).to_be_visible()
    page.keyboard.press("f")
    page.wait_for_function("() => !document.fullscreenElement")
