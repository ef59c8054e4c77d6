"""What is lost without the future: the same windows with both sides, with their past only, and with nothing but the labelled 10 s.

``python -m ml.training.live`` measures the shipped ensemble on generated windows and, where they are, on the real fifty-second windows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import calibration
from ml.ensemble import Ensemble
from ml.live_windows import trailing
from ml.synthetic import windows
from ml.training import metrics, real_windows
from ml.windows import BEFORE, LABEL, WINDOW

Windows = NDArray[np.float32]


def with_past(bipolar_uv: Windows) -> Windows:
    """Windows (n, 18, 10000) as they are seen when their labelled 10 s have just ended."""
    stop = np.array([BEFORE + LABEL])
    return np.concatenate([trailing(window[:, : BEFORE + LABEL], stop) for window in bipolar_uv])


def alone(bipolar_uv: Windows) -> Windows:
    """The labelled 10 s of windows, with nothing around them."""
    made = np.full_like(bipolar_uv, np.nan)
    made[..., BEFORE : BEFORE + LABEL] = bipolar_uv[..., BEFORE : BEFORE + LABEL]
    return made


VIEWS: Final[dict[str, Callable[[Windows], Windows]]] = {"past and future": lambda x: x, "past only (live)": with_past, "10 s alone": alone}


def compare(ensemble: Ensemble, bipolar_uv: Windows, votes: NDArray[np.floating]) -> dict[str, Any]:
    """Divergence and accuracy of every view of the same windows (n, 18, 10000), µV at 200 Hz, with votes (n, 6)."""
    assert bipolar_uv.shape[-1] == WINDOW
    rows = {}
    for name, view in VIEWS.items():
        prob = calibration.apply(ensemble.predict(view(bipolar_uv)), ensemble.temperature, ensemble.class_bias)
        figures = metrics.describe(votes, prob)
        rows[name] = {key: figures[key] for key in ("n", "kl", "accuracy", "accuracy_95")}
    return rows


def measure(ensemble: Ensemble, data: Path, *, n: int, seed: int) -> dict[str, Any]:
    """All views on generated windows, and on the real fifty-second windows of ``data`` where there are any."""
    made = windows.generate(np.random.default_rng(seed), n, per_patient=1)
    found = {"generated": compare(ensemble, made.bipolar_uv.astype(np.float32), made.votes)}
    real = [(window.bipolar_uv, window.votes) for window in real_windows.voted(data, "iiic50") if window.bipolar_uv is not None]
    if real:
        found["iiic50"] = compare(ensemble, np.stack([uv for uv, _ in real]), np.stack([votes for _, votes in real]))
    return found


def main() -> None:
    """Print the figures of a directory of weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="the shipped ones by default")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--seed", type=int, default=9_000_011)
    a = parser.parse_args()
    print(json.dumps(measure(Ensemble.load(a.weights), a.data, n=a.n, seed=a.seed), indent=1))


if __name__ == "__main__":
    main()
