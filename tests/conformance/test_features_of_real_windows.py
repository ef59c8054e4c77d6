"""Every channel feature of real EEG against SciPy, antropy, PyWavelets or the definition; coherence against SciPy's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import antropy
import numpy as np
import pyarrow.parquet as pq
import pytest
import pywt
from numpy.typing import NDArray
from scipy import signal, stats

from ml import filters
from ml.channels import ELECTRODES
from ml.features.extract import FEATURES, FeatureTable, extract
from ml.montage import CHAINS
from tests.shared_files import listed

RATE = 200.0
FILES = [*sorted(listed("grond/windows/*.parquet"))[:2], *sorted(listed("iiic10/*_eeg.parquet"))[:1]]
Rows = NDArray[np.float64]


@pytest.fixture(scope="module")
def windows(shared_data: Path) -> Rows:
    """(n, 18, 2000) pairs of 0.5-40 Hz."""
    tables = [pq.read_table(shared_data / name) for name in FILES]
    raw = [np.stack([table[name].to_numpy() for name in ELECTRODES]).astype(np.float64)[:, :2000] for table in tables]
    return np.stack([CHAINS @ filters.clean(np.nan_to_num(x), mains_hz=60.0) for x in raw]).astype(np.float32).astype(np.float64)


@pytest.fixture(scope="module")
def table(windows: Rows) -> FeatureTable:
    return extract(windows.astype(np.float32))


def density(x: Rows) -> tuple[Rows, Rows]:
    freqs, power = signal.welch(x, RATE, nperseg=800, detrend="constant")
    inside = (freqs >= 0.5) & (freqs <= 40.0)
    return freqs[inside], power[..., inside]


def band(low: float, high: float, *, closed: bool = False) -> Callable[[Rows], Rows]:
    def power(x: Rows) -> Rows:
        freqs, found = density(x)
        return np.asarray(found[..., (freqs >= low) & ((freqs < high) | (closed & (freqs == high)))].sum(axis=-1) * 0.25)
    return power


def share_below(share: float) -> Callable[[Rows], Rows]:
    def edge(x: Rows) -> Rows:
        freqs, power = density(x)
        running = np.cumsum(power, axis=-1) / power.sum(axis=-1, keepdims=True)
        return np.asarray(freqs[(running >= share).argmax(axis=-1)])
    return edge


def entropy_of_shares(shares: Rows) -> Rows:
    return np.asarray(stats.entropy(shares, axis=-1) / np.log(shares.shape[-1]))


def slope(x: Rows) -> Rows:
    freqs, power = density(x)
    inside = (freqs >= 2.0) & (freqs <= 35.0)
    flat = np.log10(power[..., inside]).reshape(-1, inside.sum())
    return np.polyfit(np.log10(freqs[inside]), flat.T, 1)[0].reshape(x.shape[:-1])


def peak(x: Rows) -> tuple[Rows, Rows]:
    freqs, power = density(x)
    place = (power * freqs)[..., freqs <= 25.0].argmax(axis=-1)
    around = [np.median(p[max(0, k - 8) : k + 9]) for p, k in zip(power.reshape(-1, len(freqs)), place.ravel(), strict=True)]
    height = np.take_along_axis(power, place[..., None], -1)[..., 0]
    return freqs[place], 10.0 * np.log10(height / np.array(around).reshape(place.shape))


def by_row(function: Callable[[Rows], Any], *, every: int = 1) -> Callable[[Rows], Rows]:
    return lambda x: np.array([[float(function(np.ascontiguousarray(row[::every]))) for row in window] for window in x])


def wavelet_shares(x: Rows) -> Rows:
    energy = np.stack([(part**2).sum(axis=-1) for part in pywt.wavedec(x, "db4", mode="periodization", level=6, axis=-1)], axis=-1)
    return np.asarray(energy / energy.sum(axis=-1, keepdims=True))


def quiet_share(row: Rows) -> float:
    """Share of samples in runs of at least 100 within 5 µV, counted run by run."""
    runs = np.split(np.arange(len(row)), np.flatnonzero(np.diff(np.abs(row) <= 5.0)) + 1)
    return sum(len(run) for run in runs if len(run) >= 100 and abs(row[run[0]]) <= 5.0) / len(row)


BANDS = {"delta": (0.5, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 13.0), "beta": (13.0, 30.0)}
TOTAL = band(0.5, 40.0, closed=True)
WAVELETS = ("approximation", *(f"detail_{level}" for level in range(6, 0, -1)))
DEFINITIONS: dict[str, Callable[[Rows], Rows]] = {
    "mean": lambda x: x.mean(axis=-1), "sd": lambda x: x.std(axis=-1), "peak_to_peak": lambda x: np.ptp(x, axis=-1),
    "skewness": lambda x: stats.skew(x, axis=-1), "kurtosis": lambda x: stats.kurtosis(x, axis=-1),
    "line_length": lambda x: np.abs(np.diff(x, axis=-1)).sum(axis=-1) / 10.0,
    "zero_crossings": by_row(lambda row: antropy.num_zerocross(row - row.mean()) / 10.0),
    "hjorth_mobility": lambda x: antropy.hjorth_params(x, axis=-1)[0] * RATE, "hjorth_complexity": lambda x: antropy.hjorth_params(x, axis=-1)[1],
    **{f"{name}_power": band(*edges) for name, edges in BANDS.items()}, "gamma_power": band(30.0, 40.0, closed=True),
    **{f"{name}_share": lambda x, edges=edges: band(*edges)(x) / TOTAL(x) for name, edges in BANDS.items()},
    "gamma_share": lambda x: band(30.0, 40.0, closed=True)(x) / TOTAL(x), "total_power": TOTAL,
    "spectral_centroid": lambda x: np.average(np.broadcast_to(density(x)[0], density(x)[1].shape), axis=-1, weights=density(x)[1]),
    "median_frequency": share_below(0.5), "edge_frequency": share_below(0.95),
    "peak_frequency": lambda x: peak(x)[0], "peak_sharpness": lambda x: peak(x)[1], "spectral_slope": slope,
    "spectral_entropy": lambda x: entropy_of_shares(density(x)[1]),
    **{f"wavelet_{name}": lambda x, k=k: wavelet_shares(x)[..., k] for k, name in enumerate(WAVELETS)},
    "wavelet_entropy": lambda x: entropy_of_shares(wavelet_shares(x)),
    "sample_entropy": by_row(antropy.sample_entropy, every=2), "approximate_entropy": by_row(antropy.app_entropy, every=2),
    "permutation_entropy": by_row(lambda row: antropy.perm_entropy(row, normalize=True)), "higuchi_dimension": by_row(antropy.higuchi_fd),
    "petrosian_dimension": by_row(antropy.petrosian_fd), "katz_dimension": by_row(antropy.katz_fd),
    "dfa_exponent": by_row(antropy.detrended_fluctuation), "suppression_ratio": by_row(quiet_share),
}
BY_CONSTRUCTION = {"hurst_exponent", "lyapunov_exponent", "spikes", "sharp_waves", "spindles", "bursts"}
"""Without another implementation: signals of known answer in tests/ml/features."""


def test_every_channel_feature_is_checked_here_or_by_construction() -> None:
    assert {feature.name for feature in FEATURES if feature.per_channel} == set(DEFINITIONS) | BY_CONSTRUCTION


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_channel_feature_is_its_definition(table: FeatureTable, windows: Rows, name: str) -> None:
    names = [feature.name for feature in table.features if feature.per_channel]
    np.testing.assert_allclose(table.by_channel[..., names.index(name)], DEFINITIONS[name](windows), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("band_name", "low", "high"), [("delta", 0.5, 4.0), ("theta", 4.0, 8.0), ("alpha", 8.0, 13.0), ("beta", 13.0, 30.0)])
def test_coherence_between_the_sides_is_that_of_scipy(table: FeatureTable, windows: Rows, band_name: str, low: float, high: float) -> None:
    left, right = windows[:, [0, 1, 2, 3, 8, 9, 10, 11]], windows[:, [4, 5, 6, 7, 12, 13, 14, 15]]
    freqs, square = signal.coherence(left, right, RATE, nperseg=400, detrend="constant")
    wanted = square[..., (freqs >= low) & (freqs < high)].mean(axis=(1, 2))
    column = table.columns.index(f"coherence_{band_name}_between")
    np.testing.assert_allclose(table.rows[:, column], wanted, rtol=1e-3)


@pytest.mark.parametrize(("band_name", "edges"), [(name, edges) for name, edges in BANDS.items() if name != "beta"])
def test_phase_locking_between_the_sides_is_near_that_of_a_hilbert_transform(
    table: FeatureTable, windows: Rows, band_name: str, edges: tuple[float, float],
) -> None:
    sections = signal.butter(4, edges, "bandpass", fs=RATE, output="sos")      # softer edges than ours: near, not equal
    phase = np.angle(signal.hilbert(signal.sosfiltfilt(sections, windows, axis=-1), axis=-1))
    left, right = phase[:, [0, 1, 2, 3, 8, 9, 10, 11]], phase[:, [4, 5, 6, 7, 12, 13, 14, 15]]
    wanted = np.abs(np.exp(1j * (left - right)).mean(axis=-1)).mean(axis=-1)
    got = table.rows[:, table.columns.index(f"plv_{band_name}_between")]
    assert got == pytest.approx(wanted, abs=0.12)
