"""A recording that its recorder split, dropped as three files in a real browser: one study on one clock, and apart again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from ml.synthetic import recording
from ml.synthetic.recording import DiaryEvent
from tests.live_server import Server, running
from tests.split_files import cut

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SPANS = ((0, 320), (300, 600), (660, 900))
"""Seconds of the whole: the second file overlaps the first by 20 s, a gap of 60 s lies before the third."""
TESS = "tess"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(("run", "--no-demo")) as started:
        started.hms("add-user", TESS, "--role", "neurologist", "--clinic", "Clinic of the journey", "--no-password")
        yield started


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], tuple[DiaryEvent, ...]]:
    """A generated quarter of an hour in three files, and the diary of the whole."""
    folder = tmp_path_factory.mktemp("night")
    diary = recording.write_edf(folder / "whole.edf", hours=0.25, seed=11, patterns={"seizure": 8, "gpd": 8})
    return cut(folder / "whole.edf", folder, SPANS), diary


def upload(page: Page, server: Server, files: list[Path]) -> None:
    """Choose all files at once; the first makes the patient, the others are said to be the same one's."""
    page.goto(server.hms("sign-in-link", TESS).strip())
    page.goto(f"{server.url}/upload")
    page.locator("#upload-input").set_input_files(files)
    cards = page.locator("#upload-list .upload-card")
    expect(cards).to_have_count(len(files))
    for number in range(len(files)):
        confirm(cards.nth(number), new=not number)
    for number in range(len(files)):
        expect(cards.nth(number).locator(".up-open")).to_be_visible(timeout=120_000)


def confirm(card: Locator, *, new: bool) -> None:
    expect(card.locator(".up-state")).to_have_text("Confirm patient")
    if new:
        card.locator(".up-new-name").fill("Test Split")
        card.locator(".up-new-number").fill("J-7")
        card.locator(".up-confirm").click()
        expect(card.locator(".up-form")).to_be_hidden()
    else:
        card.locator(".up-search").fill("J-7")
        card.get_by_role("button", name="Test Split · J-7").click()
        card.get_by_role("button", name="Confirm and upload for Test Split").click()


def findings_of(page: Page) -> Locator:
    """The heading that a study has once it was analysed."""
    return page.locator("#study-body").get_by_role("heading", name="Findings", exact=True)


def asked(server: Server, path: str) -> Any:
    token = server.hms("add-token", TESS).strip().splitlines()[-1]
    answer = httpx.get(f"{server.url}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return answer.json()


def test_three_files_become_one_study_and_three_again(
    page: Page, server: Server, night: tuple[list[Path], tuple[DiaryEvent, ...]], console_errors: list[str]
) -> None:
    files, diary = night
    upload(page, server, files)
    notice = page.locator("#upload-together")
    expect(notice).to_contain_text("3 files look like one recording, 15 min from 2026-03-02 08:00:00, with 1 gap of 1 min and 1 overlap of 20 s")
    states = page.locator("#upload-list .up-state")      # one part is done, the others may be under way
    expect(states.filter(has_text="Analysed").first).to_be_visible(timeout=120_000)
    notice.get_by_role("button", name="Join as one recording").click()
    expect(page).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}$"))
    expect(page.locator("#study-files")).to_contain_text("20 s overlap, earlier file shown")
    study, study_id = page.url, page.url.rsplit("/", 1)[-1]
    expect(findings_of(page)).to_be_visible(timeout=240_000)
    expect(page.locator("#study-body")).to_contain_text("1 gap, 60.00 s")
    page.locator(".shell-bar").get_by_role("link", name="Upload").click()
    expect(page.locator("#upload-list .up-state")).to_have_text(["Analysed"] * 3, timeout=30_000)
    expect(page.locator("#upload-list .up-open").first).to_have_attribute("href", f"/studies/{study_id}")

    found = asked(server, f"studies/{study_id}/events")
    assert asked(server, f"studies/{study_id}")["gaps"] == [[600.0, 660.0]]
    for event in diary:      # the model looks at 50 s: where it begins is known to some seconds
        assert [one for one in found if one["start_s"] < event.stop_s and one["stop_s"] > event.start_s], event
    page.goto(f"{study}/review?t=595")
    expect(page.locator("[data-part=eeg]")).to_have_attribute("aria-label", re.compile("08:09:55"), timeout=30_000)
    page.goto(f"{server.url}/studies")
    expect(page.locator(".ag-center-cols-container .ag-row")).to_have_count(1, timeout=30_000)

    page.goto(study)
    page.locator("#study-files tbody a").nth(1).click()
    expect(page.locator("#study-files")).to_contain_text("Part of a joined recording: review it there.", timeout=30_000)
    expect(findings_of(page).or_(page.get_by_text("was not analysed")).first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name=re.compile("^(Accept|Dismiss|Analyse again)"))).to_have_count(0)
    page.get_by_role("link", name="review it there").click()
    page.get_by_role("button", name="Separate again").click()
    rows = page.locator(".ag-center-cols-container .ag-row")
    expect(rows).to_have_count(3, timeout=30_000)
    for number in range(3):
        rows.nth(number).locator(".choose-cell input").check()
    page.get_by_role("button", name="Join 3 as one recording").click()
    expect(page).to_have_url(study, timeout=30_000)      # the same study, with its result
    expect(findings_of(page)).to_be_visible(timeout=30_000)
    assert console_errors == []
