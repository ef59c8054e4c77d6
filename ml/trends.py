"""Trends of a long recording: what hours of EEG look like at a glance, one column per 10 s, left beside right.

Definitions and sources
-----------------------
aEEG
    Band of 2-15 Hz rising by 12 dB per decade, rectified, smoothed (Butterworth of fifth order, time constant 0.5 s); scaled
    so that a sine of 5.5 Hz shows its peak-to-peak amplitude. Margins: 10th and 90th percentile of the envelope in a column
    (Maynard et al., Electroencephalogr Clin Neurophysiol 1969;27:672; digital form Zhang & Ding, Health 2013;5:885-891).
relative asymmetry spectrogram, asymmetry index
    (R - L) / (R + L) of the power of homologous pairs, mean over the pairs, at each frequency: -1 all left, +1 all right.
    The index is the mean of its absolute values over 1-20 Hz (brain symmetry index: van Putten, Clin Neurophysiol
    2007;118:2362-2367, who goes up to 25 Hz).
alpha/delta ratio
    Power of 8-13 Hz over that of 1-4 Hz (Claassen et al., Clin Neurophysiol 2004;115:2699-2710), median of a side's pairs.
suppression ratio
    Share of the last 60 s in which a pair stays within ±5 µV for at least 0.5 s (burst suppression ratio: Rampil,
    Anesthesiology 1998;89:980-1002; ACNS 2021 also calls less than 10 µV peak to peak suppressed), mean of a side's pairs.
rhythmicity spectrogram
    How far the amplitude spectrum stands above its own background, in dB: the density over its running median across
    frequencies (an octave up and down), never below 0; mean of a side's pairs. A narrow-band rhythm is a line, noise is black.

Columns lie on the clock of the recording. One that touches a gap is NaN; electrodes that are bad in 30 % of its seconds take no part.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from ml import clean_pairs, filters
from ml.channels import REGIONS, map_to_1020
from ml.filters import ANALYSIS_HZ
from ml.network_input import NetworkInput, choose_input
from ml.recording import RecordingSource, Span
from ml.time_frequency import multitaper

COLUMN_S: Final = 10.0
COLUMN: Final = int(COLUMN_S * ANALYSIS_HZ)
BLOCK_COLUMNS: Final = 60
SIDES: Final = ("left", "right")
LEFT: Final = (*REGIONS["LL"], *REGIONS["LP"])
RIGHT: Final = (*REGIONS["RL"], *REGIONS["RP"])
"""Pairs of each side as indices into ``CHAIN_PAIRS``; the k-th of one is the mirror image of the k-th of the other."""

AEEG_BAND_HZ: Final = (2.0, 15.0)
AEEG_SLOPE_DB_PER_DECADE: Final = 12.0
AEEG_TIME_CONSTANT_S: Final = 0.5
AEEG_MARGINS: Final = (10.0, 90.0)
SYMMETRY_BAND_HZ: Final = (1.0, 20.0)
ALPHA_HZ: Final = (8.0, 13.0)
DELTA_HZ: Final = (1.0, 4.0)
SUPPRESSED_UV: Final = 5.0
SUPPRESSED_S: Final = 0.5
SUPPRESSION_COLUMNS: Final = 6
RHYTHM_BAND_HZ: Final = (0.5, 20.0)


@dataclass(frozen=True, slots=True)
class Trends:
    """Trends of a recording or a part of it; the last axis is time, sides are left and right."""

    times_s: NDArray[np.float64]            # (n,) centers of the columns
    freqs_hz: NDArray[np.float64]           # (n_freqs,) of the two spectrograms
    aeeg_uv: NDArray[np.float32]            # (2 sides, 2 margins, n) peak to peak
    asymmetry: NDArray[np.float32]          # (n_freqs, n), -1 left .. +1 right
    asymmetry_index: NDArray[np.float32]    # (n,), 0..1
    alpha_delta: NDArray[np.float32]        # (2, n)
    suppression: NDArray[np.float32]        # (2, n), 0..1, of the 60 s that end with the column
    rhythmicity_db: NDArray[np.float32]     # (2, n_freqs, n)


def of_recording(source: RecordingSource, *, mains_hz: float | None = None) -> Trends:
    """All trends of a recording in one value; memory grows by about 1 kB per column."""
    parts = list(stream(source, mains_hz=mains_hz))
    joined: dict[str, Any] = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
        for field in fields(Trends) if field.name != "freqs_hz"
    }
    joined["suppression"] = _over_last_minute(joined["suppression"])
    return Trends(freqs_hz=parts[0].freqs_hz, **joined)


def stream(source: RecordingSource, *, mains_hz: float | None = None) -> Iterator[Trends]:
    """Trends block by block (10 min), in constant memory; blocks never depend on one another.

    ``suppression`` is that of each column alone here; ``of_recording`` averages it over a minute.
    """
    chosen = choose_input(map_to_1020(source.info.signals))
    total = max(1, int(source.info.duration_s // COLUMN_S))
    for first in range(0, total, BLOCK_COLUMNS):
        columns = np.arange(first, min(first + BLOCK_COLUMNS, total))
        pairs = np.full((len(chosen.pair_names), len(columns) * COLUMN), np.nan, dtype=np.float32)
        envelope, quiet = pairs.copy(), pairs.copy()
        block = Span(float(columns[0]) * COLUMN_S, float(columns[-1] + 1) * COLUMN_S)
        for stretch in source.info.stretches:
            _fill(source, chosen, block, stretch, mains_hz, (pairs, envelope, quiet))
        yield _trends(columns, pairs, envelope, quiet)


def _fill(
    source: RecordingSource, chosen: NetworkInput, block: Span, stretch: Span, mains_hz: float | None,
    targets: tuple[NDArray[np.float32], ...],
) -> None:
    """Write what a block shares with a gap-free stretch into its pairs, their envelopes and their silence."""
    if not chosen.signals or min(stretch.stop_s, block.stop_s) - max(stretch.start_s, block.start_s) < 1.0:
        return
    start_s, pairs = clean_pairs.read(source, chosen, block, stretch, mains_hz=mains_hz)
    first = round(start_s * ANALYSIS_HZ) - round(block.start_s * ANALYSIS_HZ)
    inside = slice(max(0, first), min(targets[0].shape[1], first + pairs.shape[1]))
    own = slice(inside.start - first, inside.stop - first)
    known, lost = np.nan_to_num(pairs), np.isnan(pairs[:, own])
    for target, values in zip(targets, (pairs, amplitude_envelope(known), suppressed(known)), strict=True):
        target[:, inside] = np.where(lost, np.float32(np.nan), values[:, own])


def _trends(
    columns: NDArray[np.int64], pairs: NDArray[np.float32], envelope: NDArray[np.float32], quiet: NDArray[np.float32]
) -> Trends:
    image = multitaper(pairs, ANALYSIS_HZ, window_s=COLUMN_S, step_s=COLUMN_S, half_bandwidth=3.0, band_hz=RHYTHM_BAND_HZ)
    power, freqs = image.power_uv2_hz, image.freqs_hz
    cut = (len(pairs), len(columns), COLUMN)
    margins = np.moveaxis(_quiet(np.percentile, envelope.reshape(cut), AEEG_MARGINS, axis=-1), 0, 1)
    ratio = _share(power, freqs, ALPHA_HZ) / np.maximum(_share(power, freqs, DELTA_HZ), 1e-6)
    asymmetry = relative_asymmetry(power)
    in_band = (freqs >= SYMMETRY_BAND_HZ[0]) & (freqs <= SYMMETRY_BAND_HZ[1])
    return Trends(
        (columns.astype(np.float64) + 0.5) * COLUMN_S, freqs, _sides(np.nanmedian, margins), asymmetry,
        _quiet(np.nanmean, np.abs(asymmetry[in_band]), axis=0), _sides(np.nanmedian, ratio),
        _sides(np.nanmean, quiet.reshape(cut).mean(axis=-1)), _sides(np.nanmean, rhythmicity(power, freqs)),
    )


def amplitude_envelope(pairs_uv: NDArray[np.floating]) -> NDArray[np.float32]:
    """Envelope of the aEEG in µV peak to peak, (…, samples) at 200 Hz."""
    shaped = signal.oaconvolve(pairs_uv, _aeeg_taps().reshape((1,) * (pairs_uv.ndim - 1) + (-1,)), mode="same", axes=-1)
    smoother = signal.butter(5, 1.0 / (2.0 * np.pi * AEEG_TIME_CONSTANT_S), fs=ANALYSIS_HZ, output="sos")
    smooth = filters.zero_phase(np.abs(shaped), smoother, ANALYSIS_HZ, pad_s=2.0)
    return np.asarray(np.maximum(smooth, 0.0) * np.pi, dtype=np.float32)   # the mean of |sine| is its peak to peak over π


@lru_cache(maxsize=1)
def _aeeg_taps() -> NDArray[np.float64]:
    low, high = AEEG_BAND_HZ
    freqs = np.array([0.0, low - 0.5, *np.linspace(low, high, 27), high + 1.0, ANALYSIS_HZ / 2.0])
    gains = (freqs / np.sqrt(low * high)) ** (AEEG_SLOPE_DB_PER_DECADE / 20.0)
    gains[(freqs < low) | (freqs > high)] = 0.0
    return np.asarray(signal.firwin2(801, freqs, gains, fs=ANALYSIS_HZ), dtype=np.float64)


def suppressed(pairs_uv: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Samples within ±5 µV for at least 0.5 s on end, (…, samples) at 200 Hz."""
    length = round(SUPPRESSED_S * ANALYSIS_HZ)
    within = np.abs(pairs_uv) <= SUPPRESSED_UV
    shape = (1,) * (pairs_uv.ndim - 1) + (length,)
    return np.asarray(ndimage.binary_opening(within, np.ones(shape, dtype=bool)))


def relative_asymmetry(power: NDArray[np.floating]) -> NDArray[np.float32]:
    """(R - L) / (R + L) of power (16 or more pairs, freqs, columns), mean over the pairs that both sides have."""
    left, right = power[list(LEFT)], power[list(RIGHT)]
    return _quiet(np.nanmean, (right - left) / np.maximum(right + left, 1e-9), axis=0)


def rhythmicity(power: NDArray[np.floating], freqs_hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """dB by which power (…, freqs, columns) stands above its running median over an octave up and down, at least 0."""
    background = np.empty_like(power)
    for row, hertz in enumerate(freqs_hz):
        near = (freqs_hz >= hertz / 2.0) & (freqs_hz <= max(2.0 * hertz, freqs_hz[min(8, len(freqs_hz) - 1)]))
        background[..., row, :] = np.median(power[..., near, :], axis=-2)
    return np.asarray(np.maximum(10.0 * np.log10(np.maximum(power, 1e-9) / np.maximum(background, 1e-9)), 0.0), dtype=np.float32)


def _share(power: NDArray[np.floating], freqs: NDArray[np.float64], band: tuple[float, float]) -> NDArray[np.float64]:
    return np.asarray(power[:, (freqs >= band[0]) & (freqs < band[1])].sum(axis=1), dtype=np.float64)


def _sides(average: np.ufunc | object, by_pair: NDArray[np.floating]) -> NDArray[np.float32]:
    """(2, …): an average of the pairs of each side."""
    return np.stack([_quiet(average, by_pair[list(rows)], axis=0) for rows in (LEFT, RIGHT)])


def _quiet(function: object, *arguments: object, **options: object) -> NDArray[np.float32]:
    """A NaN-aware average whose empty columns are NaN without a warning."""
    assert callable(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(function(*arguments, **options), dtype=np.float32)


def _over_last_minute(by_column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each column and the five before it, of those that are known."""
    padded = np.pad(by_column, ((0, 0), (SUPPRESSION_COLUMNS - 1, 0)), constant_values=np.nan)
    minutes = np.lib.stride_tricks.sliding_window_view(padded, SUPPRESSION_COLUMNS, axis=-1)
    return np.where(np.isnan(by_column), np.float32(np.nan), _quiet(np.nanmean, minutes, axis=-1))
