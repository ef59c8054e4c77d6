"""Spectrogram of a part of a recording by any method: of the four regions, one region, one pair or one electrode.

The signal is read at 200 Hz with 25 s of context, cleaned as for the analysis (0.5-40 Hz, notch where hum was found) and never
bridged: a window that touches a gap is NaN, and so are pairs of regions while one of their electrodes is bad.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml import clean_pairs, filters
from ml.channels import REGIONS, ChannelLayout
from ml.filters import ANALYSIS_HZ, BAND_HZ
from ml.montage import Derivation, MontageName, derive
from ml.network_input import choose_input
from ml.recording import RecordingSource, Signal, Span
from ml.resample import read_at_rate
from ml.time_frequency import TimeFrequency, morlet, multitaper, stft

Method = Literal["multitaper", "stft", "wavelet"]
METHODS: Final[dict[Method, str]] = {"multitaper": "multitaper", "stft": "STFT (Hann)", "wavelet": "wavelet (Morlet)"}
WINDOWS: Final[dict[Method, tuple[float, ...]]] = {"multitaper": (1, 2, 4, 8), "stft": (0.5, 1, 2, 4, 8), "wavelet": (3, 6, 10, 14)}
"""Offered lengths: windows in seconds, wavelets in cycles."""
FOUR: Final = "regions"
SINGLE_MONTAGES: Final[tuple[MontageName, ...]] = ("longitudinal", "transverse", "referential")
HALF_BANDWIDTH: Final = 2.0
WAVELET_FREQS_HZ: Final[NDArray[np.float64]] = np.geomspace(BAND_HZ[0], BAND_HZ[1], 48)
WAVELET_STEP_S: Final = 0.05
MIN_STEP_S: Final = 0.1
AIMED_COLUMNS: Final = 1500
LIMITS_S: Final[dict[tuple[bool, bool], float]] = {(True, False): 3600.0, (True, True): 600.0, (False, False): 21600.0,
                                                     (False, True): 3600.0}
"""Longest span by (of regions, by wavelets): what two cores compute in about two seconds."""


@dataclass(frozen=True, slots=True)
class SpanSpectrogram:
    """Power of one or more signals over a span; columns lie on one grid of the recording's clock."""

    names: tuple[str, ...]
    power_uv2_hz: NDArray[np.float32]    # (n_signals, n_freqs, n_columns), NaN where nothing (usable) was recorded
    freqs_hz: NDArray[np.float64]
    first_s: float                       # center of the first column
    step_s: float


def longest_s(signal: str, method: Method) -> float:
    """Seconds that ``of_span`` is meant for at once."""
    return LIMITS_S[_of_region(signal), method == "wavelet"]


def signals_of(layout: ChannelLayout, signals: Sequence[Signal]) -> dict[str, str]:
    """What can be looked at: value for ``of_span`` and its words, regions first; empty for what is no EEG of the scalp."""
    regions = {FOUR: "LL, RL, LP, RP"} | {name: name for name in REGIONS} if choose_input(layout).assessable else {}
    for montage in SINGLE_MONTAGES:
        shown = derive(montage, layout, signals)
        if shown.montage == montage:
            regions |= {f"{montage} {name}": f"{name} (recorded reference)" if montage == "referential" else name
                        for name, kind in zip(shown.names, shown.kinds, strict=True) if kind == "eeg"}
    return regions


def of_span(
    source: RecordingSource, layout: ChannelLayout, signal: str, span: Span, *, method: Method = "multitaper", window: float = 4.0,
    mains_hz: float | None = None,
) -> SpanSpectrogram:
    """Power at 0.5-40 Hz over a span.

    Parameters
    ----------
    signal
        A key of ``signals_of``.
    window
        Seconds of a window, or cycles of a wavelet.
    mains_hz
        Where to put notches; what the analysis found.
    """
    step_s = step_of(method, window, span.length_s)
    names = tuple(REGIONS) if signal == FOUR else (signal.rsplit(" ", 1)[-1],)
    first = int(np.ceil(span.start_s / step_s - 1e-9))
    count = max(0, int(np.floor(span.stop_s / step_s + 1e-9)) - first)
    freqs = WAVELET_FREQS_HZ if method == "wavelet" else _freqs(window)
    power = np.full((len(names), len(freqs), count), np.nan, dtype=np.float32)
    for start_s, uv in _signals(source, layout, signal, span, mains_hz):
        image, ahead_s = _image(uv, start_s, method, window, step_s)
        together = _regions(image.power_uv2_hz, names) if _of_region(signal) else image.power_uv2_hz
        columns = np.rint((image.times_s + ahead_s) / step_s - 0.5).astype(np.int64) - first
        mine = (columns >= 0) & (columns < count)
        power[:, :, columns[mine]] = together[:, :, mine]
    return SpanSpectrogram(names, power, freqs, (first + 0.5) * step_s, step_s)


def step_of(method: Method, window: float, span_s: float) -> float:
    """Distance of the columns: never more than half a window, so that nothing falls between two of them."""
    if method == "wavelet":
        return WAVELET_STEP_S
    return max(MIN_STEP_S, min(window / 2.0, max(window / 8.0, float(2 * np.ceil(span_s / AIMED_COLUMNS)) / 2.0)))


def _freqs(window_s: float) -> NDArray[np.float64]:
    freqs = np.arange(int(window_s * ANALYSIS_HZ) // 2 + 1) / window_s
    return np.asarray(freqs[(freqs >= BAND_HZ[0] - 1e-9) & (freqs <= BAND_HZ[1] + 1e-9)], dtype=np.float64)


def _of_region(signal: str) -> bool:
    return signal == FOUR or signal in REGIONS


def _signals(
    source: RecordingSource, layout: ChannelLayout, signal: str, span: Span, mains_hz: float | None
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Every gap-free part of the span with context: time of its first sample and (signals, samples) at 200 Hz."""
    read = _pairs_of_regions(source, layout, mains_hz) if _of_region(signal) else _one(source, layout, signal, mains_hz)
    for stretch in source.info.stretches:
        if min(stretch.stop_s, span.stop_s) - max(stretch.start_s, span.start_s) >= 1.0:
            yield read(span, stretch)


Reader = Callable[[Span, Span], tuple[float, NDArray[np.float32]]]


def _pairs_of_regions(source: RecordingSource, layout: ChannelLayout, mains_hz: float | None) -> Reader:
    chosen = choose_input(layout)
    return lambda span, stretch: clean_pairs.read(source, chosen, span, stretch, mains_hz=mains_hz)


def _one(source: RecordingSource, layout: ChannelLayout, signal: str, mains_hz: float | None) -> Reader:
    montage, name = signal.rsplit(" ", 1)
    shown: Derivation = derive(next(known for known in SINGLE_MONTAGES if known == montage), layout, source.info.signals)
    weights = shown.weights[shown.names.index(name)]
    used = np.flatnonzero(weights)

    def read(span: Span, stretch: Span) -> tuple[float, NDArray[np.float32]]:
        start_s = max(stretch.start_s, span.start_s - filters.SETTLING_S)
        stop_s = min(stretch.stop_s, span.stop_s + filters.SETTLING_S)
        raw = read_at_rate(source, [shown.inputs[k] for k in used], start_s, stop_s, ANALYSIS_HZ)
        return start_s, np.asarray(weights[used] @ filters.clean(raw, mains_hz=mains_hz), dtype=np.float32)[None]

    return read


def _image(uv: NDArray[np.float32], start_s: float, method: Method, window: float, step_s: float) -> tuple[TimeFrequency, float]:
    """The image of one part, and the seconds from the clock's zero to its first sample used: columns are centered on the grid."""
    half_s = 0.0 if method == "wavelet" else window / 2.0
    centered = (np.ceil((start_s + half_s) / step_s - 0.5 - 1e-9) + 0.5) * step_s - half_s
    ahead = max(0, round((centered - start_s) * ANALYSIS_HZ))
    part = uv[:, ahead:]
    if method == "wavelet":
        image = morlet(np.nan_to_num(part), ANALYSIS_HZ, WAVELET_FREQS_HZ, cycles=window, step_s=step_s)
        lost = np.isnan(part)[:, np.rint(image.times_s * ANALYSIS_HZ).astype(np.int64)]
        image.power_uv2_hz[np.broadcast_to(lost[:, None], image.power_uv2_hz.shape)] = np.nan
    elif method == "stft":
        image = stft(part, ANALYSIS_HZ, window_s=window, step_s=step_s, band_hz=BAND_HZ)
    else:
        image = multitaper(part, ANALYSIS_HZ, window_s=window, step_s=step_s, half_bandwidth=HALF_BANDWIDTH, band_hz=BAND_HZ)
    return image, start_s + ahead / ANALYSIS_HZ


def _regions(power: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """Mean power of the pairs of each region that are known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.stack([np.nanmean(power[list(REGIONS[name])], axis=0) for name in names])
