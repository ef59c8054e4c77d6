"""How good an electrode is, in figures: signal to noise, line noise, muscle, movement, bridges; second by second.

These figures inform; they decide nothing. What is left out of the analysis is decided by ``ml.quality`` alone, because muscle
and movement accompany seizures and must not hide them. Limits were set on the unfiltered development recordings (IIIC, HMS,
EEGMMIDB): the noise of their electrodes is 2 to 4 µV in the median and their baseline moves by 10 to 40 µV a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NOISE_BAND_WIDTH_HZ: Final = 50.0
"""Noise is measured at 45-95 Hz (without mains): nothing of the EEG of a scalp electrode is to be seen there."""
SIGNAL_BAND_WIDTH_HZ: Final = 39.5
FLOOR_UV: Final = 0.5
"""Noise is never taken for less, which is that of a good amplifier: files that were filtered on the way have none left."""
MUSCLE_UV: Final = 8.0
"""Muscle activity reaches from 20 to beyond 100 Hz (Goncharova et al., Clin Neurophysiol 2003;114:1580-1593); this much of it
at 45-95 Hz is two to four times the noise of an electrode at rest."""
MUSCLE_HUM_RATIO: Final = 10.0
"""With hum above ten times the noise, its skirts would be taken for muscle."""
MOVEMENT_UV: Final = 300.0
"""Step of the mean from one second to the next. Discharges and slow waves of a second or less leave the mean where it is."""
BRIDGE_UV2: Final = 16.0
"""Variance of the difference of two electrodes up to which they may be bridged: the electrical distance of Alschuler et al.,
Clin Neurophysiol 2014;125:484-490, with MNE-Python's upper limit."""
BRIDGE_RATIO: Final = 0.02
"""... and its share of their own variance: electrodes that see the same (r > 0.99), not electrodes that see little."""
BRIDGE_SHARE: Final = 0.5
"""Share of the seconds from which two electrodes are called bridged (MNE-Python: half of the epochs)."""
LOWEST_SNR_DB: Final = -10.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of every channel in every second; NaN where it has no values."""

    rms_uv: NDArray[np.float32]          # (channels, seconds) in the band of the analysis, 0.5-40 Hz
    noise_uv: NDArray[np.float32]        # (channels, seconds) RMS at 45-95 Hz against the median of the channels
    hum_uv: NDArray[np.float32]          # (channels, seconds) RMS at 50 or 60 Hz, whichever is more
    shift_uv: NDArray[np.float32]        # (channels, seconds) largest step of the mean from or to a neighboring second
    alike: NDArray[np.bool_]             # (channels, channels, seconds) two channels show the same

    @property
    def snr_db(self) -> NDArray[np.float32]:
        """EEG over noise, both in the band of the analysis: the noise above it is taken to be as dense within it."""
        noise = np.maximum(self.noise_uv, FLOOR_UV) ** 2 * np.float32(SIGNAL_BAND_WIDTH_HZ / NOISE_BAND_WIDTH_HZ)
        lowest = np.float32(10.0 ** (LOWEST_SNR_DB / 10.0))
        return np.asarray(10.0 * np.log10(np.maximum(self.rms_uv**2 / noise - 1.0, lowest)), dtype=np.float32)

    @property
    def muscle(self) -> NDArray[np.bool_]:
        """(channels, seconds)"""
        return np.asarray((self.noise_uv > MUSCLE_UV) & (self.hum_uv < MUSCLE_HUM_RATIO * self.noise_uv))

    @property
    def movement(self) -> NDArray[np.bool_]:
        """(channels, seconds) The head, a cable or an eye moved, or an electrode popped."""
        return np.asarray(self.shift_uv > MOVEMENT_UV)

    def part(self, seconds: slice) -> Measures:
        """The same of some of the seconds."""
        return Measures(
            self.rms_uv[:, seconds], self.noise_uv[:, seconds], self.hum_uv[:, seconds], self.shift_uv[:, seconds],
            self.alike[..., seconds],
        )

    @classmethod
    def nothing(cls, n_channels: int, seconds: int) -> Measures:
        """Of channels without values."""
        empty = np.full((n_channels, seconds), np.nan, dtype=np.float32)
        return cls(empty, empty.copy(), empty.copy(), empty.copy(), np.zeros((n_channels, n_channels, seconds), dtype=bool))

    @classmethod
    def joined(cls, parts: Sequence[Measures]) -> Measures:
        """Of consecutive seconds."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in cls.__slots__))

    def fill(self, rows: NDArray[np.bool_], of_rows: Measures) -> None:
        """Set the channels that have values."""
        self.rms_uv[rows], self.noise_uv[rows] = of_rows.rms_uv, of_rows.noise_uv
        self.hum_uv[rows], self.shift_uv[rows] = of_rows.hum_uv, of_rows.shift_uv
        self.alike[np.ix_(rows, rows)] = of_rows.alike


def line_noise(pieces_uv: NDArray[np.float32], sfreq_hz: float) -> NDArray[np.float32]:
    """RMS at 50 or 60 Hz of pieces of one second, whichever is more; (channels, seconds, n) -> (channels, seconds)."""
    n = pieces_uv.shape[-1]
    taper = np.hanning(n)
    phase = np.outer(np.arange(n) / sfreq_hz, (50.0, 60.0)) * 2.0 * np.pi
    scale = np.sqrt(2.0) / taper.sum()
    waves = (np.concatenate([np.cos(phase), np.sin(phase)], axis=1) * taper[:, None] * scale).astype(np.float32)
    parts = (pieces_uv - pieces_uv.mean(axis=-1, keepdims=True)) @ waves
    return np.asarray(np.hypot(parts[..., :2], parts[..., 2:]).max(axis=-1))


def baseline_shift(pieces_uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest step of the mean from or to a neighboring second, (channels, seconds)."""
    steps = np.abs(np.diff(pieces_uv.mean(axis=-1), axis=1))
    return np.asarray(np.maximum(np.pad(steps, ((0, 0), (1, 0))), np.pad(steps, ((0, 0), (0, 1)))))


def against_the_others(
    pieces_uv: NDArray[np.float32], spread_uv: NDArray[np.float32], sound: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Standard deviation of every channel against the mean of the ordinary ones, (channels, seconds).

    Ordinary are the ``sound`` ones (channels, seconds) whose own deviation ``spread_uv`` is at most three times the median.
    """
    ordinary = sound & (spread_uv <= 3.0 * np.median(spread_uv, axis=0))
    weights = ordinary / np.maximum(ordinary.sum(axis=0), 1)
    mean = np.einsum("cs,csn->sn", weights.astype(np.float32), pieces_uv)
    return np.asarray((pieces_uv - mean).std(axis=-1))


def show_the_same(
    correlation: NDArray[np.float32], spread_uv: NDArray[np.float32], own_uv: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Pairs of channels whose difference is next to nothing, measured by what they do not share with all others.

    Parameters
    ----------
    correlation
        (seconds, channels, channels), signed.
    spread_uv
        (channels, seconds) standard deviations.
    own_uv
        The same against the mean of the channels: a noisy reference makes any two channels alike.

    Returns
    -------
    (channels, channels, seconds); false on the diagonal.
    """
    spread = spread_uv.T.astype(np.float64)
    variance, own = spread**2, own_uv.T.astype(np.float64) ** 2
    distance = variance[:, :, None] + variance[:, None, :] - 2.0 * correlation * spread[:, :, None] * spread[:, None, :]
    same = (distance < BRIDGE_UV2) & (distance < BRIDGE_RATIO * (own[:, :, None] + own[:, None, :]) / 2.0)
    index = np.arange(spread.shape[1])
    same[:, index, index] = False
    return same.transpose(1, 2, 0)


@dataclass(slots=True)
class Sums:
    """Sums over the seconds of a recording, block after block: memory does not grow with its length."""

    known: NDArray[np.int64]             # (channels,) seconds with values
    sound: NDArray[np.int64]             # (channels,) ... that are not bad
    snr_db: NDArray[np.float64]
    log_hum: NDArray[np.float64]
    marked: NDArray[np.int64]            # (3, channels) seconds with muscle, movement, any artifact
    alike: NDArray[np.int64]             # (channels, channels)

    @classmethod
    def over(cls, n_channels: int) -> Sums:
        """Nothing yet."""
        counts, sums = np.zeros((5, n_channels), dtype=np.int64), np.zeros((2, n_channels))
        return cls(counts[0], counts[1], sums[0], sums[1], counts[2:], np.zeros((n_channels, n_channels), dtype=np.int64))

    def add(self, measures: Measures, bad: NDArray[np.bool_]) -> None:
        """Count some more seconds; ``bad`` (channels, seconds) is the verdict on them."""
        known = np.isfinite(measures.rms_uv)
        muscle, movement = measures.muscle, measures.movement
        sound = known & ~bad           # what makes an electrode bad lies within the band, too, and is no signal
        self.known += known.sum(axis=1)
        self.sound += sound.sum(axis=1)
        self.snr_db += np.where(sound, measures.snr_db, 0.0).sum(axis=1)
        self.log_hum += np.where(known, np.log(np.maximum(measures.hum_uv, 1e-3)), 0.0).sum(axis=1)
        self.marked += np.stack([part.sum(axis=1) for part in (muscle, movement, muscle | movement | bad)])
        self.alike += measures.alike.sum(axis=2)

    def shares(self, row: int, seconds: int) -> tuple[float, float, float]:
        """Share of the seconds with muscle, movement and any artifact."""
        muscle, movement, any_artifact = (float(count) / max(seconds, 1) for count in self.marked[:, row])
        return muscle, movement, any_artifact

    def levels(self, row: int) -> tuple[float | None, float | None]:
        """Mean signal-to-noise ratio of sound seconds in dB, geometric mean of the line noise in µV; ``None`` without any."""
        known, sound = int(self.known[row]), int(self.sound[row])
        snr_db = round(float(self.snr_db[row]) / sound, 1) if sound else None
        return snr_db, round(float(np.exp(self.log_hum[row] / known)), 2) if known else None

    def bridges(self) -> Iterator[tuple[int, int]]:
        """Pairs of channels that show the same in at least half of their seconds."""
        both = np.minimum(self.known[:, None], self.known[None, :])
        first, second = np.nonzero(np.triu((self.alike >= BRIDGE_SHARE * both) & (both > 0), 1))
        yield from zip(first.tolist(), second.tolist(), strict=True)
