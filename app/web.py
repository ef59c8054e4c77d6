"""The site: Flask and Dash, one shell around the pages of the site map, one translation of errors."""

from __future__ import annotations

import base64
import hashlib
import importlib
import logging
import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import dash
from dash import Dash, Input, Output, callback, ctx, set_props
from dash import _callback as wiring
from dash.development.base_component import Component
from dash.exceptions import DashException, PreventUpdate
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app import auth, telemetry
from app.db.session import reading
from app.errors import AppError, status_of
from app.services import analyses
from app.settings import Settings
from components import shell, states
from ml.errors import RecordingError
from pages import NOT_FOUND, OBJECT_ID, SITE_MAP, Page

PRODUCT: Final = "HMS EEG"
ASSETS: Final = Path(__file__).resolve().parent.parent / "assets"   # beside the packages in a checkout and in a wheel
ROUTED: Final = "/<path:path>"   # Dash's route for every address that is not one of its own

THEME_SCRIPT: Final = (
    "document.documentElement.dataset.bsTheme=(document.cookie.match(/hms-theme=(dark|light)/)||[])[1]"
    "||(matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light')"
)
"""Runs before the first paint, so that a dark screen never flashes white; assets/theme.mjs sets the cookie."""

INDEX: Final = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<script>THEME</script>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/vendor/bootstrap-5.3.9.min.css">
{%css%}
</head>
<body>
{%app_entry%}
{%config%}
{%scripts%}
{%renderer%}
</body>
</html>""".replace("THEME", THEME_SCRIPT)

log = logging.getLogger(__name__)


def create_dash(settings: Settings) -> Dash:
    """Build the site; its Flask app is ``.server``.

    Only files directly in ``assets/`` are put on every page; those in its folders are imported or linked by name.
    """
    server = Flask(__name__, static_folder=None)
    site = Dash(
        __name__, server=server, title=PRODUCT, update_title=None,  # type: ignore[arg-type]   # both are documented
        index_string=INDEX, on_error=show_error,
        assets_folder=str(ASSETS), assets_path_ignore=[".+"], serve_locally=True, enable_mcp=False,
        use_pages=True, pages_folder="", include_pages_meta=False, suppress_callback_exceptions=True,
        add_log_handler=False, csrf_token_name="_csrf_token", csrf_header_name="X-CSRFToken",  # noqa: S106
    )
    _wire_pages()
    for order, page in enumerate(SITE_MAP):
        _register(page, order)
    dash.register_page(  # type: ignore[no-untyped-call]
        "pages.not_found_404", path=NOT_FOUND.path, title=_title(NOT_FOUND), order=len(SITE_MAP),
        layout=importlib.import_module(NOT_FOUND.module).layout,
    )
    site.layout = shell.frame(dash.page_container)
    auth.install(server, settings)
    _answer_errors(server)
    server.after_request(_mark_unknown_address)
    server.test_client().get("/health")   # Dash adds its router and title script on the first request only
    return site


def csp_script_hashes(site: Dash) -> tuple[str, ...]:
    """Hashes of all inline scripts of ``site``, as its content security policy must list them."""
    theme = base64.b64encode(hashlib.sha256(THEME_SCRIPT.encode()).digest()).decode()
    return (*site.csp_hashes(), f"'sha256-{theme}'")


def show_error(error: Exception) -> None:
    """Say on the page what went wrong: in its place where it could not be filled, else beside it as a toast."""
    sentence = sentence_of(error)
    auth.answer_with(status_of(error))
    outputs = ctx.outputs_list if isinstance(ctx.outputs_list, list) else [ctx.outputs_list]
    of_the_shell = any(str(output.get("id", "")).startswith("shell-") for output in outputs if isinstance(output, dict))
    if ctx.triggered_id is None and not of_the_shell:
        set_props("_pages_content", {"children": states.failed(sentence)})
    else:
        set_props("shell-toasts", {"children": shell.toast(sentence)})


def sentence_of(error: Exception) -> str:
    """The sentence of a known error; a bug is logged with its traceback and told by a reference only."""
    if isinstance(error, (AppError, RecordingError)):
        return error.sentence
    reference = telemetry.reference()
    log.error("went wrong, reference %s", reference, exc_info=error)
    return f"Something went wrong here, reference {reference}. Try again; tell your administrator if it happens twice."


@cache
def _page_wiring() -> tuple[list[Any], dict[str, Any], list[Any]]:
    """Import every page once and keep the callbacks that they registered on import."""
    for page in (*SITE_MAP, NOT_FOUND):
        importlib.import_module(page.module)
    return list(wiring.GLOBAL_CALLBACK_LIST), dict(wiring.GLOBAL_CALLBACK_MAP), list(wiring.GLOBAL_INLINE_SCRIPTS)


def _wire_pages() -> None:
    """Offer the callbacks of all pages to the next app: Dash hands them to the first one of a process only."""
    callbacks, by_output, scripts = _page_wiring()
    wiring.GLOBAL_CALLBACK_LIST[:] = deepcopy(callbacks)
    wiring.GLOBAL_CALLBACK_MAP.update({key: dict(value) for key, value in by_output.items()})
    wiring.GLOBAL_INLINE_SCRIPTS[:] = scripts


def _title(page: Page) -> str:
    return f"{page.title} · {PRODUCT}"


def _register(page: Page, order: int) -> None:
    layout = importlib.import_module(page.module).layout
    address = {"path_template" if "<" in page.path else "path": page.path}
    dash.register_page(  # type: ignore[no-untyped-call]
        page.module, order=order, name=page.title, title=_title(page), layout=_permitted(page, layout), **address,
    )


def _permitted(page: Page, layout: Callable[..., Component]) -> Callable[..., Component]:
    def permitted(**query: str) -> Component:
        if page.permission and not auth.current_actor().may(page.permission):
            return states.no_permission(page.title, page.permission)
        ids = [value for key, value in query.items() if key.endswith("_id")]
        if not all(re.fullmatch(OBJECT_ID, value) for value in ids):   # Dash also fits "<study_id>" to "id/anything"
            return not_found()
        return layout(**query)
    not_found: Callable[..., Component] = importlib.import_module(NOT_FOUND.module).layout
    return permitted


@callback(
    Output("shell-nav", "children"), Output("shell-person", "children"), Output("shell-upload", "hidden"),
    Input("_pages_location", "pathname"),
)
def show_person(_pathname: str) -> tuple[list[Component], Component, bool]:
    person, who = auth.current_person(), auth.current_actor()
    pages = [page for page in SITE_MAP if page.permission is None or who.may(page.permission)]
    links = [(page.title, page.path, page.icon, page.nav) for page in pages]
    may_upload = any(page.module == "pages.upload" for page in pages)
    with reading() as session:
        n_alerts = len(analyses.suspected_seizures(session, who))
    return shell.bar_links(links, {"/alerts": n_alerts}), shell.person_menu(person, links), not may_upload


def _mark_unknown_address(response: Response) -> Response:
    """Dash answers every address with its shell; one that is not on the site map must still be a 404."""
    known = any(page.matches(request.path) for page in SITE_MAP)
    if request.endpoint == ROUTED and response.status_code == 200 and not known:
        response.status_code = 404
    return response


def _answer_errors(server: Flask) -> None:
    """Pages and JSON for errors outside callbacks; Dash's own errors (unknown bundle or callback) are the client's."""
    server.register_error_handler(AppError, lambda error: _answer(error.sentence, error.status, error.code))
    server.register_error_handler(
        DashException, lambda _error: _answer("There is nothing at this address.", 404, "not_found")
    )
    server.register_error_handler(PreventUpdate, lambda _error: ("", 204))
    server.register_error_handler(HTTPException, lambda error: _answer(error.description, error.code, "http"))
    server.register_error_handler(Exception, lambda error: _answer(sentence_of(error), 500, "went_wrong"))


def _answer(sentence: str, status: int, code: str) -> tuple[Response | str, int]:
    if request.path.startswith("/_dash"):
        return jsonify(error={"code": code, "sentence": sentence}), status
    return shell.plain_page(sentence, status), status
