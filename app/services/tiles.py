"""Tiles of a recording for the viewer: EEG pages, annotations, probability ribbon, regional spectrogram.

What comes in is a handle or a result that ``studies`` or ``analyses`` gave to an actor who may see it; what goes out is bytes.
Reading tiles is not audited, opening a recording is (``studies.opened``).
"""

from __future__ import annotations

import json
import struct
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.errors import Invalid
from app.file_store import FileStore
from app.services import stored_recording
from app.services.channel_marks import MarkView
from app.services.studies import RecordingHandle
from app.settings import MIB
from ml import ica
from ml import page as eeg_page
from ml.analysis import LABEL_S, RegionalSpectrogram, Spans
from ml.channels import ChannelLayout, map_to_1020
from ml.montage import MontageName
from ml.own_montage import OwnMontage
from ml.page import Block, BlockKey
from ml.recording import Annotation, RecordingSource

OPEN_RECORDINGS: Final = 8
"""Recordings kept open at once in a process: a file descriptor and a gap table each, whole signals for Parquet."""
KEPT_BLOCKS_BYTES: Final = 24 * MIB
"""Filtered blocks kept for each open recording: a step of one second then filters nothing again."""
FLOOR_DB: Final = -40.0
STEP_DB: Final = 0.35
"""Spectrogram bytes: 1 .. 255 stand for -40 .. 48.9 dB re 1 µV²/Hz, 0 for nothing recorded."""
MAX_COLUMNS: Final = 2000


Cleaning = Literal["", "ica", "ica-muscle", "wavelet"]
"""Changed signals, for looking only: without eyes and heart, without muscle too, denoised. Nothing else ever reads them."""


CLEANED: Final = {"ica": "without eyes and heart (ICA)", "ica-muscle": "without eyes, heart and muscle (ICA)"}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """One page of EEG as a reader wants to see it; ``None`` leaves a filter out."""

    start_s: float
    duration_s: float
    montage: MontageName | OwnMontage = "longitudinal"
    lff_hz: float | None = None
    hff_hz: float | None = None
    notch_hz: float | None = None
    px: int | None = None                # width in device pixels: more than two samples per pixel are reduced to min and max
    cleaning: Cleaning = ""              # marked on the page

    def __post_init__(self) -> None:
        check_filters(self.lff_hz, self.hff_hz, self.notch_hz)


def check_filters(lff_hz: float | None, hff_hz: float | None, notch_hz: float | None) -> None:
    """Refuse a filter that the viewer does not offer."""
    offered = (("LFF", lff_hz, eeg_page.LFF_HZ), ("HFF", hff_hz, eeg_page.HFF_HZ), ("notch", notch_hz, eeg_page.NOTCH_HZ))
    for name, value, choices in offered:
        if value not in choices:
            words = ", ".join(f"{hz:g}" for hz in choices if hz)
            raise Invalid(f"There is no {name} of {value:g} Hz here. Choose {words}, or leave it out.")


class RecentBlocks(MutableMapping[BlockKey, Block]):
    """Filtered blocks of one recording, the least recently used ones forgotten beyond ``limit_bytes``; thread-safe."""

    def __init__(self, limit_bytes: int = KEPT_BLOCKS_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._lock = Lock()
        self._kept: OrderedDict[BlockKey, Block] = OrderedDict()

    def __getitem__(self, key: BlockKey) -> Block:
        with self._lock:
            self._kept.move_to_end(key)
            return self._kept[key]

    def __setitem__(self, key: BlockKey, block: Block) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = block
                self._bytes += _size(block)
            while self._bytes > self._limit_bytes:
                self._bytes -= _size(self._kept.popitem(last=False)[1])

    def __delitem__(self, key: BlockKey) -> None:
        with self._lock:
            self._bytes -= _size(self._kept.pop(key))

    def __iter__(self) -> Iterator[BlockKey]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)


def _size(block: Block) -> int:
    return sum(array.nbytes for array in block)


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """A recording that is open for reading, with its channels named."""

    source: RecordingSource
    layout: ChannelLayout
    blocks: RecentBlocks
    banner: str = ""                     # what was done to the signal, if anything


class OpenRecordings:
    """The recordings that were read last, each opened once however many pages ask for it at the same time."""

    def __init__(self, limit: int = OPEN_RECORDINGS) -> None:
        self._limit = limit
        self._lock = Lock()
        self._kept: OrderedDict[tuple[object, ...], Future[OpenRecording]] = OrderedDict()

    def get(self, store: FileStore, handle: RecordingHandle, cleaning: Cleaning = "") -> OpenRecording:
        """Open ``handle`` or find it open; what cannot be opened raises ``RecordingError`` and is tried again next time."""
        with self._lock:
            key = (handle.sha256, handle.channel_names, cleaning)
            found = self._kept.get(key)
            mine = found is None
            waiting: Future[OpenRecording] = found or Future()
            self._kept[key] = waiting
            self._kept.move_to_end(key)
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)       # closed when the last page that reads it is done
        if mine:
            self._open(store, handle, cleaning, waiting)
        return waiting.result()

    def _open(self, store: FileStore, handle: RecordingHandle, cleaning: Cleaning, waiting: Future[OpenRecording]) -> None:
        try:
            source: RecordingSource = stored_recording.opened(store, handle.sha256, name=handle.name)
            layout, banner = map_to_1020(source.info.signals, dict(handle.channel_names)), ""
            if cleaning:
                source = without = ica.clean(source, layout, muscle=cleaning == "ica-muscle")
                banner = without.unmixing.banner
            waiting.set_result(OpenRecording(source, layout, RecentBlocks(), banner))
        except BaseException as error:
            waiting.set_exception(error)
            with self._lock:
                self._kept.pop((handle.sha256, handle.channel_names, cleaning), None)


_open = OpenRecordings()


def opened(store: FileStore, handle: RecordingHandle) -> OpenRecording:
    """A recording as it is, kept open for whoever reads it next."""
    return _open.get(store, handle)


def page(
    store: FileStore, handle: RecordingHandle, query: PageQuery, *, right_first: bool = False, marks: Sequence[MarkView] = (),
) -> bytes:
    """One page of EEG in the byte format of ``ml.page``, the sides of the head in the order of the site, with people's marks."""
    denoised = query.cleaning == "wavelet"
    recording = _open.get(store, handle, "" if denoised else query.cleaning)
    made = eeg_page.render(
        recording.source, recording.layout, start_s=query.start_s, duration_s=query.duration_s, montage=query.montage,
        lff_hz=query.lff_hz, hff_hz=query.hff_hz, notch_hz=query.notch_hz, max_px=query.px, kept=recording.blocks,
        right_first=right_first, denoised=denoised, marks={mark.electrode: mark.words for mark in marks},
    )
    if recording.banner:       # over the picture, and in what a decision notes of the screen
        made = replace(made, banner=recording.banner, status=f"{made.status} | {CLEANED[query.cleaning]}")
    return made.to_bytes()


def notes(store: FileStore, handle: RecordingHandle) -> tuple[Annotation, ...]:
    """What the recorder or a technologist left in the file, in order of onset; also where each file of a joined recording begins."""
    kept = _open.get(store, handle).source.annotations()
    return tuple(sorted((*kept, *_joints(handle.header.get("parts", ()))), key=lambda note: note.onset_s))


def _joints(parts: Sequence[Mapping[str, Any]]) -> Iterator[Annotation]:
    """Where two files overlap, the note lasts as long as they do."""
    reached = float(parts[0]["stop_s"]) if parts else 0.0
    for number, part in enumerate(parts[1:], 2):
        start_s, stop_s = float(part["start_s"]), float(part["stop_s"])
        overlap_s, words = min(reached, stop_s) - start_s, f"file {number} of {len(parts)} begins"
        if overlap_s > 0.001:
            yield Annotation(start_s, overlap_s, f"{words}; for {overlap_s:.2f} s it overlaps the one before it, which is shown")
        else:
            yield Annotation(start_s, None, f"{words}, {-overlap_s:.2f} s after the one before it" if overlap_s < -0.001 else words)
        reached = max(reached, stop_s)


def ribbon(spans: Spans) -> bytes:
    """Probabilities of all label spans, little endian.

    Magic ``HMSR`` | version u16 = 1 | classes u16 | spans u32 | step f32 | label length f32 | zeros to 32; then starts f32,
    probabilities u16 (span after span, 65535 = 1), assessed u8.
    """
    head = struct.pack("<4sHHIff", b"HMSR", 1, spans.prob.shape[1], len(spans.label_start_s), spans.step_s, LABEL_S)
    prob = np.round(np.clip(spans.prob, 0.0, 1.0) * 65535.0).astype("<u2")
    parts = (spans.label_start_s.astype("<f4"), prob, spans.assessed.astype(np.uint8))
    return head.ljust(32, b"\0") + b"".join(part.tobytes() for part in parts)


def spectrogram(whole: RegionalSpectrogram, *, start_s: float, stop_s: float, columns: int = MAX_COLUMNS) -> bytes:
    """Part of a spectrogram in at most ``columns`` columns; joined columns show their mean power. Little endian.

    Magic ``HMSS`` | version u16 = 1 | regions u16 | frequencies u32 | times u32 | start of the first column f64 | seconds per
    column f64 | dB of value 1 f32 | dB per step f32 | first frequency f32 | Hz per step f32 | JSON bytes u32 | zeros to 64; then
    JSON ``{"names": [...]}`` padded to a multiple of 4, then u8 (region, frequency, time), 0 = nothing recorded.
    """
    first = int(np.searchsorted(whole.times_s + whole.step_s / 2.0, start_s, side="right"))
    stop = int(np.searchsorted(whole.times_s - whole.step_s / 2.0, stop_s, side="left"))
    joined = max(1, -(-(stop - first) // columns))
    power_db = _joined(whole.power_db[:, :, first:stop], joined)
    begins_s = float(whole.times_s[first]) - whole.step_s / 2.0 if first < len(whole.times_s) else start_s
    names = json.dumps({"names": whole.regions}).encode()
    names = names.ljust(-(-len(names) // 4) * 4)
    freq_step_hz = float(whole.freqs_hz[1] - whole.freqs_hz[0]) if len(whole.freqs_hz) > 1 else 1.0
    head = struct.pack(
        "<4sHHIIddffffI", b"HMSS", 1, len(whole.regions), len(whole.freqs_hz), power_db.shape[2], begins_s,
        whole.step_s * joined, FLOOR_DB, STEP_DB, float(whole.freqs_hz[0]), freq_step_hz, len(names),
    )
    return head.ljust(64, b"\0") + names + as_bytes(power_db).tobytes()


def _joined(power_db: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Mean power of ``n`` neighboring columns each, ``(regions, freqs, ceil(times / n))``; empty columns do not count."""
    if n == 1:
        return power_db
    regions, freqs, times = power_db.shape
    missing = -times % n
    padded = np.pad(power_db, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)
    groups = 10.0 ** (padded.reshape(regions, freqs, -1, n) / 10.0)
    counted = np.isfinite(groups).sum(axis=-1)
    mean = np.where(np.isfinite(groups), groups, 0.0).sum(axis=-1) / np.maximum(counted, 1)
    with np.errstate(divide="ignore"):
        return np.where(counted > 0, 10.0 * np.log10(mean), np.nan).astype(np.float32)


def as_bytes(power_db: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Decibels as 1 .. 255 from ``FLOOR_DB`` in steps of ``STEP_DB``; NaN as 0."""
    values = np.clip(np.round((np.nan_to_num(power_db, nan=FLOOR_DB) - FLOOR_DB) / STEP_DB) + 1.0, 1.0, 255.0)
    return np.where(np.isnan(power_db), 0.0, values).astype(np.uint8)
