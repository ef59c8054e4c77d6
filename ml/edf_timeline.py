"""Where the data records of an EDF lie on the recorder's clock: stretches of records and the gaps between them.

EDF and EDF+C are one stretch. In EDF+D each record states when it began; readers that ignore this (mne, edfio) join
the pieces and shift all later times. Nothing is joined here: a gap never shifts the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.byte_source import ByteSource
from ml.edf_header import MAX_DURATION_S, EdfHeader
from ml.errors import RecordingError
from ml.recording import Span
from ml.tal import record_onset_s, record_onsets_s

MAX_RECORDS: Final = 10_000_000
MAX_GAPS: Final = 100_000
"""Limits of a discontinuous recording: a month of records of a quarter second, and a gap every half minute of it."""
NOTABLE_DRIFT_S: Final = 0.5
"""Half a second moves a mark to another place of a 10-s page that one can see."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Gap-free runs of data records; times in seconds from the first sample."""

    first_record: NDArray[np.int64]      # (n_runs,)
    n_records: NDArray[np.int64]         # (n_runs,)
    start_s: NDArray[np.float64]         # (n_runs,)
    first_onset_s: float                 # of the first sample, from the start time of the header
    duration_s: float                    # clock time, gaps included
    gaps: tuple[Span, ...] = ()
    findings: tuple[str, ...] = ()


def read_timeline(source: ByteSource, header: EdfHeader, *, whole: bool = True) -> Timeline:
    """Place the data records on the clock.

    Parameters
    ----------
    source, header
        The file and its header.
    whole
        False if only the first bytes are there: gaps then cannot be known, and a finding says so.

    Raises
    ------
    RecordingError
        If an EDF+D states no time for a record, or records overlap.
    """
    first = record_onset_s(source, header, 0)
    first_onset_s = first if first is not None and abs(first) <= MAX_DURATION_S else 0.0
    if whole and first is not None and not header.size_fits:
        _refuse_shifted(source, header)
    if not header.format.endswith("+D") or not header.signals:
        if whole and header.n_records <= MAX_RECORDS and not _ends_on_time(source, header, first_onset_s):
            return _stated_continuous(source, header, first_onset_s)
        return _one_run(header, first_onset_s)
    if not whole:
        return _one_run(header, first_onset_s, "The recording may have gaps (EDF+D); they are known when it has arrived whole.")
    if header.n_records > MAX_RECORDS:
        raise RecordingError(
            f"This discontinuous recording has {header.n_records:,} data records; at most {MAX_RECORDS:,} can be placed on "
            "the clock. Export it with longer data records.", code="too_long")
    return _from_onsets(record_onsets_s(source, header), header)


def _refuse_shifted(source: ByteSource, header: EdfHeader) -> None:
    """Refuse a file of the wrong size whose last whole record does not begin where it should.

    Bytes are then missing or too many before it (as after a transfer in text mode), and samples behind them are noise. A
    record of zeros is no such sign: recorders that reserve space ahead leave it when they stop without closing the file.
    """
    last, slot = header.n_records - 1, header.slots[0]
    raw = source.read_at(header.header_bytes + last * header.record_bytes + slot.offset_bytes, slot.size_bytes)
    if record_onset_s(source, header, last) is None and any(raw):
        raise RecordingError(
            "The file has the wrong size and its last data records are not where they should be: bytes were lost or added "
            "within it. Transfer it again in binary mode.", code="altered_in_transfer")


def _one_run(header: EdfHeader, first_onset_s: float, *findings: str) -> Timeline:
    return Timeline(
        first_record=np.zeros(1, np.int64), n_records=np.array([header.n_records], np.int64), start_s=np.zeros(1),
        first_onset_s=first_onset_s, duration_s=header.duration_s, findings=findings)


def _tolerance_s(header: EdfHeader) -> float:
    """One sample of the fastest signal, but at least the millisecond to which record times are usually written."""
    fastest_hz = max((s.signal.sfreq_hz for s in header.signals), default=0.0)
    return max(1e-3, 1 / fastest_hz if fastest_hz else 0.0)


def _ends_on_time(source: ByteSource, header: EdfHeader, first_onset_s: float) -> bool:
    last = record_onset_s(source, header, header.n_records - 1)
    expected = first_onset_s + float((header.n_records - 1) * header.record_s)
    return last is None or not header.signals or abs(last - expected) <= _tolerance_s(header)


def _stated_continuous(source: ByteSource, header: EdfHeader, first_onset_s: float) -> Timeline:
    """A file that calls itself continuous while its last record begins at another time: believe the record times."""
    try:
        timeline = _from_onsets(record_onsets_s(source, header), header)
    except RecordingError:
        return _one_run(header, first_onset_s, "The record times contradict one another; the records were read as continuous.")
    if not timeline.gaps:
        return timeline
    return Timeline(
        timeline.first_record, timeline.n_records, timeline.start_s, timeline.first_onset_s, timeline.duration_s,
        timeline.gaps, (*timeline.findings, "The header calls the recording continuous, but its record times show gaps."))


def _from_onsets(onsets_s: NDArray[np.float64], header: EdfHeader) -> Timeline:
    if np.isnan(onsets_s).any():
        record = int(np.flatnonzero(np.isnan(onsets_s))[0]) + 1
        raise RecordingError(
            f"Data record {record} of this discontinuous recording (EDF+D) states no time, so it cannot be placed; "
            "export the recording again.", code="record_time")
    record_s, tolerance_s = float(header.record_s), _tolerance_s(header)
    jumps = np.diff(onsets_s) - record_s
    if (jumps < -tolerance_s).any():
        record = int(np.flatnonzero(jumps < -tolerance_s)[0]) + 1
        raise RecordingError(
            f"Data records {record} and {record + 1} overlap by {-jumps[record - 1]:.3f} s, so the true times cannot be told; "
            "export the recording again.", code="record_time")
    firsts = np.concatenate([[0], np.flatnonzero(jumps > tolerance_s) + 1]).astype(np.int64)
    if len(firsts) > MAX_GAPS:
        raise RecordingError(
            f"The recording has {len(firsts) - 1:,} gaps; at most {MAX_GAPS:,} are read. Export a shorter part.", code="too_long")
    counts = np.diff(np.append(firsts, len(onsets_s)))
    starts = onsets_s[firsts] - onsets_s[0]
    stops = starts + counts * record_s
    if abs(onsets_s[0]) > MAX_DURATION_S or stops[-1] > MAX_DURATION_S:
        raise RecordingError(
            f"The record times span {stops[-1] / 86_400:.4g} days; at most {MAX_DURATION_S // 86_400} days are read. "
            "Export a shorter part.", code="too_long")
    gaps = tuple(Span(float(a), float(b)) for a, b in zip(stops[:-1], starts[1:], strict=True) if b > a)
    drift_s = float(np.abs(np.where(np.abs(jumps) <= tolerance_s, jumps, 0.0).sum()))
    return Timeline(
        firsts, counts, starts, float(onsets_s[0]), float(stops[-1]), gaps, (*_gap_findings(gaps), *_drift_findings(drift_s)))


def _drift_findings(drift_s: float) -> tuple[str, ...]:
    if drift_s < NOTABLE_DRIFT_S:
        return ()
    return (f"The record times drift by {drift_s:.1f} s against the sampling rate; within a stretch, times go by the samples.",)


def _gap_findings(gaps: tuple[Span, ...]) -> tuple[str, ...]:
    if not gaps:
        return ()
    total_s = sum(gap.length_s for gap in gaps)
    return (f"The recording has {len(gaps)} gap{'s' if len(gaps) > 1 else ''}, {total_s:.1f} s in all; "
            "nothing was recorded there and times stay on the clock.",)
