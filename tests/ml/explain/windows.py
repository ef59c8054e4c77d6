"""Windows with a known pattern in a known place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.explain.cells import SIGNAL_REGIONS

WIDTH_S = 0.04


def background(seed: int) -> NDArray[np.float32]:
    """(18, 10000) noise of about 6 µV that falls with frequency."""
    rng = np.random.default_rng(seed)
    freqs = np.maximum(np.fft.rfftfreq(10_000, 1 / 200), 0.5)
    shaped = np.fft.irfft(np.fft.rfft(rng.standard_normal((18, 10_000)), axis=1) / freqs, n=10_000, axis=1)
    return (6 * shaped / shaped.std(axis=1, keepdims=True)).astype(np.float32)


def spikes(uv: NDArray[np.float32], region: str, start_s: float, stop_s: float, *, size_uv: float = 150.0) -> NDArray[np.float32]:
    """Add a sharp wave of ``size_uv`` to the pairs of a region every second."""
    clock = np.arange(10_000) / 200
    train = sum(np.exp(-(((clock - at) / WIDTH_S) ** 2)) for at in np.arange(start_s + 0.5, stop_s, 1.0))
    made = uv.copy()
    made[list(SIGNAL_REGIONS[region])] += np.float32(size_uv) * np.asarray(train, dtype=np.float32)
    return made
