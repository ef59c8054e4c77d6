"""The submission table of the HMS competition."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ml.classes import CLASSES
from ml.training.calibrate import Calibration
from ml.training.dataset import WindowSet
from ml.training.hms import spectrograms
from ml.training.hms.labels import VOTES
from ml.training.hms.recordings import windows_at
from ml.training.optimise import Network, predict


def write(data: Path, path: Path, networks: dict[str, list[Network]], pool: Calibration) -> dict[str, int] | None:
    """Probabilities of every row of ``test.csv``; uniform where an EEG cannot be assessed. ``None`` where there is no table.

    Parameters
    ----------
    networks
        The networks of every fold by name, in the order of the weights of ``pool``; folds are averaged.
    """
    table = data / "test.csv"
    if not table.exists():
        return None
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    eeg_ids = [row["eeg_id"] for row in rows]
    pictures = {row["eeg_id"]: data / "test_spectrograms" / f"{row.get('spectrogram_id')}.parquet" for row in rows}
    found = {eeg_id: windows_at(data / "test_eegs" / f"{eeg_id}.parquet", [0.0]).get(0.0) for eeg_id in eeg_ids}
    present = {eeg_id: window for eeg_id, window in found.items() if window is not None}
    prob = {eeg_id: np.full(len(CLASSES), 1 / len(CLASSES)) for eeg_id in eeg_ids}
    if present:
        stacked = np.stack(list(present.values()))
        each = np.arange(len(stacked))
        empty = np.full(spectrograms.SHAPE, np.nan, dtype=np.float16)
        regional = np.stack([spectrograms.read(pictures[name], 0.0) if pictures[name].exists() else empty for name in present])
        windows = WindowSet(stacked, np.zeros((len(stacked), len(CLASSES)), np.float32), each, label=each, regional=regional)
        logits = np.stack([np.mean([predict(network, windows) for network in of_folds], axis=0) for of_folds in networks.values()])
        prob |= dict(zip(present, pool.prob(logits).astype(np.float64), strict=True))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["eeg_id", *VOTES])
        writer.writerows([eeg_id, *(row / row.sum())] for eeg_id, row in prob.items())
    return {"rows": len(prob), "not_assessed": len(prob) - len(present)}
