"""The same windows recorded worse: how far figures fall when electrodes, amplifier or mains are not as they should be.

Every variant goes through the served pipeline, quality checks and interpolation included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ml import pipeline
from ml.analysis import LABEL_S, WINDOW_S
from ml.channels import ELECTRODES
from ml.ensemble import Ensemble
from ml.montage import CHAINS
from ml.recording import Annotation, RecordingInfo, Signal
from ml.synthetic import windows
from ml.training import metrics

Floats = NDArray[np.floating]
RATE_HZ: Final[float] = 200.0
RATES_HZ: Final[tuple[int, ...]] = (100, 128, 250, 256, 500, 512)
MIRRORED: Final[tuple[int, ...]] = tuple(
    ELECTRODES.index(name if name.endswith("z") else f"{name[:-1]}{int(name[-1]) + (1 if int(name[-1]) % 2 else -1)}") for name in ELECTRODES
)
"""Electrode of the other side, by row of ``ELECTRODES``."""


@dataclass(slots=True)
class Recorded:
    """One window as a recording of its own, held in memory."""

    uv: NDArray[np.float32]              # (channels, samples)
    names: Sequence[str] = ELECTRODES
    sfreq_hz: float = RATE_HZ

    @property
    def info(self) -> RecordingInfo:
        return RecordingInfo("memory", tuple(Signal(name, self.sfreq_hz) for name in self.names), self.uv.shape[1] / self.sfreq_hz)

    def annotations(self) -> tuple[Annotation, ...]:
        return ()

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        first, stop = round(start_s * self.sfreq_hz), round(stop_s * self.sfreq_hz)
        low, high = max(first, 0), min(stop, self.uv.shape[1])
        row = np.full((len(signals), max(0, stop - first)), np.nan, dtype=np.float32)
        row[:, low - first : high - first] = self.uv[list(signals), low:high]
        return list(row)


Variant = Callable[[NDArray[np.float32], np.random.Generator], Recorded]


def grid(ensemble: Ensemble, *, n: int, seed: int) -> dict[str, Any]:
    """Figures of every variant on the same ``n`` generated windows, and how many of them are still assessed.

    Windows that the pipeline does not assess are left out of accuracy and divergence.
    """
    made = windows.generate(np.random.default_rng(seed), n, per_patient=1)
    electrodes = (np.linalg.pinv(CHAINS) @ made.bipolar_uv).astype(np.float32)                # (n, 19, 10000)
    rows: dict[str, Any] = {}
    plain: dict[int, NDArray[np.float32]] = {}
    for name, variant in variants():
        rng = np.random.default_rng(seed + 1)
        found = {i: p for i, uv in enumerate(electrodes) if (p := _central(ensemble, variant(uv, rng))) is not None}
        plain = plain or found
        rows[name] = _figures(made.votes, found, n) | _against(plain, found)
    return {"n": n, "note": "generated windows through the served pipeline; change: mean total variation from the unchanged window", "variants": rows}


def variants() -> Iterator[tuple[str, Variant]]:
    """Name and change of every variant, the unchanged recording first."""
    yield "unchanged", lambda uv, rng: Recorded(uv)
    for count in range(1, 9):
        yield f"{count} electrode{'s' if count > 1 else ''} absent", lambda uv, rng, count=count: _without(uv, rng.choice(19, count, replace=False))  # type: ignore[misc]
    yield "T3 and T5 absent", lambda uv, rng: _without(uv, np.array([ELECTRODES.index("T3"), ELECTRODES.index("T5")]))
    for factor in (0.5, 0.75, 1.5, 2.0):
        yield f"gain {factor:g}", lambda uv, rng, factor=factor: Recorded(uv * np.float32(factor))  # type: ignore[misc]
    for hum_hz in (50, 60):
        yield f"mains {hum_hz} Hz, 30 µV", lambda uv, rng, hum_hz=hum_hz: _with_hum(uv, hum_hz)  # type: ignore[misc]
    for rate_hz in RATES_HZ:
        yield f"recorded at {rate_hz} Hz", lambda uv, rng, rate_hz=rate_hz: _at_rate(uv, rate_hz)  # type: ignore[misc]
    yield "left and right exchanged", lambda uv, rng: Recorded(uv[list(MIRRORED)])
    yield "10 s only", lambda uv, rng: Recorded(uv[:, round((WINDOW_S - LABEL_S) / 2 * RATE_HZ) : round((WINDOW_S + LABEL_S) / 2 * RATE_HZ)])


def _central(ensemble: Ensemble, recorded: Recorded) -> NDArray[np.float32] | None:
    """Probabilities (6,) of the central label span; ``None`` where it was not assessed."""
    spans = pipeline.analyse(recorded, ensemble, step_s=LABEL_S).spans
    middle = len(spans.prob) // 2
    return spans.prob[middle] if len(spans.prob) and spans.assessed[middle] else None


def _figures(votes: Floats, found: dict[int, NDArray[np.float32]], n: int) -> dict[str, Any]:
    if not found:
        return {"assessed": 0, "kl": None, "accuracy": None, "accuracy_95": None}
    figures = metrics.describe(votes[list(found)], np.stack(list(found.values())))
    return {"assessed": len(found)} | {key: figures[key] for key in ("kl", "accuracy", "accuracy_95")}


def _against(plain: dict[int, NDArray[np.float32]], found: dict[int, NDArray[np.float32]]) -> dict[str, Any]:
    both = [i for i in found if i in plain]
    changes = [float(np.abs(found[i] - plain[i]).sum() / 2) for i in both]
    return {"change": round(float(np.mean(changes)), 4) if both else None}


def _without(uv: NDArray[np.float32], lost: NDArray[np.integer]) -> Recorded:
    kept = [row for row in range(len(ELECTRODES)) if row not in set(lost.tolist())]
    return Recorded(uv[kept], [ELECTRODES[row] for row in kept])


def _with_hum(uv: NDArray[np.float32], hum_hz: float) -> Recorded:
    """Hum of 30 µV with a share of its own in each electrode, which differences do not cancel."""
    share = np.linspace(0.5, 1.5, len(uv), dtype=np.float32)[:, None]
    wave = 30 * np.sqrt(2) * np.sin(2 * np.pi * hum_hz * np.arange(uv.shape[1]) / RATE_HZ)
    return Recorded(uv + share * wave.astype(np.float32))


def _at_rate(uv: NDArray[np.float32], rate_hz: int) -> Recorded:
    divisor = int(np.gcd(rate_hz, int(RATE_HZ)))
    return Recorded(signal.resample_poly(uv, rate_hz // divisor, int(RATE_HZ) // divisor, axis=1).astype(np.float32), sfreq_hz=float(rate_hz))
