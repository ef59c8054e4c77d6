"""What measuring shows: numbers as text, the same in the pictures' words, honest where there is none; colors with a middle."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from dash.development.base_component import Component

from app.services.measuring import Measured, Told
from components import clock
from components.head_figure import colors, head_figure
from components.measure_panel import measured, pattern_found, pictures
from ml import measuring, scalp_map, selection_pattern, selection_spectrum
from ml.channels import ELECTRODES, map_to_1020
from ml.measuring import Seen
from tests.components.test_palette import VISION, ciede2000, from_hex, lab
from tests.recordings import ArrayRecording, eeg

START = datetime(2026, 3, 2, 22, 15)
SEEN = Seen("referential", None, 70.0)


@pytest.fixture(scope="module")
def source() -> ArrayRecording:
    """Noise with 7 Hz and 50 µV at C3; T5 is flat."""
    uv = eeg(60.0, seed=1)
    uv[ELECTRODES.index("C3")] = 50.0 * np.sin(2 * np.pi * 7.0 * np.arange(12_000) / 200.0)
    uv[ELECTRODES.index("T5")] = 0.0
    return ArrayRecording(uv)


@pytest.fixture(scope="module")
def found(source: ArrayRecording) -> Measured:
    layout = map_to_1020(source.info.signals)
    traces = measuring.read(source, layout, 20.0, 24.0, SEEN)
    return Measured(
        START, Told(measuring.between(source, layout, (20.0, 24.0), "C3", SEEN)), Told(selection_spectrum.of(traces, "C3")),
        Told(scalp_map.at(source, layout, 24.0, SEEN)),
    )


def words(parts: list[Component]) -> str:
    """All text in order, without markup."""
    def of(part: object) -> str:
        if isinstance(part, Component):
            children = getattr(part, "children", None)
            return " ".join(of(child) for child in children) if isinstance(children, list | tuple) else of(children)
        return "" if part is None else str(part)

    return " ".join(" ".join(of(part) for part in parts).replace(" ,", ",").replace(" :", ":").split())


def drawings(parts: list[Component]) -> list[tuple[str, str]]:
    """(alternative text, SVG) of the pictures."""
    images = [part for part in parts if type(part).__name__ == "Img"]
    return [(image.alt, base64.b64decode(image.src.partition(",")[2]).decode()) for image in images]


def test_the_four_numbers_come_first(found: Measured) -> None:
    assert words(measured(found)).startswith("Δt 4.000 s 1/Δt 0.25 Hz ΔµV +0.0 µV p–p ")
    assert "22:15:20.000 22:15:24.000" in words(measured(found))
    assert "one every 5 ms" in words(measured(found))


def test_what_is_lost_or_clipped_between_the_cursors_is_said(found: Measured) -> None:
    assert found.cursors.value
    poor = replace(found, cursors=Told(replace(found.cursors.value, unrecorded_s=1.5, clipped_s=0.25)))
    assert "1.50 s between the cursors were not recorded. 0.25 s are clipped: the true amplitude may be larger." in words(measured(poor))
    assert "clipped" not in words(measured(found))


def test_a_changed_signal_on_the_screen_is_said_not_to_be_measured(found: Measured) -> None:
    assert "Measured is the recorded one" in words(measured(found, changed=True))
    assert "Measured is" not in words(measured(found))


def test_the_spectrum_is_told_in_words_and_drawn(found: Measured) -> None:
    text = words(pictures(found))
    assert "Peak of C3: 7.00 Hz" in text
    assert "4.00 s, resolution 0.25 Hz (one over the length), Hann window" in text
    alt, svg = drawings(pictures(found))[0]
    assert alt.startswith("Power spectrum of 4.00 s. Peak of C3: 7.00 Hz")
    assert "prefers-color-scheme:dark" in svg


def test_the_map_names_its_moment_its_extremes_and_what_is_left_out(found: Measured) -> None:
    text = words(pictures(found, active=1))
    assert "Cursor 2, 22:15:24.000" in text
    assert "Left out, marked by a cross: C3 (uncorrelated), T5 (flat)." in text
    assert "17 electrodes against their mean" in text
    alt, svg = drawings(pictures(found))[1]
    assert "most negative" in alt
    assert all(f">{name}<" in svg for name in ELECTRODES)


def test_what_cannot_be_told_is_a_sentence_in_its_place(found: Measured) -> None:
    text = words(pictures(replace(found, spectrum=Told(None, "Too short."), head=Told(None, "Nothing then."))))
    assert text == "Spectrum between the cursors Too short. Amplitude map Nothing then."
    assert words(measured(replace(found, cursors=Told(None, "No such trace.")))) == "No such trace."


def test_a_pattern_is_told_with_its_count_and_its_discharges_go_to_the_script() -> None:
    train = np.sum([np.exp(-(((np.arange(12_000) / 200.0 - at) / 0.04) ** 2)) for at in np.arange(0.5, 60.0, 1.0)], axis=0)
    uv = eeg(60.0, seed=4) * 0.4
    for name, amplitude_uv in (("P3", 150.0), ("C3", 120.0), ("T5", 80.0), ("Pz", 70.0), ("T3", 60.0)):
        uv[ELECTRODES.index(name)] += amplitude_uv * train
    source = ArrayRecording(uv)
    parts = pattern_found(Told(selection_pattern.find(source, map_to_1020(source.info.signals), 20.0, 30.0)))
    assert "Periodic: 1.00 Hz, 10 discharges, regularity 1.00." in words(parts)
    assert "No clear rhythm" in words(parts)
    assert len(json.loads(getattr(parts[-1], "data-discharges"))) == 10


def test_that_none_is_clear_is_said_with_the_reason(source: ArrayRecording) -> None:
    text = words(pattern_found(Told(selection_pattern.find(source, map_to_1020(source.info.signals), 30.0, 40.0))))
    assert "No clear periodic discharges" in text
    assert "candidate" in text
    assert words(pattern_found(Told(None, "Too short."))) == "Pattern between the cursors Too short."


def test_the_color_scale_is_lightest_at_zero_and_darkens_evenly_to_both_sides() -> None:
    light = np.array([lab(from_hex(color[1:]))[0] for color in colors()])
    assert (np.diff(light[:8]) > 0).all()
    assert (np.diff(light[8:]) < 0).all()
    assert np.abs(light - light[::-1]).max() < 8.0


@pytest.mark.parametrize("vision", VISION)
def test_positive_and_negative_can_be_told_apart_with_any_color_vision(vision: str) -> None:
    seen = [lab(VISION[vision] @ from_hex(color[1:])) for color in colors()]
    for step in range(4):      # from the ends to half of the scale
        assert ciede2000(seen[step], seen[-1 - step]) > 20.0


def test_a_map_of_nothing_can_be_drawn(found: Measured) -> None:
    assert found.head.value
    flat = replace(found.head.value, uv=dict.fromkeys(found.head.value.uv, 0.0), field_uv=found.head.value.field_uv * 0.0)
    assert flat.limit_uv == 1.0
    assert head_figure(flat, "nothing").alt == "nothing"


def test_times_are_told_to_the_millisecond() -> None:
    assert clock.exact_time(START.replace(microsecond=250_000), 1.875) == "22:15:02.125"
    assert clock.exact_time(None, 61.9996) == "+00:01:02.000"
    assert clock.exact_time(START.replace(hour=23, minute=59), 90.5) == "00:00:30.500 (+1 d)"
