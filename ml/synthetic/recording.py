"""Whole recordings of a virtual patient, hours long, with a diary of what was put into them.

The background runs on through the hours (blocks that fade into one another), sleep comes at night with its stages, healthy people
have their normal variants, patterns and seizures begin gradually and carry modifiers, and after a seizure the background is
attenuated. What evolves is a seizure (ACNS 2021) and in the diary as one. Memory does not grow with the length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.channels import ELECTRODES
from ml.classes import PATTERNS, PatternClass
from ml.edf_writer import EdfWriter
from ml.recording import Annotation
from ml.synthetic import acquisition, artifacts, background, modifiers, noise, periodic, rhythmic, seizure, variants
from ml.synthetic.background import Patient
from ml.synthetic.continuum import Style
from ml.synthetic.forward import bipolar_matrix
from ml.synthetic.noise import Floats, Timeline
from ml.synthetic.pattern import Pattern

SFREQ_HZ: Final[float] = 200.0
BLOCK_S: Final[int] = 60
FADE_S: Final[int] = 6
"""Neighbouring blocks of background overlap and fade into one another with constant power."""
START: Final[datetime] = datetime(2026, 3, 2, 8, 0)
MARK: Final[str] = "SYNTHETIC EEG made by a generator, not of a person"
LABELS: Final[tuple[str, ...]] = (*(f"EEG {name}" for name in ELECTRODES), "ECG EKG")

DEFAULT_RATES: Final[dict[PatternClass, float]] = {"seizure": 0.5, "lpd": 0.4, "gpd": 0.4, "lrda": 0.4, "grda": 0.4}
"""Events per hour: an eventful recording of intensive care, so that a day holds enough of each to count."""
MEDIAN_S: Final[dict[PatternClass, float]] = {"seizure": 55, "lpd": 110, "gpd": 110, "lrda": 80, "grda": 80}
MOST_S: Final[float] = 400.0


@dataclass(frozen=True, slots=True)
class DiaryEvent:
    """A true event of a generated recording; seconds from its start."""

    pattern: PatternClass
    start_s: float
    stop_s: float
    side: int                            # -1 left, 1 right, 0 both
    frequency_hz: float                  # in its middle; the median of a seizure
    snr_db: float
    evolution_hz: float = 0.0            # of the rate, in one direction
    modifiers: tuple[str, ...] = ()      # of ACNS 2021 and the kind of onset: "+S", "fluctuating", "theta onset", ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "modifiers", tuple(self.modifiers))     # JSON knows lists only


def write_edf(
    path: str | os.PathLike[str],
    *,
    hours: float,
    seed: int,
    patterns: Mapping[PatternClass, float] | None = None,
    healthy: bool = False,
    asleep: bool | None = None,
    mains_hz: float | None = None,
    patient: str = "X X X X",
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[DiaryEvent, ...]:
    """Write a generated recording as EDF+C: 19 electrodes and EKG, 200 Hz, marked synthetic.

    Parameters
    ----------
    hours
        Length; rounded up to whole minutes.
    seed
        Same seed and arguments, same bytes.
    patterns
        Events per hour of each pattern, ``DEFAULT_RATES`` if absent; empty for a recording without any.
    healthy
        A normal background of an adult, awake and asleep.
    asleep
        Asleep or awake all the time; by the recorder's clock if absent.
    mains_hz
        Frequency of hum, the same throughout; none by default.
    patient
        Local patient identification of EDF+; anonymous by default.
    on_progress
        Told ``(blocks done, blocks in all)``.

    Returns
    -------
    The diary: all true events in order of time.
    """
    rng = np.random.default_rng(seed)
    n_blocks = max(1, int(np.ceil(hours * 3600 / BLOCK_S - 1e-9)))
    diary, seeds = _plan(rng, n_blocks * BLOCK_S, DEFAULT_RATES if patterns is None else patterns)
    marks = [Annotation(hour * 3600.0, None, MARK) for hour in range(-(-n_blocks * BLOCK_S // 3600))]
    person = background.draw_patient(rng, healthy=healthy)
    events = _Events(diary, seeds, person)
    with EdfWriter(path, LABELS, SFREQ_HZ, START, patient=patient, annotations=marks) as writer:
        for done, block in enumerate(_blocks(rng, n_blocks, person, events, asleep), start=1):
            if mains_hz is not None:
                here = Timeline(block.shape[1], SFREQ_HZ, float((done - 1) * BLOCK_S))
                block[:19] += acquisition.mains(np.random.default_rng([seed, 2]), here, line_hz=mains_hz)
            writer.append(block)
            if on_progress is not None:
                on_progress(done, n_blocks)
    return events.true()


def _plan(
    rng: np.random.Generator, length_s: int, rates: Mapping[PatternClass, float]
) -> tuple[list[DiaryEvent], list[int]]:
    """Draw events that do not overlap, with at least 40 s between them; a wanted pattern appears at least once."""
    wanted = [name for name in PATTERNS if rates.get(name, 0) > 0]
    queue = [name for name in wanted for _ in range(max(1, int(rng.poisson(rates[name] * length_s / 3600))))]
    rng.shuffle(queue)
    taken: list[tuple[float, float]] = []
    diary = []
    for name in queue:
        duration_s = float(np.clip(np.exp(rng.normal(np.log(MEDIAN_S[name]), 0.45)), 22, min(MOST_S, length_s / 4)))
        start_s = _free_start(rng, taken, duration_s, length_s)
        if start_s is None:
            continue
        taken.append((start_s - 40, start_s + duration_s + 40))
        side = 0 if name in ("gpd", "grda") else int(rng.choice([-1, 1]))
        diary.append(DiaryEvent(name, start_s, start_s + duration_s, side, 0.0, float(rng.uniform(5, 15))))
    diary.sort(key=lambda event: event.start_s)
    return diary, [int(value) for value in rng.integers(0, 2**62, len(diary))]


def _free_start(rng: np.random.Generator, taken: list[tuple[float, float]], duration_s: float, length_s: int) -> float | None:
    for _ in range(60):
        start_s = float(np.round(rng.uniform(20, max(21, length_s - duration_s - 20)), 1))
        if all(start_s + duration_s < begin or start_s > end for begin, end in taken):
            return start_s
    return None


def _rate_hz(pattern: PatternClass, seed: int) -> float:
    """Rate of a periodic or rhythmic event, and of the discharges that a seizure may evolve from."""
    low, high = {"seizure": (1.2, 2.2), "lpd": (0.6, 2.0), "gpd": (0.7, 2.2), "lrda": (0.9, 2.4), "grda": (0.9, 2.4)}[pattern]
    return float(np.round(np.random.default_rng(seed).uniform(low, high), 2))


def _blocks(rng: np.random.Generator, n_blocks: int, patient: Patient, events: _Events, asleep: bool | None) -> Iterator[Floats]:
    """Blocks (20, BLOCK_S * 200) in µV, referential, EKG last."""
    beats_s = _beats(rng, n_blocks * BLOCK_S)
    leak = rng.uniform(0, 3.0) * rng.normal(0, 0.4, 19)
    size, fade = round(BLOCK_S * SFREQ_HZ), round(FADE_S * SFREQ_HZ)
    rising = np.sin(np.linspace(0, np.pi / 2, fade, dtype=np.float32))
    before, shared_before = np.zeros((19, fade), dtype=np.float32), np.zeros(fade, dtype=np.float32)
    for index in range(n_blocks):
        line = Timeline(size + fade, SFREQ_HZ, float(index * BLOCK_S))
        scene = _scene(rng, patient, line, _asleep(line.start_s) if asleep is None else asleep)
        shared = _reference(rng, line)
        scene[:, :fade] = scene[:, :fade] * rising + before * rising[::-1]
        shared[:fade] = shared[:fade] * rising + shared_before * rising[::-1]
        before, shared_before = scene[:, size:].copy(), shared[size:].copy()
        here = Timeline(size, SFREQ_HZ, line.start_s)
        ekg = _ekg(beats_s, here)
        eeg = scene[:, :size] * events.attenuation(here) + events.within(here) + leak[:, None] * ekg / 900
        amplifier = np.float32(0.6) * rng.standard_normal((19, size), dtype=np.float32)
        yield np.concatenate([eeg + shared[:size] + amplifier, ekg[None]]).astype(np.float32)


def _scene(rng: np.random.Generator, patient: Patient, line: Timeline, asleep: bool) -> Floats:
    """Background, sleep and artifacts of one block."""
    scene = background.background(rng, patient, line)
    if rng.random() < 0.2 and not patient.healthy:
        scene += rng.uniform(0.4, 1.2) * patient.amplitude_uv * background.polymorphic_delta(rng, patient, line, focal=True)
    if asleep and rng.random() < 0.8:
        scene += rng.uniform(1, 3) * patient.amplitude_uv * background.spindles(rng, patient, line)
        scene += rng.uniform(1, 4) * patient.amplitude_uv * background.vertex_waves(rng, patient, line)
    if not asleep and rng.random() < 0.5:
        scene += artifacts.blinks(rng, line)
    if rng.random() < 0.35:
        scene += artifacts.muscle(rng, line)
    if rng.random() < 0.03:
        scene += acquisition.imitate(rng, line)
    if rng.random() < (0.6 if patient.healthy else 0.1):
        scene += rng.uniform(0.5, 1.2) * patient.amplitude_uv * variants.some(rng, patient, line, variants.STATES[_state(patient, line, asleep)])
    return np.asarray(scene, dtype=np.float32)


def _state(patient: Patient, line: Timeline, asleep: bool) -> int:
    """Index into ``variants.STATES``: awake, or drowsy, N2 and N3 in turns of ninety minutes; encephalopathy of the ill."""
    if not patient.healthy:
        return 5
    if not asleep:
        return 0
    minute = line.start_s / 60 % 90
    return 1 if minute < 8 else 3 if 30 <= minute < 55 else 2


def _asleep(start_s: float) -> bool:
    hour = (START.hour + start_s / 3600) % 24
    return hour >= 23 or hour < 6.5


class _Events:
    """Events on the running clock: rendered when their time comes, dropped when it is over."""

    def __init__(self, diary: list[DiaryEvent], seeds: list[int], patient: Patient) -> None:
        self._diary, self._seeds, self._patient = diary, seeds, patient
        self._rendered: dict[int, tuple[int, Floats]] = {}
        self._true: dict[int, DiaryEvent] = {}

    def true(self) -> tuple[DiaryEvent, ...]:
        """The diary with what was known only when events were rendered."""
        return tuple(self._true.get(index, event) for index, event in enumerate(self._diary))

    def within(self, line: Timeline) -> Floats:
        """What all events add to a block (19, samples)."""
        total = np.zeros((19, line.n_samples), dtype=np.float32)
        begin = round(line.start_s * SFREQ_HZ)
        for index, event in enumerate(self._diary):
            if event.stop_s + 5 < line.start_s:
                self._rendered.pop(index, None)
                continue
            if event.start_s - 5 >= line.start_s + line.length_s:
                break
            if index not in self._rendered:
                first, made = _render(event, self._seeds[index], self._patient)
                self._rendered[index] = first, made.electrodes
                self._true[index] = replace(event, frequency_hz=round(made.frequency_hz, 2), evolution_hz=round(made.evolution_hz, 2),
                                            modifiers=made.modifiers)
            first, electrodes = self._rendered[index]
            low, high = max(begin, first), min(begin + line.n_samples, first + electrodes.shape[1])
            if high > low:
                total[:, low - begin : high - begin] += electrodes[:, low - first : high - first]
        return total

    def attenuation(self, line: Timeline) -> Floats:
        """Gain of the background (samples,): reduced after a seizure, recovering within minutes."""
        gain = np.ones(line.n_samples, dtype=np.float32)
        for event in self._diary:
            if event.pattern == "seizure" and -300 < event.stop_s - line.start_s < line.length_s:
                since_s = line.times_s - event.stop_s
                gain *= np.where(since_s > 0, 1 - 0.5 * np.exp(-np.clip(since_s, 0, None) / 60), 1).astype(np.float32)
        return gain


def _render(event: DiaryEvent, seed: int, patient: Patient) -> tuple[int, Pattern]:
    """First sample of an event and its pattern at its amplitude in µV."""
    rng = np.random.default_rng(seed)
    first = round((event.start_s - 4) * SFREQ_HZ)
    middle_s = (event.start_s + event.stop_s) / 2
    line = Timeline(round((event.stop_s - event.start_s + 8) * SFREQ_HZ), SFREQ_HZ, first / SFREQ_HZ - middle_s)    # 0 in its middle
    start_s, stop_s = event.start_s - middle_s, event.stop_s - middle_s
    style, periodic_ = _style(np.random.default_rng([seed, 1]), event.pattern, _rate_hz(event.pattern, seed), line)
    if style is None:
        made = seizure.draw(rng, patient, line, start_s=start_s, stop_s=stop_s, side=event.side)
    else:
        envelope = noise.ramp(line, start_s, stop_s, rise_s=3.0)
        made = (periodic if periodic_ else rhythmic).draw(rng, patient, line, side=event.side, envelope=envelope, style=style)
    seen = bipolar_matrix() @ made.electrodes
    rms = np.sqrt(np.sort(np.mean(seen**2, axis=1))[-4:].mean() / max(float(np.mean(made.envelope)), 0.1))
    scale = 1.7 * patient.amplitude_uv * 10 ** (event.snr_db / 20) / rms
    return first, replace(made, electrodes=(made.electrodes * scale).astype(np.float32))


def _style(rng: np.random.Generator, pattern: PatternClass, rate_hz: float, line: Timeline) -> tuple[Style | None, bool]:
    """What is special about an event, and whether it consists of discharges; ``None`` for a seizure of the usual kinds.

    A fifth of the seizures are discharges or rhythmic delta that evolve by a hertz or more.
    """
    chance, style = rng.random(), Style(rate_hz=rate_hz)
    if pattern == "seizure":
        if chance >= 0.2:
            return None, False
        change = modifiers.evolving(rng, line, rate_hz=rate_hz, change_hz=float(rng.uniform(1.0, 2.0)), span_s=0.6 * line.length_s, middle_s=0.0)
        return replace(style, change=change), chance < 0.12
    if chance < 0.15:
        return replace(style, change=modifiers.fluctuating(rng, line, rate_hz=rate_hz)), pattern in ("lpd", "gpd")
    if pattern in ("lpd", "gpd"):
        return replace(style, independent=pattern == "lpd" and chance < 0.22), True
    if chance < 0.25:
        return replace(style, brush=float(rng.uniform(0.2, 0.5)), extreme=bool(rng.random() < 0.5)), False
    return replace(style, sharpness=float(rng.uniform(0.2, 0.7)) if chance < 0.4 else None), False


def _beats(rng: np.random.Generator, length_s: int) -> NDArray[np.float64]:
    rate_hz = rng.uniform(1.0, 1.6)
    intervals_s = (1 + 0.04 * rng.standard_normal(int(length_s * rate_hz * 1.2) + 10)) / rate_hz
    return np.cumsum(np.clip(intervals_s, 0.3, None))


def _ekg(beats_s: NDArray[np.float64], line: Timeline) -> Floats:
    """EKG (samples,) in µV."""
    near = beats_s[(beats_s > line.start_s - 1) & (beats_s < line.start_s + line.length_s + 1)]
    return 900 * noise.place(near, np.ones(len(near)), line, artifacts.heart_wave, before_s=0.4, after_s=0.6)


def _reference(rng: np.random.Generator, line: Timeline) -> Floats:
    """What the common reference adds to every electrode (samples,): gone in any bipolar pair."""
    return np.asarray(8 * noise.coloured(rng, 1, line, lambda f: 1 / (1 + f) ** 1.5)[0])
