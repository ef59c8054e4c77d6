"""The rows of the house, checked with the standard library alone: a new file in app/ must be placed in one."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
ROWS = [tuple(name.strip() for name in row.replace("|", ":").split(":")) for row in CONTRACT["layers"]]
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row}
SOURCES = [path for package in ("app", "pages", "components", "ml", "workers") for path in (ROOT / package).rglob("*.py")]
HEAVY = {"torch", "timm", "shap", "onnxruntime", "tensorrt", "mne"}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def row_of(module: str) -> int | None:
    parts = module.split(".")
    return next((ROW_OF[name] for size in (2, 1) if (name := ".".join(parts[:size])) in ROW_OF), None)


def imports_of(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_every_module_has_a_row(path: Path) -> None:
    assert module_of(path) == "app" or row_of(module_of(path)) is not None


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_module_imports_only_its_own_or_lower_rows(path: Path) -> None:
    own = row_of(module_of(path))
    higher = {name for name in imports_of(path) if (row := row_of(name)) is not None and own is not None and row < own}
    assert not higher or module_of(path) == "app.commands.run"


def test_the_library_names_no_heavy_package_outside_backends_nets_and_training() -> None:
    light = [path for path in SOURCES if module_of(path).split(".")[0] != "ml"]
    assert not {(module_of(path), name) for path in light for name in imports_of(path) if name.split(".")[0] in HEAVY}
