"""The upload page in a real browser: header first, other patients stopped, and bytes that survive kills and reloads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from app.db.columns import utc_now
from app.db.session import writing
from app.services import accounts, sign_in
from tests.edf_files import edf
from tests.faults.installation import install
from tests.faults.upload_survival import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SLOW_BYTES_S = 1_000_000
FIRST_CHUNK_SENT = re.compile("3[0-9] %|6[0-9] %")


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    house = install(None, None)
    running = WebServer(house)
    try:
        running.start()
        yield running
    finally:
        running.kill()
        shutil.rmtree(house.settings.data_dir, ignore_errors=True)


@pytest.fixture
def uploads(page: Page, server: WebServer) -> Page:
    """The upload page of a technologist of her own."""
    with writing() as session:
        name = f"tess{utc_now().timestamp()}"
        user = accounts.add_user(session, name=name, role=Role.TECHNOLOGIST, clinic=accounts.create_clinic(session, name))
        code = sign_in.issue_link(session, user, now=utc_now())
    page.goto(f"{server.url}/login/link/{code}")
    page.goto(f"{server.url}/upload")
    return page


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of EEG, 27 MB: four chunks."""
    path = tmp_path_factory.mktemp("upload") / "hour.edf"
    path.write_bytes(edf(3600.0))
    return path


def choose(page: Page, *files: Path) -> Locator:
    page.locator("#upload-input").set_input_files(list(files))
    return page.locator("#upload-list .upload-card").first


def confirm(card: Locator, name: str = "Rosa Ito", number: str = "R-1") -> None:
    card.locator(".up-new-name").fill(name)
    card.locator(".up-new-number").fill(number)
    card.locator(".up-confirm").click()


def slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_S}
    session.send("Network.emulateNetworkConditions", limits)


def state(card: Locator, words: str) -> None:
    expect(card.locator(".up-state")).to_have_text(words, timeout=60_000)


def test_an_upload_goes_on_after_the_server_was_killed(uploads: Page, server: WebServer, hour: Path) -> None:
    card = choose(uploads, hour)
    slow_down(uploads)
    confirm(card)
    expect(card.locator(".up-text")).to_contain_text("MB/s", timeout=30_000)
    server.kill()
    expect(card.locator(".up-text")).to_contain_text("cannot be reached", timeout=30_000)
    server.start()
    state(card, "Queued")


def test_after_a_reload_the_same_file_goes_on_where_it_stood(uploads: Page, hour: Path) -> None:
    card = choose(uploads, hour)
    slow_down(uploads)
    confirm(card)
    expect(card.locator(".up-text")).to_contain_text(FIRST_CHUNK_SENT, timeout=60_000)
    uploads.once("dialog", lambda dialog: dialog.accept())
    uploads.reload()
    card = uploads.locator("#upload-list .upload-card").first
    expect(card.locator(".up-text")).to_contain_text(re.compile("[0-9.]+ MB are here already"))
    choose(uploads, hour)
    state(card, "Queued")
    assert uploads.locator("#upload-list .upload-card").count() == 1


def test_another_patient_stops_until_the_person_says_that_it_is_right(uploads: Page, tmp_path: Path) -> None:
    path = tmp_path / "jane.edf"
    path.write_bytes(edf(patient="MRN-77 F 04-JUL-1950 Doe_Jane", seed=5))
    card = choose(uploads, path)
    expect(card.locator(".up-facts")).to_contain_text("Doe Jane · MRN-77 · 1950-07-04 · F")
    confirm(card)
    expect(card.locator(".up-message")).to_contain_text("names another patient: name and record number")
    card.locator(".up-accept").check()
    card.locator(".up-confirm").click()
    state(card, "Queued")


def test_a_patient_of_the_clinic_is_found_and_named_on_the_button(uploads: Page, tmp_path: Path) -> None:
    for seed in (6, 7):
        path = tmp_path / f"{seed}.edf"
        path.write_bytes(edf(seed=seed))
        card = choose(uploads, path)
        state(card, "Confirm patient")
        if seed == 6:
            confirm(card, "Rosa Ito", "R-6")
            state(card, "Queued")
    card.locator(".up-search").fill("rosa")
    card.get_by_role("button", name="Rosa Ito · R-6").click()
    card.get_by_role("button", name="Confirm and upload for Rosa Ito").click()
    state(card, "Queued")


def test_several_files_are_taken_at_once_and_each_refusal_says_why(uploads: Page, tmp_path: Path, console_errors: list[str]) -> None:
    (tmp_path / "good.edf").write_bytes(edf(seed=8))
    (tmp_path / "picture.edf").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    (tmp_path / "<img src=x onerror=alert(1)>.edf").write_bytes(edf(seed=9))
    choose(uploads, *sorted(tmp_path.iterdir()))
    cards = uploads.locator("#upload-list .upload-card")
    expect(cards).to_have_count(3)
    expect(cards.filter(has_text="picture.edf").locator(".up-message")).to_contain_text("PNG image")
    expect(cards.filter(has_text="<img src=x onerror=alert(1)>.edf").locator(".up-state")).to_have_text("Confirm patient")
    assert uploads.locator("#upload-list img").count() == 0
    assert not [error for error in console_errors if "422" not in error]


def test_a_cancelled_upload_leaves_nothing(uploads: Page, server: WebServer, hour: Path) -> None:
    others = set(server.house.settings.uploads_dir.glob("*.part"))
    card = choose(uploads, hour)
    slow_down(uploads)
    confirm(card)
    expect(card.locator(".up-text")).to_contain_text(FIRST_CHUNK_SENT, timeout=60_000)
    card.get_by_role("button", name="Cancel").click()
    expect(uploads.locator("#upload-list .upload-card")).to_have_count(0)
    uploads.wait_for_timeout(500)
    uploads.reload()
    expect(uploads.locator(".upload-none")).to_be_visible()
    assert set(server.house.settings.uploads_dir.glob("*.part")) <= others
