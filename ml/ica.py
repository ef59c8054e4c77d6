"""Parts of eyes, heart and (if asked for) muscle, told from the EEG by independent component analysis: for looking, off by default.

Fitted once per recording on up to ten minutes spread over it, never on a window: 19 electrodes need some 10,000 samples at the
least and 50 s are not stationary (Onton, Makeig, Front Neurosci 2006;30:808-822; MNE-Python's guide). The fit is done on a copy
with a 1-Hz high-pass at 100 Hz (Winkler et al., EMBC 2015: 4101-4105); what it yields is one matrix over the electrodes, which
holds for any stretch and any filter.

Only what resembles an eye or heart channel and, for eyes, falls off behind the forehead is removed; muscle by its spectrum, which
no EEG has, and by its place at the rim of the head. Discharges and slow waves
with a frontal maximum may still lose a part of themselves, so nothing that was cleaned reaches the networks, a report or an event
list; wherever it is shown, ``Unmixing.banner`` must be shown with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ml import filters
from ml.channels import ELECTRODES, ChannelLayout
from ml.errors import RecordingError
from ml.filters import ANALYSIS_HZ
from ml.quality import judge
from ml.recording import Annotation, RecordingInfo, RecordingSource
from ml.resample import read_at_rate

FIT_S: Final = 600.0
PIECE_S: Final = 20.0
SHORTEST_FIT_S: Final = 110.0
"""11,000 samples at 100 Hz: 30 times the square of 19 electrodes (Onton, Makeig 2006), rounded up."""
FIT_BAND_HZ: Final = (1.0, 40.0)
DECIMATION: Final = 2
SMALLEST_VARIANCE: Final = 1e-6
"""Share of the largest variance below which a direction is empty, as one is after an average reference."""
MAX_STEPS: Final = 100
"""Eyes and heart settle in some ten; parts of the background, which is nearly Gaussian, may turn for ever."""
TOLERANCE: Final = 1e-4

EYE_CORRELATION: Final = 0.7
"""With an eye channel at 1-10 Hz. MNE-Python flags by z-score, which finds an eye in every recording."""
EYE_FALL_OFF: Final = 0.3
"""Weight behind the center over that at the forehead, above which it is no eye: the eyes' dipole is in front of the head, so
their field at P3 and P4 is a tenth of that at Fp1 and Fp2 (Croft, Barry, Neurophysiol Clin 2000;30:5-19)."""
EYE_BALANCE: Final = 0.4
"""Smaller over larger of both sides: eyes move together, so lids show alike at Fp1 and Fp2 and gaze opposite at F7 and F8. What
one side has alone is no eye: it may be a frontal or anterior temporal discharge."""
EYE_SHARE_BEHIND: Final = 0.15
"""Share of the variance behind the center above which a part is more than an eye, whatever its field."""
HEART_CORRELATION: Final = 0.6
HEART_BAND_HZ: Final = (5.0, 30.0)
HEART_LAG_S: Final = 0.04
"""Leads see the QRS complex at slightly different times."""
MUSCLE_BAND_HZ: Final = (7.0, 75.0)
MUSCLE_SLOPE: Final = -0.31
"""Slope of the spectrum on logarithmic axes above which a part is of muscle: the least stringent of the three thresholds that the
RELAX pipeline offers for this method (-0.31, -0.59, -0.72; fewest parts are called muscle), which derives them from
Fitzgibbon et al., Clin Neurophysiol 2016;127:1781-1793, and Dharmaprani et al., EMBC 2016: 825-828."""
MUSCLE_UV: Final = 5.0
"""Share at 20-75 Hz that a part must have where it is largest. Amplifier noise is flat, too: of 1 uV, parts that cancel at the other
electrodes reach 4 uV at one."""
MUSCLE_LEAST_SFREQ_HZ: Final = 160.0
_FRONT: Final = tuple(ELECTRODES.index(name) for name in ("Fp1", "Fp2", "F7", "F8"))
_RIM: Final = tuple(ELECTRODES.index(name) for name in ("Fp1", "Fp2", "F7", "F8", "T3", "T4", "T5", "T6", "O1", "O2"))
"""Muscles lie at the rim of the scalp (MNE-Python's second criterion, ``ICA.find_bads_muscle``)."""
_BEHIND: Final = tuple(ELECTRODES.index(name) for name in ("T5", "P3", "Pz", "P4", "T6", "O1", "O2"))


@dataclass(frozen=True, slots=True)
class Unmixing:
    """What is of eyes and heart in a recording, as weights of its 19 electrodes."""

    to_parts: NDArray[np.float64]        # (n_parts, 19)
    to_electrodes: NDArray[np.float64]   # (19, n_parts)
    eyes: tuple[int, ...]
    heart: tuple[int, ...]
    fitted_s: float
    muscle: tuple[int, ...] = ()

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(19, 19): electrodes in the order of ``ELECTRODES`` without the parts that were found."""
        removed = list(self.eyes + self.heart + self.muscle)
        return np.asarray(np.eye(len(ELECTRODES)) - self.to_electrodes[:, removed] @ self.to_parts[removed])

    @property
    def banner(self) -> str:
        """What must stand over every picture of the cleaned signal."""
        found = (("eyes", self.eyes), ("heart", self.heart), ("muscle", self.muscle))
        counts = [f"{name} ({len(parts)})" for name, parts in found if parts]
        what = f"ICA removed {', '.join(counts)}; spikes may lose a part" if counts else "ICA found nothing to take out; nothing removed"
        return f"Display only: {what}. Press Esc for the raw signal."

    def remove(self, eeg_uv: NDArray[np.floating]) -> NDArray[np.float32]:
        """Electrodes without eyes and heart.

        Parameters
        ----------
        eeg_uv
            (19, n) in the order of ``ELECTRODES``, any stretch of the recording, any filter; where one electrode has no
            value, none of the others can be cleaned, so all are NaN there.
        """
        return np.asarray(self.matrix @ eeg_uv, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class WithoutEyesAndHeart:
    """A recording whose electrodes are delivered without the parts that were found; everything else as it is."""

    source: RecordingSource
    electrodes: tuple[int, ...]          # signals in the order of ELECTRODES, all of one rate
    unmixing: Unmixing

    @property
    def info(self) -> RecordingInfo:
        return self.source.info

    def annotations(self) -> tuple[Annotation, ...]:
        return self.source.annotations()

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """As ``RecordingSource.read``; NaN in one electrode makes the cleaned ones NaN."""
        rows = self.source.read(start_s, stop_s, signals)
        if any(index in self.electrodes for index in signals):
            removed = self.unmixing.matrix @ np.stack(self.source.read(start_s, stop_s, self.electrodes))
            places = {index: removed[row].astype(np.float32) for row, index in enumerate(self.electrodes)}
            rows = [places.get(index, row) for index, row in zip(signals, rows, strict=True)]
        return rows


class NotFitted(RecordingError):
    """The recording is too short, or lacks electrodes, for a fit that could be trusted."""


def fit(
    source: RecordingSource, layout: ChannelLayout, *, mains_hz: float | None = None, muscle: bool = False, seed: int = 97
) -> Unmixing:
    """Fit a recording.

    Parameters
    ----------
    source, layout
        The recording and its channels; all 19 electrodes are needed. Eye channels (EOG) serve if it has them, else Fp1-F7,
        Fp2-F8 and F7-F8 stand for them; without an ECG nothing is taken for the heart.
    mains_hz
        Line frequency to notch out of the copy.
    muscle
        Whether parts of muscle are to be found, too; in recordings below 160 Hz they cannot be told.
    seed
        Of the start values of the fit.

    Raises
    ------
    NotFitted
        Too few electrodes, or less than 110 s without bad seconds.
    """
    missing = [name for name in ELECTRODES if name not in layout.electrodes]
    if missing:
        raise NotFitted(f"Eyes and heart cannot be told from the EEG: the recording lacks {', '.join(missing)}, and the "
                        "method needs all 19 electrodes. The raw signal can be read as it is.")
    eog = [index for index, kind in enumerate(layout.kinds) if kind == "eog" and source.info.signals[index].calibrated]
    indices = [*(layout.electrodes[name] for name in ELECTRODES), *eog, *layout.ecg[:1]]
    copy, wide = _copy(source, indices, mains_hz)
    eeg, rest = copy[: len(ELECTRODES)], copy[len(ELECTRODES) :]
    eyes = rest[: len(eog)] if eog else _eye_differences(eeg)
    found = fit_arrays(eeg, eyes=eyes, ecg=rest[len(eog)] if layout.ecg else None, seed=seed)
    slowest = min(source.info.signals[index].sfreq_hz for index in indices[: len(ELECTRODES)])
    return replace(found, muscle=_muscle(found, wide)) if muscle and slowest >= MUSCLE_LEAST_SFREQ_HZ else found


def clean(source: RecordingSource, layout: ChannelLayout, *, muscle: bool = False) -> WithoutEyesAndHeart:
    """Fit a recording and deliver it without eyes and heart, for the viewer.

    Raises
    ------
    NotFitted
        As ``fit``, and if the electrodes were sampled at different rates.
    """
    unmixing = fit(source, layout, muscle=muscle)
    electrodes = tuple(layout.electrodes[name] for name in ELECTRODES)
    rates = {source.info.signals[index].sfreq_hz for index in electrodes}
    if len(rates) > 1:
        raise NotFitted(f"Eyes and heart cannot be told from the EEG: its electrodes were sampled at {len(rates)} different "
                        "rates, and the method needs one. The raw signal can be read as it is.")
    return WithoutEyesAndHeart(source, electrodes, unmixing)


def fit_arrays(
    eeg_uv: NDArray[np.float64], *, eyes: NDArray[np.float64], ecg: NDArray[np.float64] | None, seed: int = 97
) -> Unmixing:
    """Fit electrodes (19, n) at 100 Hz, 1-40 Hz, with eye channels (n_eyes, n) and an ECG (n,)."""
    seconds = eeg_uv.shape[1] * DECIMATION / ANALYSIS_HZ
    if seconds < SHORTEST_FIT_S:
        raise NotFitted(f"Eyes and heart cannot be told from the EEG: {seconds:.0f} s are free of bad electrodes, and the method "
                        f"needs {SHORTEST_FIT_S:.0f} s. The raw signal can be read as it is.")
    to_parts, to_electrodes = _independent(eeg_uv, seed)
    parts = to_parts @ eeg_uv
    found_eyes = tuple(
        row for row in range(len(parts))
        if _has_field_of_eyes(to_electrodes[:, row], parts[row], eeg_uv)
        and _resemblance(parts[row], eyes, (1.0, 10.0), 0.0) >= EYE_CORRELATION
    )
    found_heart = () if ecg is None else tuple(
        row for row in range(len(parts))
        if row not in found_eyes and _resemblance(parts[row], ecg[None], HEART_BAND_HZ, HEART_LAG_S) >= HEART_CORRELATION
    )
    return Unmixing(to_parts, to_electrodes, found_eyes, found_heart, seconds)


def _independent(eeg_uv: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """FastICA, all parts at once with the contrast log cosh (Hyvärinen, IEEE Trans Neural Netw 1999;10:626-634).

    No dimension is dropped but those that the reference took: reduction harms the separation (Artoni et al., NeuroImage
    2018;175:176-187). An own loop, because MNE-Python's needs scikit-learn and its infomax takes twenty times as long.
    """
    variance, axes = np.linalg.eigh(np.cov(eeg_uv))
    kept = variance > SMALLEST_VARIANCE * variance[-1]
    scale = np.sqrt(variance[kept])
    white = (axes[:, kept] / scale).T
    data = (white @ (eeg_uv - eeg_uv.mean(axis=1, keepdims=True))).astype(np.float32)
    turn = _orthonormal(np.random.default_rng(seed).normal(size=(len(data), len(data))))
    for _ in range(MAX_STEPS):
        bent = np.tanh(turn.astype(np.float32) @ data)
        slope = 1.0 - np.einsum("pn,pn->p", bent, bent) / data.shape[1]
        after = _orthonormal(bent @ data.T / data.shape[1] - slope[:, None] * turn)
        still = np.abs(np.abs((after * turn).sum(axis=1)) - 1.0).max()
        turn = after
        if still < TOLERANCE:
            break
    return turn @ white, (axes[:, kept] * scale) @ turn.T


def _orthonormal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest matrix with orthonormal rows."""
    left, _, right = np.linalg.svd(matrix)
    return np.asarray(left @ right)


def _copy(
    source: RecordingSource, indices: list[int], mains_hz: float | None
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Pieces without bad seconds, spread over the recording.

    Returns
    -------
    (signals, n) filtered for the fit and decimated, and (19, 2 n) from 1 Hz up, which shows muscle.
    """
    starts = _piece_starts(source)
    context_s = 5.0
    kept, wide = [], []
    for start in starts:
        begin, end = max(0.0, start - context_s), min(source.info.duration_s, start + PIECE_S + context_s)
        raw = read_at_rate(source, indices, begin, end, ANALYSIS_HZ)
        if np.isnan(raw).any():
            continue
        clean = filters.clean(raw, mains_hz=mains_hz, band_hz=FIT_BAND_HZ)
        core = slice(round((start - begin) * ANALYSIS_HZ), round((start - begin + PIECE_S) * ANALYSIS_HZ))
        bad = judge(raw[: len(ELECTRODES), core], clean[: len(ELECTRODES), core]).bad
        good = np.repeat(~bad.any(axis=0), int(ANALYSIS_HZ))[: core.stop - core.start]
        kept.append(clean[:, core][:, good][:, ::DECIMATION])
        open_above = filters.clean(raw[: len(ELECTRODES)], mains_hz=None, band_hz=(FIT_BAND_HZ[0], None))
        wide.append(open_above[:, core][:, good])
    fitted = np.concatenate([np.zeros((len(indices), 0)), *kept], axis=1).astype(np.float64)
    return fitted, np.concatenate([np.zeros((len(ELECTRODES), 0), dtype=np.float32), *wide], axis=1)


def _piece_starts(source: RecordingSource) -> list[float]:
    pieces = [
        stretch.start_s + PIECE_S * k for stretch in source.info.stretches for k in range(int(stretch.length_s // PIECE_S))
    ]
    wanted = int(FIT_S // PIECE_S)
    return [pieces[i] for i in np.unique(np.linspace(0, len(pieces) - 1, wanted).round().astype(int))] if pieces else []


def _eye_differences(eeg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vertical eye movements and blinks at both sides, and horizontal ones, as the frontal electrodes see them."""
    left, right, f7, f8 = (eeg[row] for row in _FRONT[:2] + _FRONT[2:])
    return np.stack([left - f7, right - f8, f7 - f8])


def _resemblance(part: NDArray[np.float64], channels: NDArray[np.float64], band_hz: tuple[float, float], lag_s: float) -> float:
    """Largest absolute correlation of a part with any of the channels (n_channels, n), at any lag up to ``lag_s``."""
    rate = ANALYSIS_HZ / DECIMATION
    sections = filters.band_pass(*band_hz, rate, 2, 2)
    one, others = filters.zero_phase(part[None], sections, rate)[0], filters.zero_phase(channels, sections, rate)
    reach = round(lag_s * rate)
    middle = one[reach : len(one) - reach]
    moving = [other for other in others if other.std() > 0.0]      # a lead that was off resembles nothing
    return max((
        abs(float(np.corrcoef(middle, other[reach + lag : len(other) - reach + lag])[0, 1]))
        for other in moving for lag in range(-reach, reach + 1)
    ), default=0.0)


def _muscle(found: Unmixing, wide_uv: NDArray[np.float32]) -> tuple[int, ...]:
    """Parts whose spectrum is that of muscle and whose largest weight lies at the rim, from electrodes (19, n) at 200 Hz."""
    hertz, power = signal.welch(found.to_parts @ wide_uv, ANALYSIS_HZ, nperseg=int(2 * ANALYSIS_HZ), axis=-1)
    mains = (np.abs(hertz - 50.0) <= 2.0) | (np.abs(hertz - 60.0) <= 2.0)
    band = (hertz >= MUSCLE_BAND_HZ[0]) & (hertz <= MUSCLE_BAND_HZ[1]) & ~mains
    slopes = np.polyfit(np.log10(hertz[band]), np.log10(np.maximum(power[:, band], 1e-12)).T, 1)[0]
    fast = np.sqrt(power[:, band & (hertz >= 20.0)].sum(axis=1) * (hertz[1] - hertz[0]))
    weights = np.abs(found.to_electrodes - np.median(found.to_electrodes, axis=0))
    return tuple(
        row for row, slope in enumerate(slopes)
        if row not in found.eyes + found.heart and slope > MUSCLE_SLOPE and int(weights[:, row].argmax()) in _RIM
        and weights[:, row].max() * fast[row] >= MUSCLE_UV
    )


def _has_field_of_eyes(weights: NDArray[np.float64], part: NDArray[np.float64], eeg: NDArray[np.float64]) -> bool:
    """Whether a part is of both eyes and nearly gone behind, whatever the reference."""
    behind = list(_BEHIND)
    field = weights - np.median(weights[behind])
    fp1, fp2, f7, f8 = field[list(_FRONT)]
    poles, sides = sorted((abs(fp1), abs(fp2))), sorted((abs(f7), abs(f8)))
    lids = fp1 * fp2 > 0 and poles[0] >= max(EYE_BALANCE * poles[1], sides[1])
    gaze = f7 * f8 < 0 and sides[0] >= EYE_BALANCE * max(sides[1], poles[1])
    share = weights[behind] ** 2 * part.var() / eeg[behind].var(axis=1)
    falls_off = np.abs(field[behind]).mean() <= EYE_FALL_OFF * np.abs(field[list(_FRONT)]).max()
    return bool((lids or gaze) and falls_off and share.mean() <= EYE_SHARE_BEHIND)
