"""Regional spectrograms of real EEG against those that were published with it, all ten IIIC windows and the pair of HMS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from ml import filters, spectrogram
from ml.channels import ELECTRODES, REGIONS
from ml.montage import CHAINS
from tests.shared_files import listed

WINDOWS = sorted(listed("iiic10/*_eeg.parquet"))
CLOCK_S = (0.0, 0.5, 1.0, 1.5)
"""Offsets of a window's start within the 2-s grid of its spectrogram, which no file states."""


def electrodes(path: Path) -> NDArray[np.float64]:
    table = pq.read_table(path)
    return np.stack([table[name].to_numpy() for name in ELECTRODES]).astype(np.float64)


def published_db(path: Path, region: str) -> NDArray[np.float64]:
    """(rows, 100)"""
    table = pq.read_table(path)
    power = [table[name].to_numpy() for name in table.column_names if name.startswith(f"{region}_")]
    return 10.0 * np.log10(np.maximum(np.array(power, dtype=np.float64).T, 1e-9))


def nearest(uv: NDArray[np.float64], wanted: NDArray[np.float64], region: str) -> tuple[float, float]:
    """Correlation in dB at the best place on the clock, and the root mean square deviation there."""
    found = []
    for offset_s in CLOCK_S:
        got = spectrogram.hms_regional(CHAINS @ uv[:, round(offset_s * 200) :]).db[list(REGIONS).index(region)].T
        for first in range(len(wanted) - len(got) + 1):
            piece = wanted[first : first + len(got)]
            if np.abs(piece - got).mean() < 2.0:
                found.append((float(np.corrcoef(got.ravel(), piece.ravel())[0, 1]), float(np.sqrt(np.mean((got - piece) ** 2)))))
    return max(found, default=(0.0, np.inf))


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("region", ["RL", "LP", "RP"])
def test_the_regions_of_an_iiic_window_are_the_published_ones(shared_data: Path, name: str, region: str) -> None:
    likeness, deviation_db = nearest(electrodes(shared_data / name), published_db(shared_data / name.replace("_eeg", "_spectrogram"), region), region)
    assert likeness > 0.9999
    assert deviation_db < 0.1


@pytest.mark.parametrize("name", WINDOWS)
def test_the_left_temporal_region_of_another_computation_is_much_alike(shared_data: Path, name: str) -> None:
    likeness, deviation_db = nearest(electrodes(shared_data / name), published_db(shared_data / name.replace("_eeg", "_spectrogram"), "LL"), "LL")
    assert likeness > 0.99
    assert deviation_db < 1.0


@pytest.mark.parametrize("region", REGIONS)
def test_the_pair_of_the_hms_test_set_is_reproduced(shared_data: Path, region: str) -> None:
    uv = filters.clean(electrodes(shared_data / "hms" / "test_eegs" / "3911565283.parquet"), mains_hz=None).astype(np.float64)
    likeness, deviation_db = nearest(uv, published_db(shared_data / "hms" / "test_spectrograms" / "853520.parquet", region), region)
    assert likeness > 0.9995
    assert deviation_db < 0.25
