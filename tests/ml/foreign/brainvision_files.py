"""A small BrainVision recording, written by hand after the maker's file format description (Core Data Format 1.0)."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
Codepage=UTF-8
DataFile={data}
MarkerFile={stem}.vmrk
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels={n}
SamplingInterval={interval}
[Binary Infos]
BinaryFormat=INT_16
[Channel Infos]
{channels}
"""


def write_brainvision(
    folder: Path, digits: NDArray[np.int16], *, names: Sequence[str], sfreq_hz: float = 200.0, unit: str = "µV", resolution: float = 0.1,
    markers: Sequence[str] = ("New Segment,,1,1,0,20260504101112250000",), data: str | None = None,
) -> Path:
    """Write ``stem.vhdr``, ``.vmrk`` and ``.eeg``; digits of shape (channels, samples)."""
    channels = "\n".join(f"Ch{i}={name},,{resolution},{unit}" for i, name in enumerate(names, 1))
    header = HEADER.format(data=data or "night.eeg", stem="night", n=len(names), interval=1e6 / sfreq_hz, channels=channels)
    (folder / "night.vhdr").write_text(header, encoding="utf-8")
    marks = "\n".join(f"Mk{i}={marker}" for i, marker in enumerate(markers, 1))
    (folder / "night.vmrk").write_text(
        f"Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nDataFile=night.eeg\n[Marker Infos]\n{marks}\n", encoding="utf-8")
    (folder / "night.eeg").write_bytes(np.ascontiguousarray(digits.T, "<i2").tobytes())
    return folder / "night.vhdr"


def zipped(archive: Path, *files: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in files:
            out.write(file, f"export/{file.name}")
    return archive
