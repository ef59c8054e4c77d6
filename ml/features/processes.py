"""Windows to processes of their own, so that all cores work on their features.

Features are short steps, between which threads would wait for the interpreter, on small matrices, over which the threads of BLAS
wait longer than they work. Nothing numerical is imported here: a process is told to use one thread before NumPy is loaded.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.features.extract import FeatureTable


def pool(processes: int) -> ProcessPoolExecutor:
    """Processes for ``extract``; they are started when the first windows come and end with the pool."""
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_use_one_thread)


def extract(*windows: Any, **options: Any) -> FeatureTable:
    """``ml.features.extract.extract``, to be submitted to a pool."""
    from ml.features import extract as extractor

    return extractor.extract(*windows, **options)


def _use_one_thread() -> None:
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
