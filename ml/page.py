"""A page of the EEG viewer: montage and filters applied, ready to be drawn.

The signal is filtered on a fixed grid: blocks of 10 s that begin at multiples of 10 s of the recording's clock, each with at
least 10 s of true context on both sides, never across a gap. At the ends of a gap-free stretch the odd extension of
``ml.filters`` stands in. So a moment has the same sample whatever page shows it, and overlapping pages agree exactly.

Filters are first-order Butterworth run in both directions: as gentle as the analog filters that readers are used to
(time constant = 0.159 / LFF), but without their phase shift, and 6 dB down at the corner instead of 3.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import bad_stretches, filters, quality, wavelet_denoising
from ml.bad_stretches import BadStretch
from ml.channels import ChannelLayout
from ml.montage import MONTAGES, Derivation, MontageName, derive
from ml.own_montage import OwnMontage
from ml.recording import RecordingSource, SignalKind, Span
from ml.resample import read_at_rate

LFF_HZ: Final[tuple[float | None, ...]] = (None, 0.1, 0.3, 0.5, 1.0, 1.6, 5.0)
HFF_HZ: Final[tuple[float | None, ...]] = (None, 15.0, 20.0, 30.0, 35.0, 50.0, 70.0, 100.0)
NOTCH_HZ: Final[tuple[float | None, ...]] = (None, 50.0, 60.0)
ORDER: Final = 1
BLOCK_S: Final = 10.0
CONTEXT_S: Final = 10.0
CONTEXT_CYCLES: Final = 2.0
"""Context in cycles of the LFF: 20 s at 0.1 Hz, over which a first-order filter decays by exp(-12), under 0.1 µV of 10 mV."""
PAD_S: Final = 2.0
ECG_BAND_HZ: Final = (0.5, 40.0)
"""The ECG has its own filter, whatever the EEG has: monitoring bandwidth (Kligfield et al., Circulation 2007;115:1306)."""

EEG_UV_PER_BIT: Final = 0.1
WIDE_UV_PER_BIT: Final = 1.0
"""For the ECG, and for the EEG without LFF, whose offsets reach many millivolts."""
NOTHING: Final = -32768
"""Stands for "nothing recorded"."""
MAX_DURATION_S: Final = 300.0
_HEADER: Final = struct.Struct("<4sHHIHHffddI")
_HEADER_BYTES: Final = 64

BlockKey = tuple[Any, ...]
"""Algebra, filters and place of a filtered block within its recording."""
Block = tuple[NDArray[Any], ...]
"""Filtered traces in µV and where they are clipped, ``(n_traces, samples)`` each; or the verdicts of ``bad_stretches``."""


@dataclass(frozen=True, slots=True)
class Page:
    """Traces of one page as 16-bit numbers."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    values: NDArray[np.int16]            # (n_traces, n); pairs (min, max) where ``decimated``
    uv_per_bit: tuple[float, ...]        # per trace
    sfreq_hz: float                      # of samples, or of (min, max) pairs
    start_s: float
    duration_s: float
    gaps: tuple[tuple[float, float], ...]
    clipped: tuple[tuple[int, float, float], ...]
    missing: tuple[str, ...]
    status: str
    montage: str                         # what is shown, which may differ from what was asked for
    bad: tuple[BadStretch, ...] = ()     # traces that rest on a bad electrode, or show muscle or movement: which, when, why
    poor: tuple[str, ...] = ()           # of each trace: why its label is marked, or empty
    banner: str = ""                     # what must stand over the picture of a changed signal
    decimated: bool = False
    electrodes: tuple[tuple[str, ...], ...] = ()     # of each trace
    groups: tuple[int, ...] | None = None            # of each trace, where a reader has set them
    marks: Mapping[str, str] = field(default_factory=dict)   # electrodes that somebody marked as bad: who, when
    rate_hz: float = 0.0                 # of the samples before any reduction

    def to_bytes(self) -> bytes:
        """The page as the viewer reads it: 64-byte header, JSON padded with spaces, int16 samples; little endian."""
        about = self._about()
        eeg = [scale for scale, kind in zip(self.uv_per_bit, self.kinds, strict=True) if kind == "eeg"]
        header = _HEADER.pack(
            b"HMSP", 1, len(self.names), self.values.shape[1], int(self.decimated), 0,
            self.sfreq_hz, (eeg or [EEG_UV_PER_BIT])[0], self.start_s, self.duration_s, len(about),
        )
        samples = np.ascontiguousarray(self.values, dtype="<i2").tobytes()
        return header.ljust(_HEADER_BYTES, b"\0") + about + samples

    def _about(self) -> bytes:
        document: dict[str, Any] = {
            "names": self.names,
            "kinds": self.kinds,
            "scale": self.uv_per_bit,
            "gaps": self.gaps,
            "clipped": self.clipped,
            "bad": self.bad,
            "poor": self.poor,
            "banner": self.banner,
            "missing": self.missing,
            "status": self.status,
            "montage": self.montage,
            "electrodes": self.electrodes,
            "groups": self.groups,
            "marks": dict(self.marks),
            "rate": self.rate_hz,
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return text + b" " * (-len(text) % 4)


def render(
    source: RecordingSource,
    layout: ChannelLayout,
    *,
    start_s: float,
    duration_s: float,
    montage: MontageName | OwnMontage = "longitudinal",
    lff_hz: float | None = 1.0,
    hff_hz: float | None = 70.0,
    notch_hz: float | None = None,
    max_px: int | None = None,
    right_first: bool = False,
    denoised: bool = False,
    marks: Mapping[str, str] | None = None,
    kept: MutableMapping[BlockKey, Block] | None = None,
) -> Page:
    """Draw-ready traces of ``[start_s, start_s + duration_s)``.

    Parameters
    ----------
    source, layout
        The recording and what its channels are.
    start_s, duration_s
        Stretch of the clock; may reach beyond the recording, where nothing was recorded.
    montage
        One of ``MONTAGES``, or a reader's own. A recording of pairs only is shown as recorded.
    lff_hz, hff_hz, notch_hz
        One of ``LFF_HZ``, ``HFF_HZ`` and ``NOTCH_HZ``; ``None`` is off. An HFF beyond the sampled band is off, too.
    max_px
        Width of the page in pixels; with more than two samples per pixel, samples become (min, max) pairs, at most one
        pair per pixel plus one. The bins lie on the clock's grid, so pages of one width agree as well.
    right_first
        Whether the right side of the head comes first (``montage.derive``).
    denoised
        Whether the EEG is denoised by wavelets before it is filtered, hum notched first: for looking only, with a banner.
    marks
        Electrodes that people marked as bad, with who and when: they do not count in the common average.
    kept
        Filtered blocks of this recording: those found here are not filtered again, new ones are put in.

    Raises
    ------
    ValueError
        A choice that is not offered, or a page that is not 0 to 300 s long.
    """
    _check(duration_s, montage, lff_hz, hff_hz, notch_hz)
    marks = {name: words for name, words in (marks or {}).items() if name in layout.electrode_names}
    shown = derive(montage, layout, source.info.signals, right_first=right_first, left_out=marks)
    rate = rate_of(source, shown)
    first, stop = round(start_s * rate), round((start_s + duration_s) * rate)
    bin_size = -(-(stop - first) // max_px) if max_px and stop - first > 2 * max_px else 1
    first, stop = first // bin_size * bin_size, -(-stop // bin_size) * bin_size
    filtering = Filtering(rate, lff_hz, hff_hz, notch_hz, denoised)
    kept = {} if kept is None else kept
    uv, clipped = true_traces(source, shown, filtering, first, stop, kept)
    scale = tuple(_scale(kind, lff_hz) for kind in shown.kinds)
    cut = tuple(_runs(clipped, first, rate))
    bad = bad_stretches.find(source, layout, shown, first / rate, stop / rate, kept)
    recorded_s = float(np.isfinite(uv).any(axis=0).sum()) / rate if len(uv) else 0.0
    values = _quantized(uv, np.array(scale))
    return Page(
        names=shown.names,
        kinds=tuple("eeg" if kind == "pair" else kind for kind in shown.kinds),
        values=values if bin_size == 1 else _extremes(values, bin_size),
        uv_per_bit=scale,
        sfreq_hz=rate / bin_size,
        start_s=first / rate,
        duration_s=(stop - first) / rate,
        gaps=_gaps_within(source.info.gaps, first / rate, stop / rate),
        clipped=cut,
        missing=shown.missing,
        status=filtering.status(shown.title, shown.kinds) + _told(marks),
        montage=shown.montage,
        banner=wavelet_denoising.BANNER if denoised else "",
        bad=bad,
        poor=bad_stretches.poor((*bad, *((*span, "clipped", False) for span in cut)), len(shown.names), recorded_s),
        decimated=bin_size > 1,
        electrodes=shown.electrodes(layout.names),
        groups=shown.groups,
        marks=marks,
        rate_hz=rate,
    )


def _told(marks: Mapping[str, str]) -> str:
    return f" | marked bad for looking: {', '.join(marks)}" if marks else ""


def _check(
    duration_s: float, montage: MontageName | OwnMontage, lff_hz: float | None, hff_hz: float | None, notch_hz: float | None
) -> None:
    if not 0.0 < duration_s <= MAX_DURATION_S:
        raise ValueError(f"a page lasts up to {MAX_DURATION_S:g} s, not {duration_s} s")
    for value, offered in ((montage, MONTAGES), (lff_hz, LFF_HZ), (hff_hz, HFF_HZ), (notch_hz, NOTCH_HZ)):
        if value not in offered and not isinstance(value, OwnMontage):
            raise ValueError(f"{value!r} is not offered; choose from {offered}")


@dataclass(frozen=True, slots=True)
class Filtering:
    """The filters of a page at its sampling rate."""

    sfreq_hz: float
    lff_hz: float | None
    hff_hz: float | None
    notch_hz: float | None
    denoised: bool = False

    @property
    def context(self) -> int:
        """Samples of true context that a block needs on either side."""
        cycles_s = CONTEXT_CYCLES / self.lff_hz if self.lff_hz else 0.0
        return int(np.ceil(max(CONTEXT_S, cycles_s) * self.sfreq_hz))

    def sections(self, kind: SignalKind) -> filters.Sections:
        """Sections for a kind of signal; what is not a voltage of the body (triggers, oxygen …) stays as it is."""
        if kind == "other":
            return np.zeros((0, 6))
        low, high = ECG_BAND_HZ if kind == "ecg" else (self.lff_hz, self.hff_hz)
        sections = filters.band_pass(low, high, self.sfreq_hz, ORDER, ORDER)
        if self.notch_hz is None:
            return sections
        return np.concatenate([sections, filters.notch(self.notch_hz, self.sfreq_hz, 2.5 * self.notch_hz)])

    def status(self, title: str, kinds: Sequence[SignalKind] = ()) -> str:
        """Everything that a reader must know of what was done to the signals of these kinds."""
        lff = f"LFF {self.lff_hz:g} Hz" if self.lff_hz else "LFF off"
        hff = f"HFF {self.hff_hz:g} Hz" if self.hff_hz else "HFF off"
        if self.hff_hz and self.hff_hz >= self.sfreq_hz / 2.0:
            hff = f"HFF off (sampled at {self.sfreq_hz:g} Hz)"
        mains = f"notch {self.notch_hz:g} Hz" if self.notch_hz else "notch off"
        ecg = f" | ECG {ECG_BAND_HZ[0]:g}-{ECG_BAND_HZ[1]:g} Hz" if "ecg" in kinds else ""
        return f"{title} | {lff} | {hff} | {mains}{ecg} | zero-phase Butterworth{' | wavelet denoised' if self.denoised else ''}"


def rate_of(source: RecordingSource, shown: Derivation) -> float:
    """Highest rate among the EEG signals shown (all signals where none is EEG)."""
    used = np.abs(shown.weights).sum(axis=1) > 0.0
    eeg = [row for row, kind in enumerate(shown.kinds) if kind in ("eeg", "pair") and used[row]]
    rows = eeg or range(len(shown.kinds))
    inputs = {shown.inputs[column] for row in rows for column in np.flatnonzero(shown.weights[row])}
    return max((source.info.signals[index].sfreq_hz for index in inputs), default=filters.ANALYSIS_HZ)


def true_traces(
    source: RecordingSource, shown: Derivation, filtering: Filtering, first: int, stop: int, kept: MutableMapping[BlockKey, Block]
) -> Block:
    """Filtered traces in µV, neither reduced nor rounded, NaN where nothing was recorded, and where they are clipped; (n_traces, stop - first) each."""
    uv = np.full((len(shown.names), stop - first), np.nan, dtype=np.float32)
    clipped = np.zeros(uv.shape, dtype=bool)
    for a, b, begin, end in _blocks(source, filtering.sfreq_hz, first, stop):
        key = (shown.algebra, filtering, a, b)
        block = kept.get(key)
        if block is None:
            block = kept[key] = _block(source, shown, filtering, a, b, begin, end)
        here = slice(max(a, first) - a, min(b, stop) - a)
        there = slice(max(a, first) - first, min(b, stop) - first)
        uv[:, there], clipped[:, there] = block[0][:, here], block[1][:, here]
    return uv, clipped


def _block(
    source: RecordingSource, shown: Derivation, filtering: Filtering, a: int, b: int, begin: int, end: int
) -> Block:
    """Traces of the samples ``a .. b`` of the stretch ``begin .. end``, with context on both sides."""
    left, right = max(a - filtering.context, begin), min(b + filtering.context, end)
    raw = read_at_rate(source, shown.inputs, left / filtering.sfreq_hz, right / filtering.sfreq_hz, filtering.sfreq_hz)
    core = slice(a - left, b - left)
    return _filtered_block(raw, core, shown, filtering), _touched(shown, _clipped(raw, core))


def _blocks(source: RecordingSource, rate: float, first: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Parts of the fixed grid that a page needs, each with the ends of its stretch: ``(a, b, begin, end)`` in samples."""
    numbers = range(int(first // (BLOCK_S * rate)) - 1, int(stop // (BLOCK_S * rate)) + 2)
    edges = [round(number * BLOCK_S * rate) for number in numbers]
    for stretch in source.info.stretches:
        begin, end = round(stretch.start_s * rate), round(stretch.stop_s * rate)
        for a, b in pairwise(edges):
            if max(a, begin, first) < min(b, end, stop):
                yield max(a, begin), min(b, end), begin, end


def _clipped(raw: NDArray[np.float32], core: slice) -> NDArray[np.bool_]:
    """Clipped samples of the core; plateaus that begin or end just outside are seen whole."""
    before = min(core.start, quality.PLATEAU)
    near = quality.clipped_samples(np.nan_to_num(raw[:, core.start - before : core.stop + quality.PLATEAU]))
    return near[:, before : before + core.stop - core.start]


def _touched(shown: Derivation, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask of inputs -> the mask of the traces that use them."""
    if not mask.any():
        return np.zeros((len(shown.names), mask.shape[1]), dtype=bool)
    return np.asarray((shown.weights != 0.0).astype(np.float32) @ mask.astype(np.float32) > 0.0)


def _filtered_block(
    raw: NDArray[np.float32], core: slice, shown: Derivation, filtering: Filtering
) -> NDArray[np.float32]:
    """Traces of one block from its signals with context."""
    filled, missing = filters.fill_missing(raw)
    inputs = np.empty((len(raw), core.stop - core.start))
    kinds = _input_kinds(shown)
    if filtering.denoised and (eeg := [row for row, kind in enumerate(kinds) if kind in ("eeg", "pair")]):
        filled[eeg] = _denoised(filled[eeg], filtering.sfreq_hz)
    for kind in sorted(set(kinds)):
        rows = [row for row, own in enumerate(kinds) if own == kind]
        sections = filtering.sections(kind)
        inputs[rows] = filters.zero_phase(filled[rows], sections, filtering.sfreq_hz, pad_s=PAD_S)[:, core]
    gone = missing[:, core]
    traces = shown.weights @ inputs
    if shown.referenced.any():
        traces[shown.referenced] -= _common_average(inputs, gone, shown)
    traces[_touched(shown, gone)] = np.nan
    return traces.astype(np.float32)


def _denoised(eeg_uv: NDArray[np.float64], sfreq_hz: float) -> NDArray[np.float32]:
    """Without noise; hum that is there is notched first, or it would be taken for the noise."""
    mains_hz = filters.detect_mains([eeg_uv], sfreq_hz)
    notched = filters.zero_phase(eeg_uv, filters.notch(mains_hz, sfreq_hz), sfreq_hz, pad_s=PAD_S) if mains_hz else eeg_uv
    return wavelet_denoising.denoise(notched, levels=wavelet_denoising.levels_at(sfreq_hz))


def _input_kinds(shown: Derivation) -> list[SignalKind]:
    """Kind of every input: that of the trace it contributes to; EEG where it is in the common average alone."""
    used = [np.flatnonzero(shown.weights[:, column]) for column in range(len(shown.inputs))]
    return [shown.kinds[int(rows[0])] if len(rows) else "eeg" for rows in used]


def _common_average(inputs: NDArray[np.float64], gone: NDArray[np.bool_], shown: Derivation) -> NDArray[np.float64]:
    """Mean of the electrodes that are sound in this block; absent, flat, empty and far too large ones do not count."""
    electrodes = np.flatnonzero(shown.averaged)
    spread = inputs[electrodes].std(axis=1)
    usual = float(np.median(spread))
    sound = (spread >= quality.FLAT_UV) & (spread <= quality.DEVIATION_RATIO * usual) & ~gone[electrodes].any(axis=1)
    chosen = electrodes[sound] if sound.any() else electrodes
    return np.asarray(inputs[chosen].mean(axis=0))


def _scale(kind: SignalKind, lff_hz: float | None) -> float:
    return WIDE_UV_PER_BIT if kind == "ecg" or lff_hz is None else EEG_UV_PER_BIT


def _quantized(uv: NDArray[np.float32], scale: NDArray[np.float64]) -> NDArray[np.int16]:
    bits = np.rint(uv / scale[:, None].astype(np.float32))
    np.clip(bits, NOTHING + 1, -NOTHING - 1, out=bits)
    bits[np.isnan(bits)] = NOTHING
    return bits.astype(np.int16)


def _extremes(values: NDArray[np.int16], size: int) -> NDArray[np.int16]:
    """(min, max) of every ``size`` samples; a bin is empty only if all of it is."""
    bins = values.reshape(len(values), values.shape[1] // size, size)
    high = bins.max(axis=2)
    low = np.where(bins == NOTHING, -NOTHING - 1, bins).min(axis=2)
    low[high == NOTHING] = NOTHING
    return np.stack([low, high], axis=2).reshape(len(values), 2 * bins.shape[1]).astype(np.int16)


def _gaps_within(gaps: tuple[Span, ...], start_s: float, stop_s: float) -> tuple[tuple[float, float], ...]:
    return tuple(
        (max(gap.start_s, start_s), min(gap.stop_s, stop_s))
        for gap in gaps
        if gap.start_s < stop_s and gap.stop_s > start_s
    )


def _runs(mask: NDArray[np.bool_], first: int, rate: float) -> Iterator[tuple[int, float, float]]:
    """Stretches of a mask as (trace, start_s, stop_s); those closer than 0.1 s are one."""
    for trace in np.flatnonzero(mask.any(axis=1)).tolist():
        at = np.flatnonzero(mask[trace])
        parts = np.split(at, np.flatnonzero(np.diff(at) > 0.1 * rate) + 1)
        yield from ((trace, (first + int(part[0])) / rate, (first + int(part[-1]) + 1) / rate) for part in parts)
