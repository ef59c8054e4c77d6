"""Real voted windows of the development data, as the pipeline hands them to the networks. Evaluation only, never training."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import pipeline
from ml.byte_source import FileBytes
from ml.classes import CLASSES
from ml.ensemble import Ensemble
from ml.events import EventRule
from ml.open_recording import open_recording

VOTED_SETS: Final[dict[str, str]] = {
    "iiic50": "iiic50/{eeg_id}.parquet",
    "iiic10": "iiic10/{eeg_id}_eeg.parquet",
    "grond": "grond/windows/{eeg_id}.parquet",
}


@dataclass(frozen=True, slots=True)
class VotedWindow:
    """One real window and how experts voted."""

    name: str
    votes: NDArray[np.float64]                       # (6,) shares
    bipolar_uv: NDArray[np.float32] | None           # (18, 10000), None where the pipeline did not assess it
    published: NDArray[np.float64] | None = None     # SPaRCNet's probabilities where its authors gave them
    patient: str = ""                                # "" where it is not known whether two windows share one


@dataclass(slots=True)
class WindowRecorder:
    """A predictor that keeps the windows it is handed and says nothing about them."""

    name: str = "recorder"
    seen: list[NDArray[np.float32]] = field(default_factory=list)

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(bipolar_uv.copy())
        return np.zeros((len(bipolar_uv), len(CLASSES)), dtype=np.float32)


def voted(data: Path, name: str) -> list[VotedWindow]:
    """All windows of one development set; empty where the folder is absent."""
    labels = data / name / "labels.csv"
    if not labels.exists():
        return []
    with labels.open(newline="") as file:
        return [_voted(data, name, row) for row in csv.DictReader(file)]


def network_windows(path: Path, *, step_s: float = 10.0) -> NDArray[np.float32]:
    """The windows (n, 18, 10000) of a recording that its analysis would classify."""
    recorder = WindowRecorder()
    ensemble = Ensemble(
        "recorder", "", (recorder,), np.ones(1, dtype=np.float32), 1.0, np.zeros(6, dtype=np.float32), step_s, EventRule()
    )
    pipeline.analyse(open_recording(FileBytes(path), name=path.name), ensemble)
    return np.concatenate(recorder.seen) if recorder.seen else np.zeros((0, 18, 10_000), dtype=np.float32)


def healthy(data: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Subject and windows of every recording of healthy adults."""
    files = [*sorted(data.glob("eegmat_rest/*.parquet")), *sorted(data.glob("eegmat_normal/*.edf"))]
    for path in files:
        yield path.stem, network_windows(path)


def _voted(data: Path, name: str, row: dict[str, str]) -> VotedWindow:
    counts = np.array([float(row[f"{label}_vote"]) for label in CLASSES])
    path = data / VOTED_SETS[name].format(eeg_id=row["eeg_id"])
    windows = network_windows(path)
    middle = len(windows) // 2                       # of a 50-s recording the span at 20-30 s, of a 10-s one the only span
    published = None
    if f"sparcnet_{CLASSES[0]}" in row:
        published = np.array([float(row[f"sparcnet_{label}"]) for label in CLASSES])
    return VotedWindow(row["eeg_id"], counts / counts.sum(), windows[middle] if len(windows) else None, published, row.get("patient", ""))
