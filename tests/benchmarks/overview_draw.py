"""Drawing the overview of 24 h at 2-s steps (43,200 windows) in headless Chromium: a range shown first, and drawn again (aim: 16 ms).

``first``: the windows are pooled to the columns of an axis. ``again``: the same axis after an act, a theme or an annotation.
The canvas is read back after drawing, so that what Chromium puts off counts.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright

from tests import viewer_site
from tests.journeys.conftest import NAMES, OPTIONS

REPEATS = 21
DRAW = """async (repeats) => {
  const [{ axisOf, drawOverview }, { palette, sharp }, { Clock }] = await Promise.all(["overview", "paint", "clock"].map((name) => import(`/assets/viewer/${name}.mjs`)));
  const count = 43200, classes = 6, prob = new Uint16Array(count * classes), startS = Float32Array.from({ length: count }, (_, i) => 2 * i);
  for (let i = 0; i < count; i++) for (let c = 0; c < classes; c++) prob[i * classes + c] = 65535 * (c === (i >> 5) % 6 ? (i % 7 ? 0.7 : 0.3) : 0.06);
  const ribbon = { classes, count, prob, assessed: Uint8Array.from({ length: count }, (_, i) => (i % 900 < 850 ? 1 : 0)), stepS: 2, labelS: 10, startS };
  const canvas = document.querySelector("[data-part=overview]"), colors = palette(document.querySelector(".viewer")), events = [], suggested = [];
  for (let i = 0; i < 300; i++) suggested.push({ start: i * 280, stop: i * 280 + 60, pattern: "lpd" }), events.push({ ...suggested[i], decision: ["accepted", "dismissed", "unsure"][i % 3] });
  const facts = { ribbon, gaps: [[30000, 31000]], suggested, events, annotations: events.map(({ start }) => ({ onset: start })), readers: events.map(({ start, stop }) => ({ start, stop })), colors, clock: new Clock(null), unsureBelow: 0.5 };
  const once = (axis) => {
    const { ctx, height } = sharp(canvas), started = performance.now();
    drawOverview(ctx, axis, height, facts);
    ctx.getImageData(100, 10, 1, 1);
    return performance.now() - started;
  };
  const first = [], again = [];
  for (let k = 0; k < repeats; k++) {
    const axis = axisOf(0, 86400 - k, canvas.clientWidth);
    first.push(once(axis));
    again.push(once(axis));
    await new Promise(requestAnimationFrame);
  }
  return { first, again, columns: canvas.clientWidth };
}"""


def measure() -> dict[str, Any]:
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        return {"skipped": "Chromium absent"}
    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder, sync_playwright() as playwright, viewer_site.site(Path(folder)) as site:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1920, "height": 1000})
        page.goto(site.sign_in_link())
        page.goto(site.review)
        expect(page.locator("[data-part=status]")).to_contain_text("LFF", timeout=60_000)
        page.wait_for_load_state("networkidle")
        found = page.evaluate(DRAW, REPEATS)
        browser.close()
    return {f"{name}_{word}_ms": round(pick(found[name]), 1) for name in ("first", "again") for word, pick in (("median", statistics.median), ("worst", max))} | {
        "windows": 43_200, "columns_px": found["columns"], "aim_ms": 16}
