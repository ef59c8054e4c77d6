"""Connectivity: phase locking, coherence and cross-correlation within regions, within and between hemispheres.

Each value is the mean over the pairs of channels of a group. "between" pairs each channel with its mirror image; "left" and
"right" take all pairs of a side, regions all pairs of a chain. Bipolar channels that share an electrode are related by
construction, so values compare with one another and over time, not with those of a referential montage.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from ml.channels import REGIONS
from ml.features.feature import LEFT, RIGHT, Feature, Windows
from ml.time_frequency import BANDS_HZ

GROUPS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "left": tuple(combinations(sorted(LEFT), 2)), "right": tuple(combinations(sorted(RIGHT), 2)),
    "between": tuple(zip(LEFT, RIGHT, strict=True)),
    **{name: tuple(combinations(members, 2)) for name, members in REGIONS.items()},
}
PHASE_BANDS: Final = ("delta", "theta", "alpha")
COHERENCE_BANDS: Final = ("delta", "theta", "alpha", "beta")
SEGMENT_S: Final = 2.0
MAX_LAG_S: Final = 0.1

_PLV = "mean length of the mean phase difference vector (Lachaux et al., Hum Brain Mapp 1999;8:194-208)"
_COHERENCE = "magnitude-squared coherence, 2-s Hann windows, half overlapping, mean over the band (scipy.signal.coherence)"
FEATURES: Final = (
    *(Feature(f"plv_{band}_{group}", "", _PLV, per_channel=False) for band in PHASE_BANDS for group in GROUPS),
    *(Feature(f"coherence_{band}_{group}", "", _COHERENCE, per_channel=False) for band in COHERENCE_BANDS for group in GROUPS),
    *(Feature(f"correlation_{group}", "", "largest absolute cross-correlation within 0.1 s", per_channel=False) for group in GROUPS),
)


def compute(windows_uv: Windows, sfreq_hz: float, lost: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """(n_windows, 56) in the order of ``FEATURES``.

    Parameters
    ----------
    windows_uv
        (n_windows, 16 or more, n_samples) in the order of ``CHAIN_PAIRS``.
    lost
        (n_windows, n_channels) channels that take no part.
    """
    gone = np.zeros(windows_uv.shape[:2], dtype=bool) if lost is None else lost
    tables = [
        *(phase_locking(windows_uv, sfreq_hz, *BANDS_HZ[band]) for band in PHASE_BANDS),
        *coherence(windows_uv, sfreq_hz), correlation(windows_uv, sfreq_hz),
    ]
    for table in tables:
        table[gone[:, :, None] | gone[:, None, :]] = np.nan
    return np.concatenate([_by_group(table) for table in tables], axis=-1)


def phase_locking(windows_uv: Windows, sfreq_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """(n_windows, n_channels, n_channels) from the phases of the analytic signal of a band (sharp edges in frequency)."""
    n = windows_uv.shape[-1]
    freqs = fft.fftfreq(n, 1.0 / sfreq_hz)
    spectrum = fft.rfft(windows_uv, axis=-1)
    analytic = np.zeros((*windows_uv.shape[:2], n), dtype=np.complex64)
    inside = np.flatnonzero((freqs >= low_hz) & (freqs < high_hz))
    analytic[..., inside] = spectrum[..., inside]
    wave = fft.ifft(analytic, axis=-1)
    unit = wave / np.maximum(np.abs(wave), 1e-20)
    return np.asarray(np.abs(unit @ unit.conj().transpose(0, 2, 1)) / n, dtype=np.float64)


def coherence(windows_uv: Windows, sfreq_hz: float) -> list[NDArray[np.float64]]:
    """(n_windows, n_channels, n_channels) for each of ``COHERENCE_BANDS``."""
    length = round(SEGMENT_S * sfreq_hz)
    taper = signal.get_window("hann", length).astype(np.float32)
    segments = np.lib.stride_tricks.sliding_window_view(windows_uv, length, axis=-1)[..., :: length // 2, :]
    centered = (segments - segments.mean(axis=-1, keepdims=True)) * taper
    freqs = np.fft.rfftfreq(length, 1.0 / sfreq_hz)
    kept = (freqs >= BANDS_HZ[COHERENCE_BANDS[0]][0]) & (freqs < BANDS_HZ[COHERENCE_BANDS[-1]][1])
    spectrum = fft.rfft(centered, axis=-1)[..., kept].transpose(0, 3, 1, 2)          # (n_windows, n_freqs, n_channels, n_segments)
    cross = spectrum @ spectrum.conj().transpose(0, 1, 3, 2)
    power = np.einsum("wfcc->wfc", cross).real
    square = (cross.real**2 + cross.imag**2) / np.maximum(power[..., :, None] * power[..., None, :], 1e-20)
    bands = [BANDS_HZ[name] for name in COHERENCE_BANDS]
    return [square[:, (freqs[kept] >= low) & (freqs[kept] < high)].mean(axis=1).astype(np.float64) for low, high in bands]


def correlation(windows_uv: Windows, sfreq_hz: float) -> NDArray[np.float64]:
    """(n_windows, n_channels, n_channels): largest absolute correlation over lags up to 0.1 s in steps of 20 ms."""
    centered = windows_uv - windows_uv.mean(axis=-1, keepdims=True)
    unit = centered / np.maximum(np.linalg.norm(centered, axis=-1, keepdims=True), 1e-12)
    step, reach = max(1, round(0.02 * sfreq_hz)), round(MAX_LAG_S * sfreq_hz)
    best = np.abs(unit @ unit.transpose(0, 2, 1))
    for lag in range(step, reach + 1, step):
        shifted = np.abs(unit[..., lag:] @ unit[..., :-lag].transpose(0, 2, 1))
        np.maximum(best, np.maximum(shifted, shifted.transpose(0, 2, 1)), out=best)
    return np.asarray(best, dtype=np.float64)


def _by_group(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_windows, n_groups): mean over a group's pairs of channels that are known; NaN where there is none."""
    means = []
    for pairs in GROUPS.values():
        first, second = np.array(pairs).T
        values = table[:, first, second]
        count = np.isfinite(values).sum(axis=1)
        means.append(np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan))
    return np.stack(means, axis=-1)
