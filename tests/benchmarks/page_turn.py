"""Page turns in headless Chromium, from the key to the drawn frame: 19 channels × 10 s and 40 channels × 30 s (aims: p95 at most 40 and 100 ms, ten pages per second held).

``ahead``: the next page is in memory, as when a reader turns pages one by one. ``fetched``: it comes from the server, as after
a step of one second. ``held``: pages per second while Page Down is held.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests import viewer_site
from tests.journeys.conftest import NAMES, OPTIONS

TURNS = 30
CASES = (("19_channels_10_s", 19, 10, 200), ("40_channels_30_s", 40, 30, 256))
WATCH = """() => {
  window.turns = [];
  document.querySelector(".viewer").addEventListener("viewer-drawn", () => requestAnimationFrame(() =>
    requestAnimationFrame(() => { if (window.pressed) window.turns.push(performance.now() - window.pressed); window.pressed = 0; })));
  window.drawn = 0;
  document.querySelector(".viewer").addEventListener("viewer-drawn", () => window.drawn++);
}"""
PRESS = """([key, repeat]) => {
  window.pressed = window.pressed || performance.now();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, repeat, bubbles: true, cancelable: true }));
}"""

HOLD = """async () => {
  const started = performance.now();
  while (performance.now() - started < 2000) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "PageDown", repeat: true, bubbles: true, cancelable: true }));
    await new Promise((resolve) => setTimeout(resolve, 33));
  }
  return performance.now() - started;
}"""


def measure() -> dict[str, Any]:
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        return {"skipped": "Chromium absent"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        results = {name: _case(browser.new_page(viewport={"width": 1600, "height": 900}), n_eeg, page_s, rate)
                   for name, n_eeg, page_s, rate in CASES}
        browser.close()
    return results | {"aim_p95_ms": {"19_channels_10_s": 40, "40_channels_30_s": 100}, "aim_held_pages_per_s": 10, "turns": TURNS, "counted": "key to second animation frame after drawing"}


def _case(page: Page, n_eeg: int, page_s: int, sfreq_hz: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder:
        recording = viewer_site.write_waves(Path(folder) / "waves.edf", seconds=page_s * (TURNS * 2 + 40), n_eeg=n_eeg, sfreq_hz=sfreq_hz)
        with viewer_site.site(Path(folder), recording) as site:
            page.goto(site.sign_in_link())
            page.goto(f"{site.review}?t=0&m={'longitudinal' if n_eeg == 19 else 'as recorded'}")
            expect(page.locator("[data-part=status]")).to_contain_text("LFF", timeout=60_000)
            page.locator("[data-setting=page]").select_option(str(page_s))
            page.wait_for_timeout(2000)
            page.evaluate(WATCH)
            ahead = _turns(page, lambda _: page.evaluate(PRESS, ["PageDown", False]))
            fetched = _turns(page, lambda _: page.evaluate(PRESS, ["ArrowLeft", False]))
            return {"ahead": ahead, "fetched": fetched, "held_pages_per_s": _held(page)}


def _turns(page: Page, press: Callable[[int], object]) -> dict[str, float]:
    page.evaluate("window.turns = []")
    for turn in range(TURNS):
        press(turn)
        while page.evaluate("window.turns.length") <= turn:      # a waiting function would need eval, which the policy forbids
            page.wait_for_timeout(20)
        page.wait_for_timeout(250)
    times = sorted(page.evaluate("window.turns"))
    return {"median_ms": round(statistics.median(times), 1), "p95_ms": round(times[int(0.95 * len(times))], 1), "worst_ms": round(times[-1], 1)}


def _held(page: Page) -> float:
    page.keyboard.press("Home")
    page.wait_for_timeout(1000)
    page.evaluate("window.drawn = 0")
    elapsed_ms = page.evaluate(HOLD)
    return round(float(page.evaluate("window.drawn")) / elapsed_ms * 1000, 1)
