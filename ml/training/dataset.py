"""Generated windows on disk: memory-mapped half-precision arrays at 50 Hz, made once per seed and size."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.synthetic import windows
from ml.synthetic.acquisition import DECIMATED_HZ

CHUNK: Final[int] = 240
"""Windows per random stream: the result does not depend on the number of processes."""
N_SAMPLES: Final[int] = 2500
LIMIT_UV: Final[float] = 6000.0
"""Beyond any EEG; half precision ends at 65,504."""


@dataclass(frozen=True, slots=True)
class WindowSet:
    """Windows at 50 Hz with soft votes; ``bipolar_uv`` is a memory map."""

    bipolar_uv: NDArray[np.float16]      # (n, 18, 2500)
    votes: NDArray[np.float32]           # (n, 6)
    patient: NDArray[np.int64]           # (n,)
    n_votes: NDArray[np.int64] | None = None     # (n,) experts, where people voted
    label: NDArray[np.int64] | None = None       # (n,) rows of one label are crops that share it
    regional: NDArray[np.float16] | None = None  # (n_labels, 4, 100, 300) ten minutes around, µV²/Hz, NaN where absent

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
        return WindowSet(self.bipolar_uv[chosen], self.votes[chosen], self.patient[chosen], n_votes, label, regional)

    def regional_of(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32] | None:
        """Ten-minute spectrograms of some windows; ``None`` where there are none."""
        if self.regional is None or self.label is None:
            return None
        return self.regional[self.label[rows]].astype(np.float32)


def build(directory: Path, *, n: int, seed: int, per_patient: int, processes: int = 2) -> WindowSet:
    """Generate windows into ``directory`` unless they are there already.

    Parameters
    ----------
    n
        Number of windows, rounded up to whole chunks.
    seed
        Sets of different seeds share no virtual patient.
    """
    n_chunks = -(-n // CHUNK)
    directory.mkdir(parents=True, exist_ok=True)
    done = directory / f"votes_{seed}_{n_chunks}.npy"
    signals = directory / f"bipolar_{seed}_{n_chunks}.npy"
    if not done.exists():
        _generate(signals, done, n_chunks, seed, per_patient, processes)
    votes = np.load(done)
    patient = np.arange(len(votes)) // per_patient
    return WindowSet(np.load(signals, mmap_mode="r"), votes, patient)


def _generate(signals: Path, done: Path, n_chunks: int, seed: int, per_patient: int, processes: int) -> None:
    shape = (n_chunks * CHUNK, 18, N_SAMPLES)
    store = np.lib.format.open_memmap(signals, mode="w+", dtype=np.float16, shape=shape)
    votes = np.zeros((shape[0], 6), dtype=np.float32)
    seeds = np.random.SeedSequence(seed).spawn(n_chunks)
    for index, (bipolar_uv, share) in enumerate(_chunks(seeds, per_patient, processes)):
        rows = slice(index * CHUNK, (index + 1) * CHUNK)
        store[rows], votes[rows] = bipolar_uv, share
    store.flush()
    np.save(done, votes)


Chunk = tuple[NDArray[np.float16], NDArray[np.float32]]


def _chunks(seeds: list[np.random.SeedSequence], per_patient: int, processes: int) -> Iterator[Chunk]:
    jobs = [(seed, per_patient) for seed in seeds]
    if processes == 1:
        yield from map(_chunk, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_chunk, jobs)


def _chunk(job: tuple[np.random.SeedSequence, int]) -> Chunk:
    seed, per_patient = job
    made = windows.generate(np.random.default_rng(seed), CHUNK, sfreq_hz=DECIMATED_HZ, per_patient=per_patient)
    return np.clip(made.bipolar_uv, -LIMIT_UV, LIMIT_UV).astype(np.float16), made.votes
