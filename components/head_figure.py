"""The amplitude map: potential over the head in filled contours, nose up, zero in the middle of the color scale."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from dash.development.base_component import Component
from numpy.typing import NDArray

from components.drawing import line, part, picture
from ml.channels import ELECTRODES
from ml.colormaps import DIVERGING, table
from ml.interpolation import POSITIONS
from ml.scalp_map import REACH, SIDE, ScalpMap, places

WIDTH, HEIGHT = 264, 226
CENTER_X, CENTER_Y, RADIUS = 112.0, 120.0, 96.0
STEPS: Final = 16
"""Colors, half of them for each sign; contours lie between them."""
EDGE: Final[dict[str, Any]] = {"style": "stroke:var(--ink)", "stroke_width": 1.6}
BLACK: Final = "#10161c"
"""Of what lies on the colors, which are the same in both themes."""


def head_figure(found: ScalpMap, words: str) -> Component:
    """Map, electrodes, left-out electrodes as crosses, and the scale in microvolts."""
    clip = f'<clipPath id="head"><circle cx="{CENTER_X}" cy="{CENTER_Y}" r="{RADIUS}"/></clipPath>'
    field = [f'<g clip-path="url(#head)">{"".join(_contours(found.field_uv, found.limit_uv))}</g>']
    return picture(WIDTH, HEIGHT, [clip, *field, *_outline(), *_electrodes(found), *_scale(found.limit_uv)], words)


def colors() -> list[str]:
    """From the most negative to the most positive step."""
    picked = table(DIVERGING)[((np.arange(STEPS) + 0.5) / STEPS * 256).astype(int)]
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in picked.tolist()]


def _contours(field_uv: NDArray[np.float64], limit_uv: float) -> Iterator[str]:
    from contourpy import contour_generator  # only whoever draws needs it

    steps = np.linspace(-REACH, REACH, SIDE) * RADIUS
    generator: Any = contour_generator(CENTER_X + steps, CENTER_Y + steps, np.ma.masked_invalid(np.clip(field_uv, -limit_uv, limit_uv)), fill_type="OuterOffset")
    levels = np.linspace(-limit_uv, limit_uv, STEPS + 1)
    for (low, high), color in zip(pairwise(levels), colors(), strict=True):
        for points, offsets in zip(*generator.filled(low, high), strict=True):
            path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points[a:b]) + "Z" for a, b in pairwise(offsets))
            yield part("path", d=path, style=f"fill:{color};fill-rule:evenodd;stroke:{color};stroke-width:0.6")
    for at in levels[1:-1]:
        width = 1.1 if abs(at) < 1e-9 else 0.35
        yield from (line(points.tolist(), style=f"stroke:{BLACK}", stroke_width=width) for points in generator.lines(at))


def _outline() -> Iterator[str]:
    top = CENTER_Y - RADIUS
    yield part("circle", cx=CENTER_X, cy=CENTER_Y, r=RADIUS, **EDGE)
    yield line([(CENTER_X - 12, top + 1), (CENTER_X, top - 13), (CENTER_X + 12, top + 1)], **EDGE)
    for side in (-1, 1):
        yield line([(CENTER_X + side * (RADIUS + away), CENTER_Y + down) for away, down in ((0, -14), (7, -16), (8, 0), (6, 16), (0, 14))], **EDGE)


def _electrodes(found: ScalpMap) -> Iterator[str]:
    for name, (right, front) in zip(ELECTRODES, places(POSITIONS).tolist(), strict=True):
        x, y = CENTER_X + RADIUS * right, CENTER_Y - RADIUS * front
        if name in found.uv:
            yield part("circle", cx=x, cy=y, r=1.9, style=f"fill:{BLACK}")
        else:
            cross = [(x - 3.5, y - 3.5), (x + 3.5, y + 3.5)], [(x - 3.5, y + 3.5), (x + 3.5, y - 3.5)]
            yield "".join(line(points, style=f"stroke:{color}", stroke_width=width) for color, width in (("#ffffff", 4.0), (BLACK, 1.6)) for points in cross)
        yield part("text", name, x=x, y=y + 11.5, text_anchor="middle", style=f"font-size:8.5px;fill:{BLACK};stroke:#ffffff;stroke-width:2;paint-order:stroke")


def _scale(limit_uv: float) -> Iterator[str]:
    left, top, height = WIDTH - 44.0, CENTER_Y - 72.0, 144.0
    for k, color in enumerate(reversed(colors())):
        yield part("rect", x=left, y=top + k * height / STEPS, width=9, height=height / STEPS + 0.5, style=f"fill:{color}")
    yield part("rect", x=left, y=top, width=9, height=height, style="fill:none;stroke:var(--quiet);stroke-width:0.6")
    for share in (1.0, 0.5, 0.0, -0.5, -1.0):
        yield part("text", f"{share * limit_uv:+g}".replace("-", "−") if share else "0", x=left + 11.5, y=top + (1.0 - share) * height / 2 + 3.5)
    yield part("text", "µV", x=left - 1, y=top - 8)
