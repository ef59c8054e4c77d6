"""What changes the signal for looking reaches the viewer and nothing else: no network, no report, no feature, no export."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for package in ("ml", "app", "workers", "pages", "components") for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    """Modules of ours that a file names in its imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def keywords(path: Path) -> set[str]:
    """Keywords that a file gives to any call."""
    return {word.arg for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) for word in node.keywords if word.arg}


@pytest.mark.parametrize(("module", "users"), [
    ("ml.ica", ["app/services/tiles.py"]), ("ml.wavelet_denoising", ["ml/page.py"]),
])
def test_only_the_viewer_knows_a_tool_that_changes_the_signal(module: str, users: list[str]) -> None:
    assert [str(path.relative_to(ROOT)) for path in SOURCES if module in imports(path)] == users


def test_only_the_tiles_of_the_viewer_ask_for_a_denoised_page() -> None:
    assert [str(path.relative_to(ROOT)) for path in SOURCES if "denoised" in keywords(path)] == ["app/services/tiles.py"]


def test_only_the_viewers_page_asks_the_tiles_for_a_changed_signal() -> None:
    users = [str(path.relative_to(ROOT)) for path in SOURCES if {"app.services.tiles", "app.services.tiles.PageQuery"} & imports(path)]
    assert [name for name in users if "PageQuery" in (ROOT / name).read_text()] == ["app/api/tiles.py"]
