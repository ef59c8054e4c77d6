"""What a back end offers: one network that turns bipolar EEG into logits."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

ProviderName = Literal["auto", "cpu", "cuda", "tensorrt"]


class Predictor(Protocol):
    """One trained network, wherever it runs."""

    @property
    def name(self) -> str:
        """Short name of the network, e.g. ``"raw"``."""

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6) of finite windows (B, 18, 10000) in µV at 200 Hz; 0 where nothing was recorded."""
