"""The main job in a real browser: from a file on disk to a reviewed study and its report."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from ml.synthetic import recording
from tests.conftest import DATA
from tests.live_server import Server, running
from tests.servers import Postgres, Redis

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
READER, ADDRESS = "rhea", re.compile(r"/studies/[0-9a-f-]{36}$")
ANALYSED_MS = 300_000


@pytest.fixture(scope="module")
def embedded() -> Iterator[Server]:
    with running(("run", "--no-demo")) as server:
        server.hms("add-user", READER, "--role", "neurologist", "--clinic", "Clinic of the journey", "--no-password")
        yield server


@pytest.fixture(scope="module")
def service(postgres: Postgres, redis_server: Redis) -> Iterator[Server]:
    """PostgreSQL, Redis and a Celery worker."""
    settings = {"HMS_DATABASE_URL": postgres.new_database(), "HMS_REDIS_URL": redis_server.url}
    with running(("web",), ("worker",), settings=settings, migrate=True) as server:
        server.hms("add-user", READER, "--role", "neurologist", "--clinic", "Clinic of the journey", "--no-password")
        yield server


@pytest.fixture(scope="module")
def many_patterns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of expert-voted EEG; a generated recording where these are absent."""
    real = DATA / "composite" / "composite_dev_12x50s.edf"
    if real.is_file():
        return real
    made = tmp_path_factory.mktemp("journey") / "generated.edf"
    recording.write_edf(made, hours=0.25, seed=11)
    return made


def sign_in(page: Page, server: Server) -> None:
    page.goto(server.hms("sign-in-link", READER).strip())
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def upload(page: Page, server: Server, file: Path, *, name: str, number: str, claims_another: bool) -> str:
    """Choose a file, look at its header, confirm a new patient, follow it to the end; the address of its study."""
    page.goto(f"{server.url}/upload")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(file)
    card = page.locator("#upload-list .upload-card").first
    expect(card.locator(".up-facts")).to_contain_text("19 of the 19 electrodes")
    card.locator(".up-new-name").fill(name)
    card.locator(".up-new-number").fill(number)
    card.locator(".up-confirm").click()
    if claims_another:
        expect(card.locator(".up-message")).to_contain_text("names another patient")
        card.locator(".up-accept").check()
        card.locator(".up-confirm").click()
    expect(card.locator(".up-state")).to_have_text("Analysed", timeout=ANALYSED_MS)
    card.locator(".up-open").click()
    expect(page).to_have_url(ADDRESS)
    return page.url


def open_viewer(page: Page, study: str) -> Locator:
    page.goto(f"{study}/review")
    eeg = page.locator("[data-part=eeg]")
    expect(eeg).to_have_attribute("aria-label", re.compile("EEG page"))
    return eeg


def unexpected(errors: list[str]) -> list[str]:
    """All but Chromium's own note on the question whether the file is the patient's (409)."""
    return [error for error in errors if not ("409" in error and error.endswith("/confirm)"))]


def pdf_of(page: Page) -> str:
    with page.expect_download(timeout=60_000) as download:
        page.locator("#report-download").click()
    reader = PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
    return re.sub(r"\s+", " ", " ".join(one.extract_text() for one in reader.pages))


def test_from_an_edf_to_a_reviewed_study_and_its_pdf(page: Page, embedded: Server, many_patterns: Path, console_errors: list[str]) -> None:
    sign_in(page, embedded)
    study = upload(page, embedded, many_patterns, name="Test Journey", number="J-1", claims_another=many_patterns.is_relative_to(DATA))
    expect(page.locator(".patient-banner")).to_contain_text("Test Journey", timeout=20_000)

    eeg = open_viewer(page, study)
    first = eeg.get_attribute("aria-label")
    page.keyboard.press("PageDown")
    expect(eeg).not_to_have_attribute("aria-label", first or "")
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile(r"[?]t=\d"))
    page.keyboard.press("Enter")
    events = page.locator("[data-part=events] .viewer-event")
    expect(events.and_(page.locator("[data-decision=accepted]"))).to_have_count(1)
    page.keyboard.press("]")
    page.keyboard.press("x")
    expect(events.and_(page.locator("[data-decision=dismissed]"))).to_have_count(1)

    page.goto(f"{study}/spectrogram")
    expect(page.locator("#spectrogram-figure .main-svg").first).to_be_visible()
    page.goto(f"{study}/report")
    expect(page.locator("#report-body")).to_contain_text("Findings accepted by the reader")
    page.locator("#report-impression").fill("1. One pattern accepted in a test of this software.")
    expect(page.locator("#report-state")).to_contain_text(re.compile("Version [3-9]"))
    page.get_by_role("button", name="Make the PDF").click()
    expect(page.locator("#report-download")).to_be_visible(timeout=90_000)
    text = pdf_of(page)
    for words in ("Test Journey", "J-1", "DRAFT", "One pattern accepted", "Accepted by", READER, "No findings does not mean a normal EEG."):
        assert words in text
    assert unexpected(console_errors) == []


def test_a_recording_with_gaps_is_reviewed_on_postgresql_redis_and_celery(
    page: Page, service: Server, shared_data: Path, console_errors: list[str]
) -> None:
    sign_in(page, service)
    file = next((shared_data / "icu_continuous").glob("*_EDFplusD_gaps.edf"))
    study = upload(page, service, file, name="Test Gaps", number="J-2", claims_another=True)
    expect(page.locator("body")).to_contain_text(re.compile("gap"))
    eeg = open_viewer(page, study)
    page.keyboard.press("End")
    expect(eeg).to_have_attribute("aria-label", re.compile("10:34:08"))     # 10:00:00 and 2,048 s later: the gaps count
    token = service.hms("add-token", READER).strip().splitlines()[-1]
    answer = httpx.get(f"{service.url}/api/v1/studies/{study.rsplit('/', 1)[-1]}/analysis", headers={"Authorization": f"Bearer {token}"})
    result = answer.json()
    assert result["recording"]["duration_s"] == pytest.approx(2048, abs=0.01)
    assert sum(stop - start for start, stop in result["recording"]["gaps"]) == pytest.approx(228, abs=0.01)
    assert unexpected(console_errors) == []
