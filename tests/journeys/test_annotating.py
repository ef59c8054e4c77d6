"""A reader annotates the EEG by keys and pointer, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from app.access import Role
from app.db.findings import AnnotationVersion
from app.db.session import writing
from app.services import accounts
from tests import builders, viewer_site
from tests.viewer_site import USER, Site

pytestmark = pytest.mark.browser
GUTTER, RIGHT = 76, 8            # CSS pixels beside the traces (assets/viewer/eeg.mjs)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Five minutes; the file says "eyes closed" at 12 s and "nurse at the bed" at 150 s."""
    with viewer_site.site(tmp_path) as running:
        yield running


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-part={name}]")


def open_at(page: Page, site: Site, at_s: int) -> None:
    page.goto(f"{site.review}?t={at_s}&m=longitudinal")
    expect(part(page, "status")).to_contain_text("longitudinal bipolar")
    expect(lines(page).first).to_be_visible()


def lines(page: Page) -> Any:
    return part(page, "notes").locator("[role=option]")


def point(page: Page, share: float, y: float = 200.0) -> tuple[float, float]:
    """A place on the canvas: ``share`` of the page's time, ``y`` pixels below its top."""
    box = part(page, "eeg").bounding_box()
    return box["x"] + GUTTER + share * (box["width"] - GUTTER - RIGHT), box["y"] + y


def drag(page: Page, first: tuple[float, float], last: tuple[float, float]) -> None:
    page.mouse.move(*first)
    page.mouse.down()
    page.mouse.move(*last, steps=4)
    page.mouse.up()


def said(page: Page, words: str) -> None:
    expect(part(page, "said")).to_have_text(re.compile(words))


def kept(page: Page, site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{site.server.url}/api/v1/studies/{site.study_id}/reader-annotations").json()
    return found


def test_a_span_is_annotated_by_keys_edited_undone_done_again_found_and_still_there(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 100)
    drag(page, point(page, 0.2), point(page, 0.5))
    page.keyboard.press("a")
    page.keyboard.press("1")
    said(page, "Annotated: spike.")
    (one,) = kept(page, site)
    assert (one["label"], one["author"]) == ("spike", USER)
    assert (one["start_s"], one["stop_s"]) == (pytest.approx(102.0, abs=0.05), pytest.approx(105.0, abs=0.05))

    page.keyboard.press("Shift+A")
    expect(part(page, "annotation-title")).to_have_text(f"Annotation of {USER}, version 1")
    page.locator("select[name=label]").select_option("sharp wave")
    page.locator("select[name=channel]").select_option("T3-T5")
    page.locator("textarea[name=begin]").fill("22:16:43.125")
    page.locator("textarea[name=lasting]").fill("0.25")
    page.locator("textarea[name=comment]").fill("phase reversal")
    page.keyboard.press("Enter")
    said(page, "Changed: sharp wave.")
    assert [(each["start_s"], each["stop_s"], each["label"], each["channel"], each["comment"]) for each in kept(page, site)] == [
        (103.125, 103.375, "sharp wave", "T3-T5", "phase reversal")]

    page.keyboard.press("u")
    said(page, r"Taken back: annotation changed \(spike\) at 22:16:42.")
    page.keyboard.press("Shift+U")
    said(page, r"Done again: annotation changed \(sharp wave\)")
    page.keyboard.press("End")
    lines(page).filter(has_text="sharp wave").click()
    expect(page).to_have_url(re.compile("t=98.3"))

    page.reload()
    expect(lines(page).filter(has_text=f"22:16:43  sharp wave: phase reversal · T3-T5 · {USER}")).to_be_visible()
    expect(part(page, "live")).to_contain_text(f"{USER} noted sharp wave")
    assert console_errors == []


def test_the_pointer_and_the_keys_move_borders_and_wholes(site: Site, page: Page, console_errors: list[str]) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 100)
    drag(page, point(page, 0.3), point(page, 0.5))
    page.keyboard.press("a")
    page.keyboard.press("5")
    said(page, "Annotated: artefact.")
    height = part(page, "eeg").bounding_box()["height"]
    tag = height - 20 - 6 - 9                                     # the lowest lane, above the clock

    drag(page, point(page, 0.32, tag), point(page, 0.42, tag))
    said(page, "Changed: artefact.")
    (moved,) = kept(page, site)
    assert (moved["start_s"], moved["stop_s"], moved["version"]) == (pytest.approx(104.0, abs=0.05), pytest.approx(106.0, abs=0.05), 2)
    drag(page, point(page, 0.6), point(page, 0.8))               # the border of the chosen one
    expect(lines(page).filter(has_text="saving")).to_have_count(0)
    assert kept(page, site)[0]["stop_s"] == pytest.approx(108.0, abs=0.05)

    page.mouse.move(*point(page, 0.1))
    page.keyboard.press("i")
    expect(lines(page).filter(has_text="22:16:41  artefact")).to_be_visible()
    page.mouse.move(*point(page, 0.5))
    page.keyboard.press("Shift+I")
    expect(lines(page).filter(has_text="22:16:45  artefact")).to_be_visible()
    expect(lines(page).filter(has_text="saving")).to_have_count(0)
    assert kept(page, site)[0]["stop_s"] == pytest.approx(112.0, abs=0.1)
    page.keyboard.press("Delete")
    said(page, "Removed: artefact.")
    assert kept(page, site) == []
    page.keyboard.press("Control+z")
    said(page, r"Taken back: annotation removed \(artefact\)")
    assert console_errors == []


def test_undo_goes_back_through_labels_and_annotations_as_they_were_made(site: Site, page: Page) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 100)
    page.keyboard.press("3")
    said(page, "Labelled GPD.")
    page.keyboard.press("a")
    page.keyboard.press("6")
    said(page, "Annotated: arousal.")
    for sentence in (r"Taken back: annotation added \(arousal\)", "Taken back: Labelled GPD."):
        page.keyboard.press("u")
        said(page, sentence)
    page.keyboard.press("u")
    said(page, "There is nothing to undo")


def test_what_the_server_does_not_take_comes_back_into_the_form(site: Site, page: Page) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 100)

    def away(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
        else:
            route.abort()

    page.route("**/reader-annotations**", away)
    page.keyboard.press("a")
    page.keyboard.press("0")
    page.keyboard.type("left arm jerks")
    page.keyboard.press("Enter")
    expect(part(page, "annotation-problem")).to_have_text("The server cannot be reached; nothing was saved. Try again.")
    expect(page.locator("textarea[name=comment]")).to_have_value("left arm jerks")
    assert kept(page, site) == []
    page.unroute("**/reader-annotations**")
    page.get_by_role("button", name="Save", exact=True).click()
    said(page, "Annotated: left arm jerks.")
    assert [each["comment"] for each in kept(page, site)] == ["left arm jerks"]


def test_who_is_later_than_a_colleague_sees_his_words_and_decides(site: Site, page: Page) -> None:
    page.goto(site.sign_in_link())
    open_at(page, site, 100)
    page.keyboard.press("a")
    page.keyboard.press("1")
    said(page, "Annotated: spike.")
    (one,) = kept(page, site)
    place = f"{site.server.url}/api/v1/studies/{site.study_id}/reader-annotations/{one['id']}"
    with writing() as session:
        builders.actor(session, "ann", clinic=f"Clinic of {USER}")
    token = site.server.hms("add-token", "ann").strip().splitlines()[-1]
    words = {name: one[name] for name in ("start_s", "stop_s", "channel")} | {"label": "artefact", "comment": "electrode pop"}
    anns = page.request.put(place, data=words, headers={"Authorization": f"Bearer {token}", "If-Match": '"1"', "Cookie": ""})
    assert anns.status == 200
    page.keyboard.press("Shift+A")
    page.keyboard.press("2")
    expect(part(page, "annotation-problem")).to_contain_text("Somebody changed this annotation")
    expect(part(page, "annotation-title")).to_have_text(f"Annotation of {USER}, version 2 by ann")
    expect(page.locator("select[name=label]")).to_have_value("sharp wave")
    assert [(each["label"], each["changed_by"]) for each in kept(page, site)] == [("artefact", "ann")]


def test_five_thousand_annotations_are_listed_with_few_nodes(site: Site, page: Page, console_errors: list[str]) -> None:
    with writing() as session:
        user = accounts.user_named(session, USER)
        assert user
        session.add_all(AnnotationVersion(
            study_id=UUID(site.study_id), annotation_id=uuid4(), version=1, author_id=user, user_id=user, act="add", start_s=round(0.05 * number, 3), stop_s=None,
            label="spike" if number % 10 else "sharp wave", channel="", comment=f"number {number}", removed=False) for number in range(5000))
    page.goto(site.sign_in_link())
    open_at(page, site, 100)
    expect(part(page, "notes-count")).to_have_text("5002 of 5002")
    assert lines(page).count() < 40
    part(page, "notes").focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("t=245"))
    expect(lines(page).filter(has_text="number 4999")).to_have_attribute("aria-selected", "true")
    assert lines(page).count() < 40
    page.locator("select[name=notes-class]").select_option("sharp wave")
    expect(part(page, "notes-count")).to_have_text("500 of 5002")
    page.locator("input[name=notes-words]").fill("number 123")
    expect(lines(page)).to_have_count(1)
    page.locator("select[name=notes-whose]").select_option("file")
    expect(part(page, "notes-count")).to_have_text("0 of 5002")
    assert console_errors == []


def test_technologists_annotate_and_who_only_looks_has_no_form(site: Site, page: Page) -> None:
    with writing() as session:
        for name, role in (("tom", Role.TECHNOLOGIST), ("vic", Role.VIEWER)):
            builders.actor(session, name, role=role, clinic=f"Clinic of {USER}")
    page.goto(site.server.hms("sign-in-link", "tom").strip())
    open_at(page, site, 100)
    page.keyboard.press("a")
    page.keyboard.press("9")
    said(page, "Annotated: medication.")
    page.context.clear_cookies()
    page.goto(site.server.hms("sign-in-link", "vic").strip())
    open_at(page, site, 100)
    expect(lines(page).filter(has_text="medication · tom")).to_be_visible()
    expect(page.locator("[data-action=annotate]")).to_have_count(0)
    page.keyboard.press("a")
    said(page, "Your role may look at annotations")


def test_own_classes_are_kept_in_the_settings_and_offered(site: Site, page: Page) -> None:
    page.goto(site.sign_in_link())
    page.goto(f"{site.server.url}/settings")
    page.locator("#settings-class-1").fill("K complex")
    page.locator("#settings-class-more").fill("spindle, vertex wave")
    page.locator("#settings-save-classes").click()
    expect(page.locator("#shell-toasts")).to_contain_text("The classes are saved")
    open_at(page, site, 100)
    page.keyboard.press("a")
    expect(page.locator("select[name=label] option").last).to_have_text(re.compile("0 +free text"))
    expect(page.locator("select[name=label] option", has_text="vertex wave")).to_have_count(1)
    page.keyboard.press("1")
    said(page, "Annotated: K complex.")
