"""Backgrounds of real people for generated windows, read from a folder: they halve what is falsely found in the healthy.

Optional: without a folder every background is generated. Only recordings that hold no pattern belong there, and only of people
whose recordings are not used to count false positives.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import channels, resample
from ml.byte_source import FileBytes
from ml.channels import ELECTRODES
from ml.open_recording import open_recording
from ml.synthetic.noise import Floats, Timeline

SHARE: Final[float] = 0.3
"""Of the windows, on average, where real backgrounds are given (reference 5.5: 20-40 %)."""
SUFFIXES: Final[tuple[str, ...]] = (".edf", ".parquet")
MIRRORED: Final[tuple[int, ...]] = tuple(
    ELECTRODES.index(name if name.endswith("z") else name[:-1] + str(int(name[-1]) + (1 if int(name[-1]) % 2 else -1)))
    for name in ELECTRODES
)
"""Row of the electrode on the other side."""


@dataclass(frozen=True, slots=True)
class RealBackgrounds:
    """Stretches of real EEG, average reference, in µV."""

    stretches_uv: tuple[NDArray[np.float32], ...]        # (19, samples) each
    names: tuple[str, ...]
    sfreq_hz: float

    def draw(self, rng: np.random.Generator, line: Timeline) -> Floats:
        """A random piece (19, samples) with the ends faded, now and then mirrored or backward, at a random gain."""
        uv = self.stretches_uv[rng.integers(len(self.stretches_uv))]
        first = rng.integers(uv.shape[1] - line.n_samples + 1)
        piece = uv[:, first : first + line.n_samples]
        if rng.random() < 0.5:
            piece = piece[list(MIRRORED)]
        if rng.random() < 0.25:
            piece = piece[:, ::-1]
        fade = np.minimum(1, np.minimum(np.arange(1, line.n_samples + 1), np.arange(line.n_samples, 0, -1)) / (2 * line.sfreq_hz))
        return np.asarray(piece * fade * np.exp(rng.normal(0, 0.3)), dtype=np.float32)


def load(folder: Path, *, sfreq_hz: float, least_s: float, names: tuple[str, ...] = ()) -> RealBackgrounds:
    """Read all EDF and HMS Parquet recordings of a folder with 19 electrodes and at least ``least_s`` without a gap.

    Parameters
    ----------
    names
        Beginnings of file names to take, such as ``("Subject00", "Subject01")``; all files by default.

    Raises
    ------
    ValueError
        If no recording of the folder can serve.
    """
    stretches, taken = [], []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or (names and not path.name.startswith(names)):
            continue
        uv = _electrodes_uv(path, sfreq_hz)
        if uv is not None and uv.shape[1] >= least_s * sfreq_hz:
            stretches.append(uv)
            taken.append(path.name)
    if not stretches:
        raise ValueError(f"{folder} holds no recording of 19 electrodes and {least_s:g} s without gaps; name a folder of EDF or Parquet files")
    return RealBackgrounds(tuple(stretches), tuple(taken), sfreq_hz)


def _electrodes_uv(path: Path, sfreq_hz: float) -> NDArray[np.float32] | None:
    """The electrodes (19, samples) in average reference, ``None`` where one is missing or not recorded throughout."""
    with FileBytes(path) as bytes_:
        source = open_recording(bytes_, name=path.name)
        layout = channels.map_to_1020(source.info.signals)
        if any(name not in layout.electrodes for name in ELECTRODES):
            return None
        uv = resample.read_at_rate(source, [layout.electrodes[name] for name in ELECTRODES], 0, source.info.duration_s, sfreq_hz)
    if not np.isfinite(uv).all():
        return None
    return np.asarray(uv - uv.mean(axis=0) - (uv - uv.mean(axis=0)).mean(axis=1, keepdims=True), dtype=np.float32)
