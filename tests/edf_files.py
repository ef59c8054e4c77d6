"""Small EDF+ files of noise in the shape of EEG, as bytes."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from ml.channels import ELECTRODES
from ml.edf_writer import EdfWriter
from tests.recordings import eeg


def edf(seconds: float = 20.0, *, patient: str = "X X X X", seed: int = 0, start: datetime | None = datetime(2026, 5, 4, 22, 30)) -> bytes:
    """An EDF+C file of 19 electrodes at 200 Hz; another ``seed`` makes other bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.edf"
        with EdfWriter(path, [f"EEG {name}" for name in ELECTRODES], 200, start, patient=patient) as writer:
            writer.append(eeg(seconds, seed=seed))
        return path.read_bytes()
