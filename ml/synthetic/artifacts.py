"""Artifacts of eyes, muscle, heart, skin, electrodes and machines; those that are rhythmic imitate patterns.

Every function returns what it adds to the 19 electrodes (19, samples) in µV.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.channels import ELECTRODES
from ml.synthetic import noise
from ml.synthetic.forward import electrode_directions
from ml.synthetic.noise import Floats, Timeline

_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(ELECTRODES)}
_TEMPORAL: Final[tuple[str, ...]] = ("F7", "F8", "T3", "T4", "T5", "T6", "Fp1", "Fp2")


def blinks(rng: np.random.Generator, line: Timeline) -> Floats:
    """Eye blinks and slow eyelid flutter: positive at Fp1 and Fp2, gone behind the frontal electrodes."""
    every_s = rng.uniform(0.5, 1.2) if rng.random() < 0.15 else rng.uniform(1.5, 8)
    times_s = _times(rng, line, every_s)
    width_s = rng.uniform(0.06, 0.14)
    course = noise.place(
        times_s, rng.lognormal(np.log(rng.uniform(30, 150)), 0.3, len(times_s)), line,
        lambda dt: np.exp(-0.5 * (dt / width_s) ** 2) - 0.2 * np.exp(-0.5 * ((dt - 3 * width_s) / (2 * width_s)) ** 2),
        before_s=0.5, after_s=1.0,
    )
    return _falling_back(rng)[:, None] * course


def eyelid_flutter(rng: np.random.Generator, line: Timeline) -> Floats:
    """Flutter of the lids and vertical roving of the eyes: 0.8-3 Hz at Fp1 and Fp2; a mimic of frontal rhythmic delta."""
    rate_hz = rng.uniform(0.8, 3.0)
    phase = 2 * np.pi * rate_hz * line.times_s + rng.uniform(0.3, 1.2) * noise.slow(rng, line, tau_s=1.0)[0]
    course = np.cos(phase) + rng.uniform(0, 0.4) * np.cos(2 * phase + rng.uniform(0, 6))
    return np.asarray(rng.uniform(15, 80) * _falling_back(rng)[:, None] * course * _bouts(rng, line), dtype=np.float32)


def eye_movements(rng: np.random.Generator, line: Timeline) -> Floats:
    """Lateral gaze and roving eyes: F7 and F8 in opposite directions."""
    roving = rng.random() < 0.4
    if roving:
        course = np.sin(2 * np.pi * rng.uniform(0.2, 0.7) * line.times_s + 2 * noise.slow(rng, line, tau_s=1.5)[0])
    else:
        steps = np.zeros(line.n_samples, dtype=np.float32)
        at = rng.integers(0, line.n_samples, rng.integers(3, 25))
        steps[at] = rng.normal(0, 1, len(at))
        decay = np.exp(-np.arange(int(3 * line.sfreq_hz)) / line.sfreq_hz / 0.8)
        course = np.convolve(steps, decay)[: line.n_samples]
    side = electrode_directions()[:, 0]
    front = np.clip(electrode_directions()[:, 1], 0, None) ** 2
    return np.asarray(rng.uniform(15, 70) * (side * front)[:, None] * course, dtype=np.float32)


def muscle(rng: np.random.Generator, line: Timeline) -> Floats:
    """Scalp muscle: broad noise above 15 Hz at temporal and frontal electrodes, in bursts or throughout."""
    chosen = rng.choice(len(_TEMPORAL), rng.integers(2, 8), replace=False)
    level = np.zeros(19, dtype=np.float32)
    level[[_INDEX[_TEMPORAL[i]] for i in chosen]] = rng.uniform(0.3, 1.0, len(chosen))
    peak_hz = rng.uniform(25, 60)
    sd = np.exp(rng.uniform(np.log(2), np.log(22)))
    fast = noise.coloured(rng, 19, line, lambda f: (f / peak_hz) ** 2 / (1 + (f / peak_hz) ** 3) / peak_hz)
    return np.asarray(sd * level[:, None] * fast * _bouts(rng, line), dtype=np.float32)


def chewing(rng: np.random.Generator, line: Timeline) -> Floats:
    """Chewing: bursts of muscle at 1-2.5 Hz with slow potentials of the tongue; a mimic of periodic discharges."""
    rate_hz = rng.uniform(0.9, 2.5)
    phase = 2 * np.pi * rate_hz * line.times_s + 0.5 * noise.slow(rng, line, tau_s=1.0)[0]
    bursts = np.clip(np.cos(phase), 0, 1) ** rng.uniform(2, 6)
    slow = np.cos(phase + rng.uniform(0, 6)) * rng.uniform(0, 15)
    return np.asarray(muscle(rng, line) * bursts * 2.5 + _falling_back(rng)[:, None] * slow * _bouts(rng, line), dtype=np.float32)


def heart(rng: np.random.Generator, line: Timeline) -> Floats:
    """EKG in the EEG: narrow, regular, alike in shape, mostly over the left ear chain; a mimic of periodic discharges."""
    course = heartbeat(rng, line, rate_hz=rng.uniform(0.8, 2.2))
    tilt = electrode_directions() @ _unit(rng)
    return np.asarray(np.exp(rng.uniform(np.log(2), np.log(35))) * tilt[:, None] * course, dtype=np.float32)


def heartbeat(rng: np.random.Generator, line: Timeline, *, rate_hz: float) -> Floats:
    """An EKG (samples,) of unit R wave: P, QRS and T with the variation of a heart."""
    n = int(line.length_s * rate_hz * 1.6) + 4
    intervals_s = (1 + rng.uniform(0.01, 0.06) * rng.standard_normal(n)) / rate_hz
    times_s = line.start_s - rng.uniform(0, 1) + np.cumsum(np.abs(intervals_s))
    return noise.place(times_s, np.ones(n), line, heart_wave, before_s=0.4, after_s=0.6)


def heart_wave(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """One heartbeat of unit R wave at 0 s: P, Q, R, S and T."""
    bumps = ((-0.17, 0.025, 0.12), (-0.028, 0.009, -0.15), (0.0, 0.011, 1.0), (0.03, 0.011, -0.25), (0.26, 0.05, 0.28))
    return np.asarray(sum(h * np.exp(-0.5 * ((seconds - c) / s) ** 2) for c, s, h in bumps))


def pulse(rng: np.random.Generator, line: Timeline) -> Floats:
    """Pulse under one electrode: slow waves at the heart's rate in one or two neighbours; a mimic of rhythmic delta."""
    rate_hz = rng.uniform(0.8, 2.0)
    phase = 2 * np.pi * rate_hz * line.times_s + 0.3 * noise.slow(rng, line, tau_s=3.0)[0]
    course = np.cos(phase) + 0.4 * np.cos(2 * phase + rng.uniform(0, 6))
    return _few_electrodes(rng, 2)[:, None] * np.asarray(rng.uniform(5, 35) * course, dtype=np.float32)


def sweat(rng: np.random.Generator, line: Timeline) -> Floats:
    """Sweat and sway: large waves below 0.6 Hz, different at every electrode."""
    level = rng.uniform(0.2, 1.0, 19) * (rng.random(19) < rng.uniform(0.2, 0.9))
    return np.asarray(rng.uniform(20, 120) * level[:, None] * noise.slow(rng, line, tau_s=rng.uniform(1.0, 4.0), n=19), dtype=np.float32)


def electrode_pops(rng: np.random.Generator, line: Timeline) -> Floats:
    """Pops of one or two electrodes: a step with a slow decay, sometimes in a train; a mimic of focal discharges."""
    times_s = _times(rng, line, rng.uniform(0.6, 8))
    decay_s = rng.uniform(0.03, 0.5)
    course = noise.place(
        times_s, rng.normal(0, rng.uniform(20, 200), len(times_s)), line,
        lambda dt: np.where(dt >= 0, np.exp(-np.clip(dt, 0, None) / decay_s), 0), before_s=0.05, after_s=2.5,
    )
    return _few_electrodes(rng, 2)[:, None] * course


def noisy_electrodes(rng: np.random.Generator, line: Timeline) -> Floats:
    """One to three electrodes with poor contact: noise of any colour."""
    slope = rng.uniform(0, 2.5)
    course = noise.coloured(rng, 19, line, lambda f: 1 / (0.5 + f) ** slope)
    level = _few_electrodes(rng, 3) / max(float(course.std()), 1e-6)
    return np.asarray(np.exp(rng.uniform(np.log(8), np.log(150))) * level[:, None] * course * _bouts(rng, line), dtype=np.float32)


def machine(rng: np.random.Generator, line: Timeline) -> Floats:
    """Ventilator, bed percussion, pump or resuscitation: a stiff rhythm over much of the head; a mimic of rhythms and seizures."""
    rate_hz = float(rng.choice([rng.uniform(0.2, 0.5), rng.uniform(1.2, 2.2), rng.uniform(3, 11)]))
    phase = 2 * np.pi * rate_hz * line.times_s + 0.05 * noise.slow(rng, line, tau_s=2.0)[0]
    orders = rng.integers(1, 6)
    course = sum(rng.uniform(0.2, 1) / k * np.cos(k * phase + rng.uniform(0, 6)) for k in range(1, orders + 1))
    level = rng.normal(0, 1, 19) * rng.uniform(0.2, 1, 19)
    return np.asarray(rng.uniform(5, 60) * level[:, None] * course * _bouts(rng, line), dtype=np.float32)


def tremor(rng: np.random.Generator, line: Timeline) -> Floats:
    """Movement of the head or shivering: 3-8 Hz at the back of the head, waxing and waning."""
    back = np.clip(-electrode_directions()[:, 1], 0, None)
    level = back * np.where(electrode_directions()[:, 0] * rng.choice([-1, 1]) > 0, 1.0, rng.uniform(0, 1))
    course = noise.band(rng, 1, line, centre_hz=rng.uniform(3, 8), width_hz=rng.uniform(0.2, 0.6))
    return np.asarray(rng.uniform(8, 50) * level[:, None] * course * _bouts(rng, line), dtype=np.float32)


def movement(rng: np.random.Generator, line: Timeline) -> Floats:
    """Gross movement: a few seconds of large disordered waves in all electrodes."""
    course = noise.coloured(rng, 19, line, lambda f: 1 / (0.3 + f) ** 2)
    gain = np.zeros(line.n_samples, dtype=np.float32)
    for _ in range(rng.integers(1, 4)):
        start_s = line.start_s + rng.uniform(0, line.length_s)
        gain += noise.ramp(line, start_s, start_s + rng.uniform(1, 8), rise_s=0.5)
    return np.asarray(rng.uniform(30, 250) * course * np.minimum(gain, 1), dtype=np.float32)


def _times(rng: np.random.Generator, line: Timeline, every_s: float) -> NDArray[np.float64]:
    return np.sort(rng.uniform(line.start_s, line.start_s + line.length_s, rng.poisson(line.length_s / every_s) + 1))


def _falling_back(rng: np.random.Generator) -> Floats:
    """Field of a vertical eye movement: 1 at Fp1 and Fp2, a fifth at F3 and F4, almost nothing behind."""
    distance = 1 - electrode_directions()[:, 1]
    field = np.exp(-distance / rng.uniform(0.12, 0.28))
    return np.asarray(field * np.where(electrode_directions()[:, 0] < 0, 1, rng.uniform(0.7, 1.3)), dtype=np.float32)


def _few_electrodes(rng: np.random.Generator, at_most: int) -> Floats:
    level = np.zeros(19, dtype=np.float32)
    chosen = rng.choice(19, rng.integers(1, at_most + 1), replace=False)
    level[chosen] = rng.uniform(0.3, 1.0, len(chosen))
    return level


def _bouts(rng: np.random.Generator, line: Timeline) -> Floats:
    """Gain 0..1: throughout, or in bouts."""
    if rng.random() < 0.45:
        return np.ones(line.n_samples, dtype=np.float32)
    wave = noise.slow(rng, line, tau_s=rng.uniform(0.5, 5))[0]
    return np.asarray(1 / (1 + np.exp(-np.clip(5 * (wave - rng.uniform(-0.8, 0.8)), -30, 30))), dtype=np.float32)


def _unit(rng: np.random.Generator) -> NDArray[np.float64]:
    vector = rng.normal(size=3)
    return np.asarray(vector / np.linalg.norm(vector))
