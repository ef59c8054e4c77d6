"""The page of one's own montages: what its callbacks do, without a browser."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from dash._callback_context import context_value
from dash._utils import AttributeDict
from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Conflict, Invalid, NotFound
from app.services import accounts, montages
from components import montage_editor, settings_forms
from components.viewer_toolbar import viewer_toolbar
from ml.montage_lines import read
from pages import montage as page
from tests.pages.conftest import Looking

TEXT = "Fp1-F7\n\nCz"


def drawn(component: object) -> str:
    return json.dumps(component, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def pressed(what: str | dict[str, Any]) -> None:
    """Make what a callback sees of the button that was pressed."""
    name = what if isinstance(what, str) else json.dumps(what, sort_keys=True, separators=(",", ":"))
    context_value.set(AttributeDict(triggered_inputs=[{"prop_id": f"{name}.n_clicks", "value": 1}]))


def test_a_montage_is_saved_edited_and_listed(session: Session, nell: Actor, looking: Looking) -> None:
    with looking(nell):
        _, text, key, changed, told = page.save(1, "", "Mine", TEXT, 0)
        assert (text, changed) == (TEXT, 1)
        assert "Mine is saved" in drawn(told)
        assert page.save(1, key, "Mine too", "Pz", 1)[:3] == ("Mine too", "Pz", key)
        assert "Mine too" in drawn(page.list_own(2))
        pressed({"montage": key, "do": "edit"})
        assert page.edit([1]) == ("Mine too", "Pz", key)


def test_what_was_deleted_stays_in_the_editor(session: Session, nell: Actor, looking: Looking) -> None:
    made = montages.create(session, nell, name="Mine", text=TEXT)
    with looking(nell):
        pressed({"montage": str(made.id), "do": "remove"})
        assert page.remove([1], 4)[:4] == ("Mine", TEXT, "", 5)
        assert "no montage of your own yet" in drawn(page.list_own(5))


def test_anybody_elses_montage_is_not_found(session: Session, nell: Actor, vic: Actor, looking: Looking) -> None:
    made = montages.create(session, nell, name="Mine", text=TEXT)
    with looking(vic):
        for do, act in (("edit", lambda: page.edit([1])), ("up", lambda: page.arrange([1], [], 0)), ("remove", lambda: page.remove([1], 0))):
            pressed({"montage": str(made.id), "do": do})
            with pytest.raises(NotFound):
                act()
        with pytest.raises(NotFound):
            page.save(1, str(made.id), "x", "Cz", 0)
        pressed("montage-copy")
        with pytest.raises(NotFound):
            page.start(1, None, str(made.id))


def test_a_copy_begins_under_a_free_name_and_is_not_kept(session: Session, nell: Actor, looking: Looking) -> None:
    with looking(nell):
        pressed("montage-copy")
        name, text, key = page.start(1, None, "longitudinal")
        assert (name, key, text[:6]) == ("My longitudinal bipolar", "", "Fp1-F7")
        page.save(1, key, name, text, 0)
        assert page.start(1, None, "longitudinal")[0] == "My longitudinal bipolar 2"
        pressed("montage-empty")
        assert page.start(None, 1, "longitudinal") == ("", "", "")


def test_a_colleagues_file_comes_into_the_editor(session: Session, nell: Actor, vic: Actor, looking: Looking) -> None:
    content = montages.create(session, nell, name="Mine", text=TEXT).to_json()
    with looking(vic):
        address = f"data:application/json;base64,{base64.b64encode(content.encode()).decode()}"
        assert page.import_file(address) == ("Mine", TEXT, "")
        for wrong in ("data:,", "data:;base64,%%%", "data:;base64,/w=="):
            with pytest.raises(Invalid, match="no montage"):
                page.import_file(wrong)


def test_the_list_edits_the_text(session: Session, nell: Actor, looking: Looking) -> None:
    with looking(nell):
        pressed({"line": 3, "do": "up"})
        assert page.change_line([1], [], [], TEXT) == "Fp1-F7\nCz\n"
        pressed({"line": 1, "do": "remove"})
        assert page.change_line([], [], [1], TEXT) == "\nCz"
        pressed("montage-add")
        assert page.add_line(1, None, TEXT, "C3", "avg") == "Fp1-F7\n\nCz\nC3-avg\n"
        assert page.add_line(1, None, TEXT, "C3", "") == "Fp1-F7\n\nCz\nC3\n"
        assert page.add_line(1, None, TEXT, "ECG", "avg") == "Fp1-F7\n\nCz\nECG\n"


def test_what_the_editor_offers_is_understood() -> None:
    for first in montage_editor.FIRSTS:
        for second in montage_editor.REFERENCES:
            if first not in second and first not in ("ECG", "EOG", "EMG"):
                assert read(f"{first}-{second}" if second else first)[1] == (), (first, second)


def test_mistakes_beyond_a_dozen_are_counted() -> None:
    told = drawn(montage_editor.told(*read("\n".join(f"Q{number}" for number in range(30)))))
    assert told.count("is no electrode") == 12
    assert "And 18 more." in told


def test_hostile_words_reach_the_page_as_words() -> None:
    lines, mistakes = read("<script>alert(1)</script>\n\u202eFp1\x00")
    shown = drawn([montage_editor.lines(lines), montage_editor.told(lines, mistakes)])
    assert "“<script>alert" in shown            # Dash writes children as text
    assert "dangerously" not in shown


def test_own_montages_follow_the_built_in_ones_in_viewer_and_settings(session: Session, nell: Actor) -> None:
    made = [montages.create(session, nell, name=name, text=TEXT) for name in ("Mine", "Other")]
    mine = accounts.save_settings(session, nell, {"montage": str(made[1].id)})
    toolbar, form = drawn(viewer_toolbar(mine, mains_hz=50, own=made)), drawn(settings_forms.reader_form(mine, made))
    assert toolbar.index('"cz"') < toolbar.index(str(made[0].id)) < toolbar.index(str(made[1].id))
    assert re.search(rf'"selected": true[^{{}}]*"{made[1].id}"|"{made[1].id}"[^{{}}]*"selected": true', toolbar)
    assert form.count(str(made[1].id)) == 2                # offered, and chosen
    assert "My own" not in drawn(viewer_toolbar({}, mains_hz=50))


def test_saving_a_second_one_of_the_same_name_is_refused(session: Session, nell: Actor, looking: Looking) -> None:
    with looking(nell):
        page.save(1, "", "Mine", TEXT, 0)
        with pytest.raises(Conflict, match="already"):
            page.save(1, "", "mine", TEXT, 0)
