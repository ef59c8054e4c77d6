"""Color maps for spectrograms as arrays: perceptually uniform ones, and jet because readers trained on it ask for it.

Viridis, magma, inferno and cividis rise evenly in lightness, so equal steps of power look equal and survive gray print
and color blindness (Nuñez et al., PLoS One 2018;13:e0199239). Jet does neither: it shows edges that are not in the data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNIFORM: Final = ("viridis", "magma", "inferno", "cividis")
LEGACY: Final = ("jet",)
NAMES: Final = (*UNIFORM, *LEGACY)
DIVERGING: Final = "RdBu_r"
"""For what has a sign: blue is negative, red positive, zero the lightest; both arms darken evenly and can be told apart with any
kind of color vision (Harrower and Brewer, Cartogr J 2003;40:27-37)."""


@lru_cache(maxsize=len(NAMES) + 1)
def table(name: str) -> NDArray[np.uint8]:
    """256 colors from low to high, (256, 3) sRGB.

    Raises
    ------
    ValueError
        The name is neither in ``NAMES`` nor ``DIVERGING``.
    """
    if name not in (*NAMES, DIVERGING):
        raise ValueError(f"no color map {name!r}: choose one of {', '.join(NAMES)}")
    from matplotlib import colormaps  # large; only whoever draws needs it

    return np.asarray(np.rint(colormaps[name](np.arange(256))[:, :3] * 255.0), dtype=np.uint8)


def paint(values: NDArray[np.floating], low: float, high: float, name: str = "viridis") -> NDArray[np.uint8]:
    """Values as colors between two limits, (…, 4) sRGB with alpha; NaN is transparent."""
    share = np.nan_to_num((np.asarray(values) - low) / (high - low), nan=0.0).clip(0.0, 1.0)
    colors = table(name)[np.rint(share * 255.0).astype(np.intp)]
    alpha = np.where(np.isnan(values), 0, 255).astype(np.uint8)
    return np.concatenate([colors, alpha[..., None]], axis=-1)
