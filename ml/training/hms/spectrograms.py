"""Ten-minute spectrograms of the HMS competition, as they are downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ml.channels import REGIONS
from ml.training.hms.labels import Label

SHAPE: Final[tuple[int, int, int]] = (4, 100, 300)
STEP_S: Final[float] = 2.0
LIMIT: Final[float] = 6e4
"""Half precision ends at 65,504 µV²/Hz."""


def read(path: Path, start_s: float) -> NDArray[np.float16]:
    """Ten minutes from ``start_s`` of a spectrogram file: (4, 100, 300) in the order of ``REGIONS``, NaN beyond the file.

    Columns are found by their names (``LL_0.59``): regions in any order, frequencies rising.

    Raises
    ------
    ValueError
        If a region has not 100 frequencies.
    """
    table = pq.read_table(path)
    first = round(start_s / STEP_S)
    image = np.full(SHAPE, np.nan, dtype=np.float32)
    for row, region in enumerate(REGIONS):
        names = sorted((name for name in table.column_names if name.startswith(f"{region}_")), key=lambda name: float(name.split("_")[1]))
        if len(names) != SHAPE[1]:
            raise ValueError(f"{path} has {len(names)} frequencies of {region}, not {SHAPE[1]}")
        values = np.stack([table[name].to_numpy()[first : first + SHAPE[2]] for name in names])
        image[row, :, : values.shape[1]] = values
    return np.minimum(image, LIMIT).astype(np.float16)


def build(data: Path, labels: Sequence[Label], store: Path) -> NDArray[np.float16]:
    """Ten minutes around each label (n, 4, 100, 300), kept in ``store``; all NaN where the label names no file.

    Raises
    ------
    ValueError
        If a file that is named is absent.
    """
    shape = (len(labels), *SHAPE)
    if store.exists() and (found := np.load(store, mmap_mode="r")).shape == shape:
        return np.asarray(found)
    folder = data / "train_spectrograms"
    if absent := [label.spectrogram_id for label in labels if label.spectrogram_id and not (folder / f"{label.spectrogram_id}.parquet").exists()]:
        raise ValueError(f"{len(absent)} spectrogram files of train.csv are absent, first {folder / absent[0]}.parquet")
    partial = store.with_suffix(".partial")
    images = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
    for row, label in enumerate(labels):
        images[row] = read(folder / f"{label.spectrogram_id}.parquet", label.spectrogram_s) if label.spectrogram_id else np.nan
    images.flush()
    partial.replace(store)
    return np.asarray(np.load(store, mmap_mode="r"))
