"""pages/__init__.py and the rules that every page keeps."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from pages import NOT_FOUND, SITE_MAP, Page

FOLDER = Path(__file__).resolve().parents[2] / "pages"
PAGES = (*SITE_MAP, NOT_FOUND)


def module(page: Page) -> ModuleType:
    return importlib.import_module(page.module)


def callbacks(page: Page) -> list[ast.FunctionDef]:
    tree = ast.parse((FOLDER / f"{page.module.split('.')[-1]}.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node for node in functions if any(isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "callback"
                                              for mark in node.decorator_list)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.module)
def test_a_layout_takes_what_an_address_says_and_reads_no_database(page: Page) -> None:
    parameters = inspect.signature(module(page).layout).parameters.values()
    assert any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    module(page).layout(anything="else")          # no database is configured here


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.module)
def test_callbacks_read_serve_and_draw_in_fifteen_lines(page: Page) -> None:
    for function in callbacks(page):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        assert (body[-1].end_lineno or 0) - body[0].lineno < 15, function.name
        assert not [node for node in ast.walk(function) if isinstance(node, ast.Try)], function.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.module)
def test_no_page_imports_another(page: Page) -> None:
    others = {other.module for other in PAGES} - {page.module}
    source = (FOLDER / f"{page.module.split('.')[-1]}.py").read_text()
    assert not [name for name in others if f"import {name}" in source or f"from {name}" in source]


def test_every_file_of_a_page_is_on_the_map() -> None:
    files = {f"pages.{path.stem}" for path in FOLDER.glob("*.py")} - {"pages.__init__", "pages.addresses"}
    assert files == {page.module for page in PAGES}


def test_a_deeper_address_comes_before_the_one_that_swallows_it() -> None:
    order = [page.path for page in SITE_MAP]
    assert order.index("/studies/<study_id>/review") < order.index("/studies/<study_id>")


def test_an_address_belongs_to_one_page() -> None:
    address = f"/studies/{uuid4()}/report"
    assert [page.module for page in SITE_MAP if page.matches(address)] == ["pages.report"]
    assert not any(page.matches("/studies/not-an-id") for page in SITE_MAP)
