"""Electrographic seizures by ACNS 2021: discharges above 2.5 Hz for 10 s, or definite evolution for 10 s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import numpy as np

from ml.synthetic import fields, noise
from ml.synthetic.background import Patient
from ml.synthetic.forward import direction
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern

Onset = Literal["theta", "spike_wave", "acceleration", "fast", "slow_wave"]
ONSETS: Final[tuple[Onset, ...]] = ("theta", "spike_wave", "acceleration", "fast", "slow_wave")
SHARES: Final[tuple[float, ...]] = (0.26, 0.24, 0.24, 0.10, 0.16)


def draw(
    rng: np.random.Generator,
    patient: Patient,
    line: Timeline,
    *,
    start_s: float,
    stop_s: float,
    onset: Onset | None = None,
    side: int | None = None,
) -> Pattern:
    """A seizure from ``start_s`` to ``stop_s`` of the timeline.

    Kinds (reference 5.5): rhythmic theta that slows to delta; 2.4-4 Hz spike-wave; periodic discharges that
    accelerate from 1.2-2.5 to 2.8-6 Hz; low-voltage fast activity that slows from 6-13 to 2-4 Hz; high slow waves of
    2-3 Hz that speed up and slow down again.
    """
    onset = ONSETS[rng.choice(len(ONSETS), p=SHARES)] if onset is None else onset
    side = _side(rng, onset) if side is None else side
    progress = np.clip((line.times_s - start_s) / (stop_s - start_s), 0, 1).astype(np.float32)
    rate_hz = _rate(rng, onset, progress)
    envelope = noise.ramp(line, start_s, stop_s, rise_s=min(3.0, (stop_s - start_s) / 5))
    uneven = np.exp(rng.uniform(0.05, 0.35) * noise.slow(rng, line, tau_s=rng.uniform(0.1, 0.6))[0])
    build_up = _build_up(rng, progress) * envelope * uneven
    phase = _phase(rng, line, rate_hz)
    waveform, sharpness = _waveform(rng, onset)
    unlike = rng.uniform(0.1, 0.7)
    irregular = noise.band(rng, 1, line, centre_hz=rng.uniform(3, 9), width_hz=2)[0] * rng.uniform(0, 0.4)
    field = fields.generalized(rng, patient) if side == 0 else fields.lateralized(rng, patient, side=side)

    def course(delay_s: float) -> Floats:
        late = phase - 2 * np.pi * rate_hz * delay_s + unlike * noise.slow(rng, line, tau_s=0.8)[0]
        own = waveform(late) + unlike * rng.uniform(0, 0.9) * np.cos(2 * late + rng.uniform(-np.pi, np.pi)) + irregular * rng.uniform(0, 2)
        return np.asarray(build_up * own, dtype=np.float32)

    electrodes = fields.paint(field, course)
    names: tuple[str, ...] = (f"{onset.replace('_', ' ')} onset",)
    if rng.random() < 0.5:
        names += ("spread",)
        electrodes += _spread(rng, patient, side, progress, course(float(rng.uniform(0, 0.08))))
    present = envelope > 0.5
    rates = rate_hz[present] if present.any() else rate_hz
    return Pattern(
        "seizure", electrodes, envelope, float(np.median(rates)), variation=0.1, duty=1.0, side=side,
        evolution_hz=float(np.percentile(rates, 95) - np.percentile(rates, 5)), sharpness=sharpness,
        duration_s=stop_s - start_s, times_s=line.times_s[1:][(np.diff(np.floor(phase / (2 * np.pi))) > 0) & (envelope[1:] > 0.25)], modifiers=names,
    )


def _side(rng: np.random.Generator, onset: Onset) -> int:
    generalized = {"spike_wave": 0.55, "slow_wave": 0.4}.get(onset, 0.15)
    return 0 if rng.random() < generalized else fields.draw_side(rng)


def _rate(rng: np.random.Generator, onset: Onset, progress: Floats) -> Floats:
    """Rate in Hz along the seizure: smooth and monotone but for the slow-wave kind."""
    if onset == "slow_wave":
        base, rise = rng.uniform(1.8, 2.8), rng.uniform(0.4, 1.6)
        return np.asarray(base + rise * np.sin(np.pi * progress) - rng.uniform(0, 0.5) * progress)
    low, high = {
        "theta": ((4.5, 8.0), (1.5, 3.5)),
        "spike_wave": ((2.7, 4.2), (2.3, 3.2)),
        "acceleration": ((1.2, 2.5), (2.8, 6.0)),
        "fast": ((6.0, 13.0), (2.0, 4.0)),
    }[onset]
    first, last = rng.uniform(*low), rng.uniform(*high)
    return np.asarray(first * (last / first) ** (progress ** rng.uniform(0.6, 1.5)))


def _phase(rng: np.random.Generator, line: Timeline, rate_hz: Floats) -> Floats:
    wander = np.exp(rng.uniform(0.01, 0.10) * noise.slow(rng, line, tau_s=0.5)[0])
    return np.asarray(2 * np.pi * np.cumsum(rate_hz * wander) / line.sfreq_hz)


def _build_up(rng: np.random.Generator, progress: Floats) -> Floats:
    start = rng.uniform(0.15, 0.9)
    return np.asarray(start + (1 - start) * np.minimum(1, progress / rng.uniform(0.2, 0.7)))


def _waveform(rng: np.random.Generator, onset: Onset) -> tuple[Callable[[Floats], Floats], float]:
    """Wave of one cycle as a function of phase: from blunt and rounded to spike and wave."""
    spiky = {"spike_wave": 1.0, "acceleration": 0.8, "theta": 0.4, "fast": 0.3, "slow_wave": 0.35}[onset]
    height = float(rng.uniform(0.3, 2.5) * (rng.random() < max(spiky, 0.4)))
    width, lag = rng.uniform(0.12, 0.5), rng.uniform(0.5, 1.4)
    second, shift = rng.uniform(0.0, 0.45), rng.uniform(-np.pi, np.pi)

    def wave(phase: Floats) -> Floats:
        angle = np.mod(phase, 2 * np.pi) - np.pi
        spike = -height * np.exp(-0.5 * (angle / width) ** 2) + 0.35 * height * np.exp(-0.5 * ((angle - lag) / width) ** 2)
        return np.asarray(np.cos(phase) + second * np.cos(2 * phase + shift) + spike)

    return wave, float(min(1.0, height))


def _spread(rng: np.random.Generator, patient: Patient, side: int, progress: Floats, course: Floats) -> Floats:
    """Later spread to the neighbourhood or to the other hemisphere."""
    other = -side if side and rng.random() < 0.6 else int(rng.choice([-1, 1]))
    where = direction(rng.uniform(40, 90), other * rng.uniform(25, 150))
    topography = patient.head.patch(where, width_rad=rng.uniform(0.3, 0.7))
    begin = rng.uniform(0.15, 0.7)
    share = rng.uniform(0.2, 1.0) * np.clip((progress - begin) / 0.25, 0, 1)
    return np.asarray(topography[:, None] * (share * course), dtype=np.float32)
