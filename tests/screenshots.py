"""Pictures for the documents: ``python -m tests.screenshots docs`` starts a server with the synthetic demo and looks at it."""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests import api_client
from tests.live_server import Server, running

SIZE = {"width": 1280, "height": 800}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGES = {"study": "/studies/{focal}", "viewer": "/studies/{focal}/review?t={event}"}
WAIT_S = 600


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with running(("run",)) as server, sync_playwright() as playwright:
        places = _analysed(server)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=OPTIONS)
        for theme in ("light", "dark"):
            _take(browser, server, places, theme, folder)


def _analysed(server: Server) -> dict[str, Any]:
    """Wait for the three demo studies; where they are, and a moment with rhythmic delta in one."""
    token = server.hms("add-token", "neurologist").strip().splitlines()[-1]
    with api_client.connect(server.url, token) as api:
        until = time.monotonic() + WAIT_S
        while len(found := [row for row in api.get("/studies").json() if row["status"] == "analysed"]) < 3:
            if time.monotonic() > until:
                raise SystemExit("The demo was not analysed in time.")
            time.sleep(1)
        ids = {re.sub(r"synthetic_|_.*|\.edf", "", row["original_name"]): row["id"] for row in found}
        events = api.get(f"/studies/{ids['focal']}/events").json()
    return ids | {"event": next((int(event["start_s"]) + 20 for event in events if event["pattern"] == "lrda"), 0)}


def _take(browser: Browser, server: Server, places: dict[str, Any], theme: str, folder: Path) -> None:
    context = browser.new_context(viewport=SIZE)     # type: ignore[arg-type]
    context.add_cookies([{"name": "hms-theme", "value": theme, "url": server.url}])
    page = context.new_page()
    page.goto(server.hms("sign-in-link", "neurologist").strip())
    for name, address in PAGES.items():
        _shoot(page, server.url + address.format(**places), folder / f"{name}-{theme}.png")
    context.close()


def _shoot(page: Page, address: str, path: Path) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
