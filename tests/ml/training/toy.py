"""Windows that can be learned in seconds."""

from __future__ import annotations

import numpy as np

from ml.training.dataset import WindowSet


def toy_windows(n: int, *, seed: int = 0) -> WindowSet:
    """Windows whose class is the frequency of a sine."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 6, n)
    seconds = np.arange(2500) / 50
    waves = np.sin(2 * np.pi * (1 + 2 * label[:, None]) * seconds + rng.uniform(0, 6, (n, 1)))[:, None]
    bipolar_uv = (30 * waves * np.ones((1, 18, 1)) + rng.normal(0, 3, (n, 18, 2500))).astype(np.float16)
    votes = np.full((n, 6), 0.02, dtype=np.float32)
    votes[np.arange(n), label] = 0.9
    return WindowSet(bipolar_uv, votes, np.arange(n))
