"""Generated windows on disk: memory-mapped half-precision arrays at 50 Hz, made once per seed, size and backgrounds."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import WINDOW_S
from ml.synthetic import real_background, windows
from ml.synthetic.acquisition import DECIMATED_HZ
from ml.synthetic.real_background import RealBackgrounds
from ml.synthetic.windows import Truth

log = logging.getLogger(__name__)

CHUNK: Final[int] = 240
"""Windows per random stream: the result does not depend on the number of processes."""
N_SAMPLES: Final[int] = 2500
LIMIT_UV: Final[float] = 6000.0
"""Beyond any EEG; half precision ends at 65,504."""
LATERAL, OCTAVES, FIRST_SECOND = 0, 1, 2
"""Columns of what the generator knows: left-right index with its sign, rate in octaves above 1 Hz (both NaN where the labelled 10 s
hold no pattern), and how much of each of the 50 s the pattern fills."""
COLUMNS: Final[int] = FIRST_SECOND + round(WINDOW_S)
LEAST_COVERAGE: Final[float] = 0.1
"""Of the labelled 10 s: a pattern that fills less of them has no side and no rate there."""


@dataclass(frozen=True, slots=True)
class WindowSet:
    """Windows at 50 Hz with soft votes; ``bipolar_uv`` is a memory map."""

    bipolar_uv: NDArray[np.float16]      # (n, 18, 2500)
    votes: NDArray[np.float32]           # (n, 6)
    patient: NDArray[np.int64]           # (n,)
    n_votes: NDArray[np.int64] | None = None     # (n,) experts, where people voted
    label: NDArray[np.int64] | None = None       # (n,) rows of one label are crops that share it
    regional: NDArray[np.float16] | None = None  # (n_labels, 4, 100, 300) ten minutes around, µV²/Hz, NaN where absent
    truth: NDArray[np.float16] | None = None     # (n, 52) what the generator knows, by ``truth_columns``

    @property
    def share(self) -> NDArray[np.float64]:
        """How much of a label each row is (n,): 1, or less where a label has several crops."""
        if self.label is None:
            return np.ones(len(self.votes))
        return np.asarray(1.0 / np.bincount(self.label)[self.label])

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> WindowSet:
        """Some of the windows; reads them into memory."""
        label, regional = None, None
        if self.label is not None:
            kept, label = np.unique(self.label[chosen], return_inverse=True)
            regional = None if self.regional is None else self.regional[kept]
        n_votes = None if self.n_votes is None else self.n_votes[chosen]
        known = None if self.truth is None else self.truth[chosen]
        return WindowSet(self.bipolar_uv[chosen], self.votes[chosen], self.patient[chosen], n_votes, label, regional, known)

    def regional_of(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32] | None:
        """Ten-minute spectrograms of some windows; ``None`` where there are none."""
        if self.regional is None or self.label is None:
            return None
        return self.regional[self.label[rows]].astype(np.float32)


def build(
    directory: Path, *, n: int, seed: int, per_patient: int, processes: int = 2, backgrounds: Path | None = None, recordings: tuple[str, ...] = (),
) -> WindowSet:
    """Generate windows into ``directory`` unless they are there already.

    Parameters
    ----------
    n
        Number of windows, rounded up to whole chunks.
    seed
        Sets of different seeds share no virtual patient.
    backgrounds, recordings
        Folder of real EEG under a share of the windows, and the beginnings of the names of its files to take; none by default.

    Raises
    ------
    ValueError
        If there is no such folder or nothing in it can serve.
    """
    n_chunks = -(-n // CHUNK)
    directory.mkdir(parents=True, exist_ok=True)
    mark = f"{seed}_{n_chunks}" + (f"_{_mark(backgrounds, recordings)}" if backgrounds else "")
    signals, done, known = (directory / f"{kind}_{mark}.npy" for kind in ("bipolar", "votes", "truth"))
    if not done.exists():
        _generate(signals, done, known, [(each, per_patient, backgrounds, recordings) for each in np.random.SeedSequence(seed).spawn(n_chunks)], processes)
    if not known.exists():
        log.warning("%s was made by an earlier version, without the generator's truth: no auxiliary losses on it; delete it to make it again", done)
    votes = np.load(done)
    patient = np.arange(len(votes)) // per_patient
    return WindowSet(np.load(signals, mmap_mode="r"), votes, patient, truth=np.load(known) if known.exists() else None)


Job = tuple[np.random.SeedSequence, int, Path | None, tuple[str, ...]]
Chunk = tuple[NDArray[np.float16], NDArray[np.float32], NDArray[np.float16]]


def _mark(folder: Path, recordings: tuple[str, ...]) -> str:
    """Eight digits that name the files of a folder, so that sets with other backgrounds are other sets.

    Raises
    ------
    ValueError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder} of real backgrounds: name one, or leave the setting backgrounds empty to train on generated ones alone")
    return hashlib.sha256("\n".join([folder.name, *recordings]).encode()).hexdigest()[:8]


def _generate(signals: Path, done: Path, known: Path, jobs: list[Job], processes: int) -> None:
    shape = (len(jobs) * CHUNK, 18, N_SAMPLES)
    store = np.lib.format.open_memmap(signals, mode="w+", dtype=np.float16, shape=shape)
    votes = np.zeros((shape[0], 6), dtype=np.float32)
    truths = np.zeros((shape[0], COLUMNS), dtype=np.float16)
    for index, made in enumerate(_chunks(jobs, processes)):
        rows = slice(index * CHUNK, (index + 1) * CHUNK)
        store[rows], votes[rows], truths[rows] = made
    store.flush()
    np.save(known, truths)
    np.save(done, votes)


def _chunks(jobs: list[Job], processes: int) -> Iterator[Chunk]:
    if processes == 1:
        yield from map(_chunk, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_chunk, jobs)


def _chunk(job: Job) -> Chunk:
    seed, per_patient, folder, recordings = job
    real = None if folder is None else _backgrounds(folder, recordings)
    made = windows.generate(np.random.default_rng(seed), CHUNK, sfreq_hz=DECIMATED_HZ, per_patient=per_patient, backgrounds=real)
    return np.clip(made.bipolar_uv, -LIMIT_UV, LIMIT_UV).astype(np.float16), made.votes, truth_columns(made.truth)


def truth_columns(known: Sequence[Truth]) -> NDArray[np.float16]:
    """Truth of generated windows, (n, 52)."""
    kept = np.full((len(known), COLUMNS), np.nan, dtype=np.float16)
    for row, truth in zip(kept, known, strict=True):
        if truth.coverage >= LEAST_COVERAGE and truth.frequency_hz > 0:
            row[LATERAL], row[OCTAVES] = truth.lateral_index, np.log2(truth.frequency_hz)
        row[FIRST_SECOND:] = truth.present
    return kept


@cache
def _backgrounds(folder: Path, recordings: tuple[str, ...]) -> RealBackgrounds:
    """Read once in each process."""
    return real_background.load(folder, sfreq_hz=windows.made_hz(DECIMATED_HZ), least_s=windows.LENGTH_S, names=recordings)
