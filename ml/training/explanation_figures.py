"""Do explanations point where the pattern was put? Pointing game, side, deletion and insertion on generated windows.

Beside the Shapley values stand occlusion and a random order of the cells. Only windows count whose pattern the ensemble names:
an explanation of a wrong answer need not point at the pattern. Deletion and insertion use another draw of the stand-in than the
explanation did.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.classes import CLASSES, PatternClass
from ml.ensemble import Ensemble
from ml.explain.attribution import Attribution, Score, occlusion, shapley
from ml.explain.cells import Cells, cells_of
from ml.explain.game import Game
from ml.explain.plain import plain
from ml.explain.score import class_probability, probabilities
from ml.synthetic import windows
from ml.synthetic.windows import Truth
from ml.training import metrics

PRESENT: Final[float] = 0.5
"""A cell holds the pattern if it is there for half of the segment, at half of the strongest pair's level in one of its pairs."""
STEPS: Final[int] = 10
SEED: Final[int] = 737_373
"""Virtual patients for these figures: no configuration trains or fits on this seed."""
OTHER_DRAW: Final[int] = 1_000_003
Values = NDArray[np.float64]


def figures(ensemble: Ensemble, *, n: int = 50, seed: int = SEED) -> dict[str, Any]:
    """Figures of Shapley values, occlusion and a random order over generated windows.

    Parameters
    ----------
    n
        Windows generated; those that the ensemble names rightly, and that show a pattern, count.

    Returns
    -------
    JSON: for each method the share of hits of the pointing game with its interval, of right sides among lateralized patterns, the
    share of the positive attribution within the pattern, and the mean areas under deletion (lower is better) and insertion curves.
    """
    made = windows.generate(np.random.default_rng(seed), n, per_patient=1)
    window_uv = np.nan_to_num(made.bipolar_uv)
    answers = [CLASSES[k] for k in probabilities(ensemble, window_uv).argmax(axis=1)]
    used = [i for i, answer in enumerate(answers) if answer == made.truth[i].recipe != "other"]
    rows: dict[str, list[Judged]] = {"shap": [], "occlusion": [], "random": []}
    explained = []
    for i in used:
        score = class_probability(ensemble, answers[i])
        found = by_method(score, window_uv[i], seed + i)
        explained.append(found["shap"])
        values = {name: one.values for name, one in found.items()} | {"random": np.random.default_rng(seed + i).normal(size=found["shap"].values.shape)}
        for method, over_cells in values.items():
            rows[method].append(judged(score, window_uv[i], over_cells, made.truth[i], seed=seed + i + OTHER_DRAW))
    return {
        "n": len(used), "n_generated": n, "seed": seed, "view": "signal",
        "additivity_error_max": max((one.additivity_error or 0.0 for one in explained), default=0.0),
        "evaluations": max((one.n_evaluations for one in explained), default=0),
        "seconds_median": round(float(np.median([one.elapsed_s for one in explained])), 2) if explained else None,
        "methods": {method: summary(found) for method, found in rows.items()},
        "by_class": {name: {method: summary([one for one in found if one.recipe == name]) for method, found in rows.items()}
                     for name in CLASSES if any(answers[i] == name for i in used)},
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """How one order of the cells of one window fared."""

    recipe: PatternClass
    hit: bool                            # the most important cell holds the pattern
    side: bool | None                    # the stronger half of the head is that of the pattern; None for generalized ones
    within: float                        # share of the positive attribution within the pattern
    deletion: float                      # mean probability while the most important cells leave first
    insertion: float                     # mean probability while they come first


def by_method(score: Score, window_uv: NDArray[np.float32], seed: int) -> dict[str, Attribution]:
    """Shapley values and occlusion of one window."""
    return {"shap": shapley(score, window_uv, seed=seed), "occlusion": occlusion(score, window_uv, seed=seed)}


def judged(score: Score, window_uv: NDArray[np.float32], values: Values, truth: Truth, *, seed: int) -> Judged:
    """Compare values over the cells of the signal, (5, 1, 10), with what the generator put there."""
    cells = cells_of("signal")
    inside = true_cells(truth, cells)
    weight = np.maximum(values, 0.0)
    game = Game.of(cells, window_uv, plain(window_uv, np.random.default_rng(seed)))
    order = np.argsort(-values.ravel(), kind="stable")
    return Judged(
        truth.recipe, bool(inside.ravel()[order[0]]), _right_side(values, truth, cells), float(weight[inside].sum() / max(float(weight.sum()), 1e-12)),
        curve(score, game, order, leaving=True), curve(score, game, order, leaving=False),
    )


def true_cells(truth: Truth, cells: Cells) -> NDArray[np.bool_]:
    """Cells that hold the pattern, (regions, 1, times)."""
    where = np.array([truth.pair_share[list(members)].max() for members in cells.members()]) >= PRESENT
    when = truth.present.reshape(cells.shape[2], -1).mean(axis=1) >= PRESENT
    return where[:, None, None] & when


def curve(score: Score, game: Game, order: NDArray[np.intp], *, leaving: bool) -> float:
    """Area under the probability while tenths of the cells leave, or come, in order."""
    kept = np.full((STEPS + 1, game.cells.n), leaving)
    for step in range(1, STEPS + 1):
        kept[step, order[: round(step * len(order) / STEPS)]] = not leaving
    prob = score(game.windows(kept))
    return float(np.mean((prob[1:] + prob[:-1]) / 2))


def summary(found: list[Judged]) -> dict[str, Any]:
    """Shares and means over windows."""
    hits, sides = sum(one.hit for one in found), [one.side for one in found if one.side is not None]
    return {
        "n": len(found), "pointing": _share(hits, len(found)), "pointing_95": metrics.interval(hits, len(found)) if found else None,
        "n_lateralized": len(sides), "side": _share(sum(sides), len(sides)),
        "side_95": metrics.interval(sum(sides), len(sides)) if sides else None,
        **{name: round(float(np.mean([getattr(one, name) for one in found])), 4) if found else None for name in ("within", "deletion", "insertion")},
    }


def _share(count: int, n: int) -> float | None:
    return round(count / n, 4) if n else None


def _right_side(values: Values, truth: Truth, cells: Cells) -> bool | None:
    if not truth.side or truth.recipe not in ("lpd", "lrda"):
        return None
    total = dict(zip(cells.regions, values.sum(axis=(1, 2)), strict=True))
    return bool(np.sign(total["RL"] + total["RP"] - total["LL"] - total["LP"]) == truth.side)


def main() -> None:
    """Print the figures of the shipped ensemble as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--n", type=int, default=50)
    parser.add_argument("--weights", type=Path)
    asked = parser.parse_args()
    print(json.dumps(figures(Ensemble.load(asked.weights), n=asked.n), indent=1))


if __name__ == "__main__":
    main()
