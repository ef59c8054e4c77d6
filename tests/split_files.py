"""One recording cut into files, as a recorder does that begins a new one every few hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from ml.byte_source import FileBytes
from ml.edf_writer import EdfWriter
from ml.open_recording import open_recording


def cut(path: Path, folder: Path, spans: Sequence[tuple[int, int]]) -> list[Path]:
    """Write the seconds of each span into a file of its own that states its own start; spans may overlap or leave gaps."""
    source, made = open_recording(FileBytes(path)), []
    info = source.info
    assert info.start_time is not None
    for number, (start_s, stop_s) in enumerate(spans, 1):
        made.append(folder / f"part_{number}.edf")
        labels = [signal.label for signal in info.signals]
        with EdfWriter(made[-1], labels, round(info.signals[0].sfreq_hz), info.start_time + timedelta(seconds=start_s)) as writer:
            for at_s in range(start_s, stop_s, 60):
                writer.append(np.stack(source.read(at_s, min(at_s + 60, stop_s), range(len(labels)))))
    return made
