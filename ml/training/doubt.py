"""What tells doubt, fitted for given weights: ``python -m ml.training.doubt --weights ml/weights [--write]``.

Limits of the conformal sets and the probability under which the model had better say nothing are fitted on virtual patients
that nothing else was fitted on, one window each, and judged on others. ``--write`` puts them into the manifest; the networks'
bytes stay as they are. Beside it: whether weighting by signal quality and disagreement (``stack.DoubtWeighted``) beats the pool
that serves, on windows of which half lack electrodes or context.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import calibration
from ml.channels import ELECTRODES
from ml.conformal import ConformalSets
from ml.ensemble import MANIFEST, WEIGHTS, Ensemble
from ml.interpolation import MAX_INTERPOLATED, filling
from ml.montage import CHAINS
from ml.synthetic import windows
from ml.training import conformal, discrimination, metrics, stack

FIT_SEED: Final[int] = 868_001
JUDGE_SEED: Final[int] = 868_101
"""Virtual patients that no training, calibration or evaluation has."""
CHUNK: Final[int] = 200
"""Windows in memory at once: 144 MB."""
CENTER: Final[slice] = slice(4000, 6000)

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the networks say of generated windows, one of each virtual patient."""

    logits: NDArray[np.float32]          # (members, n, 6)
    votes: Floats                        # (n, 6)
    poor: Floats                         # (n,) share of electrodes that were filled in, and of context that is absent

    def prob(self, ensemble: Ensemble) -> NDArray[np.float32]:
        """As served (n, 6)."""
        return calibration.apply(ensemble.pool(self.logits), ensemble.temperature, ensemble.class_bias)


def judge(ensemble: Ensemble, *, n: int, seed: int, spoiled: bool = False) -> Judged:
    """What the networks say of ``n`` generated windows; half of them recorded worse where ``spoiled``."""
    parts = []
    for first in range(0, n, CHUNK):
        made = windows.generate(np.random.default_rng([seed, first]), min(CHUNK, n - first), per_patient=1)
        rng = np.random.default_rng([seed, first, 1])
        pairs = [spoil(uv, rng) if spoiled and index % 2 else (uv, 0.0) for index, uv in enumerate(made.bipolar_uv)]
        logits = ensemble.predict_members(np.stack([uv for uv, _ in pairs]))
        parts.append((logits, made.votes, np.array([share for _, share in pairs])))
    logits, votes, poor = zip(*parts, strict=True)
    return Judged(np.concatenate(logits, axis=1), np.concatenate(votes), np.concatenate(poor))


def spoil(bipolar_uv: NDArray[np.float32], rng: np.random.Generator) -> tuple[NDArray[np.float32], float]:
    """A window (18, 10000) with up to four electrodes filled in as in serving, and perhaps one side of its context absent."""
    lost = tuple(sorted(rng.choice(len(ELECTRODES), rng.integers(1, MAX_INTERPOLATED + 1), replace=False).tolist()))
    electrodes = np.linalg.pinv(CHAINS) @ bipolar_uv
    made = (CHAINS @ filling(lost) @ electrodes).astype(np.float32)
    absent = 0.0
    if rng.random() < 0.5:
        side = slice(0, CENTER.start) if rng.random() < 0.5 else slice(CENTER.stop, made.shape[1])
        made[:, side] = 0.0
        absent = 0.4
    return made, len(lost) / len(ELECTRODES) + absent


def fit(ensemble: Ensemble, found: Judged, *, seed: int = FIT_SEED) -> dict[str, Any]:
    """The manifest's block: limits of the sets and of silence."""
    prob = found.prob(ensemble)
    sets = conformal.fit(found.votes, prob, rng=np.random.default_rng(seed))
    return {
        "conformal": sets.to_json(),
        "unsure_below": round(conformal.unsure_below(found.votes, prob), 4),
        "unsure_aim": f"{conformal.ACCURACY:.0%} right where the model is sure",
        "fitted_on": f"{len(prob)} held-out virtual patients, one window each, seed {seed}",
    }


def report(ensemble: Ensemble, block: dict[str, Any], found: Judged, *, seed: int = JUDGE_SEED) -> dict[str, Any]:
    """Figures of the limits on windows that they were not fitted on."""
    prob, rng = found.prob(ensemble), np.random.default_rng(seed)
    sets = ConformalSets.from_json(block["conformal"])
    right, sure = metrics.majority_hit(found.votes, prob), prob.max(axis=1) >= block["unsure_below"]
    size = sets.sets(prob).sum(axis=1)
    return {
        "windows": len(prob), "accuracy": _share(right), "sets": conformal.describe(sets, found.votes, prob, rng=rng),
        "empty_sets": round(float((size == 0).mean()), 4),
        "sure": round(float(sure.mean()), 4), "accuracy_where_sure": _share(right[sure]), "accuracy_where_unsure": _share(right[~sure]),
        "auroc_of_errors": {"1 - highest probability": _area(~right, 1 - prob.max(axis=1)), "disagreement": _area(~right, stack.disagreement(found.logits))},
    }


def weighting(ensemble: Ensemble, *, n: int) -> dict[str, Any]:
    """Whether weighting by quality and disagreement beats the pool: fitted on some spoiled windows, judged on others."""
    first, second = (judge(ensemble, n=n, seed=seed + 1, spoiled=True) for seed in (FIT_SEED, JUDGE_SEED))
    return stack.compare(
        (first.logits, first.votes), (second.logits, second.votes, np.arange(len(second.votes))), poor=(first.poor, second.poor)
    ) | {"windows": n, "spoiled": "every second window: 1-4 electrodes filled in, and in half of them one side of the context absent"}


def write(directory: Path, block: dict[str, Any]) -> None:
    """Put the limits into a manifest."""
    path = directory / MANIFEST
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"doubt": block}, indent=1) + "\n")


def _share(hits: NDArray[np.bool_]) -> dict[str, Any] | None:
    return {"share": round(float(hits.mean()), 4), "n": len(hits), "interval_95": metrics.interval(int(hits.sum()), len(hits))} if len(hits) else None


def _area(wrong: NDArray[np.bool_], score: Floats) -> float | None:
    area = discrimination.auroc(wrong, score)
    return None if area is None else round(area, 4)


def main() -> None:
    """Fit, judge and print; write into the manifest where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--windows", type=int, default=3000, help="virtual patients to fit on, and as many to judge on")
    parser.add_argument("--weighting", type=int, default=0, help="windows for the comparison of confidence weighting; 0: none")
    parser.add_argument("--write", action="store_true", help="put the limits into the manifest")
    asked = parser.parse_args()
    ensemble = Ensemble.load(asked.weights, threads=1)
    block = fit(ensemble, judge(ensemble, n=asked.windows, seed=FIT_SEED))
    figures = {"model": ensemble.name, "doubt": block, "judged_on_others": report(ensemble, block, judge(ensemble, n=asked.windows, seed=JUDGE_SEED))}
    if asked.weighting:
        figures["weighting"] = weighting(ensemble, n=asked.weighting)
    if asked.write:
        write(asked.weights, block)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
