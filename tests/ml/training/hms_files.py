"""A generated data set in the layout of the HMS competition."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml.channels import ELECTRODES
from ml.classes import CLASSES
from ml.synthetic import windows
from ml.synthetic.forward import bipolar_matrix

COLUMNS = ("Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1", "Fz", "Cz", "Pz", "Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2", "EKG")
"""Order of the competition's EEG files."""
HEADER = ("eeg_id", "eeg_sub_id", "eeg_label_offset_seconds", "spectrogram_id", "spectrogram_sub_id", "spectrogram_label_offset_seconds",
          "label_id", "patient_id", "expert_consensus", *(f"{name}_vote" for name in CLASSES))


def write_hms(folder: Path, *, patients: int = 6, seed: int = 0) -> None:
    """Two EEG files of each patient: one of 50 s and one of 60 s with three overlapping rows; few votes on the first, many on the second."""
    for name in ("train_eegs", "test_eegs", "train_spectrograms", "test_spectrograms"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(seed)
    rows: list[list[object]] = []
    for number in range(2 * patients):
        made = windows.generate(rng, 1, per_patient=1)
        rare = number % 2 == 0
        write_eeg(folder / "train_eegs" / f"{1000 + number}.parquet", made.bipolar_uv[0], seconds=50 if rare else 60)
        counts = rng.multinomial(3 if rare else 16, np.clip(made.votes[0] / made.votes[0].sum(), 0, 1) * 0.999)
        for sub, offset in enumerate((0.0,) if rare else (0.0, 4.0, 10.0)):
            rows.append([1000 + number, sub, offset, 1, sub, offset, len(rows), number // 2, "x", *counts.tolist()])
    write_eeg(folder / "test_eegs" / "9.parquet", made.bipolar_uv[0], seconds=50)
    write_spectrogram(folder / "train_spectrograms" / "1.parquet", rows=310)
    write_spectrogram(folder / "test_spectrograms" / "1.parquet", rows=300)
    for name, header, body in (("train", HEADER, rows), ("test", ("spectrogram_id", "eeg_id", "patient_id"), [[1, 9, 99]])):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *body])


def write_eeg(path: Path, bipolar_uv: np.ndarray, *, seconds: int) -> None:
    """Electrodes whose differences are the given ones, by the pseudo-inverse of the montage; repeated to ``seconds``."""
    electrodes = np.linalg.pinv(bipolar_matrix()) @ bipolar_uv
    n = seconds * 200
    repeated = np.tile(electrodes, -(-n // electrodes.shape[1]))[:, :n].astype(np.float32)
    by_name = dict(zip(ELECTRODES, repeated, strict=True)) | {"EKG": np.zeros(n, np.float32)}
    pq.write_table(pa.table({name: by_name[name] for name in COLUMNS}), path)


def write_spectrogram(path: Path, *, rows: int) -> None:
    """A spectrogram whose values say which row, region and frequency they are of."""
    time = np.arange(rows)
    names = [(row, f"{region}_{hz:.2f}") for row, region in enumerate(("LL", "RL", "RP", "LP")) for hz in 0.586 + 0.1953 * np.arange(100)]
    columns = {name: (time + 1000 * row).astype(np.float32) for row, name in names}
    pq.write_table(pa.table({"time": 2 * time + 1} | columns), path)
