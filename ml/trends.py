"""Trends of a long recording: what hours of EEG look like at a glance, one column per 10 s, left beside right.

Definitions and sources
-----------------------
aEEG
    Band of 2-15 Hz rising by 12 dB per decade, rectified, smoothed (Butterworth of fifth order, time constant 0.5 s); scaled
    so that a sine of 5.5 Hz shows its peak-to-peak amplitude. Margins: 10th and 90th percentile of the envelope in a column,
    median of a side's pairs; drawn linear to 10 µV and logarithmic above (Maynard et al., Electroencephalogr Clin
    Neurophysiol 1969;27:672; digital form Zhang & Ding, Health 2013;5:885-891).
relative asymmetry spectrogram, asymmetry index
    (R - L) / (R + L) of the power of homologous pairs, mean over the pairs, in each half hertz: -1 all left, +1 all right.
    The index is the mean of its absolute values over 1-20 Hz (brain symmetry index: van Putten, Clin Neurophysiol
    2007;118:2362-2367, who goes up to 25 Hz).
alpha/delta ratio
    Power of 8-13 Hz over that of 1-4 Hz (Claassen et al., Clin Neurophysiol 2004;115:2699-2710), median of a side's pairs.
suppression ratio
    Share of the last 60 s in which a pair stays within ±5 µV for at least 0.5 s (burst suppression ratio: Rampil,
    Anesthesiology 1998;89:980-1002; ACNS 2021 also calls less than 10 µV peak to peak suppressed), mean of a side's pairs.
rhythmicity spectrogram
    How far the power spectrum stands above its own aperiodic background, in dB and never below 0: density minus its mean in dB
    over the octave below and the octave above, equally weighted on a logarithmic axis so that no power law shows (idea of the
    aperiodic background: Donoghue et al., Nat Neurosci 2020;23:1655-1665). Highest value of each half hertz, mean of a
    side's pairs. A narrow-band rhythm is a line, noise is black.
band powers
    Variance in µV² of delta, theta, alpha, beta and gamma, mean of a region's pairs; gamma ends at the low-pass of the analysis.

Power is multitaper power of the whole column (time-half-bandwidth 3, five tapers: ±0.3 Hz). Columns lie on the clock of the
recording. One that touches a gap is NaN; pairs of which an electrode is bad in 30 % of its seconds take no part.
"""

from __future__ import annotations

import warnings
from dataclasses import fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ml import quality
from ml.analysis import Trends
from ml.channels import REGIONS
from ml.filters import ANALYSIS_HZ, BAND_HZ
from ml.time_frequency import BANDS_HZ, TimeFrequency, band_powers, multitaper

COLUMN_S: Final = 10.0
COLUMN: Final = int(COLUMN_S * ANALYSIS_HZ)
BAD_SHARE: Final = quality.LABEL_SHARE
SIDES: Final = ("left", "right")
LEFT: Final = (*REGIONS["LL"], *REGIONS["LP"])
RIGHT: Final = (*REGIONS["RL"], *REGIONS["RP"])
"""Pairs of each side as indices into ``CHAIN_PAIRS``; the k-th of one is the mirror image of the k-th of the other."""
N_PAIRS: Final = 1 + max(*LEFT, *RIGHT)
"""Pairs of the midline, which come last, belong to no side."""

AEEG_BAND_HZ: Final = (2.0, 15.0)
AEEG_SKIRTS_HZ: Final = (0.5, 1.0)
AEEG_SLOPE_DB_PER_DECADE: Final = 12.0
AEEG_TIME_CONSTANT_S: Final = 0.5
AEEG_MARGINS: Final = (10.0, 90.0)
ENVELOPE_STEP: Final = 10
"""Samples between values of the envelope, which holds nothing above 1 Hz."""
ENVELOPE_PAD: Final = int(10.0 * ANALYSIS_HZ)
SYMMETRY_BAND_HZ: Final = (1.0, 20.0)
ALPHA_HZ: Final = (8.0, 13.0)
DELTA_HZ: Final = (1.0, 4.0)
SUPPRESSED_UV: Final = 5.0
SUPPRESSED_S: Final = 0.5
SUPPRESSION_COLUMNS: Final = 6
HALF_BANDWIDTH: Final = 3.0
BIN_HZ: Final = 0.5
BIN_EDGES_HZ: Final[NDArray[np.float64]] = np.arange(0.5, 20.01, BIN_HZ)
TREND_BANDS_HZ: Final = {name: (low, min(high, BAND_HZ[1])) for name, (low, high) in BANDS_HZ.items()}


def empty(duration_s: float) -> Trends:
    """Room for the trends of a recording, all NaN; about 0.6 kB per column."""
    n, n_freqs = int(duration_s // COLUMN_S), len(BIN_EDGES_HZ) - 1
    shapes = {"aeeg_uv": (2, 2), "asymmetry": (n_freqs,), "asymmetry_index": (), "alpha_delta": (2,), "suppression": (2,),
              "rhythmicity_db": (2, n_freqs), "band_uv2": (len(REGIONS), len(TREND_BANDS_HZ))}
    arrays = {name: np.full((*shape, n), np.nan, dtype=np.float32) for name, shape in shapes.items()}
    times_s = (np.arange(n, dtype=np.float64) + 0.5) * COLUMN_S
    return Trends(times_s=times_s, freqs_hz=BIN_EDGES_HZ[:-1] + BIN_HZ / 2.0, step_s=COLUMN_S, **arrays)


def columns_between(first: int, stop: int, last: int) -> NDArray[np.int64]:
    """Numbers of the columns that begin in the samples ``first .. stop`` and end by ``last``."""
    return np.arange(-(-first // COLUMN), min(-(-stop // COLUMN), last // COLUMN), dtype=np.int64)


def fill(whole: Trends, columns: NDArray[np.int64], part: Trends) -> None:
    """Write some columns into their places."""
    for name in _of_time():
        getattr(whole, name)[..., columns] = getattr(part, name)


def finished(whole: Trends) -> Trends:
    """Trends of a recording whose columns are all filled: suppression becomes that of the last minute."""
    return replace(whole, suppression=_over_last_minute(whole.suppression))


def of_pairs(pairs_uv: NDArray[np.floating], starts: NDArray[np.int64], usable: NDArray[np.bool_]) -> Trends:
    """Trends of some columns; suppression is that of each column alone.

    Parameters
    ----------
    pairs_uv
        (16 or more, samples) differences in the order of ``CHAIN_PAIRS`` at 200 Hz, 0.5-40 Hz, with context around the columns.
    starts
        First sample of each column.
    usable
        (16 or more, columns) pairs whose electrodes were recorded and sound over the column.
    """
    pairs, used = np.nan_to_num(pairs_uv[:N_PAIRS]), usable[:N_PAIRS]
    image = _power(pairs, starts, used)
    power, freqs = image.power_uv2_hz, image.freqs_hz
    margins = np.where(used, _margins(pairs, starts), np.float32(np.nan))
    quiet = np.where(used, _cut(suppressed(pairs), starts, COLUMN).mean(axis=-1), np.nan)
    ratio = _share(power, freqs, ALPHA_HZ) / np.maximum(_share(power, freqs, DELTA_HZ), 1e-6)
    asymmetry = relative_asymmetry(_in_bins(np.add, power, freqs))
    centers = BIN_EDGES_HZ[:-1] + BIN_HZ / 2.0
    in_band = (centers > SYMMETRY_BAND_HZ[0]) & (centers < SYMMETRY_BAND_HZ[1])
    rhythms = _in_bins(np.maximum, rhythmicity(power, freqs), freqs)
    bands = band_powers(image, TREND_BANDS_HZ)
    return Trends(
        times_s=starts / ANALYSIS_HZ + COLUMN_S / 2.0, freqs_hz=centers, step_s=COLUMN_S,
        aeeg_uv=_sides(np.nanmedian, np.moveaxis(margins, 0, 1)), asymmetry=asymmetry,
        asymmetry_index=_quiet(np.nanmean, np.abs(asymmetry[in_band]), axis=0), alpha_delta=_sides(np.nanmedian, ratio),
        suppression=_sides(np.nanmean, quiet), rhythmicity_db=_sides(np.nanmean, rhythms),
        band_uv2=np.stack([_quiet(np.nanmean, bands[list(members)], axis=0) for members in REGIONS.values()]),
    )


def amplitude_envelope(pairs_uv: NDArray[np.floating]) -> NDArray[np.float32]:
    """Envelope of the aEEG in µV peak to peak, one value for every ``ENVELOPE_STEP`` of the (…, samples) at 200 Hz.

    Both filters are applied without phase shift as products of spectra, beyond mirror images of 10 s at the ends.
    """
    samples = pairs_uv.shape[-1]
    kept = fft.next_fast_len(-(-(samples + 2 * ENVELOPE_PAD) // ENVELOPE_STEP), real=True)
    size = kept * ENVELOPE_STEP
    after = size - samples - ENVELOPE_PAD
    padded = np.pad(pairs_uv, [(0, 0)] * (pairs_uv.ndim - 1) + [(ENVELOPE_PAD, after)], mode="reflect").astype(np.float32)
    freqs = fft.rfftfreq(size, 1.0 / ANALYSIS_HZ).astype(np.float32)
    shaped = fft.irfft(fft.rfft(padded) * _aeeg_gain(freqs), size)
    slow = freqs[: kept // 2 + 1]
    corner_hz = 1.0 / (2.0 * np.pi * AEEG_TIME_CONSTANT_S)
    smooth = fft.rfft(np.abs(shaped))[..., : len(slow)] / (1.0 + (slow / np.float32(corner_hz)) ** 10)     # both ways
    envelope = fft.irfft(smooth, kept) * (kept / size)
    first = ENVELOPE_PAD // ENVELOPE_STEP
    inside = envelope[..., first : first - (-samples // ENVELOPE_STEP)]
    return np.asarray(np.maximum(inside, 0.0) * np.pi, dtype=np.float32)   # the mean of |sine| is its peak to peak over π


def _aeeg_gain(freqs: NDArray[np.float32]) -> NDArray[np.float32]:
    (low, high), (rise, fall) = AEEG_BAND_HZ, AEEG_SKIRTS_HZ
    passed = np.interp(freqs, (low - rise, low, high, high + fall), (0.0, 1.0, 1.0, 0.0))
    return np.asarray(passed * (freqs / np.sqrt(low * high)) ** (AEEG_SLOPE_DB_PER_DECADE / 20.0), dtype=np.float32)


def suppressed(pairs_uv: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Samples within ±5 µV for at least 0.5 s on end, (…, samples) at 200 Hz."""
    within = np.zeros((*pairs_uv.shape[:-1], pairs_uv.shape[-1] + 2), dtype=np.int8)
    within[..., 1:-1] = np.abs(pairs_uv) <= SUPPRESSED_UV
    change = np.diff(within, axis=-1)
    begins, ends = np.argwhere(change == 1), np.argwhere(change == -1)
    long = ends[:, -1] - begins[:, -1] >= round(SUPPRESSED_S * ANALYSIS_HZ)
    marks = np.zeros(change.shape, dtype=np.int8)
    marks[tuple(begins[long].T)] = 1
    marks[tuple(ends[long].T)] = -1
    return np.asarray(np.cumsum(marks, axis=-1, dtype=np.int8)[..., :-1] > 0)


def relative_asymmetry(power: NDArray[np.floating]) -> NDArray[np.float32]:
    """(R - L) / (R + L) of power (16 or more pairs, freqs, columns), mean over the pairs that both sides have."""
    left, right = power[list(LEFT)], power[list(RIGHT)]
    return _quiet(np.nanmean, (right - left) / np.maximum(right + left, 1e-9), axis=0)


def rhythmicity(power: NDArray[np.floating], freqs_hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """dB by which power (…, freqs, columns) stands above its mean in dB over an octave down and up, at least 0.

    Near the ends of the spectrum the octaves shrink, alike on both sides, to half an octave at least.
    """
    level = 10.0 * np.log10(np.maximum(power, 1e-9))
    weight = 1.0 / freqs_hz
    reach = np.clip(np.minimum(freqs_hz / freqs_hz[0], freqs_hz[-1] / freqs_hz), np.sqrt(2.0), 2.0)
    first = np.searchsorted(freqs_hz, freqs_hz / reach - 1e-9)
    stop = np.searchsorted(freqs_hz, freqs_hz * reach + 1e-9)
    near = np.arange(len(freqs_hz))
    weights = np.where((near >= first[:, None]) & (near < stop[:, None]), weight, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.maximum(level - weights.astype(level.dtype) @ level, 0.0), dtype=np.float32)


def _power(pairs: NDArray[np.float32], starts: NDArray[np.int64], used: NDArray[np.bool_]) -> TimeFrequency:
    """Multitaper power of every column, NaN where a pair is of no use in it."""
    joined = _cut(pairs, starts, COLUMN).reshape(len(pairs), -1)
    image = multitaper(joined, ANALYSIS_HZ, window_s=COLUMN_S, step_s=COLUMN_S, half_bandwidth=HALF_BANDWIDTH, band_hz=BAND_HZ)
    image.power_uv2_hz[np.broadcast_to(~used[:, None], image.power_uv2_hz.shape)] = np.nan
    return image


def _margins(pairs: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """(2 margins, pairs, columns)"""
    places = np.rint(starts / ENVELOPE_STEP).astype(np.int64)
    cut = _cut(amplitude_envelope(pairs), places, COLUMN // ENVELOPE_STEP)
    return np.asarray(np.percentile(cut, AEEG_MARGINS, axis=-1), dtype=np.float32)


def _cut(values: NDArray[np.generic], starts: NDArray[np.int64], length: int) -> NDArray[np.float32]:
    """(pairs, columns, length), as numbers."""
    pieces = np.lib.stride_tricks.sliding_window_view(values, length, axis=-1)[:, np.minimum(starts, values.shape[-1] - length)]
    return np.asarray(pieces, dtype=np.float32)


def _in_bins(together: np.ufunc, values: NDArray[np.floating], freqs: NDArray[np.float64]) -> NDArray[np.floating]:
    """Rows of frequencies joined in half hertz, (pairs, bins, columns)."""
    edges = np.searchsorted(freqs, BIN_EDGES_HZ - 1e-9)
    return np.asarray(together.reduceat(values[:, : edges[-1]], edges[:-1], axis=1))


def _share(power: NDArray[np.floating], freqs: NDArray[np.float64], band: tuple[float, float]) -> NDArray[np.floating]:
    return np.asarray(power[:, (freqs >= band[0]) & (freqs < band[1])].sum(axis=1))


def _sides(average: object, by_pair: NDArray[np.floating]) -> NDArray[np.float32]:
    """(2, …): an average of the pairs of each side."""
    return np.stack([_quiet(average, by_pair[list(rows)], axis=0) for rows in (LEFT, RIGHT)])


def _quiet(function: object, *arguments: object, **options: object) -> NDArray[np.float32]:
    """A NaN-aware average whose empty columns are NaN without a warning."""
    assert callable(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(function(*arguments, **options), dtype=np.float32)


def _of_time() -> list[str]:
    """Names of the arrays whose last axis is time, but for the times themselves."""
    return [field.name for field in fields(Trends) if field.name not in ("times_s", "freqs_hz", "step_s")]


def _over_last_minute(by_column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each column and the five before it, of those that are known."""
    if not by_column.shape[-1]:
        return by_column
    padded = np.pad(by_column, ((0, 0), (SUPPRESSION_COLUMNS - 1, 0)), constant_values=np.nan)
    minutes = np.lib.stride_tricks.sliding_window_view(padded, SUPPRESSION_COLUMNS, axis=-1)
    return np.where(np.isnan(by_column), np.float32(np.nan), _quiet(np.nanmean, minutes, axis=-1))
