"""``train.csv`` of the HMS competition: votes by label, each label once."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import WINDOW_S
from ml.classes import CLASSES

VOTES: Final[tuple[str, ...]] = tuple(f"{name}_vote" for name in CLASSES)
NEEDED: Final[tuple[str, ...]] = ("eeg_id", "eeg_label_offset_seconds", "patient_id", *VOTES)


@dataclass(frozen=True, slots=True)
class Label:
    """What a committee said of one stretch of a recording, and the crops of 50 s that it was shown in."""

    eeg_id: str
    patient_id: str
    votes: tuple[float, ...]             # counts in the order of CLASSES
    offsets_s: tuple[float, ...]         # starts of the crops in the EEG file, the most central first
    spectrogram_id: str = ""
    spectrogram_s: float = 0.0           # where the ten minutes around the first of those crops begin in the spectrogram file

    @property
    def n_votes(self) -> int:
        return round(sum(self.votes))


def read(data: Path) -> list[Label]:
    """Labels of ``train.csv``, de-duplicated.

    The table repeats a label for every overlapping crop: of 106,800 rows about 20,184 are different (HMS, third place:
    one row per recording and vector of votes, the crop that overlaps its siblings most).

    Raises
    ------
    ValueError
        If a column is absent, a row has no votes, or the table has no rows.
    """
    path = data / "train.csv"
    if not path.exists():
        raise ValueError(f"{data} holds no train.csv: give the folder of the HMS competition as it is downloaded")
    rows: dict[tuple[str, str, tuple[float, ...]], list[float]] = defaultdict(list)
    ten_minutes: dict[tuple[str, float], tuple[str, float]] = {}
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if absent := [name for name in NEEDED if name not in (reader.fieldnames or [])]:
            raise ValueError(f"{path} lacks the columns {', '.join(absent)}")
        for row in reader:
            votes = tuple(float(row[name]) for name in VOTES)
            if sum(votes) <= 0:
                raise ValueError(f"{path}, line {reader.line_num}: no votes")
            offset_s = float(row["eeg_label_offset_seconds"])
            rows[row["eeg_id"], row["patient_id"], votes].append(offset_s)
            if row.get("spectrogram_id"):
                ten_minutes[row["eeg_id"], offset_s] = row["spectrogram_id"], float(row["spectrogram_label_offset_seconds"])
    if not rows:
        raise ValueError(f"{path} has only its header line")
    labels = []
    for (eeg_id, patient, votes), offsets in rows.items():
        ordered = most_central_first(offsets)
        labels.append(Label(eeg_id, patient, votes, ordered, *ten_minutes.get((eeg_id, ordered[0]), ("", 0.0))))
    return labels


def most_central_first(offsets_s: list[float]) -> tuple[float, ...]:
    """Starts of crops by their overlap with all crops of the same label, greatest first."""
    starts = np.unique(offsets_s)
    overlap = np.clip(WINDOW_S - np.abs(starts[:, None] - starts), 0, None).sum(axis=1)
    return tuple(float(start) for start in starts[np.argsort(-overlap, kind="stable")])


def folds(labels: list[Label], n: int, *, seed: int) -> NDArray[np.int64]:
    """Fold (n_labels,) of every label: no patient in two, classes in like shares.

    Raises
    ------
    ValueError
        If there are fewer patients than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    patients = np.array([label.patient_id for label in labels])
    if len(set(patients)) < n:
        raise ValueError(f"{len(set(patients))} patients cannot be split into {n} folds")
    majority = np.array([int(np.argmax(label.votes)) for label in labels])
    fold = np.zeros(len(labels), dtype=np.int64)
    splits = StratifiedGroupKFold(n, shuffle=True, random_state=seed).split(majority, majority, patients)
    for number, (_, held_out) in enumerate(splits):
        fold[held_out] = number
    return fold
