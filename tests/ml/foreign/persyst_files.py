"""A small Persyst recording, written by hand after the keys that MNE-Python reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LAY = """[FileInfo]
File=night.dat
FileType=Interleaved
SamplingRate=200
Calibration=0.5
WaveformCount={count}
DataType=0
[Patient]
FullName={name}
Sex=F
Hand=
ID=77
BirthDate=1961.04.12
TestDate=2026.05.04
TestTime=22:30:00
[ChannelMap]
{channels}
[SampleTimes]
0=81000.25
"""


def write_persyst(folder: Path, digits: NDArray[np.int16], *, names: Sequence[str], patient: str = "Ito_Rosa") -> Path:
    """Write ``night.lay`` and ``night.dat``; digits of shape (channels, samples), in steps of half a microvolt."""
    folder.mkdir(exist_ok=True)
    channels = "\n".join(f"{name}-Ref={number}" for number, name in enumerate(names, 1))
    (folder / "night.lay").write_text(LAY.format(count=len(names), name=patient, channels=channels))
    (folder / "night.dat").write_bytes(np.ascontiguousarray(digits.T, "<i2").tobytes())
    return folder / "night.lay"
