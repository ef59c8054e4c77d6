"""``python -m tests.ml.peak_memory MINUTES …``: the most memory that an analysis of so many minutes holds at once, in bytes, one line each.

In a process of its own, where no thread that another test has left behind allocates beside it.
"""

from __future__ import annotations

import sys
import tracemalloc
from functools import partial

import numpy as np

from ml import pipeline
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


def peak_bytes(minutes: int) -> int:
    """Of what Python and NumPy allocate beside the recording itself."""
    source = ArrayRecording(np.tile(eeg(60), minutes))
    tracemalloc.start()
    pipeline.analyse(source, loudness_ensemble(10.0), block_s=120.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    pipeline.clean_blocks = partial(pipeline.clean_blocks, threads=0)     # peaks of two threads may meet or not
    for argument in sys.argv[1:]:
        sys.stdout.write(f"{peak_bytes(int(argument))}\n")
