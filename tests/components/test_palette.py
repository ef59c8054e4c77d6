"""assets/tokens.css: class colours that everybody can tell apart, and text that can be read.

Methods independent of the design: CIEDE2000 (Sharma, Wu and Dalal 2005), colour-vision deficiency by Machado, Oliveira
and Fernandes 2009 (severity 1), contrast by WCAG 2.2.
"""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.classes import CLASSES

TOKENS = (Path(__file__).resolve().parents[2] / "assets" / "tokens.css").read_text()
BLOCKS = dict(zip(("light", "dark"), re.findall(r"\{([^}]*--class-seizure[^}]*)\}", TOKENS), strict=True))
VISION = {
    "usual": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
Floats = NDArray[np.float64]


def linear(theme: str, token: str) -> Floats:
    found = re.search(rf"--{token}: #([0-9A-Fa-f]{{3,6}});", BLOCKS[theme])
    assert found, f"{token} is no hexadecimal colour"
    return from_hex(found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1]))


def from_hex(digits: str) -> Floats:
    srgb = np.array([int(digits[i:i + 2], 16) for i in (0, 2, 4)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(first: Floats, second: Floats) -> float:
    low, high = sorted(float(np.dot(TO_XYZ[1], color)) for color in (first, second))
    return (high + 0.05) / (low + 0.05)


def lab(color: Floats) -> Floats:
    xyz = TO_XYZ @ np.clip(color, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def hue(a: float, b: float) -> float:
    return math.degrees(math.atan2(b, a)) % 360


def ciede2000(first: Floats, second: Floats) -> float:
    (l1, a1, b1), (l2, a2, b2) = first.tolist(), second.tolist()
    c_mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(c_mean**7 / (c_mean**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2, h1, h2 = math.hypot(a1, b1), math.hypot(a2, b2), hue(a1, b1), hue(a2, b2)
    turn = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    l_mean, c_mean, h_mean = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = (1 - 0.17 * math.cos(math.radians(h_mean - 30)) + 0.24 * math.cos(math.radians(2 * h_mean))
         + 0.32 * math.cos(math.radians(3 * h_mean + 6)) - 0.20 * math.cos(math.radians(4 * h_mean - 63)))
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / math.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    r_c = 2 * math.sqrt(c_mean**7 / (c_mean**7 + 25.0**7))
    r_t = -r_c * math.sin(math.radians(60 * math.exp(-(((h_mean - 275) / 25) ** 2))))
    return math.sqrt((d_l / s_l) ** 2 + (d_c / s_c) ** 2 + (d_h / s_h) ** 2 + r_t * d_c / s_c * d_h / s_h)


def test_the_distance_agrees_with_the_published_pairs() -> None:
    pairs = (((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 2.5, 0), (73, 25, -18), 27.1492),
             ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377))
    for first, second, published in pairs:
        assert ciede2000(np.array(first, float), np.array(second, float)) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize("theme", BLOCKS)
@pytest.mark.parametrize("vision", VISION)
def test_any_two_classes_can_be_told_apart(theme: str, vision: str) -> None:
    seen = [lab(VISION[vision] @ linear(theme, f"class-{name}")) for name in CLASSES]
    assert min(ciede2000(a, b) for a, b in itertools.combinations(seen, 2)) > 21


@pytest.mark.parametrize("theme", BLOCKS)
@pytest.mark.parametrize("name", CLASSES)
def test_a_class_stands_out_from_the_paper_and_its_letters_can_be_read(theme: str, name: str) -> None:
    color = linear(theme, f"class-{name}")
    assert contrast(color, linear(theme, "surface")) > 3
    assert contrast(color, linear(theme, f"on-{name}")) > 4.5


@pytest.mark.parametrize("theme", BLOCKS)
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("text", "page"),
        ("text", "surface"),
        ("text-2", "page"),
        ("text-2", "surface-2"),
        ("text-3", "surface"),
        ("accent", "surface"),
        ("accent", "page"),
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
        ("accent-strong", "accent-weak"),
        ("ok", "ok-weak"),
        ("note", "note-weak"),
        ("calm", "calm-weak"),
        ("surface", "text-2"),
    ],
)
def test_text_can_be_read_on_its_ground(theme: str, text: str, ground: str) -> None:
    assert contrast(linear(theme, text), linear(theme, ground)) > 4.5


@pytest.mark.parametrize("theme", BLOCKS)
@pytest.mark.parametrize("line", ["line-strong", "focus"])
def test_edges_of_controls_and_the_focus_stand_out(theme: str, line: str) -> None:
    assert contrast(linear(theme, line), linear(theme, "surface")) > 3
