"""One key, and the reader sees what the model used: computed by a real worker for the window at the middle of the page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db.findings import Analysis
from app.db.session import writing
from app.services import analyses
from ml import pipeline
from ml.byte_source import FileBytes
from ml.ensemble import Ensemble
from ml.open_recording import open_recording
from ml.synthetic.recording import write_edf
from tests import viewer_site
from tests.viewer_site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
COMPUTED_MS = 400_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two generated minutes as the served ensemble judges them, and a worker."""
    folder = tmp_path_factory.mktemp("explained")
    path = folder / "gpd.edf"
    write_edf(path, hours=2 / 60, seed=5, patterns={"gpd": 30.0})
    with FileBytes(path) as content:
        result = pipeline.analyse(open_recording(content), Ensemble.load(), step_s=10.0)
    with viewer_site.site(folder, path, result=result) as running:
        with writing() as session:
            analysis = session.scalars(select(Analysis)).one()
            analysis.model_sha256, analysis.pipeline_version = analyses.served_model_sha256(), pipeline.PIPELINE_VERSION
        worker = subprocess.Popen([sys.executable, "-m", "app.cli", "worker", "--quiet"], env=running.server.environment)
        yield running
        worker.terminate()
        worker.wait(30)


def ink(page: Page) -> str:
    """A fingerprint of the EEG on the screen."""
    return str(page.evaluate("() => document.querySelector('[data-part=eeg]').toDataURL()"))


def shows(page: Page, picture: str, same: bool) -> None:
    """Wait until the EEG is, or is not, exactly that picture."""
    page.wait_for_function("([picture, same]) => (document.querySelector('[data-part=eeg]').toDataURL() === picture) === same", arg=[picture, same])


def test_one_key_shows_what_the_model_used_and_escape_puts_it_away(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    page.goto(f"{site.review}?t=50")
    section = page.locator("[data-part=explanation]")
    expect(page.locator("[data-part=window]")).to_contain_text("0.", timeout=90_000)
    page.keyboard.press("e")
    expect(section).to_contain_text("with all parts replaced", timeout=COMPUTED_MS)
    expect(section).to_contain_text(re.compile(r"\d\.\d\d with all parts replaced [+-]\d\.\d\d from the parts = \d\.\d\d \(adds up; error"), timeout=COMPUTED_MS)
    expect(section).to_contain_text("what the model used, not why the brain does it")
    expect(section.locator(".explain-cells tbody tr")).to_have_count(5)
    page.wait_for_timeout(500)
    shaded = ink(page)
    page.keyboard.press("Escape")
    expect(section).to_be_empty(timeout=30_000)
    shows(page, shaded, False)
    page.keyboard.press("e")                                          # kept: there without work
    expect(section).to_contain_text("(adds up", timeout=60_000)
    shows(page, shaded, True)
    section.get_by_role("button", name="Close").click()
    expect(section).to_be_empty(timeout=30_000)
    assert console_errors == []


def test_the_work_can_be_cancelled_and_tried_again(site: Site, page: Page) -> None:
    page.goto(site.sign_in_link())
    page.goto(f"{site.review}?t=80")
    section = page.locator("[data-part=explanation]")
    expect(page.locator("[data-part=window]")).to_contain_text("0.", timeout=90_000)
    page.get_by_role("button", name="Explain this window (E)").click()
    section.get_by_role("button", name="Cancel").dispatch_event("click", timeout=COMPUTED_MS)      # the page under it is drawn anew meanwhile
    expect(section).to_contain_text("The computation was cancelled", timeout=60_000)
    section.get_by_role("button", name="Try again").click()
    expect(section.get_by_role("progressbar")).to_be_visible(timeout=30_000)
