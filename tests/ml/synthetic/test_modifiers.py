"""Modifiers of ACNS 2021: what evolves, fluctuates or carries fast activity does so in the signal, and is voted accordingly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from ml.classes import CLASSES
from ml.synthetic import background, modifiers, periodic, rhythmic, votes, windows
from ml.synthetic.continuum import Style
from ml.synthetic.forward import bipolar_matrix
from ml.synthetic.noise import Timeline
from ml.synthetic.pattern import Pattern

LINE = Timeline(12_000, 200.0, -30.0)
EVERYWHERE = np.ones(12_000, dtype=np.float32)
CLEAR = votes.Visibility(rms_db=12.0, peak_db=18.0, lateral_index=0.6, coverage=1.0)
KINDS = {"lpd": periodic, "lrda": rhythmic}
SEIZURE, LPD, GPD = (CLASSES.index(name) for name in ("seizure", "lpd", "gpd"))


def drawn(recipe: str, style: Style, *, seed: int = 0, side: int = -1) -> Pattern:
    rng = np.random.default_rng(seed)
    return KINDS[recipe].draw(rng, background.draw_patient(rng), LINE, side=side, envelope=EVERYWHERE, style=style)


def evolving(change_hz: float, *, rate_hz: float = 1.4, span_s: float = 8.0, seed: int = 0) -> Style:
    change = modifiers.evolving(np.random.default_rng(seed), LINE, rate_hz=rate_hz, change_hz=change_hz, span_s=span_s, middle_s=0.0)
    still = np.zeros_like(change.shape)
    return Style(rate_hz=rate_hz, change=replace(change, shape=still, spread=still))


@pytest.mark.parametrize("recipe", KINDS)
def test_a_pattern_that_evolves_by_1_hz_within_10_s_is_voted_seizure(recipe: str) -> None:
    made = drawn(recipe, evolving(1.0))
    assert made.evolution_hz == pytest.approx(1.0, abs=0.05)
    assert votes.expected_votes(made, CLEAR).argmax() == SEIZURE


@pytest.mark.parametrize("recipe", KINDS)
def test_a_static_pattern_of_the_same_rate_keeps_its_class(recipe: str) -> None:
    calm = Style(rate_hz=1.4)
    made = replace(drawn(recipe, calm), variation=0.1, sharpness=0.6 if recipe == "lpd" else 0.0, duty=0.5)
    assert votes.evolves(made) == 0
    assert votes.expected_votes(made, CLEAR).argmax() == CLASSES.index(recipe)


def test_votes_for_seizure_rise_with_evolution() -> None:
    shares = [votes.expected_votes(drawn("lpd", evolving(change_hz)), CLEAR)[SEIZURE] for change_hz in (0.2, 0.4, 0.6, 0.8, 1.2)]
    assert shares == sorted(shares)
    assert shares[-1] > 2.5 * shares[0]


def test_a_pattern_of_less_than_ten_seconds_is_no_seizure_by_evolution() -> None:
    made = drawn("lpd", evolving(1.0))
    assert votes.evolves(replace(made, duration_s=6.0)) < 0.3 < votes.evolves(replace(made, duration_s=15.0))


def test_discharges_come_faster_after_an_evolution_as_stated() -> None:
    gained = []
    for seed in range(10):
        made = drawn("lpd", evolving(1.0, seed=seed), seed=seed)
        before, after = (np.sum((made.times_s > low) & (made.times_s < low + 20)) / 20 for low in (-28, 8))
        gained.append(after - before)
    assert np.mean(gained) == pytest.approx(1.0, abs=0.25)


def test_rhythmic_delta_slows_down_as_stated() -> None:
    lost = []
    for seed in range(10):
        made = drawn("lrda", replace(evolving(-1.0, rate_hz=1.6, seed=seed), wander=0.03), seed=seed)
        before, after = (np.sum((made.times_s > low) & (made.times_s < low + 20)) / 20 for low in (-28, 8))
        lost.append(after - before)
    assert np.mean(lost) == pytest.approx(-1.0, abs=0.3)


def test_evolution_goes_one_way_in_at_least_two_steps() -> None:
    for seed in range(20):
        change = modifiers.evolving(np.random.default_rng(seed), LINE, rate_hz=1.5, change_hz=1.0, span_s=12.0)
        slope = np.diff(change.rate_hz)
        moving = slope > 0.3 * slope.max()
        assert (slope > -1e-6).all()
        assert np.sum(np.diff(moving.astype(int)) == 1) >= 2


def test_fluctuation_is_three_or_more_changes_within_a_minute_and_no_evolution() -> None:
    for seed in range(20):
        change = modifiers.fluctuating(np.random.default_rng(seed), LINE, rate_hz=1.2)
        courses = [course for course in (change.rate_hz, change.shape - 0.5 * change.shape.max(), change.spread - 0.5 * change.spread.max()) if course.any()]
        crossings = max(np.sum(np.diff(np.sign(course)) != 0) for course in courses)
        assert crossings >= 3
        assert change.evolution_hz(LINE, EVERYWHERE) == 0
        assert np.abs(change.rate_hz).max() <= 0.45 * 1.2 + 1e-6


def test_a_pattern_that_spreads_reaches_more_channels_later() -> None:
    reached = []
    for seed in range(12):
        change = modifiers.evolving(np.random.default_rng(seed), LINE, rate_hz=1.4, change_hz=0.0, span_s=8.0, middle_s=0.0)
        style = Style(rate_hz=1.4, change=replace(change, shape=np.zeros_like(change.shape), spread=np.clip(1.2 * change.spread, 0.0, 1.0)))
        pairs = bipolar_matrix() @ drawn("lpd", style, seed=seed).electrodes
        before, after = pairs[:, :4000].std(axis=1), pairs[:, 8000:].std(axis=1)
        reached.append(np.sum(after > 0.3 * after.max()) - np.sum(before > 0.3 * before.max()))
    assert np.mean(reached) > 0.5


def test_extreme_delta_brush_has_fast_activity_at_one_place_of_every_wave() -> None:
    for seed in range(6):
        made = drawn("lrda", Style(rate_hz=1.3, brush=0.6, extreme=True, wander=0.03), seed=seed)
        pair = (bipolar_matrix() @ made.electrodes)[np.argmax((bipolar_matrix() @ made.electrodes).std(axis=1))]
        fast = np.abs(signal.hilbert(signal.sosfiltfilt(signal.butter(4, (10, 40), "bandpass", fs=200, output="sos"), pair)))
        phase = np.interp(LINE.times_s, made.times_s, 2 * np.pi * np.arange(len(made.times_s)))
        locked = np.abs(np.mean(fast * np.exp(1j * phase))) / fast.mean()
        assert "extreme delta brush" in made.modifiers
        assert locked > 0.25                                    # 0 if fast activity were the same at every phase


def test_independent_discharges_differ_in_rate_between_the_sides_and_are_voted_lateralized() -> None:
    made = drawn("lpd", Style(rate_hz=1.0, independent=True), seed=3)
    even = replace(CLEAR, lateral_index=0.02)
    share = votes.expected_votes(replace(made, variation=0.1, sharpness=0.8, duty=0.4), even)
    assert "bilateral independent" in made.modifiers
    assert share[LPD] > share[GPD]


def test_independent_discharges_are_not_locked_in_time() -> None:
    nearest = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        made = periodic.draw(rng, background.draw_patient(rng), LINE, side=-1, envelope=EVERYWHERE, style=Style(rate_hz=1.0, independent=True))
        nearest.append(np.median(np.diff(made.times_s)))
    assert np.std(nearest) > 0.01
    assert np.median(nearest) < 0.7                           # two trains of about 1 Hz together


@pytest.mark.parametrize(("mirror", "low", "high"), [(0.1, 0.2, 1.0), (1.0, -0.2, 0.2)])
def test_the_share_of_the_other_side_leads_from_lateralized_to_generalized(mirror: float, low: float, high: float) -> None:
    found = []
    for seed in range(10):
        made = drawn("lrda", Style(mirror=mirror), seed=seed)
        rms = (bipolar_matrix() @ made.electrodes).std(axis=1)
        left, right = (np.sqrt(np.mean(rms[rows] ** 2)) for rows in (votes._LEFT, votes._RIGHT))
        found.append((left - right) / (left + right))
    assert low < np.median(found) < high


def test_sharper_rhythmic_delta_gets_more_votes_for_periodic_discharges() -> None:
    shares = [votes.expected_votes(replace(drawn("lrda", Style(sharpness=sharpness)), variation=0.1), CLEAR)[LPD] for sharpness in (0.1, 0.5, 1.0)]
    assert shares == sorted(shares)
    assert shares[-1] > 2 * shares[0]


def test_less_regular_delta_gets_fewer_votes_for_rhythmic_delta() -> None:
    shares = [votes.expected_votes(drawn("lrda", Style(wander=0.1, irregular=irregular)), CLEAR)[CLASSES.index("lrda")] for irregular in (0.1, 0.8, 1.4)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.7 * shares[0]


def test_discharges_on_both_sides_of_2_5_hz_divide_the_votes() -> None:
    made = replace(drawn("lpd", Style(rate_hz=2.4)), variation=0.1)
    slow, middle, fast = (votes.expected_votes(replace(made, frequency_hz=rate_hz), CLEAR)[SEIZURE] for rate_hz in (1.5, 2.5, 3.2))
    assert slow < 0.1 < middle < 0.6 < fast + 0.15


def test_windows_hold_every_modifier_and_say_so() -> None:
    names = {name for recipe in ("lpd", "grda") for truth in windows.generate(
        np.random.default_rng(8), 150, sfreq_hz=50.0, recipe=recipe).truth for name in truth.modifiers}
    assert {"evolving", "fluctuating", "rate", "shape", "spread", "+F", "+R", "+S", "extreme delta brush", "bilateral independent"} <= names
