"""Bad electrodes, second by second.

Criteria after PREP (Bigdely-Shamlo et al., Front Neuroinform 2015;9:16) as PyPREP implements it, on one-second pieces. What
PREP compares over a whole recording with z-scores is compared within each second here, so that a verdict depends on nothing
that lies elsewhere: the same second is judged alike in any block of any recording. Noise is judged against the median of
the electrodes, because the networks see differences, in which a noisy reference cancels.

Limits that are not PREP's were set on the development recordings (IIIC, GROND, EEGMMIDB, EEGMAT, HMS; 104 in all): 0.7 % of
the electrode-seconds are bad on average, 10 % in the worst recording, and every central span can be assessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ml.analysis import ChannelQuality
from ml.filters import ANALYSIS_HZ, fill_missing
from ml.quality_measures import Measures, Sums, against_the_others, baseline_shift, line_noise, show_the_same

FLAT_UV: Final = 0.5
"""Standard deviation below which an electrode is flat (electrocerebral silence is < 2 µV peak to peak, ACNS 2016; amplifier
noise of a connected electrode is above 0.5 µV)."""
RAIL_UV: Final = 500.0
"""Plateaus of equal samples are clipping only beyond this distance from zero."""
PLATEAU: Final = 5
"""Equal samples in a row that make a plateau: 25 ms at 200 Hz."""
CLIPPED_SHARE: Final = 0.02
"""Share of a second on plateaus from which it counts as clipped."""
MISSING_SHARE: Final = 0.02
"""Share of a second without values from which it counts as such: a line over four samples changes nothing that matters."""
NOISE_UV: Final = 10.0
"""Noise above the analysis band (45-95 Hz without mains) of less than this never makes an electrode bad."""
NOISE_RATIO: Final = 1.0
"""Noise that is as strong as the whole band of the analysis leaves nothing to read."""
HUM_UV: Final = 100.0
HUM_RATIO: Final = 20.0
HUM_ALONE: Final = 5.0
"""Hum is notched out. An electrode is bad where it hums at 100 µV, 20 times its EEG and 5 times the median electrode: then
its contact is poor. What hums everywhere alike comes from the room and leaves the EEG below it readable."""
DEVIATION_RATIO: Final = 10.0
"""Standard deviation over the median of the electrodes (PREP flags z > 5 of the robust deviation over a recording)."""
CORRELATION: Final = 0.4
"""Largest absolute correlation with any other electrode below which one is alone (PREP: 0.4). With the recorded
reference, unlike PREP: next to the center of an average reference (Cz) healthy electrodes resemble nothing."""
LABEL_SHARE: Final = 0.3
"""An electrode is bad for a span if it is bad in this share of its 10 s ..."""
CONTEXT_SHARE: Final = 0.5
"""... or of the recorded part of its 50 s."""

REPORTED_SHARE: Final = 0.01
"""Share of the seconds from which a reason is named (PREP: 1 % of the pieces)."""
REASONS: Final = ("no values", "flat", "clipped", "noisy", "mains", "uncorrelated")
SECOND: Final = int(ANALYSIS_HZ)
_PART: Final = 60
"""Seconds that are judged at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which electrode is bad in which second, and why."""

    reasons: NDArray[np.bool_]           # (n_reasons, n_electrodes, n_seconds) in the order of REASONS
    measures: Measures                   # figures that inform and decide nothing

    @property
    def bad(self) -> NDArray[np.bool_]:
        """(n_electrodes, n_seconds)"""
        return np.asarray(self.reasons.any(axis=0))


def judge(raw_uv: NDArray[np.float32], clean_uv: NDArray[np.float32], *, common_reference: bool = True) -> Verdict:
    """Judge every electrode in every second.

    Parameters
    ----------
    raw_uv
        (electrodes, samples) at 200 Hz, unfiltered, NaN where an electrode has no values.
    clean_uv
        The same after ``filters.clean``.
    common_reference
        False for pairs as recorded, which have no reference to remove.

    Returns
    -------
    Verdict over ``ceil(samples / 200)`` seconds; an incomplete last second is judged by the last 200 samples.
    """
    known = np.asarray(np.isfinite(raw_uv).any(axis=1))
    seconds = -(-raw_uv.shape[1] // SECOND)
    reasons = np.zeros((len(REASONS), len(raw_uv), seconds), dtype=bool)
    reasons[0, ~known] = True
    measures = Measures.nothing(len(raw_uv), seconds)
    if known.any():
        reasons[:, known], measured = _judge_known(raw_uv[known], clean_uv[known], common_reference)
        measures.fill(known, measured)
    return Verdict(reasons, measures)


def _judge_known(
    raw_uv: NDArray[np.float32], clean_uv: NDArray[np.float32], common_reference: bool
) -> tuple[NDArray[np.bool_], Measures]:
    """Verdicts on channels that have values somewhere, (n_reasons, channels, seconds), and what was measured."""
    raw, missing = _bridged(_seconds(raw_uv))
    shift_uv = baseline_shift(raw)
    clipped = clipped_samples(raw.reshape(len(raw), -1)).reshape(raw.shape).mean(axis=-1) > CLIPPED_SHARE
    clean = _seconds(clean_uv)
    parts = [
        _judge_seconds(raw[:, part], clean[:, part], missing[:, part], clipped[:, part], shift_uv[:, part], common_reference)
        for part in (slice(first, first + _PART) for first in range(0, raw.shape[1], _PART))
    ]
    return np.concatenate([reasons for reasons, _ in parts], axis=-1), Measures.joined([measured for _, measured in parts])


def _bridged(pieces: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Seconds without missing values, and which lacked too many, (channels, seconds)."""
    bridged, lacking = np.empty(pieces.shape, dtype=np.float32), np.empty(pieces.shape[:2], dtype=bool)
    for row, values in enumerate(pieces):                # one row in double precision at a time
        filled, missing = fill_missing(values.reshape(1, -1))
        bridged[row] = filled.reshape(values.shape)
        lacking[row] = missing.reshape(values.shape).mean(axis=-1) > MISSING_SHARE
    return bridged, lacking


def _judge_seconds(
    raw: NDArray[np.float32], clean_uv: NDArray[np.float32], absent: NDArray[np.bool_], clipped: NDArray[np.bool_],
    shift_uv: NDArray[np.float32], common_reference: bool,
) -> tuple[NDArray[np.bool_], Measures]:
    """Verdicts on some seconds, (n_reasons, channels, seconds): so few that they stay within the cache."""
    clean = np.where(np.isnan(clean_uv), np.float32(0.0), clean_uv)
    flat = raw.std(axis=-1) < FLAT_UV
    clipped = clipped.copy()
    clipped[flat] |= np.abs(np.median(raw[flat], axis=-1)) > RAIL_UV
    noisy, mains, noise_uv = _noise(_median_free(raw) if common_reference else raw)
    spread = clean.std(axis=-1)
    deviating = spread > DEVIATION_RATIO * np.maximum(np.median(spread, axis=0), FLAT_UV)
    correlation = correlations(clean)
    alone = np.abs(correlation).max(axis=-1).T < CORRELATION
    sound = ~(absent | flat | clipped)
    hum_uv = line_noise(raw, ANALYSIS_HZ)
    own_uv = against_the_others(clean, spread, sound) if common_reference else spread
    alike = show_the_same(correlation, spread, own_uv) & sound[:, None] & sound[None]
    rms, noise, hum, shift = (np.where(absent, np.float32(np.nan), values) for values in (spread, noise_uv, hum_uv, shift_uv))
    return np.stack([
        absent, flat & ~clipped & ~absent, clipped & ~absent,
        (noisy | deviating) & sound, mains & sound, alone & sound & (len(raw) > 1),
    ]), Measures(rms, noise, hum, shift, alike)


def _median_free(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Channels against the median of all channels at each moment (sorted in full: faster than selecting, for so few)."""
    ordered, n = np.sort(values, axis=0), len(values)
    return np.asarray(values - (ordered[(n - 1) // 2] + ordered[n // 2]) / np.float32(2.0), dtype=np.float32)


def _seconds(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(channels, seconds, 200); the last, incomplete second is completed with samples before it."""
    whole = values.shape[1] // SECOND * SECOND
    pieces = [values[:, :whole]]
    if whole < values.shape[1]:
        pieces.append(values[:, -SECOND:])
    return np.concatenate(pieces, axis=1).reshape(len(values), -1, SECOND)


def clipped_samples(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Samples on a plateau of at least ``PLATEAU`` equal values beyond ``RAIL_UV``; (channels, samples)."""
    mask = np.zeros(values.shape, dtype=bool)
    rows = np.flatnonzero((values.max(axis=1, initial=0.0) >= RAIL_UV) | (values.min(axis=1, initial=0.0) <= -RAIL_UV))
    if not len(rows) or values.shape[1] < PLATEAU:
        return mask
    suspect = values[rows]
    scale = np.abs(suspect[:, 1:])
    same = (np.abs(np.diff(suspect, axis=1)) <= 1e-4 * scale) & (scale >= RAIL_UV)
    starts = np.lib.stride_tricks.sliding_window_view(same, PLATEAU - 1, axis=1).all(axis=2)
    for shift in range(PLATEAU):
        mask[rows, shift : shift + starts.shape[1]] |= starts
    return mask


def _noise(pieces: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]:
    """Seconds with too much noise above the band and with too much hum, and the noise in µV; (channels, seconds) each."""
    taper = np.hanning(SECOND).astype(np.float32)
    centered = (pieces - pieces.mean(axis=-1, keepdims=True)) * taper
    power = np.abs(fft.rfft(centered, axis=-1)) ** 2 * (2.0 / (SECOND * float(np.sum(taper**2))))
    hertz = np.arange(power.shape[-1])
    hum = np.maximum(power[..., 49:52].sum(axis=-1), power[..., 59:62].sum(axis=-1)) ** 0.5
    beyond = (hertz >= 45) & (hertz <= 95) & (np.abs(hertz - 50) > 2) & (np.abs(hertz - 60) > 2)
    noise = (power[..., beyond].mean(axis=-1) * 50.0) ** 0.5
    band = power[..., 1:41].sum(axis=-1) ** 0.5
    alone = hum > HUM_ALONE * np.median(hum, axis=0)
    return (noise > NOISE_UV) & (noise > NOISE_RATIO * band), (hum > HUM_UV) & (hum > HUM_RATIO * band) & alone, noise


def correlations(pieces: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlation of each channel with each other, second by second.

    Parameters
    ----------
    pieces
        (channels, seconds, samples)

    Returns
    -------
    (seconds, channels, channels), zero on the diagonal.
    """
    centered = pieces - pieces.mean(axis=-1, keepdims=True)
    centered /= np.maximum(np.linalg.norm(centered, axis=-1, keepdims=True), 1e-6)
    by_second = centered.transpose(1, 0, 2)
    table = by_second @ by_second.transpose(0, 2, 1)
    index = np.arange(len(pieces))
    table[:, index, index] = 0.0
    return np.asarray(table)


def bad_for_spans(
    bad: NDArray[np.bool_], recorded: NDArray[np.bool_], first_second: NDArray[np.int64], last_second: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which electrode is bad for which label span.

    Parameters
    ----------
    bad
        (electrodes, seconds) verdicts.
    recorded
        (seconds,) false where the seconds lie beyond the stretch.
    first_second, last_second
        Half-open range of the seconds that each span touches, (n_spans,).

    Returns
    -------
    (n_spans, electrodes)
    """
    padded = np.pad(np.cumsum(bad & recorded, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    known = np.pad(np.cumsum(recorded, dtype=np.int32), (1, 0))
    n = len(recorded)

    def share(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
        first, last = first.clip(0, n), last.clip(0, n)
        return np.asarray((padded[:, last] - padded[:, first]) / np.maximum(known[last] - known[first], 1))

    in_label = share(first_second, last_second) >= LABEL_SHARE
    in_context = share(first_second - 20, last_second + 20) >= CONTEXT_SHARE
    return np.asarray((in_label | in_context).T)


def summary(
    names: tuple[str, ...],
    absent: tuple[int, ...],
    bad_seconds: NDArray[np.int64],
    seconds: int,
    filled: NDArray[np.bool_],
    measured: Sums,
) -> tuple[ChannelQuality, ...]:
    """Quality of every channel over the recording.

    Parameters
    ----------
    names, absent
        Channels of the analysis and the rows that no signal holds.
    bad_seconds
        (n_reasons + 1, n_channels) counts; the last row counts seconds that are bad for any reason.
    seconds
        Seconds that were judged.
    filled
        (n_channels,) whether the channel was filled in for the model anywhere.
    measured
        Figures summed over the recording.
    """
    rows = []
    for row, name in enumerate(names):
        counts = bad_seconds[:, row] / max(seconds, 1)
        found = tuple(reason for reason, share in zip(REASONS, counts, strict=False) if share >= REPORTED_SHARE)
        reasons = ("absent",) if row in absent else found
        share = 1.0 if row in absent else float(counts[-1])
        muscle, movement, artifact = measured.shares(row, seconds)
        snr_db, hum_uv = measured.levels(row)
        rows.append(ChannelQuality(name, share, reasons, bool(filled[row]), snr_db, hum_uv, muscle, movement, artifact))
    return tuple(rows)
