"""Windows of the competition's EEG files, through the pipeline that serves, so that training sees what serving sees."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from ml import pipeline
from ml.byte_source import FileBytes
from ml.classes import CLASSES
from ml.ensemble import Ensemble
from ml.errors import RecordingError
from ml.events import EventRule
from ml.nets.front_end import Decimate
from ml.open_recording import open_recording
from ml.training.dataset import LIMIT_UV, WindowSet
from ml.training.hms import spectrograms
from ml.training.hms.labels import Label
from ml.windows import BEFORE

STEP_S: Final[float] = 2.0
"""Offsets of labels are whole multiples of 2 s."""
NEAREST_S: Final[float] = 1.0
"""A crop whose labelled span lies further from any assessed one is left out (gaps, too many bad electrodes)."""
CENTRE_S: Final[float] = BEFORE / 200


@dataclass(slots=True)
class Keeper:
    """A predictor that keeps the windows it is handed, at 50 Hz."""

    name: str = "keeper"
    kept: list[NDArray[np.float16]] = field(default_factory=list)
    decimate: Decimate = field(default_factory=Decimate)

    @torch.inference_mode()
    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        slow = self.decimate(torch.from_numpy(np.ascontiguousarray(bipolar_uv))).numpy()
        self.kept.append(np.clip(slow, -LIMIT_UV, LIMIT_UV).astype(np.float16))
        return np.zeros((len(bipolar_uv), len(CLASSES)), dtype=np.float32)


def windows_at(path: Path, offsets_s: Sequence[float]) -> dict[float, NDArray[np.float16]]:
    """Windows (18, 2500) whose labelled 10 s are the middle of the crops that begin at ``offsets_s``.

    Crops that the pipeline does not assess are absent from the answer.
    """
    keeper = Keeper()
    ensemble = Ensemble("keeper", "", (keeper,), np.ones(1, np.float32), 1.0, np.zeros(6, np.float32), STEP_S, EventRule())
    try:
        with FileBytes(path) as source:
            spans = pipeline.analyse(open_recording(source, name=path.name), ensemble).spans
    except RecordingError:
        return {}
    if not keeper.kept:
        return {}
    starts_s, kept = spans.label_start_s[spans.assessed], np.concatenate(keeper.kept)
    wanted_s = np.asarray(offsets_s) + CENTRE_S
    nearest = np.abs(starts_s[None] - wanted_s[:, None]).argmin(axis=1)
    return {offset: kept[row] for offset, row, wanted in zip(offsets_s, nearest, wanted_s, strict=True)
            if abs(starts_s[row] - wanted) <= NEAREST_S}


def build(
    data: Path, labels: Sequence[Label], store: Path, *, crops: int, processes: int = 2, ten_minutes: bool = False
) -> tuple[WindowSet, NDArray[np.int64]]:
    """Windows of all labels, up to ``crops`` of each, with ``ten_minutes`` also their spectrograms, cut once and kept in ``store``.

    Returns
    -------
    The windows, and the label (index into ``labels``) of each; labels without any assessable crop have none.
    """
    mark = hashlib.sha256(json.dumps([crops, [[label.eeg_id, label.votes, label.offsets_s[:crops]] for label in labels]]).encode())
    signals, whose = store / f"hms_{mark.hexdigest()[:12]}.npy", store / f"hms_{mark.hexdigest()[:12]}_labels.npy"
    if not whose.exists():
        store.mkdir(parents=True, exist_ok=True)
        _cut(data, labels, signals, whose, crops, processes)
    index = np.load(whose)
    votes = np.array([labels[i].votes for i in index], dtype=np.float64).reshape(-1, len(CLASSES))
    _, patient = np.unique([label.patient_id for label in labels], return_inverse=True)
    used, label = np.unique(index, return_inverse=True)
    image = f"{signals.stem}_spectrograms.npy"
    windows = WindowSet(
        np.load(signals, mmap_mode="r")[: len(index)], (votes / votes.sum(axis=1, keepdims=True)).astype(np.float32),
        patient[index], n_votes=votes.sum(axis=1).astype(np.int64), label=label,
        regional=spectrograms.build(data, [labels[i] for i in used], store / image) if ten_minutes else None,
    )
    return windows, index


def _cut(data: Path, labels: Sequence[Label], signals: Path, whose: Path, crops: int, processes: int) -> None:
    by_file: dict[str, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        by_file[label.eeg_id].append(number)
    jobs = [(data / "train_eegs" / f"{eeg_id}.parquet", [(i, labels[i].offsets_s[:crops]) for i in numbers]) for eeg_id, numbers in by_file.items()]
    if absent := [path for path, _ in jobs if not path.exists()]:
        raise ValueError(f"{len(absent)} of {len(jobs)} EEG files of train.csv are absent, first {absent[0]}")
    room = sum(len(offsets) for _, wanted in jobs for _, offsets in wanted)
    store = np.lib.format.open_memmap(signals, mode="w+", dtype=np.float16, shape=(room, 18, 2500))
    index: list[int] = []
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for found in pool.imap(_file, jobs) if processes > 1 else map(_file, jobs):
            for number, window in found:
                store[len(index)] = window
                index.append(number)
    store.flush()
    if not index:
        raise ValueError("no window of train.csv can be assessed")
    np.save(whose, np.array(index, dtype=np.int64))


def _file(job: tuple[Path, list[tuple[int, tuple[float, ...]]]]) -> list[tuple[int, NDArray[np.float16]]]:
    """Label and window of every crop of one EEG file that can be assessed, the most central crop of a label first."""
    path, wanted = job
    offsets = sorted({offset for _, of_label in wanted for offset in of_label})
    found = windows_at(path, offsets)
    return [(number, found[offset]) for number, of_label in wanted for offset in of_label if offset in found]
