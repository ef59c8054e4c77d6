"""The analysis of a recording, from its bytes to events: reads like a methods section.

The recording is read in blocks that never cross a gap. Every block carries so much true context on both sides (25 s for the
windows at its edges and 25 s for the filters to settle) that no result depends on where the blocks were cut, and memory
does not grow with the length of the recording.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import calibration, event_facts, events, filters, findings, quality, spectrogram, trends, windows
from ml.analysis import AnalysisResult, Quality, RegionalSpectrogram, Spans, Trends, Versions
from ml.channels import REGIONS, map_to_1020
from ml.classes import CLASSES
from ml.electrode_seconds import ElectrodeSeconds
from ml.ensemble import Ensemble
from ml.filters import ANALYSIS_HZ
from ml.members import Members
from ml.network_input import NetworkInput, choose_input
from ml.quality import SECOND
from ml.quality_measures import Measures, Sums
from ml.recording import RecordingSource
from ml.resample import read_at_rate
from ml.signal_check import check_samples
from ml.windows import BEFORE, LABEL, WINDOW, Stretch
from ml.work_ahead import work_ahead

PIPELINE_VERSION: Final = "1.3"
"""Changes whenever the same recording and the same networks would give another result."""
BLOCK_S: Final = 600.0
SETTLING: Final = int(filters.SETTLING_S * ANALYSIS_HZ)
MAINS_PIECES: Final = 48
MAINS_PIECE_S: Final = 10.0

Progress = Callable[[str, int, int], None]


def ignore(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def analyse(
    source: RecordingSource,
    ensemble: Ensemble,
    *,
    on_progress: Progress = ignore,
    step_s: float | None = None,
    block_s: float = BLOCK_S,
    prior: str | None = None,
    corrections: Mapping[str, str] | None = None,
    recording_sha256: str = "",
    extra: Mapping[str, Any] | None = None,
) -> AnalysisResult:
    """Classify every label span of a recording; constant memory for any length.

    Parameters
    ----------
    source
        The recording, read at random.
    ensemble
        The networks with their calibration and event rule.
    on_progress
        Told ``(step, done, total)`` after every block.
    step_s
        Distance of the label spans, at most 10 s; the ensemble's own by default.
    block_s
        Length of the blocks in whole seconds; changes memory and nothing else.
    prior
        Named class prior (``calibration.PRIORS``); balanced by default.
    corrections
        What a person says the channels are (``channels.map_to_1020``).
    recording_sha256, extra
        Passed on in the result: what only the caller knows, e.g. of the patient.

    Returns
    -------
    AnalysisResult
        With empty spans and a finding where the recording cannot be assessed.
    """
    began = time.perf_counter()
    layout = map_to_1020(source.info.signals, corrections)
    chosen = choose_input(layout)
    stretches = [Stretch.of(span) for span in source.info.stretches]
    tally = Tally.over(stretches, chosen, ensemble.step_s if step_s is None else step_s, source.info.duration_s, len(ensemble.members))
    if chosen.assessable:
        tally.mains_hz = find_mains(source, chosen, stretches)
        blocks = list(cut_blocks(stretches, block_s))
        for done, (block, cleaned) in enumerate(clean_blocks(source, chosen, blocks, tally.mains_hz), start=1):
            _analyse_block(cleaned, ensemble, chosen, block, tally)
            on_progress("analysing", done, len(blocks))
    spans = tally.spans(ensemble, prior)
    seen = tally.quality(chosen, spans)
    return AnalysisResult(
        info=source.info,
        spans=spans,
        events=event_facts.describe(source, chosen, events.find(spans, ensemble.event_rule), mains_hz=tally.mains_hz),
        quality=seen,
        versions=Versions(PIPELINE_VERSION, ensemble.name, ensemble.sha256),
        findings=(
            *source.info.findings, *layout.findings, *check_samples(source, layout),
            *findings.of_analysis(source.info, chosen, spans, seen),
        ),
        spectrogram=tally.spectrogram if chosen.assessable else None,
        trends=trends.finished(tally.trends) if chosen.assessable else None,
        electrode_seconds=tally.electrode_seconds if chosen.assessable else None,
        members=Members(ensemble.reading, tally.members) if chosen.assessable else None,
        embedding=tally.embedding,
        prior=prior or calibration.BALANCED,
        elapsed_s=time.perf_counter() - began,
        recording_sha256=recording_sha256,
        extra=dict(extra or {}),
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A part of one stretch, in samples of the 200-Hz clock; it owns the spans and columns that begin in it."""

    stretch: Stretch
    first: int
    stop: int

    def reach(self, before: int, after: int) -> tuple[int, int]:
        """The block with its context, as far as the stretch goes."""
        return max(self.stretch.first, self.first - before), min(self.stretch.stop, self.stop + after)


def cut_blocks(stretches: list[Stretch], block_s: float) -> Iterator[Block]:
    """Cut stretches into blocks of whole seconds; stretches under one second are left out."""
    size = max(1, round(block_s)) * SECOND
    for stretch in stretches:
        if stretch.stop - stretch.first < SECOND:
            continue
        for first in range(stretch.first, stretch.stop, size):
            yield Block(stretch, first, min(first + size, stretch.stop))


def find_mains(source: RecordingSource, chosen: NetworkInput, stretches: list[Stretch]) -> float | None:
    """Listen for mains hum in pieces spread evenly over the recording."""
    total = sum(stretch.stop - stretch.first for stretch in stretches)
    size = int(MAINS_PIECE_S * ANALYSIS_HZ)
    pieces: list[NDArray[np.floating[Any]]] = []
    for stretch in stretches:
        length = stretch.stop - stretch.first
        count = min(max(1, round(MAINS_PIECES * length / total)), max(1, length // size)) if length >= SECOND * 2 else 0
        for offset in np.linspace(0, max(0, length - size), count).astype(int):
            start = stretch.first + int(offset)
            stop = min(start + size, stretch.stop)
            pieces.append(read_at_rate(source, chosen.signals, start / ANALYSIS_HZ, stop / ANALYSIS_HZ, ANALYSIS_HZ))
    return filters.detect_mains(pieces, ANALYSIS_HZ)


@dataclass(slots=True)
class Tally:
    """What the blocks fill in, one after another."""

    step_s: float
    starts: NDArray[np.int64]              # (n_spans,) first samples
    start_s: NDArray[np.float64]
    context: NDArray[np.float32]
    logits: NDArray[np.float32]            # (n_spans, 6)
    members: NDArray[np.float16]           # (n_spans, members, 6), NaN where not assessed
    assessed: NDArray[np.bool_]
    filled: NDArray[np.bool_]              # (n_channels,) filled in for the model somewhere
    bad_seconds: NDArray[np.int64]         # (n_reasons + 1, n_channels); the last row counts any reason
    spectrogram: RegionalSpectrogram
    trends: Trends
    recorded_s: float
    measured: Sums
    electrode_seconds: ElectrodeSeconds
    seconds: int = 0
    mains_hz: float | None = None
    embedding: NDArray[np.float16] | None = None      # (n_spans, n), made when the first windows tell its width

    @classmethod
    def over(cls, stretches: list[Stretch], chosen: NetworkInput, step_s: float, duration_s: float, n_members: int) -> Tally:
        """Room for the results of a recording; no spans where it cannot be assessed."""
        used = stretches if chosen.assessable else []
        per_stretch = [windows.span_starts(stretch, step_s) for stretch in used]
        starts = np.concatenate([np.zeros(0, dtype=np.int64), *per_stretch])
        clock = [stretch.start_s(begin) for stretch, begin in zip(used, per_stretch, strict=True)]
        shares = [windows.context_shares(stretch, begin) for stretch, begin in zip(used, per_stretch, strict=True)]
        times = spectrogram.column_times(duration_s)
        empty = np.full((len(REGIONS), len(spectrogram.FREQS_HZ), len(times)), np.nan, dtype=np.float32)
        return cls(
            step_s=step_s,
            starts=starts,
            start_s=np.concatenate([np.zeros(0), *clock]),
            context=np.concatenate([np.zeros(0, dtype=np.float32), *shares]),
            logits=np.zeros((len(starts), len(CLASSES)), dtype=np.float32),
            members=np.full((len(starts), n_members, len(CLASSES)), np.nan, dtype=np.float16),
            assessed=np.zeros(len(starts), dtype=bool),
            filled=np.zeros(len(chosen.names), dtype=bool),
            bad_seconds=np.zeros((len(quality.REASONS) + 1, len(chosen.names)), dtype=np.int64),
            spectrogram=RegionalSpectrogram(empty, tuple(REGIONS), spectrogram.FREQS_HZ, times, spectrogram.STEP_S),
            trends=trends.empty(duration_s),
            recorded_s=sum(stretch.clock.length_s for stretch in stretches),
            measured=Sums.over(len(chosen.names)),
            electrode_seconds=ElectrodeSeconds.over(chosen.names, duration_s),
        )

    def of_block(self, block: Block) -> slice:
        """The spans that begin in a block."""
        first, stop = np.searchsorted(self.starts, (block.first, block.stop))
        return slice(int(first), int(stop))

    def put(self, rows: NDArray[np.int64], logits: NDArray[np.float32], embedding: NDArray[np.float16], ensemble: Ensemble) -> None:
        """What the networks say of some spans: logits (members, n, 6) and vectors (n, width)."""
        if self.embedding is None:
            self.embedding = np.full((len(self.starts), embedding.shape[1]), np.nan, dtype=np.float16)
        self.logits[rows], self.members[rows], self.embedding[rows] = ensemble.pool(logits), logits.transpose(1, 0, 2), embedding
        self.assessed[rows] = True

    def spans(self, ensemble: Ensemble, prior: str | None) -> Spans:
        """Calibrated probabilities; uniform where a span was not assessed."""
        prob = calibration.apply(self.logits, ensemble.temperature, ensemble.class_bias, prior)
        prob[~self.assessed] = 1.0 / len(CLASSES)
        return Spans(self.start_s, self.context, prob, self.assessed, self.step_s)

    def quality(self, chosen: NetworkInput, spans: Spans) -> Quality:
        """Quality of every channel that the analysis uses, and how much could be assessed."""
        line = events.timeline(spans)
        known = np.isfinite(line.prob[:, 0])
        assessed_s = float(np.diff(line.edges_s)[known].sum())
        channels = quality.summary(chosen.names, chosen.absent, self.bad_seconds, self.seconds, self.filled, self.measured)
        bridged = tuple((chosen.names[first], chosen.names[second]) for first, second in self.measured.bridges())
        return Quality(channels, self.mains_hz, assessed_s, max(0.0, self.recorded_s - assessed_s), bridged)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A block with the context of its windows, ready to be cut."""

    origin: int                            # sample of the first column of ``values_uv``
    values_uv: NDArray[np.float32]         # (n_channels, n) 0.5-40 Hz, NaN beyond the stretch
    reasons: NDArray[np.bool_]             # (n_reasons, n_channels, n_seconds) beginning at ``origin``
    recorded: NDArray[np.bool_]            # (n_seconds,)
    measures: Measures                     # of the recorded seconds only

    @property
    def bad(self) -> NDArray[np.bool_]:
        """(n_channels, n_seconds)"""
        return np.asarray(self.reasons.any(axis=0))


def _analyse_block(cleaned: Cleaned, ensemble: Ensemble, chosen: NetworkInput, block: Block, tally: Tally) -> None:
    _count_quality(cleaned, block, tally)
    _fill_spectrogram(cleaned, chosen, block, tally)
    _fill_trends(cleaned, chosen, block, tally)
    mine = tally.of_block(block)
    starts = tally.starts[mine]
    first = (starts - cleaned.origin) // SECOND
    last = -(-(starts + LABEL - cleaned.origin) // SECOND)
    bad = quality.bad_for_spans(cleaned.bad, cleaned.recorded, first, last)
    for rows, batch in _batches(cleaned, chosen, starts, bad):
        tally.put(mine.start + rows, *ensemble.answer(batch), ensemble)
    for kind in np.unique(bad[tally.assessed[mine]], axis=0):
        tally.filled |= kind


def clean_blocks(
    source: RecordingSource, chosen: NetworkInput, blocks: Sequence[Block], mains_hz: float | None, *, threads: int = 1
) -> Iterator[tuple[Block, Cleaned]]:
    """Every block with what ``clean_block`` makes of it; the next ones are computed ahead in threads."""
    cleaned = work_ahead(lambda block: clean_block(source, chosen, block, mains_hz), blocks, threads=threads)
    yield from zip(blocks, cleaned, strict=True)


def clean_block(source: RecordingSource, chosen: NetworkInput, block: Block, mains_hz: float | None) -> Cleaned:
    """Read a block with its context, filter and judge it."""
    low, high = block.reach(BEFORE + SETTLING, BEFORE + LABEL + SETTLING)
    read = read_at_rate(source, chosen.signals, low / ANALYSIS_HZ, high / ANALYSIS_HZ, ANALYSIS_HZ)
    begin, end = block.reach(BEFORE, BEFORE + LABEL)
    kept = slice(begin - low, end - low)
    raw = chosen.spread(read)
    clean = chosen.spread(filters.clean(read, mains_hz=mains_hz))[:, kept]
    verdict = quality.judge(raw[:, kept], clean, common_reference=not chosen.of_pairs)

    origin = block.first - BEFORE
    values = np.full((len(chosen.names), block.stop + LABEL + BEFORE - origin), np.nan, dtype=np.float32)
    values[:, begin - origin : end - origin] = _zero_for_missing(clean)
    ahead = (begin - origin) // SECOND
    n_seconds = -(-values.shape[1] // SECOND)
    reasons = np.zeros((*verdict.reasons.shape[:2], n_seconds), dtype=bool)
    reasons[:, :, ahead : ahead + verdict.reasons.shape[2]] = verdict.reasons
    recorded = np.zeros(n_seconds, dtype=bool)
    recorded[ahead : ahead + verdict.reasons.shape[2]] = True
    return Cleaned(origin, values, reasons, recorded, verdict.measures)


def _zero_for_missing(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isnan(values), np.float32(0.0), values)


def _count_quality(cleaned: Cleaned, block: Block, tally: Tally) -> None:
    own = slice((block.first - cleaned.origin) // SECOND, -(-(block.stop - cleaned.origin) // SECOND))
    reasons = cleaned.reasons[:, :, own]
    tally.bad_seconds[:-1] += reasons.sum(axis=2)
    tally.bad_seconds[-1] += reasons.any(axis=0).sum(axis=1)
    tally.seconds += reasons.shape[2]
    ahead = int(cleaned.recorded.argmax())
    measures = cleaned.measures.part(slice(own.start - ahead, own.stop - ahead))
    tally.measured.add(measures, cleaned.bad[:, own])
    tally.electrode_seconds.put(block.first // SECOND, reasons, measures)


def _fill_spectrogram(cleaned: Cleaned, chosen: NetworkInput, block: Block, tally: Tally) -> None:
    hop, length = spectrogram.HOP, spectrogram.COLUMN
    last = min(block.stop, block.stretch.stop - length + 1)
    columns = np.arange(-(-block.first // hop), max(0, -(-last // hop)))
    columns = columns[columns < len(tally.spectrogram.times_s)]
    if not len(columns):
        return
    starts = columns * hop - cleaned.origin
    pairs, members = chosen.recorded_pairs(cleaned.values_uv)
    counts = np.pad(np.cumsum(cleaned.bad, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    sound = counts[:, -(-(starts + length) // SECOND)] == counts[:, starts // SECOND]
    usable = np.array([sound[list(channels)].all(axis=0) for channels in members])
    tally.spectrogram.power_db[:, :, columns] = spectrogram.regional_db(pairs, starts, usable)


def _fill_trends(cleaned: Cleaned, chosen: NetworkInput, block: Block, tally: Tally) -> None:
    columns = trends.columns_between(block.first, block.stop, min(block.stretch.stop, len(tally.trends.times_s) * trends.COLUMN))
    if not len(columns):
        return
    begin, end = block.reach(BEFORE, BEFORE + LABEL)
    pairs, members = chosen.recorded_pairs(cleaned.values_uv[:, begin - cleaned.origin : end - cleaned.origin])
    starts = columns * trends.COLUMN - begin
    lost = np.array([cleaned.bad[list(channels)].any(axis=0) for channels in members])
    first = (columns * trends.COLUMN - cleaned.origin) // SECOND
    share = np.array([lost[:, at : at + int(trends.COLUMN_S)].mean(axis=1) for at in first]).T
    trends.fill(tally.trends, columns, trends.of_pairs(pairs, starts, share < trends.BAD_SHARE))


def _batches(
    cleaned: Cleaned, chosen: NetworkInput, starts: NDArray[np.int64], bad: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Windows of the assessable spans with their numbers, filled in and as pairs, in batches.

    Neighbors with the same bad channels overlap by up to 98 %, so their pairs are computed once for all of them.
    """
    numbers: list[NDArray[np.int64]] = []
    held: list[NDArray[np.float32]] = []
    for run in _runs_of_equal_rows(bad):
        matrix = chosen.matrix(tuple(np.flatnonzero(bad[run.start]).tolist()))
        if matrix is None:
            continue
        origin = int(starts[run.start]) - BEFORE
        reach = slice(origin - cleaned.origin, int(starts[run.stop - 1]) - BEFORE + WINDOW - cleaned.origin)
        pairs = matrix @ cleaned.values_uv[:, reach]
        first = run.start
        for batch in windows.cut(pairs, origin, starts[run]):
            numbers.append(np.arange(first, first + len(batch)))
            held.append(batch)
            first += len(batch)
            if sum(map(len, held)) >= windows.BATCH:
                yield np.concatenate(numbers), np.concatenate(held)
                numbers, held = [], []
    if held:
        yield np.concatenate(numbers), np.concatenate(held)


def _runs_of_equal_rows(table: NDArray[np.bool_]) -> Iterator[slice]:
    """Ranges of consecutive rows that are equal."""
    if len(table):
        edges = [0, *(np.flatnonzero((table[1:] != table[:-1]).any(axis=1)) + 1).tolist(), len(table)]
        yield from (slice(first, last) for first, last in pairwise(edges))
