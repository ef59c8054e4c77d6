"""Columns of an image or a trend joined to fewer, so that a day fits the width of a screen and nothing short vanishes."""

from __future__ import annotations

import warnings
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

How = Literal["highest", "lowest", "median", "strongest"]
_FUNCTIONS: Final[dict[How, Any]] = {"highest": np.nanmax, "lowest": np.nanmin, "median": np.nanmedian}


def join(values: NDArray[np.floating], n: int, how: How = "highest") -> NDArray[np.float32]:
    """Every ``n`` neighbors of the last axis become one, the last group of what is left over; NaN only where all of them are.

    ``strongest`` takes the value that is farthest from zero, with its sign.
    """
    if n <= 1:
        return np.asarray(values, dtype=np.float32)
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % n)], constant_values=np.nan)
    groups = padded.reshape(*values.shape[:-1], -1, n)
    if how == "strongest":
        places = np.abs(np.nan_to_num(groups)).argmax(axis=-1)[..., None]
        known = np.take_along_axis(groups, places, axis=-1)[..., 0]
        return np.where(np.isnan(groups).all(axis=-1), np.nan, np.nan_to_num(known)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(_FUNCTIONS[how](groups, axis=-1), dtype=np.float32)
