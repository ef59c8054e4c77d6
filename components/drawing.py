"""Small drawings as pictures: vector graphics that follow the theme, with words for those who do not see them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from dash import html
from dash.development.base_component import Component

STYLE: Final = (
    ":root{--paper:#ffffff;--ink:#16202a;--quiet:#4d5a66;--line:#d5dce2;--band:#f0f3f6;--accent:#1b5b82}"
    "@media (prefers-color-scheme:dark){:root{--paper:#121417;--ink:#e3e8ec;--quiet:#a5b0ba;--line:#3a424a;--band:#1b2025;--accent:#7cbae0}}"
    "text{font-family:system-ui,sans-serif;font-size:10px;fill:var(--ink)}.quiet{fill:var(--quiet)}path,line,circle{fill:none}"
)
"""A picture sees the theme of the page that it lies on as its preferred color scheme; where a browser does not tell it, paper is white."""


def picture(width: int, height: int, parts: Iterable[str], words: str) -> Component:
    """A drawing of SVG ``parts`` as an image whose alternative text is ``words``."""
    paper = f'<rect width="{width}" height="{height}" style="fill:var(--paper)"/>'
    drawing = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"><style>{STYLE}</style>'
               f'{paper}{"".join(parts)}</svg>')
    return html.Img(src=f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}", alt=words, className="drawing")


def part(name: str, content: str = "", **attributes: Any) -> str:
    """One element; ``class_`` and ``stroke_width`` become ``class`` and ``stroke-width``."""
    told = "".join(f" {key.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}" for key, value in attributes.items())
    return f"<{name}{told}>{escape(content)}</{name}>" if content else f"<{name}{told}/>"


def line(points: Iterable[tuple[float, float]], **attributes: Any) -> str:
    """A path through points."""
    return part("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), **attributes)


def _number(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
