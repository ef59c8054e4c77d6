"""The figures of explanations on a pattern whose place is known, with a predictor whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.explain.cells import SIGNAL_REGIONS, cells_of
from ml.explain.game import Game
from ml.explain.plain import plain
from ml.synthetic.windows import Truth
from ml.training import explanation_figures as figures
from tests.ml.explain.windows import background, spikes

CELLS = cells_of("signal")
HERE = (0, 0, 4)       # left temporal, 20-25 s


def truth() -> Truth:
    """Left temporal, from 20 to 30 s; weak in the left parasagittal chain."""
    share, present = np.full(18, 0.1, dtype=np.float32), np.zeros(50, dtype=np.float32)
    share[:4], share[8:12], present[20:30] = 1.0, 0.4, 1.0
    return Truth("lpd", side=-1, pair_share=share, present=present)


def score(uv: NDArray[np.float32]) -> NDArray[np.float64]:
    """Near 1 with spikes in the left temporal chain, near 0 without."""
    power = (uv[:, list(SIGNAL_REGIONS["LL"]), 4000:6000].astype(np.float64) ** 2).mean(axis=(1, 2))
    return 1.0 - np.exp(-power / 400.0)


def peak(*cell: int) -> NDArray[np.float64]:
    values = np.zeros(CELLS.shape)
    values[cell] = 1.0
    return values


def test_the_true_cells_are_those_with_half_of_the_pattern_in_place_and_time() -> None:
    assert np.argwhere(figures.true_cells(truth(), CELLS)).tolist() == [[0, 0, 4], [0, 0, 5]]


@pytest.mark.parametrize(("cell", "hit", "side", "within"), [(HERE, True, True, 1.0), ((2, 0, 4), False, True, 0.0), ((1, 0, 4), False, False, 0.0)])
def test_a_hit_a_miss_and_the_wrong_side(cell: tuple[int, ...], hit: bool, side: bool, within: float) -> None:
    uv = spikes(background(1), "LL", 20.0, 30.0)
    found = figures.judged(score, uv, peak(*cell), truth(), seed=3)
    assert (found.hit, found.side, found.within) == (hit, side, within)


def test_the_right_order_deletes_sooner_and_inserts_sooner() -> None:
    uv = spikes(background(2), "LL", 20.0, 30.0)
    game = Game.of(CELLS, uv, plain(uv, np.random.default_rng(0)))
    right = np.argsort(-figures.true_cells(truth(), CELLS).ravel().astype(float), kind="stable")
    wrong = right[::-1]
    assert figures.curve(score, game, right, leaving=True) < 0.3 < 0.7 < figures.curve(score, game, wrong, leaving=True)
    assert figures.curve(score, game, wrong, leaving=False) < 0.3 < 0.7 < figures.curve(score, game, right, leaving=False)


def test_generalized_patterns_have_no_side() -> None:
    both = Truth("gpd", side=0, pair_share=np.ones(18, dtype=np.float32), present=np.ones(50, dtype=np.float32))
    assert figures.judged(score, background(3), peak(*HERE), both, seed=1).side is None
    told = figures.summary([figures.judged(score, background(3), peak(*HERE), both, seed=1)])
    assert (told["n"], told["pointing"], told["n_lateralized"], told["side"]) == (1, 1.0, 0, None)
