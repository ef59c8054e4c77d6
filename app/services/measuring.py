"""Measuring in the viewer: two cursors, the spectrum between them, the amplitude map at one, the frequency of a pattern.

What is measured is the recorded signal under the montage and the filters of the page; changed signals (ICA, wavelets) are for looking
only. Reading is not audited, opening a recording is (``studies.opened``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Invalid
from app.file_store import FileStore
from app.services import analyses, channel_marks, montages, site, studies, tiles, time_frequency
from app.services.tiles import OpenRecording
from ml import measuring, scalp_map, selection_pattern, selection_spectrum
from ml.errors import RecordingError
from ml.measuring import Seen, TwoCursors
from ml.montage import MontageName
from ml.scalp_map import ScalpMap
from ml.selection_pattern import SelectionPattern
from ml.selection_spectrum import SelectionSpectrum

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader measures: two moments, a trace, and what the page shows. Filters that are not offered are refused."""

    at_s: tuple[float, float]
    channel: str = ""
    montage: MontageName | UUID = "longitudinal"      # a built-in one by its name, one of the reader's own by its id
    lff_hz: float | None = None
    hff_hz: float | None = None
    notch_hz: float | None = None
    active: int = 0                      # the cursor whose instant the map shows

    def __post_init__(self) -> None:
        tiles.check_filters(self.lff_hz, self.hff_hz, self.notch_hz)

    @property
    def span_s(self) -> tuple[float, float]:
        return min(self.at_s), max(self.at_s)


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What was measured, or the sentence that says why not."""

    value: T | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything of one wish but the pattern, which takes longer."""

    start_local: datetime | None
    cursors: Told[TwoCursors]
    spectrum: Told[SelectionSpectrum]
    head: Told[ScalpMap]


def wish_of(told: Mapping[str, Any]) -> Wish:
    """A wish in the words of the script."""
    try:
        first, second = (float(at) for at in told["at"])
        lff_hz, hff_hz, notch_hz = (float(value) if value else None for value in (told.get("lff"), told.get("hff"), told.get("notch")))
        asked = str(told.get("montage"))
        montage = next((name for name in get_args(MontageName) if name == asked), None) or UUID(asked)
        if not 0.0 <= min(first, second) <= max(first, second) < 1e9:
            raise ValueError("no moment of a recording")
        return Wish((first, second), str(told.get("channel", "")), montage, lff_hz, hff_hz, notch_hz, active=int(bool(told.get("active"))))
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise Invalid("The cursors cannot be measured so. End measuring and begin again.") from error


def all_but_pattern(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> Measured:
    """Values at both cursors, the spectrum between them and the amplitude map at the active one, each or why not."""
    recording, seen = _opened(session, who, store, study_id, wish)
    return Measured(
        studies.find(session, who, study_id).start_local,
        _told(lambda: _between(recording, wish, seen)), _told(lambda: _spectrum(recording, wish, seen)),
        _told(lambda: scalp_map.at(recording.source, recording.layout, wish.at_s[wish.active], seen, recording.blocks)),
    )


def pattern_or_why_not(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> Told[SelectionPattern]:
    """What a pattern between the cursors has for a frequency, or why none is told."""
    studies.find(session, who, study_id)
    return _told(lambda: pattern(session, who, store, study_id, wish))


def cursors(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> TwoCursors:
    """One trace at both cursors and between them."""
    recording, seen = _opened(session, who, store, study_id, wish)
    return _between(recording, wish, seen)


def spectrum(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> SelectionSpectrum:
    """Power over frequency between the cursors."""
    recording, seen = _opened(session, who, store, study_id, wish)
    return _spectrum(recording, wish, seen)


def head(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> ScalpMap:
    """The potential over the head at the active cursor."""
    recording, seen = _opened(session, who, store, study_id, wish)
    return scalp_map.at(recording.source, recording.layout, wish.at_s[wish.active], seen, recording.blocks)


def pattern(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> SelectionPattern:
    """Discharges and rhythm between the cursors, as found events are described: with the mains hum that the analysis found notched."""
    recording, _ = _opened(session, who, store, study_id, wish)
    mains_hz = time_frequency.mains_hz(analyses.latest(session, who, study_id, though_hidden=True))
    return selection_pattern.find(recording.source, recording.layout, *wish.span_s, mains_hz=mains_hz)


def _opened(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> tuple[OpenRecording, Seen]:
    """The recording as it is, if ``who`` may see it, and how its page shows it."""
    handle = studies.recording(session, who, study_id)
    right_first, montage = site.find(session, who).right_first, montages.resolve(session, who, wish.montage)
    marked = frozenset(mark.electrode for mark in channel_marks.of_study(session, who, study_id))
    return tiles.opened(store, handle), Seen(montage, wish.lff_hz, wish.hff_hz, wish.notch_hz, right_first, marked)


def _between(recording: OpenRecording, wish: Wish, seen: Seen) -> TwoCursors:
    return measuring.between(recording.source, recording.layout, wish.at_s, wish.channel, seen, recording.blocks)


def _spectrum(recording: OpenRecording, wish: Wish, seen: Seen) -> SelectionSpectrum:
    traces = measuring.read(recording.source, recording.layout, *wish.span_s, seen, recording.blocks)
    return selection_spectrum.of(traces, wish.channel)


def _told(measure: Callable[[], T]) -> Told[T]:
    try:
        return Told(measure())
    except RecordingError as error:
        return Told(None, error.sentence)
