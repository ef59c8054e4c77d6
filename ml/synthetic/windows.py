"""Labelled windows of virtual patients: 50 s of EEG whose central 10 s experts would vote on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S, WINDOW_S
from ml.classes import PatternClass
from ml.synthetic import (
    acquisition,
    background,
    continuum,
    fields,
    noise,
    periodic,
    real_background,
    rhythmic,
    seizure,
    variants,
    votes,
)
from ml.synthetic.background import Patient
from ml.synthetic.forward import bipolar_matrix
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern
from ml.synthetic.real_background import RealBackgrounds

MIX: Final[dict[PatternClass, float]] = {
    "seizure": 0.12, "lpd": 0.19, "gpd": 0.23, "lrda": 0.25, "grda": 0.13, "other": 0.08,
}
"""Recipes, not labels (reference 5.5); most windows of healthy people are made "other" besides."""
QUIETER: Final[dict[PatternClass, float]] = {"lpd": 0.7, "gpd": 0.7}
"""Amplitude of the background beside that of other windows: between discharges it is low in most real windows (GROND, IIIC)."""
MARGIN_S: Final[float] = 5.0
"""Generated on both sides and cut away, since filters work on the circle."""
LENGTH_S: Final[float] = WINDOW_S + 2 * MARGIN_S
HEARD_HZ: Final[dict[bool, float]] = {False: 80.0, True: 26.0}
"""Above it less than half a percent passes the filters, at 200 Hz and in decimated windows."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the generator knows of one window."""

    recipe: PatternClass
    frequency_hz: float = 0.0
    side: int = 0                        # -1 left, 1 right, 0 both or none
    lateral_index: float = 0.0
    snr_db: float = -np.inf
    coverage: float = 0.0                # share of the labelled 10 s that the pattern fills
    evolution_hz: float = 0.0            # change of rate in one direction
    modifiers: tuple[str, ...] = ()      # such as "+F", "evolving", "extreme delta brush", "bilateral independent"
    times_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))                # discharges or waves, 0 in the middle
    pair_share: NDArray[np.float32] = field(default_factory=lambda: np.zeros(18, np.float32))     # RMS of every pair beside the strongest
    present: NDArray[np.float32] = field(default_factory=lambda: np.zeros(round(WINDOW_S), np.float32))   # 0..1 in each second


@dataclass(frozen=True, slots=True)
class SyntheticWindows:
    """Generated windows with the votes that a large committee would give."""

    bipolar_uv: Floats                   # (n, 18, samples), 0.5-40 Hz
    votes: NDArray[np.float32]           # (n, 6), rows sum to 1
    patient: NDArray[np.int64]           # (n,) virtual patient within this batch
    truth: tuple[Truth, ...]
    sfreq_hz: float


def generate(
    rng: np.random.Generator,
    n: int,
    *,
    sfreq_hz: float = 200.0,
    per_patient: int = 6,
    recipe: PatternClass | None = None,
    backgrounds: RealBackgrounds | None = None,
) -> SyntheticWindows:
    """Draw windows of virtual patients.

    Parameters
    ----------
    n
        Number of windows.
    sfreq_hz
        200 (what serving sees) or 50 (what is left inside the networks after their own decimation; faster).
    per_patient
        Windows of each virtual patient.
    recipe
        Only windows meant to show this class; by default the mix of ``MIX``.
    backgrounds
        Real EEG without patterns, at ``made_hz(sfreq_hz)``, under a share of the windows.

    Returns
    -------
    ``SyntheticWindows`` in random order of classes, patients in order.
    """
    if sfreq_hz not in (200.0, acquisition.DECIMATED_HZ):
        raise ValueError(f"windows are generated at 200 or {acquisition.DECIMATED_HZ:g} Hz, not {sfreq_hz:g} Hz")
    if backgrounds is not None and backgrounds.sfreq_hz != made_hz(sfreq_hz):
        raise ValueError(f"real backgrounds are at {backgrounds.sfreq_hz:g} Hz; windows of {sfreq_hz:g} Hz need {made_hz(sfreq_hz):g} Hz")
    rows = list(_windows(rng, n, sfreq_hz, per_patient, recipe, backgrounds))
    return SyntheticWindows(
        bipolar_uv=np.stack([row[0] for row in rows]),
        votes=np.stack([row[1] for row in rows]).astype(np.float32),
        patient=np.arange(n) // per_patient,
        truth=tuple(row[2] for row in rows),
        sfreq_hz=sfreq_hz,
    )


def made_hz(sfreq_hz: float) -> float:
    """Rate at which windows are made: twice that of decimated ones, with room for the spikes that decimation rounds off."""
    return sfreq_hz if sfreq_hz == 200.0 else 2 * sfreq_hz


Row = tuple[Floats, NDArray[np.float64], Truth]


def _windows(
    rng: np.random.Generator, n: int, sfreq_hz: float, per_patient: int, recipe: PatternClass | None,
    backgrounds: RealBackgrounds | None,
) -> Iterator[Row]:
    decimated = sfreq_hz != 200.0
    line = Timeline(round(LENGTH_S * made_hz(sfreq_hz)), made_hz(sfreq_hz), -LENGTH_S / 2, HEARD_HZ[decimated])
    names, shares = list(MIX), np.array(list(MIX.values()))
    for index in range(n):
        if index % per_patient == 0:
            patient = background.draw_patient(rng)
        chosen = recipe or names[rng.choice(len(names), p=shares / shares.sum())]
        real = backgrounds if backgrounds is not None and rng.random() < real_background.SHARE else None
        if recipe is None and ((patient.healthy and rng.random() < 0.75) or (real is not None and rng.random() < 0.5)):
            chosen = "other"
        yield _window(rng, patient, line, chosen, decimated, real)


def _window(rng: np.random.Generator, patient: Patient, line: Timeline, recipe: PatternClass, decimated: bool,
            real: RealBackgrounds | None) -> Row:
    rest_uv = _scenery(rng, patient, line, recipe) if real is None else real.draw(rng, line)
    pattern, louder_db = _pattern(rng, patient, line, recipe)
    if pattern is None:
        recorded = acquisition.damage(rng, acquisition.contaminate(rng, rest_uv, line), line)
        return _cut(_bipolar(recorded, line, decimated)), votes.expected_votes(None, None), Truth(recipe)
    if recipe == "seizure" and rng.random() < 0.5:
        rest_uv = rest_uv * _after(rng, pattern.envelope, line)
    alone = _bipolar(pattern.electrodes * patient.gain[:, None], line, decimated)
    wanted_db = _snr_db(rng, recipe) + louder_db
    rows, centre = _strongest(alone)
    beside = _bipolar(rest_uv, line, decimated, rows)[:, centre]
    scale = 10 ** (wanted_db / 20) / _ratio(alone[rows][:, centre], beside, by_peak=pattern.kind == "periodic")
    whole = rest_uv + scale * patient.gain[:, None] * pattern.electrodes
    if rng.random() < 0.2:
        whole = whole + acquisition.disturb(rng, line)
    recorded = acquisition.damage(rng, acquisition.contaminate(rng, whole, line), line)
    seen_uv = _cut(_bipolar(recorded, line, decimated))
    alone = _cut(alone) * scale
    centre = centre_slice(alone.shape[-1])
    coverage = float(np.mean(pattern.envelope[np.abs(line.times_s) < LABEL_S / 2]))
    seen = votes.visibility(alone[:, centre], (seen_uv - alone)[:, centre], coverage)
    return seen_uv, votes.expected_votes(pattern, seen), _truth(recipe, pattern, seen, alone[:, centre], line)


def _truth(recipe: PatternClass, pattern: Pattern, seen: votes.Visibility, centre_uv: Floats, line: Timeline) -> Truth:
    """What is known of a pattern that was drawn, with its potentials (18, samples) in the labelled 10 s."""
    level = np.sqrt(np.mean(centre_uv**2, axis=1))
    times_s = pattern.times_s[np.abs(pattern.times_s) < WINDOW_S / 2]
    return Truth(
        recipe, pattern.frequency_hz, pattern.side, seen.lateral_index, seen.rms_db, seen.coverage, pattern.evolution_hz, pattern.modifiers, times_s,
        pair_share=(level / max(float(level.max()), 1e-9)).astype(np.float32),
        present=_cut(pattern.envelope[None])[0].reshape(round(WINDOW_S), -1).mean(axis=1).astype(np.float32),
    )


def centre_slice(n_samples: int) -> slice:
    """Samples of the labelled 10 s in a window of 50 s."""
    half = round(n_samples * LABEL_S / WINDOW_S / 2)
    return slice(n_samples // 2 - half, n_samples // 2 + half)


def _scenery(rng: np.random.Generator, patient: Patient, line: Timeline, recipe: PatternClass) -> Floats:
    """Everything that is not the pattern: background, slowing, sleep, suppression and, for "other", mimics."""
    level = np.float32(np.exp(rng.normal(0, 0.15)) * QUIETER.get(recipe, 1.0))
    scene = background.background(rng, patient, line) * level
    size = patient.amplitude_uv * level
    other = recipe == "other"
    slow = other or recipe in ("lrda", "lpd")                            # over a slow background in most real windows
    if not patient.healthy and rng.random() < (0.45 if slow else 0.3):
        focal = rng.random() < (0.3 if recipe in ("lrda", "lpd") else 0.6)
        scene += rng.uniform(0.5, 2.4 if other else 1.4) * size * background.polymorphic_delta(rng, patient, line, focal=focal)
    if not patient.healthy and rng.random() < (0.15 if other else 0.07):
        scene *= background.suppression(rng, line, suppressed_share=rng.uniform(0.2, 0.8))
    for chance, variant, low, high in (
        (0.12, background.spindles, 1, 4), (0.05, background.vertex_waves, 2, 8),
        (0.2 if other else 0.06, background.sporadic_sharp_waves, 2, 7),
    ):
        if rng.random() < chance:
            scene += rng.uniform(low, high) * size * variant(rng, patient, line)
    if rng.random() < (0.6 if patient.healthy else 0.3 if other else 0.06):
        scene += rng.uniform(0.5, 1.2) * size * variants.add(rng, patient, line)
    if other and rng.random() < 0.3:
        scene += acquisition.imitate(rng, line)
    return scene


def _pattern(rng: np.random.Generator, patient: Patient, line: Timeline, recipe: PatternClass) -> tuple[Pattern | None, float]:
    """The pattern of a recipe, and by how many dB it is to be louder than usual."""
    side = fields.draw_side(rng) if recipe in ("lpd", "lrda") else 0
    if recipe == "other":
        return None, 0.0
    if recipe == "seizure":
        start_s, stop_s = _seizure_times(rng)
        return seizure.draw(rng, patient, line, start_s=start_s, stop_s=stop_s), 0.0
    kind = periodic if recipe in ("lpd", "gpd") else rhythmic
    style = continuum.draw(rng, recipe, line, kind.draw_rate(rng, lateral=side != 0))
    return kind.draw(rng, patient, line, side=side, envelope=_presence(rng, line, short=kind is rhythmic), style=style), style.louder_db


def _seizure_times(rng: np.random.Generator) -> tuple[float, float]:
    """A seizure of 12-70 s that in most windows holds the labelled 10 s."""
    duration_s = float(np.exp(rng.uniform(np.log(12), np.log(70))))
    reach_s = max(duration_s - 8, 2.0) / 2
    middle_s = rng.uniform(-reach_s, reach_s) if rng.random() < 0.9 else rng.uniform(-25, 25)
    return middle_s - duration_s / 2, middle_s + duration_s / 2


def _after(rng: np.random.Generator, envelope: Floats, line: Timeline) -> Floats:
    """Gain (samples,) of the background: attenuated after a seizure, recovering over a minute or more."""
    over_s = line.times_s[np.flatnonzero(envelope > 0.5)[-1]] if (envelope > 0.5).any() else line.length_s
    since_s = np.clip(line.times_s - over_s, 0, None)
    return np.asarray(np.where(since_s > 0, 1 - rng.uniform(0.3, 0.9) * np.exp(-since_s / 60), 1), dtype=np.float32)


def _presence(rng: np.random.Generator, line: Timeline, *, short: bool) -> Floats:
    """Throughout the window, or beginning or ending within it, or in runs."""
    chance = rng.random()
    if chance < 0.6:
        return np.ones(line.n_samples, dtype=np.float32)
    if chance < 0.85:
        duration_s = rng.uniform(3.5, 9) if short and rng.random() < 0.3 else rng.uniform(9, 60)
        middle_s = rng.uniform(-1, 1) * max(duration_s / 2 - 3, 2)
        return noise.ramp(line, middle_s - duration_s / 2, middle_s + duration_s / 2)
    wave = noise.slow(rng, line, tau_s=rng.uniform(3, 8))[0]
    return np.asarray(1 / (1 + np.exp(-np.clip(6 * (wave + rng.uniform(0.3, 1.5)), -30, 30))), dtype=np.float32)


def _snr_db(rng: np.random.Generator, recipe: PatternClass) -> float:
    """Pattern against background: peaks of periodic discharges, RMS of all others."""
    if recipe == "seizure":
        return float(rng.uniform(0, 20))
    if recipe in ("lrda", "grda") and rng.random() < 0.12:
        return float(rng.uniform(10, 20))                               # as high as a slow seizure, yet without its evolution
    return float(rng.uniform(4, 24) if recipe == "lpd" else rng.uniform(5, 29) if recipe == "gpd" else rng.uniform(-5, 12))


def _strongest(pattern_uv: Floats) -> tuple[NDArray[np.int64], slice]:
    """The four strongest pairs of a pattern, and where it is strong: in the labelled 10 s, or anywhere if only outside of them."""
    centre = centre_slice(pattern_uv.shape[-1])
    power, whole = np.mean(pattern_uv[:, centre] ** 2, axis=1), np.mean(pattern_uv**2, axis=1)
    if power.max() < 0.05 * whole.max():
        power, centre = whole, slice(None)
    return np.argsort(power)[-4:], centre


def _ratio(pattern_uv: Floats, rest_uv: Floats, *, by_peak: bool) -> float:
    """The pairs (4, samples) of a pattern, their RMS or their peaks, against the RMS of the rest."""
    rest = np.sqrt(np.mean(rest_uv**2))
    if by_peak:
        return float(np.mean(np.percentile(np.abs(pattern_uv), 97, axis=1)) / rest)
    return float(np.sqrt(np.mean(pattern_uv**2)) / rest)


def _bipolar(electrodes_uv: Floats, line: Timeline, decimated: bool, rows: NDArray[np.int64] | None = None) -> Floats:
    pairs = bipolar_matrix() if rows is None else bipolar_matrix()[rows]
    return acquisition.analysed(pairs @ electrodes_uv, sfreq_hz=line.sfreq_hz, decimated=decimated)


def _cut(values: Floats) -> Floats:
    margin = round(values.shape[-1] * MARGIN_S / (WINDOW_S + 2 * MARGIN_S))
    return values[:, margin : values.shape[-1] - margin]
