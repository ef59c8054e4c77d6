"""How much each part of a window moved the probability of one class: Shapley values, or the quicker occlusion.

Shapley values are those of ``shap``'s permutation explainer over antithetic pairs of permutations: exact where parts interact at
most in pairs, and always additive, base + sum of all values = probability. Each pair of permutations has a stand-in of its own
(``ml.explain.plain``), so that no single draw of noise decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.explain.cells import Cells, View, cells_of
from ml.explain.game import Game
from ml.explain.plain import plain

Method = Literal["shap", "occlusion"]
Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""Windows (n, 18, samples), finite, to the probability (n,) of one class."""
Progress = Callable[[int, int], None]
PAIRS_OF_PERMUTATIONS: Final[dict[View, int]] = {"signal": 2, "bands": 1}
BATCH: Final = 16
SEED: Final = 20_260
"""Of the permutations and stand-ins: the same window always has the same explanation."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """What every cell of one window contributed to the probability of one class."""

    view: View
    method: Method
    cells: Cells
    values: NDArray[np.float64]          # (regions, bands, times), in probability; 0 where nothing was recorded
    prob: float                          # of the window as it is
    base: float                          # of its stand-ins, with every cell taken away
    additivity_error: float | None       # |base + sum of values - prob|; None for occlusion, whose values need not add up
    n_evaluations: int
    elapsed_s: float
    seed: int

    def __post_init__(self) -> None:
        if self.values.shape != self.cells.shape or not np.isfinite(self.values).all():
            raise ValueError(f"values {self.values.shape} for cells {self.cells.shape}")

    def by_region(self) -> NDArray[np.float64]:
        """Sum over bands and times, (regions,)."""
        return np.asarray(self.values.sum(axis=(1, 2)))

    def by_time(self) -> NDArray[np.float64]:
        """Sum over regions and bands, (times,)."""
        return np.asarray(self.values.sum(axis=(0, 1)))


def ignore(done: int, total: int) -> None:
    """Progress that nobody watches."""


def shapley(
    score: Score, window_uv: NDArray[np.float32], view: View = "signal", *, pairs: int | None = None, seed: int = SEED,
    on_progress: Progress = ignore,
) -> Attribution:
    """Shapley values of the cells of a window.

    Parameters
    ----------
    score
        Probability of the class that is explained.
    window_uv
        (18, samples) at 200 Hz, finite; 0 where nothing was recorded.
    pairs
        Antithetic pairs of permutations, ``2 * cells + 1`` evaluations each.
    on_progress
        Told the evaluations done and to be done.
    """
    began = time.perf_counter()
    pairs = PAIRS_OF_PERMUTATIONS[view] if pairs is None else pairs
    cells = cells_of(view)
    values, bases, prob, counted = np.zeros(cells.n), [], float("nan"), 0
    for run in range(pairs):
        game = Game.of(cells, window_uv, plain(window_uv, np.random.default_rng((seed, run))))
        of_run, base, prob, counted = _permuted(game, score, seed + run, counted, pairs, on_progress)
        values += of_run / pairs
        bases.append(base)
    base = float(np.mean(bases))
    error = abs(base + float(values.sum()) - prob)
    return Attribution(view, "shap", cells, values.reshape(cells.shape), prob, base, error, counted, time.perf_counter() - began, seed)


def _permuted(
    game: Game, score: Score, seed: int, counted: int, pairs: int, on_progress: Progress
) -> tuple[NDArray[np.float64], float, float, int]:
    """Values of all cells, base, probability of the whole and evaluations so far, of one antithetic pair of permutations."""
    players = game.players()
    total = pairs * (2 * len(players) + 1)

    def scored(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        nonlocal counted
        kept = np.ones((len(rows), game.cells.n), dtype=bool)
        kept[:, players] = rows > 0.5
        result = _in_batches(game, score, kept)
        counted += len(rows)
        on_progress(min(counted, total), total)
        return result

    values = np.zeros(game.cells.n)
    if not len(players):
        prob = float(scored(np.zeros((1, 0)))[0])
        return values, prob, prob, counted
    explainer = _permutation_explainer()(scored, np.zeros((1, len(players))), seed=seed)
    found = explainer(np.ones((1, len(players))), max_evals=2 * len(players) + 1, batch_size=BATCH, silent=True)
    values[players] = found.values[0]
    prob = float(_in_batches(game, score, np.ones((1, game.cells.n), dtype=bool))[0])
    return values, float(np.ravel(found.base_values)[0]), prob, counted + 1


def _permutation_explainer() -> Any:
    """The explainer of ``shap``, imported by who explains only and without numba's compiler, whose first run takes longer than the rest."""
    from numba import config

    settings: Any = config
    compiled, settings.DISABLE_JIT = settings.DISABLE_JIT, 1
    try:
        from shap import PermutationExplainer
    finally:
        settings.DISABLE_JIT = compiled
    return PermutationExplainer


def occlusion(
    score: Score, window_uv: NDArray[np.float32], view: View = "signal", *, seed: int = SEED, on_progress: Progress = ignore
) -> Attribution:
    """What the probability loses when one cell alone is taken away: quick, blind to evidence that several cells share."""
    began = time.perf_counter()
    cells = cells_of(view)
    game = Game.of(cells, window_uv, plain(window_uv, np.random.default_rng((seed, 0))))
    players = game.players()
    kept = np.ones((len(players) + 2, cells.n), dtype=bool)
    kept[np.arange(len(players)), players] = False
    kept[-1] = False
    prob = _in_batches(game, score, kept, on_progress)
    values = np.zeros(cells.n)
    values[players] = prob[-2] - prob[:-2]
    return Attribution(view, "occlusion", cells, values.reshape(cells.shape), float(prob[-2]), float(prob[-1]), None, len(kept),
                       time.perf_counter() - began, seed)


def _in_batches(game: Game, score: Score, kept: NDArray[np.bool_], on_progress: Progress = ignore) -> NDArray[np.float64]:
    parts = []
    for first in range(0, len(kept), BATCH):
        parts.append(score(game.windows(kept[first : first + BATCH])))
        on_progress(min(first + BATCH, len(kept)), len(kept))
    return np.concatenate(parts)
