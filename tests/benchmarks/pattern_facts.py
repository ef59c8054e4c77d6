"""Frequency, side and extent of the patterns in the GROND windows beside the experts' values and the published programs'.

Sixty windows of the most agreed kind, on which our settings were chosen: the figures are those of a development set. GROND:
Brain Data Science Platform, Jing et al., CC BY-NC 4.0; used for this report only.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats

from ml import filters
from ml.channels import ELECTRODES
from ml.features import pattern
from ml.montage import CHAINS
from tests.shared_files import folder

PUBLISHED = {"lpd": 0.77, "gpd": 0.82, "lrda": 0.72, "grda": 0.80}


def measure() -> dict[str, Any]:
    grond = folder() / "grond"
    return figures(grond) if grond.is_dir() else {"skipped": "shared data absent"}


def figures(grond: Path, draws: int = 2000) -> dict[str, Any]:
    """Spearman correlations and areas under the curve with n and 95 % bootstrap intervals."""
    with (grond / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    windows = [_window(grond / "windows" / f"{row['eeg_id']}.parquet") for row in rows]
    kinds = np.array([row["figure_class"] for row in rows])
    facts = [(pattern.periodic if row["figure_class"].endswith("pd") else pattern.rhythmic)(window, 200.0)
             for row, window in zip(rows, windows, strict=True)]
    side = np.array([fact.laterality for fact in facts])
    extent = np.array([fact.extent for fact in facts])
    experts = np.array([row["laterality"] for row in rows])
    return {
        "frequency": {kind: _frequency(kind, rows, facts, draws) | {"published": PUBLISHED[kind]} for kind in PUBLISHED},
        "side_of_lpd": _auc(side[(kinds == "lpd") & (experts == "right")], side[(kinds == "lpd") & (experts == "left")], draws) | {"published": 0.989},
        "side_of_lrda_correct": [int((side[(kinds == "lrda") & (experts == "left")] < 0).sum()), int(((kinds == "lrda") & (experts == "left")).sum())],
        "lpd_against_gpd": _auc(np.abs(side[kinds == "lpd"]), np.abs(side[kinds == "gpd"]), draws) | {"published": 0.911},
        "lrda_against_grda": _auc(np.abs(side[kinds == "lrda"]), np.abs(side[kinds == "grda"]), draws) | {"published": 0.837},
        "lpd_against_gpd_by_extent": _auc(-extent[kinds == "lpd"], -extent[kinds == "gpd"], draws),
        "lrda_against_grda_by_extent": _auc(-extent[kinds == "lrda"], -extent[kinds == "grda"], draws),
        "rate_of_their_discharge_times": _timing(rows, windows),
    }


def _window(path: Path) -> NDArray[np.float32]:
    table = pq.read_table(path, columns=list(ELECTRODES))
    raw = np.stack([table[name].to_numpy() for name in ELECTRODES]).astype(np.float64)
    return (CHAINS @ np.nan_to_num(filters.clean(raw, mains_hz=filters.detect_mains([raw], 200.0)))).astype(np.float32)


def _frequency(kind: str, rows: list[dict[str, str]], facts: list[pattern.PatternFacts], draws: int) -> dict[str, Any]:
    pairs = np.array([(float(row["expert_freq_hz"]), fact.frequency_hz) for row, fact in zip(rows, facts, strict=True)
                      if row["figure_class"] == kind and row["expert_freq_hz"] and np.isfinite(fact.frequency_hz)])
    rng = np.random.default_rng(0)
    drawn = [pairs[rng.integers(0, len(pairs), len(pairs))] for _ in range(draws)]
    values = [stats.spearmanr(*draw.T)[0] for draw in drawn if np.ptp(draw, axis=0).min() > 0]
    return {"n": len(pairs), "spearman": round(float(stats.spearmanr(*pairs.T)[0]), 2), "interval": _interval(values),
            "mean_error_hz": round(float(np.abs(pairs[:, 1] - pairs[:, 0]).mean()), 2)}


def _auc(positive: NDArray[np.float64], negative: NDArray[np.float64], draws: int) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    values = [_area(rng.choice(positive, len(positive)), rng.choice(negative, len(negative))) for _ in range(draws)]
    return {"n": [len(positive), len(negative)], "auc": round(_area(positive, negative), 3), "interval": _interval(values)}


def _area(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    apart = positive[:, None] - negative
    return float(np.mean((apart > 0) + 0.5 * (apart == 0)))


def _interval(values: list[float]) -> list[float]:
    return [round(float(value), 2) for value in np.percentile(values, [2.5, 97.5])]


def _timing(rows: list[dict[str, str]], windows: list[NDArray[np.float32]]) -> dict[str, Any]:
    """Rate of our discharges against that of the authors' (mostly unreviewed) program, both from the median interval.

    Only rates: their times lie on another clock than the windows (each window would need a shift of its own).
    """
    pairs = []
    for row, window in zip(rows, windows, strict=True):
        theirs = np.array([float(value) for value in row["discharge_times_s"].strip("[]").split(",") if value])
        ours = pattern.discharge_times(window, 200.0)
        if row["figure_class"].endswith("pd") and len(theirs) >= 3 and len(ours) >= 3:
            pairs.append((1.0 / np.median(np.diff(theirs)), 1.0 / np.median(np.diff(ours))))
    rates = np.array(pairs)
    return {"n": len(rates), "spearman": round(float(stats.spearmanr(*rates.T)[0]), 2),
            "mean_difference_hz": round(float(np.abs(np.diff(rates, axis=1)).mean()), 2)}
