"""Prints and checks the budgets of the house: how long functions and files may be.

Run by ``make check``; exits 1 with one line for each breach.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "pages", "components", "ml", "workers", "migrations")
FILE_LINES, PAGE_LINES, FUNCTION_LINES, LAYOUT_LINES = 400, 250, 60, 80
MEDIAN_LINES, P90_LINES = 8, 30
SCRIPT_LINES, ALL_SCRIPT_LINES = 400, 2500      # raised from 1,500 for what readers do in the viewer: label, annotate, measure, play, scrub, hide and scale traces


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and body length in lines (docstring not counted) of every function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1


def breaches_of_python(path: Path, lengths: list[int]) -> Iterator[str]:
    text = path.read_text()
    limit = PAGE_LINES if path.parent.name == "pages" else FILE_LINES
    if (n := text.count("\n")) > limit:
        yield f"{path.relative_to(ROOT)}: {n} lines, at most {limit}"
    for name, length in functions(ast.parse(text)):
        lengths.append(length)
        roomy = name in {"layout", "__init__"}
        if length > (LAYOUT_LINES if roomy else FUNCTION_LINES):
            yield f"{path.relative_to(ROOT)}: {name} has {length} lines, at most {LAYOUT_LINES if roomy else FUNCTION_LINES}"


def breaches_of_scripts() -> Iterator[str]:
    total = 0
    for path in sorted((ROOT / "assets").rglob("*.mjs")):
        if "vendor" in path.parts:
            continue
        n = path.read_text().count("\n")
        total += n
        if n > SCRIPT_LINES:
            yield f"{path.relative_to(ROOT)}: {n} lines, at most {SCRIPT_LINES}"
    print(f"scripts: {total} lines (at most {ALL_SCRIPT_LINES})")
    if total > ALL_SCRIPT_LINES:
        yield f"assets: {total} lines of JavaScript, at most {ALL_SCRIPT_LINES}"


def main() -> int:
    lengths: list[int] = []
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    breaches = [line for path in paths for line in breaches_of_python(path, lengths)]
    breaches += breaches_of_scripts()
    median, p90 = statistics.median(lengths), statistics.quantiles(lengths, n=10)[-1]
    print(f"python: {len(paths)} files, {len(lengths)} functions; body median {median:g} (at most {MEDIAN_LINES}), "
          f"p90 {p90:g} (at most {P90_LINES}), longest {max(lengths)}")
    if median > MEDIAN_LINES or p90 > P90_LINES:
        breaches.append("functions are too long on the whole")
    for line in breaches:
        print(f"over budget: {line}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
