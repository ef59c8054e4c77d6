"""Shapley values of constructed predictors, whose answers are known, and of the served ensemble."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.ensemble import Ensemble
from ml.explain import attribution
from ml.explain.attribution import occlusion, shapley
from ml.explain.cells import SIGNAL_REGIONS, VIEWS, View, cells_of, ramps
from ml.explain.game import Game
from ml.explain.plain import plain
from ml.explain.score import class_probability
from ml.synthetic import windows
from tests.ml.explain.windows import background, spikes

Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]
LL, LATE = list(SIGNAL_REGIONS["LL"]), slice(4000, 6000)


def energy(pairs: list[int], when: slice = slice(None)) -> Score:
    """A linear function of the power of some pairs over some time, in place of a probability."""
    return lambda uv: (uv[:, pairs, when].astype(np.float64) ** 2).mean(axis=(1, 2)) / 1000.0


def largest(values: NDArray[np.float64], n: int) -> set[tuple[str, int]]:
    """Region and segment of the ``n`` greatest values of the signal's cells."""
    order = np.argsort(-values.ravel())[:n]
    return {(cells_of("signal").regions[int(k) // 10], int(k) % 10) for k in order}


@pytest.mark.parametrize("view", VIEWS)
def test_base_and_values_add_up_to_the_probability(view: View) -> None:
    uv = spikes(background(1), "LL", 20.0, 30.0)
    found = shapley(lambda x: 1 / (1 + np.exp(-energy(LL)(x))), uv, view, pairs=1)
    assert found.base + found.values.sum() == pytest.approx(found.prob, abs=1e-9)
    assert found.additivity_error is not None
    assert found.additivity_error < 1e-9


def test_a_pattern_in_one_chain_over_ten_seconds_is_found_there_and_nowhere_else() -> None:
    uv = spikes(background(2), "LL", 20.0, 30.0)
    for found in (shapley(energy(list(range(18))), uv), occlusion(energy(list(range(18))), uv)):
        assert largest(found.values, 2) == {("LL", 4), ("LL", 5)}
        assert np.sort(found.values.ravel())[-2] > 10 * np.sort(np.abs(found.values).ravel())[-3]


def test_cells_that_the_predictor_does_not_look_at_are_worth_nothing() -> None:
    found = shapley(energy(LL, LATE), spikes(background(3), "LL", 0.0, 50.0))
    used = np.zeros(found.values.shape, dtype=bool)
    used[0, 0, 3:7] = True                                            # the neighbors fade into the two segments
    assert np.abs(found.values[~used]).max() < 1e-9
    assert found.values[0, 0, 4] > 0


def test_cells_that_play_the_same_part_are_worth_the_same() -> None:
    uv = background(4)
    uv[list(SIGNAL_REGIONS["RL"])] = uv[LL]
    both = energy([*LL, *SIGNAL_REGIONS["RL"]])
    stand_in = plain(uv, np.random.default_rng(0))
    stand_in[list(SIGNAL_REGIONS["RL"])] = stand_in[LL]
    found = attribution._permuted(Game.of(cells_of("signal"), uv, stand_in), both, 1, 0, 1, attribution.ignore)[0]
    values = found.reshape(cells_of("signal").shape)
    assert np.allclose(values[0], values[1], atol=1e-9)


def test_values_of_a_product_are_shared_between_its_factors() -> None:
    """f = a * b for two cells: each gets half of what both together bring (exact for antithetic pairs)."""
    uv = spikes(spikes(background(5), "LL", 20.0, 25.0), "RL", 20.0, 25.0)
    a, b = energy(LL, slice(4100, 4900)), energy(list(SIGNAL_REGIONS["RL"]), slice(4100, 4900))
    product = shapley(lambda x: a(x) * b(x), uv, pairs=1).values
    assert product[0, 0, 4] == pytest.approx(product[1, 0, 4], rel=0.15)
    assert product[:2, 0, 4].sum() == pytest.approx(product.sum(), rel=0.02)


def test_bands_take_their_frequencies_and_no_others() -> None:
    uv = background(6)
    uv[LL] += 60 * np.sin(2 * np.pi * 3.0 * np.arange(10_000) / 200).astype(np.float32)
    found = shapley(energy(LL), uv, "bands")
    assert found.values[0, 1].sum() > 0.95 * found.values.sum()        # LL, 2-4 Hz


def test_the_same_seed_is_the_same_explanation() -> None:
    uv = spikes(background(7), "LP", 20.0, 30.0)
    first, again = (shapley(energy(list(range(18))), uv) for _ in range(2))
    assert np.array_equal(first.values, again.values)


def test_all_cells_kept_are_the_window_itself_and_none_the_stand_in() -> None:
    uv = background(8)
    stand_in = plain(uv, np.random.default_rng(0))
    for view in VIEWS:
        whole, nothing = Game.of(cells_of(view), uv, stand_in).windows(np.array([[True] * cells_of(view).n, [False] * cells_of(view).n]))
        assert np.array_equal(whole, uv)
        if view == "signal":
            assert np.allclose(nothing, stand_in, atol=1e-3)


def test_what_was_not_recorded_stays_so_and_is_no_player() -> None:
    uv = background(9)
    uv[:, :2100] = 0.0
    uv[16:] = 0.0                                                      # and no midline
    game = Game.of(cells_of("signal"), uv, plain(uv, np.random.default_rng(0)))
    made = game.windows(np.random.default_rng(1).random((4, 50)) > 0.5)
    assert not made[:, :, :2100].any()
    assert not made[:, 16:].any()
    assert set(game.players()) == {region * 10 + segment for region in range(4) for segment in range(2, 10)}


def test_segments_pass_into_each_other_and_sum_to_one() -> None:
    weights = ramps(cells_of("signal").edges_s, 10_000)
    assert np.allclose(weights.sum(axis=0), 1.0)
    assert weights[4, 4500] == 1.0


def test_the_stand_in_has_no_rhythm_and_no_discharges_left() -> None:
    uv = spikes(background(10), "LL", 0.0, 50.0)
    uv[4:8] += 80 * np.sin(2 * np.pi * 2.0 * np.arange(10_000) / 200).astype(np.float32)
    made = plain(uv, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(made[4:8], axis=1)) ** 2
    assert power[:, 90:110].mean() < 4 * power[:, 150:250].mean()     # 1.8-2.2 Hz beside 3-5 Hz
    assert np.abs(made[:4]).max() < 0.4 * np.abs(uv[:4]).max()


def test_values_of_the_served_ensemble_add_up_and_point_to_the_spikes() -> None:
    ensemble = Ensemble.load(threads=1)
    uv = spikes(background(11), "LL", 20.0, 30.0)
    found = shapley(class_probability(ensemble, "lpd"), uv, pairs=1)
    assert abs(found.base + found.values.sum() - found.prob) < 1e-6
    assert found.prob > found.base
    assert found.by_region().argmax() == 0


def test_generated_windows_explain_without_nan() -> None:
    uv = np.nan_to_num(windows.generate(np.random.default_rng(3), 1, recipe="seizure").bipolar_uv[0])
    assert np.isfinite(occlusion(class_probability(Ensemble.load(threads=1), "seizure"), uv).values).all()
