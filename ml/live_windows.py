"""Windows for live use: the labelled 10 s are the last that there are, and nothing after them is known.

A window labelled at its middle needs 20 s of future, which a bedside monitor does not have. The same networks serve it without
a head of their own: what was not recorded is absent (NaN here, 0 inside them), as it is at the end of every recording, and a share of
the training windows is shown so (``future_hidden`` in a training configuration). So the answer at any moment is about the
10 s that end there, with 20 s of past as context; it is less sure than one with both sides, by as much as
``python -m ml.training.live`` measures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.windows import BEFORE, LABEL, WINDOW


def trailing(values: NDArray[np.float32], stops: NDArray[np.int64]) -> NDArray[np.float32]:
    """Windows whose labelled 10 s end at given samples.

    Parameters
    ----------
    values
        (channels, samples) at 200 Hz so far, filtered as the networks expect; NaN where nothing was recorded.
    stops
        (n,) samples at which the labels end (exclusive), each at least 10 s and at most the length of ``values``.

    Returns
    -------
    (n, channels, 10000): up to 20 s before the label, the label in the middle, NaN for what has not come yet.

    Raises
    ------
    ValueError
        If a label begins before the first sample or ends after the last.
    """
    length = values.shape[-1]
    if len(stops) and not (stops.min() >= LABEL and stops.max() <= length):
        raise ValueError(f"labels of {LABEL} samples end at {stops.min()} .. {stops.max()}; there are samples 0 .. {length}")
    made = np.full((len(stops), len(values), WINDOW), np.nan, dtype=np.float32)
    for window, stop in zip(made, stops, strict=True):
        past = min(int(stop), BEFORE + LABEL)
        window[:, BEFORE + LABEL - past : BEFORE + LABEL] = values[:, stop - past : stop]
    return made
