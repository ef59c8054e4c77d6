"""app/web.py: the site as a whole, without a browser."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from app import security, web
from app.access import Actor, Role
from app.db.session import configure, writing
from app.errors import NotFound
from app.settings import Settings, use
from pages import SITE_MAP
from tests import builders

HEAVY = ("torch", "timm", "shap", "onnxruntime", "mne", "sklearn", "matplotlib.pyplot")


@dataclass(frozen=True, slots=True)
class Visitor:
    """The site as one person sees it."""

    client: FlaskClient
    who: Actor
    headers: dict[str, str]

    def layout_of(self, path: str) -> tuple[int, str]:
        """What the router answers for an address."""
        answer = self.client.post(
            "/_dash-update-component",
            headers=self.headers,
            json={
                "output": ".._pages_content.children..._pages_store.data..",
                "changedPropIds": ["_pages_location.pathname"],
                "outputs": [
                    {"id": "_pages_content", "property": "children"},
                    {"id": "_pages_store", "property": "data"},
                ],
                "inputs": [
                    {"id": "_pages_location", "property": "pathname", "value": path},
                    {"id": "_pages_location", "property": "search", "value": ""},
                ],
            },
        )
        return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture(scope="module")
def installed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "hms.sqlite")
    made = use(Settings(data_dir=folder))
    engine = configure(made)
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def site(installed: Settings) -> Dash:
    return web.create_dash(installed)


def visitor(site: Dash, settings: Settings, role: Role) -> Visitor:
    with writing() as session:
        who = (
            builders.actor(session, f"a {role}", role=role, clinic="Clinic")
            if role != Role.NEUROLOGIST
            else builders.actor(session, "nell")
        )
        raw = builders.signed_in(session, who)
    client = site.server.test_client()
    client.set_cookie(security.session_cookie(settings), raw)
    return Visitor(client, who, {security.CSRF_HEADER: security.csrf_token(raw, settings.secret)})


@pytest.fixture(scope="module")
def nell(site: Dash, installed: Settings) -> Visitor:
    """A neurologist."""
    return visitor(site, installed, Role.NEUROLOGIST)


@pytest.fixture(scope="module")
def viewer(site: Dash, installed: Settings) -> Visitor:
    """Somebody who may only read."""
    return visitor(site, installed, Role.VIEWER)


def test_every_address_of_the_map_is_served(nell: Visitor) -> None:
    key = "00000000-0000-4000-8000-000000000000"
    for page in SITE_MAP:
        assert nell.client.get(re.sub("<.*>", key, page.path)).status_code == 200


def test_an_unknown_address_is_a_404_with_the_frame_of_the_site(nell: Visitor) -> None:
    answer = nell.client.get("/no/such/page")
    assert answer.status_code == 404
    assert "react-entry-point" in answer.get_data(as_text=True)
    assert "There is no page at this address" in nell.layout_of("/no/such/page")[1]


def test_an_address_below_a_study_is_not_taken_for_its_id(nell: Visitor) -> None:
    assert "There is no page at this address" in nell.layout_of("/studies/7/anything")[1]


def test_a_page_that_a_role_may_not_open_says_so(viewer: Visitor) -> None:
    said = viewer.layout_of("/admin/audit")[1]
    assert "not open to your role" in said
    assert "audit-entries" not in said


def test_an_unknown_bundle_is_a_404_without_a_traceback(nell: Visitor) -> None:
    answer = nell.client.get("/_dash-component-suites/nobody/nothing.js")
    assert answer.status_code == 404
    assert "Traceback" not in answer.get_data(as_text=True)


def test_callbacks_are_not_offered_as_tools(site: Dash, nell: Visitor) -> None:
    assert not site._enable_mcp
    assert nell.client.get("/_mcp").status_code == 404


def test_the_policy_lists_every_inline_script(site: Dash, nell: Visitor) -> None:
    page = nell.client.get("/studies").get_data(as_text=True)
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL) + re.findall(
        r'<script id="_dash-renderer"[^>]*>(.*?)</script>', page, re.DOTALL
    )
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in inline}
    assert len(inline) >= 3
    assert hashes <= set(web.csp_script_hashes(site))


def test_the_page_loads_nothing_from_elsewhere(nell: Visitor) -> None:
    page = nell.client.get("/").get_data(as_text=True)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_linked_assets_exist(nell: Visitor) -> None:
    page = nell.client.get("/").get_data(as_text=True)
    links = set(re.findall(r'(?:src|href)="(/assets/[^"?]+)', page))
    assert "/assets/vendor/bootstrap-5.3.9.min.css" in links
    assert all((web.ASSETS / link.removeprefix("/assets/")).is_file() for link in links)


def test_two_sites_of_one_process_have_the_same_callbacks(site: Dash, installed: Settings) -> None:
    assert web.create_dash(installed).callback_map.keys() == site.callback_map.keys()


def test_ids_begin_with_the_name_of_their_page(site: Dash) -> None:
    names = (*tuple(f"{page.module.split('.')[-1]}-" for page in SITE_MAP), "shell-", "_pages_")
    found = {re.search(r'"type":"([\w-]+)"', output) for output in site.callback_map}
    ids = {match[1] for match in found if match} | {
        part.split("@")[0].rsplit(".", 1)[0]
        for output in site.callback_map
        if "{" not in output
        for part in output.strip(".").split("...")
    }
    assert [one for one in ids if not one.startswith(names)] == []


def test_a_bug_is_told_by_a_reference_only(caplog: pytest.LogCaptureFixture) -> None:
    sentence = web.sentence_of(KeyError("Rosa Ito"))
    assert "Rosa" not in sentence
    assert re.search(r"reference [0-9a-f]+", sentence)
    assert caplog.records


def test_a_known_error_keeps_its_sentence() -> None:
    assert web.sentence_of(NotFound("There is no such study.")) == "There is no such study."


def test_the_site_needs_no_networks() -> None:
    program = (
        f"import sys, app.asgi, app.web; app.web._page_wiring(); print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
