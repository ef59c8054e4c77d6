"""Where the samples of a file lie on the clock when its recorder paused: MNE joins the pieces and shifts all later times.

Each maker notes pauses elsewhere: BrainVision as dated "New Segment" markers, Nihon Kohden as data blocks with their own start,
Persyst as sample times, EEGLAB as "boundary" events that state how much was cut out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, Final

from ml.errors import RecordingError
from ml.recording import Span

_SEGMENT: Final = re.compile(r"^Mk\d+=New Segment,[^,]*,(\d+),[^,]*,[^,]*,(\d{20})", re.MULTILINE)
_SAMPLE_TIME: Final = re.compile(r"^(\d+)=(\d+(?:\.\d*)?)\s*$", re.MULTILINE)
_DAY_S: Final = 86_400.0
MAX_PIECES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of samples without a pause."""

    first: int                       # sample of the file
    count: int
    start_s: float                   # on the clock, from the first sample of the recording


def placed(marks: Sequence[tuple[int, float]], n_samples: int, sfreq_hz: float, *, tolerance_s: float) -> tuple[Piece, ...]:
    """Pieces from ``(first sample, clock in seconds)``; a difference within ``tolerance_s`` is no pause.

    Raises
    ------
    RecordingError
        If a piece begins before the one before it has ended: the true times then cannot be told.
    """
    marks = sorted({first: clock_s for first, clock_s in reversed(marks) if 0 <= first < n_samples}.items())[:MAX_PIECES]
    if not marks or marks[0][0] > 0:
        return (Piece(0, n_samples, 0.0),)
    firsts, starts = [0], [0.0]
    for first, clock_s in marks[1:]:
        start_s = clock_s - marks[0][1]
        expected_s = starts[-1] + (first - firsts[-1]) / sfreq_hz
        if start_s < expected_s - tolerance_s:
            raise RecordingError(f"A part of the recording begins {expected_s - start_s:.3f} s before the one before it ends, so the true "
                                 "times cannot be told; export the recording again.", code="record_time")
        if start_s > expected_s + tolerance_s:
            firsts.append(first)
            starts.append(start_s)
    return tuple(Piece(a, b - a, start_s) for (a, b), start_s in zip(pairwise([*firsts, n_samples]), starts, strict=True))


def gaps(pieces: Sequence[Piece], sfreq_hz: float) -> tuple[Span, ...]:
    """What lies between the pieces."""
    return tuple(Span(before.start_s + before.count / sfreq_hz, after.start_s) for before, after in pairwise(pieces))


def clock_s(pieces: Sequence[Piece], onset_s: float, sfreq_hz: float) -> float:
    """The clock of a time that counts samples without pauses."""
    sample = onset_s * sfreq_hz
    piece = next((p for p in reversed(pieces) if p.first <= sample + 0.5), pieces[0])
    return piece.start_s + (sample - piece.first) / sfreq_hz


def of_brainvision(marker_file: Path) -> list[tuple[int, float]]:
    """Dated "New Segment" markers; undated ones (all zeros) say nothing."""
    text = marker_file.read_bytes().decode("utf-8", errors="replace")
    marks = []
    for sample, stamp in _SEGMENT.findall(text.replace("\r\n", "\n")):
        try:
            moment = datetime.strptime(stamp, "%Y%m%d%H%M%S%f")
        except ValueError:
            continue
        marks.append((int(sample) - 1, (moment - datetime(1970, 1, 1)).total_seconds()))
    return marks


def of_nihon_kohden(path: Path, blocks: Sequence[Any]) -> list[tuple[int, float]]:
    """Start of each data block: six bytes of binary-coded decimals, ``yymmddhhmmss``, 20 bytes into the block."""
    marks, first = [], 0
    with path.open("rb") as file:
        for block in blocks:
            file.seek(int(block["address"]) + 0x14)
            try:
                moment = datetime.strptime(file.read(6).hex(), "%y%m%d%H%M%S")
            except ValueError:
                return []
            marks.append((first, (moment - datetime(1970, 1, 1)).total_seconds()))
            first += int(block["n_samples"])
    return marks


def of_persyst(text: str) -> list[tuple[int, float]]:
    """The section ``[SampleTimes]``: ``sample=seconds of the day``, past midnight counting on."""
    section = re.search(r"^\[SampleTimes\]\s*$(.*?)(?=^\[|\Z)", text.replace("\r\n", "\n"), re.MULTILINE | re.DOTALL | re.IGNORECASE)
    marks: list[tuple[int, float]] = []
    for sample, seconds in _SAMPLE_TIME.findall(section[1] if section else ""):
        value_s = float(seconds)
        while marks and value_s < marks[-1][1]:
            value_s += _DAY_S
        marks.append((int(sample), value_s))
    return marks


def of_eeglab(onsets_s: Sequence[float], lost_s: Sequence[float], sfreq_hz: float) -> list[tuple[int, float]]:
    """Boundary events: the onset counts kept samples, the duration is what was cut out there."""
    marks, lost = [(0, 0.0)], 0.0
    for onset_s, cut_s in sorted(zip(onsets_s, lost_s, strict=True)):
        lost += cut_s
        sample = ceil(onset_s * sfreq_hz - 1e-3)     # latencies lie between two samples
        if sample > 0 and cut_s > 0:
            marks.append((sample, sample / sfreq_hz + lost))
    return marks
