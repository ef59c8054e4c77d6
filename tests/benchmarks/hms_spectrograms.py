"""How closely the spectrograms of the HMS competition are reproduced from its EEG: correlation and deviation in dB by region.

The columns of the ten-second windows lie on clocks of their own, a second apart from file to file: of the places that are
possible the one that fits best is taken, region by region. LL there is from another computation than the rest.

Needs the real pairs of ``HMS_TEST_DATA`` (``hms``, ``iiic10``); they never become part of this repository.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import filters, spectrogram
from ml.channels import ELECTRODES, REGIONS
from ml.montage import CHAINS
from tests import shared_files

COMPETITION_PLACES = ((138, 0),)
WINDOW_PLACES = ((148, 0), (148, 200), (149, 200), (149, 300))
"""First row of a spectrogram within its EEG, and first sample of the EEG that it shows."""
Agreement = dict[str, dict[str, float]]


def measure() -> dict[str, Any]:
    import pandas as pd

    folder = shared_files.folder()
    if not folder.is_dir():
        return {"skipped": f"{folder} is absent"}

    def pair(eeg: str, image: str, places: tuple[tuple[int, int], ...], *, filtered: bool) -> Agreement:
        raw = pd.read_parquet(folder / eeg)[list(ELECTRODES)].to_numpy(dtype=np.float64).T
        pairs = CHAINS @ (filters.clean(raw, mains_hz=None) if filtered else raw)
        theirs = pd.read_parquet(folder / image)
        compared = [_compared(pairs[:, first:], theirs, row) for row, first in places]
        return {region: max((found[region] for found in compared), key=lambda one: one["correlation"]) for region in REGIONS}

    windows = [pair(f"iiic10/{name}_eeg.parquet", f"iiic10/{name}_spectrogram.parquet", WINDOW_PLACES, filtered=False)
               for name in sorted(path.name.removesuffix("_eeg.parquet") for path in (folder / "iiic10").glob("*_eeg.parquet"))]
    return {
        "competition": pair("hms/test_eegs/3911565283.parquet", "hms/test_spectrograms/853520.parquet", COMPETITION_PLACES, filtered=True),
        "iiic10": {"n": len(windows)} | {region: _worst([window[region] for window in windows]) for region in REGIONS},
    }


def _compared(pairs: NDArray[np.floating], theirs: Any, row: int) -> Agreement:
    ours = spectrogram.hms_regional(pairs).db
    return {region: _agreement(ours[k].T, 10.0 * np.log10(_columns(theirs, region, row, ours.shape[2]))) for k, region in enumerate(REGIONS)}


def _worst(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: (min if name == "correlation" else max)(one[name] for one in found) for name in found[0]}


def _columns(table: Any, region: str, row: int, count: int) -> NDArray[np.float64]:
    names = [name for name in table.columns if name.startswith(f"{region}_")]
    return np.asarray(table[names].to_numpy()[row : row + count], dtype=np.float64)


def _agreement(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> dict[str, float]:
    apart = np.abs(ours - theirs)
    return {"correlation": round(float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]), 5),
            "deviation_db_95_percent": round(float(np.percentile(apart, 95)), 2), "largest_deviation_db": round(float(apart.max()), 2)}
