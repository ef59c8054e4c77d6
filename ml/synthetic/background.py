"""Background EEG of a virtual patient: coherent 1/f activity, rhythms, slowing, suppression and normal variants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import noise
from ml.synthetic.forward import Head, bipolar_matrix, broad, direction, draw_head, electrode_directions, scaled
from ml.synthetic.noise import Floats, Timeline


@dataclass(frozen=True, slots=True)
class Patient:
    """What stays the same in all windows of one virtual patient. Ranges: reference 5.5, settings that worked."""

    head: Head
    slope: float                          # exponent of the power spectrum
    knee_hz: float
    mixing: Floats                        # (19, 19): white sources to spatially coherent electrodes, bipolar SD 1
    floor: Floats                         # (19, 19): the same for activity above the delta band, flatter in spectrum, more local
    floor_slope: float
    amplitude_uv: float                   # bipolar SD
    gain: Floats                          # (19,): attenuation of a hemisphere or region
    alpha_hz: float                       # posterior rhythm
    alpha: float                          # its bipolar SD relative to the background, 0 without
    theta: float
    beta: float
    healthy: bool


def draw_patient(rng: np.random.Generator, *, healthy: bool | None = None) -> Patient:
    """A virtual patient: mostly of intensive care, a sixth with a normal awake or sleeping background."""
    healthy = bool(rng.random() < 0.16) if healthy is None else healthy
    slope, knee_hz = (rng.uniform(1.1, 2.4), 0.8) if healthy else (rng.uniform(2.0, 4.2), rng.uniform(0.3, 1.5))
    mixing, floor = draw_mixing(rng)
    amplitude_uv = float(np.exp(rng.normal(np.log(9.0 if healthy else 7.5), 0.35 if healthy else 0.55)))
    return Patient(
        head=draw_head(rng),
        slope=slope,
        knee_hz=knee_hz,
        mixing=mixing,
        floor=floor,
        floor_slope=rng.uniform(0.6, 1.6),
        amplitude_uv=amplitude_uv,
        gain=_hemisphere_gain(rng) if not healthy and rng.random() < 0.25 else np.ones(19, dtype=np.float32),
        alpha_hz=rng.uniform(8.5, 11.5) if healthy else rng.uniform(6.5, 10.5),
        alpha=rng.uniform(0.3, 1.3) if healthy else float(rng.uniform(0.1, 0.4) * (rng.random() < 0.15)),
        theta=float(rng.uniform(0.2, 0.8) * (rng.random() < 0.3)),
        beta=float(rng.uniform(0.1, 0.5) * (rng.random() < (0.5 if healthy else 0.2))),
        healthy=healthy,
    )


def background(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Ongoing activity at the 19 electrodes (19, samples) in µV, average reference, without transients."""
    base = noise.mixed(rng, line, (patient.mixing, _slope_spectrum(patient.slope, patient.knee_hz)),
                       (patient.floor, _slope_spectrum(patient.floor_slope, 4.0)))
    for _ in range(_n_slow_fields(rng)):
        base += _slow_field(rng, patient, line)
    if patient.alpha:
        base += _posterior_rhythm(rng, patient, line)
    if patient.theta:
        topography = patient.head.patch(anywhere(rng), width_rad=rng.uniform(0.3, 0.8))
        course = noise.band(rng, 1, line, centre_hz=rng.uniform(4.5, 7.5), width_hz=rng.uniform(0.4, 1.2))
        base += patient.theta * topography[:, None] * course * _waxing(rng, line)
    if patient.beta:
        base += patient.beta * (patient.mixing @ noise.band(rng, 19, line, centre_hz=rng.uniform(16, 24), width_hz=3))
    base *= np.float32(patient.amplitude_uv) * patient.gain[:, None]
    base *= np.exp(np.float32(0.18) * noise.slow(rng, line, tau_s=rng.uniform(2, 8)))
    return base


def polymorphic_delta(rng: np.random.Generator, patient: Patient, line: Timeline, *, focal: bool) -> Floats:
    """Irregular slow waves (19, samples), unit bipolar SD: what rhythmic delta is not."""
    where = anywhere(rng) if focal else direction(rng.uniform(10, 60), rng.choice([0, 180]))
    topography = patient.head.patch(where, width_rad=rng.uniform(0.25, 0.6) if focal else rng.uniform(0.7, 1.2))
    second = patient.head.patch(anywhere(rng), width_rad=0.5)
    width_hz = rng.uniform(0.35, 0.9)
    courses = noise.band(rng, 2, line, centre_hz=rng.uniform(0.6, 2.2), width_hz=width_hz)
    field = topography[:, None] * courses[0] + 0.5 * second[:, None] * courses[1]
    return np.asarray(field * _waxing(rng, line), dtype=np.float32)


def suppression(rng: np.random.Generator, line: Timeline, *, suppressed_share: float) -> Floats:
    """Gain (samples,) of burst suppression: bursts of 1-5 s between stretches near silence."""
    gain = np.full(line.n_samples, rng.uniform(0.03, 0.15), dtype=np.float32)
    time_s = line.start_s
    while time_s < line.start_s + line.length_s:
        burst_s = rng.uniform(0.8, 4.0)
        gain += noise.ramp(line, time_s, time_s + burst_s, rise_s=0.4)
        time_s += burst_s + rng.uniform(0.6, 1.4) * burst_s * suppressed_share / (1 - suppressed_share)
    return np.minimum(gain, 1.2)


def spindles(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Sleep spindles (19, samples): 11-15 Hz, 0.5-2 s, fronto-central, unit bipolar peak."""
    topography = patient.head.patch(direction(rng.uniform(0, 35), 0), width_rad=rng.uniform(0.4, 0.7))
    times_s = _poisson_times(rng, line, every_s=rng.uniform(3, 9))
    rate_hz, width_s = rng.uniform(11, 15), rng.uniform(0.25, 0.6)
    course = noise.place(
        times_s, rng.uniform(0.5, 1.0, len(times_s)), line,
        lambda dt: np.exp(-0.5 * (dt / width_s) ** 2) * np.cos(2 * np.pi * rate_hz * dt), before_s=2, after_s=2,
    )
    return topography[:, None] * course


def vertex_waves(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Vertex waves and K-complexes (19, samples), unit bipolar peak: sharp negativity at Cz, then a slow wave."""
    topography = patient.head.patch(direction(rng.uniform(0, 15), 0), width_rad=rng.uniform(0.3, 0.5))
    times_s = _poisson_times(rng, line, every_s=rng.uniform(2.5, 10))
    slow_share, width_s = rng.uniform(0.2, 1.0), rng.uniform(0.05, 0.12)

    def template(dt: NDArray[np.float64]) -> NDArray[np.float64]:
        wave = np.exp(-0.5 * (dt / width_s) ** 2) - slow_share * np.exp(-0.5 * ((dt - 3.2 * width_s) / (2 * width_s)) ** 2)
        return np.asarray(-wave)

    course = noise.place(times_s, rng.uniform(0.4, 1, len(times_s)), line, template, before_s=0.5, after_s=1.2)
    return topography[:, None] * course


def sporadic_sharp_waves(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    """Isolated sharp waves (19, samples) without a period, unit bipolar peak: wickets, or discharges too sparse to count."""
    topography = patient.head.patch(anywhere(rng), width_rad=rng.uniform(0.2, 0.5))
    times_s = _poisson_times(rng, line, every_s=rng.uniform(3, 12))
    width_s = rng.uniform(0.02, 0.06)
    course = noise.place(
        times_s, rng.lognormal(0, 0.4, len(times_s)), line,
        lambda dt: -np.exp(-0.5 * (dt / width_s) ** 2) + 0.5 * np.exp(-0.5 * ((dt - 4 * width_s) / (2.5 * width_s)) ** 2),
        before_s=0.4, after_s=0.9,
    )
    return topography[:, None] * course


def draw_mixing(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Mixing (19, 19) of the slow activity, and of the weaker, more local activity above it."""
    floor_sd = np.float32(np.exp(rng.uniform(np.log(0.10), np.log(0.38))))
    return (
        _mixing(rng, correlation_length=rng.uniform(0.45, 1.3), smoothness=rng.uniform(1.6, 1.97)),
        floor_sd * _mixing(rng, correlation_length=rng.uniform(0.4, 1.2), smoothness=rng.uniform(1.4, 1.95)),
    )


def anywhere(rng: np.random.Generator) -> NDArray[np.float64]:
    """A direction on the convexity that electrodes cover."""
    return direction(rng.uniform(15, 95), rng.uniform(-180, 180))


def _slope_spectrum(slope: float, knee_hz: float) -> noise.Spectrum:
    def shape(f: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1 / (knee_hz**slope + f**slope))

    f = np.linspace(0.5, 20, 400)
    total = float(np.trapezoid(shape(f), f))
    return lambda freqs_hz: shape(freqs_hz) / total


def _mixing(rng: np.random.Generator, *, correlation_length: float, smoothness: float) -> Floats:
    """Fields with covariance exp(-(d / length)^smoothness): near 2, neighbouring pairs of a chain go the same way."""
    electrodes = electrode_directions()
    distance = np.linalg.norm(electrodes[:, None] - electrodes[None], axis=-1)
    covariance = np.exp(-((distance / correlation_length) ** smoothness))
    mixing = np.linalg.cholesky(covariance + 1e-6 * np.eye(19))
    front = electrode_directions()[:, 1]
    level = np.exp(rng.normal(0, 0.1, 19) + rng.uniform(0.05, 0.7) * front + rng.uniform(0.0, 0.9) * front**2)    # ends of the chains are higher
    mixing = (mixing * level[:, None]) - (mixing * level[:, None]).mean(axis=0)
    return np.asarray(mixing / np.median((bipolar_matrix() @ mixing).std(axis=1) * np.sqrt(19)), dtype=np.float32)


def _hemisphere_gain(rng: np.random.Generator) -> Floats:
    side = electrode_directions()[:, 0] * rng.choice([-1, 1])
    return np.asarray(1 - (1 - rng.uniform(0.25, 0.8)) / (1 + np.exp(-side / 0.15)), dtype=np.float32)


def _n_slow_fields(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 4)) if rng.random() < 0.65 else 0


def _slow_field(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    frontal = rng.random() < 0.65
    where = direction(rng.uniform(55, 105), rng.normal(0, 30)) if frontal else anywhere(rng)
    topography = patient.head.patch(where, width_rad=rng.uniform(0.5, 1.1), tangential=rng.uniform(0, 0.3))
    if rng.random() < 0.5:
        topography = scaled(topography + rng.uniform(0.5, 2) * broad(where))
    course = noise.band(rng, 1, line, centre_hz=rng.uniform(0.3, 1.6), width_hz=rng.uniform(0.4, 1.2))
    return np.asarray(rng.uniform(0.3, 1.2) * topography[:, None] * course, dtype=np.float32)


def _posterior_rhythm(rng: np.random.Generator, patient: Patient, line: Timeline) -> Floats:
    left = patient.head.patch(direction(85, -155), width_rad=0.35)
    right = patient.head.patch(direction(85, 155), width_rad=0.35)
    courses = noise.band(rng, 3, line, centre_hz=patient.alpha_hz, width_hz=rng.uniform(0.5, 1.6))
    field = left[:, None] * (courses[0] + 0.5 * courses[1]) + right[:, None] * (courses[0] + 0.5 * courses[2])
    return np.asarray(patient.alpha * field * _waxing(rng, line), dtype=np.float32)


def _waxing(rng: np.random.Generator, line: Timeline) -> Floats:
    return np.asarray(np.exp(rng.uniform(0.2, 0.7) * noise.slow(rng, line, tau_s=rng.uniform(0.4, 2.0))))


def _poisson_times(rng: np.random.Generator, line: Timeline, *, every_s: float) -> NDArray[np.float64]:
    n = rng.poisson(line.length_s / every_s)
    return np.sort(rng.uniform(line.start_s, line.start_s + line.length_s, n))
